"""Making a synthetic collection: draw in chunks, write in blocks, publish when whole. The edge of this package.

Vectors are drawn once and written as they come; what one image keeps in memory until the end is small (truth, logits,
place, cluster, picture). Everything is drawn per chunk from streams of its own, so neither the size of a block nor the
number of threads shows in the result.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import __version__
from pipeline.clustering import ClusterName
from pipeline.collection import Collection
from pipeline.collection_writer import CollectionWriter, vector_table
from pipeline.errors import CollectionError
from pipeline.images import decode_rgb, read_bytes
from pipeline.manifest import LayoutFacts, Manifest
from pipeline.resources import asset
from pipeline.schema import EmbeddingSpec, Limits, Progress, ProgressCallback, SourceItem
from pipeline.sources import open_source
from pipeline.synthetic.bam_file import BamFile
from pipeline.synthetic.catalogue import BLOBS, Catalogue, make_catalogue
from pipeline.synthetic.crowd import NEGATIVE, POSITIVE, Crowd, simulate_crowd
from pipeline.synthetic.drawing import YES, Drawn, draw_images, normalised, put_copies
from pipeline.synthetic.identities import Groups, Projects, draw_groups, draw_image_ids, draw_projects
from pipeline.synthetic.imperfect_model import ORIGIN, ImperfectModel, bam_scores, probabilities, train_model
from pipeline.synthetic.pictures import PicturePools, choose_pictures, make_pools
from pipeline.synthetic.spec import HARD_SHARE, SyntheticSpec
from pipeline.synthetic.streams import CHUNK, Purpose, stream
from pipeline.synthetic.texts import ImageFacts, caption_phrases, image_table
from pipeline.synthetic.truth import BAM_FILE, FACTS_FILE, TRUTH
from pipeline.taxonomy import Taxonomy, load_taxonomy
from pipeline.thumbnails import PREVIEW_SIDE, Thumbnails, make_thumbnails

__all__ = ["build_synthetic", "needed_bytes"]

BACKBONE: Final = "synthetic"
LAYOUT: Final = "all-synthetic"
BLOCK_CHUNKS: Final = 16
THREADS = 2
BYTES_AN_IMAGE, BYTES_FOR_PICTURES = 2400, 150_000_000
"""Room on disk, measured at 2.5 million images and rounded up."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What is settled before any image is drawn."""

    spec: SyntheticSpec
    catalogue: Catalogue
    ids: NDArray[np.int64]
    projects: Projects
    groups: Groups
    leaders: Drawn
    model: ImperfectModel
    items: tuple[SourceItem, ...]
    pools: PicturePools
    taxonomy: Taxonomy


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What every image keeps in memory until the end, row by row; attributes by images where there are two axes."""

    truth: NDArray[np.bool_]
    logits: NDArray[np.float32]
    clusters: NDArray[np.int16]
    strays: NDArray[np.bool_]
    pictures: NDArray[np.int32]
    places: NDArray[np.float32]


def build_synthetic(
    spec: SyntheticSpec,
    target: Path,
    *,
    replace_existing: bool = False,
    block_chunks: int = BLOCK_CHUNKS,
    progress: ProgressCallback | None = None,
) -> Manifest:
    """Make a synthetic collection with its truth, its duplicates and a BAM release file, and put it at `target`.

    Parameters
    ----------
    spec
        What to make; the same facts give the same arrays.
    target
        Folder of the collection; nothing is there before the collection is whole.
    replace_existing
        Whether a collection at `target` may be replaced.
    block_chunks
        Chunks written at once; changes memory and speed, nothing else.
    progress
        Told how far each stage is; may raise to stop, which leaves nothing behind.

    Returns
    -------
    Manifest
        What was made.

    Raises
    ------
    CollectionError
        If `target` is in the way, too small a disk holds it, or it cannot be written.
    """
    tell = progress or _nobody
    _check_target(target, may_replace=replace_existing)
    _check_space(spec, target)
    # No attempt goes on where another stopped: an id of its own makes the writer begin anew.
    writer = CollectionWriter(target, {"synthetic": spec.as_mapping(), "attempt": str(uuid.uuid4())})
    try:
        with _one_thread_for_products():
            manifest = _write(spec, writer, block_chunks, tell)
        Collection(writer.finish(manifest))  # opened as anyone would: what is not whole is not published
        writer.publish()
    except BaseException:
        writer.discard()
        raise
    return manifest


def needed_bytes(spec: SyntheticSpec) -> int:
    """Estimate the room that a collection takes on disk."""
    return spec.images * BYTES_AN_IMAGE + BYTES_FOR_PICTURES


def _write(spec: SyntheticSpec, writer: CollectionWriter, block_chunks: int, tell: ProgressCallback) -> Manifest:
    plan = _plan(spec, tell)
    kept = _draw(plan, writer, block_chunks, tell)
    crowd = simulate_crowd(spec, kept.truth, kept.logits)
    thumbnails, sizes = _write_thumbnails(plan, kept, writer, tell)
    facts = ImageFacts(
        ids=plan.ids,
        clusters=kept.clusters,
        pictures=kept.pictures,
        thumbnails=thumbnails,
        projects=plan.projects,
        groups=plan.groups,
        sizes=sizes,
        phrases=caption_phrases(plan.pools),
    )
    _write_images(plan, kept, facts, crowd, writer, block_chunks, tell)
    _write_scores(plan, kept, writer, tell)
    layout = _write_layout(plan, kept, writer)
    _write_duplicates(plan, writer)
    writer.write_json(FACTS_FILE, _facts(plan, kept))
    fingerprint = hashlib.sha256(json.dumps(spec.as_mapping(), sort_keys=True).encode()).hexdigest()
    return Manifest(
        name=f"{spec.images:,} synthetic images",
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        program_version=__version__,
        source_name=BACKBONE,
        source_root="",
        source_fingerprint=fingerprint,
        images=spec.images,
        failed=0,
        embedding=EmbeddingSpec(
            backbone=BACKBONE,
            weights=f"none: drawn at random from seed {spec.seed}",
            weights_sha256="none",
            dimensions=spec.dimensions,
            reason="Synthetic images have no network behind them.",
        ),
        dimensions=spec.dimensions,
        taxonomy=plan.taxonomy,
        attributes=_attribute_facts(plan, crowd),
        layouts=(layout,),
        thumbnails=len(np.unique(thumbnails)),
    )


def _plan(spec: SyntheticSpec, tell: ProgressCallback) -> _Plan:
    steps = 4
    stage = "Laying out the structure"
    tell(Progress(stage, 0, steps, "steps"))
    catalogue = make_catalogue(spec)
    tell(Progress(stage, 1, steps, "steps"))
    groups = draw_groups(spec)
    leaders = draw_images(spec, catalogue, stream(spec.seed, Purpose.LEADERS), len(groups.exact))
    tell(Progress(stage, 2, steps, "steps"))
    model = train_model(spec, catalogue)
    tell(Progress(stage, 3, steps, "steps"))
    items = open_source(asset("sample/sample.csv"), name="sample").items
    if spec.pictures is not None:
        items = items[:: max(1, -(-len(items) // spec.pictures))]
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml")).restricted_to(spec.names)
    pools = make_pools(spec, catalogue, items, taxonomy)
    projects = draw_projects(spec, catalogue)
    plan = _Plan(
        spec, catalogue, draw_image_ids(spec), projects, groups, leaders, model, tuple(items), pools, taxonomy
    )
    tell(Progress(stage, steps, steps, "steps"))
    return plan


def _draw(plan: _Plan, writer: CollectionWriter, block_chunks: int, tell: ProgressCallback) -> _Kept:
    """Draw all images; write the vectors on the way."""
    count, attributes = plan.spec.images, len(plan.spec.attributes)
    kept = _Kept(
        truth=np.empty((attributes, count), np.bool_),
        logits=np.empty((attributes, count), np.float32),
        clusters=np.empty(count, np.int16),
        strays=np.empty(count, np.bool_),
        pictures=np.empty(count, np.int32),
        places=np.empty((count, 2), np.float32),
    )
    stage, name = "Drawing vectors and scores", f"embeddings/{BACKBONE}.lance"
    tell(Progress(stage, 0, count))
    starts = range(0, count, CHUNK)
    block: list[NDArray[np.float16]] = []
    written = 0
    with _pool(1) as writing:
        pending: Future[None] | None = None
        for start, vectors in zip(starts, _in_order(lambda start: _draw_chunk(plan, kept, start), starts), strict=True):
            block.append(vectors)
            done = start + len(vectors)
            if len(block) == block_chunks or done == count:
                if pending is not None:
                    pending.result()
                table = vector_table(plan.ids[written:done], np.concatenate(block))
                pending = writing.submit(writer.append, name, table)
                block, written = [], done
            tell(Progress(stage, done, count))
        if pending is not None:
            pending.result()
    return kept


def _draw_chunk(plan: _Plan, kept: _Kept, start: int) -> NDArray[np.float16]:
    """Draw the chunk that begins at row `start` into what is kept; give its stored vectors."""
    spec = plan.spec
    span = slice(start, min(start + CHUNK, spec.images))
    rng = stream(spec.seed, Purpose.IMAGES, start // CHUNK)
    favoured = plan.projects.clusters[plan.projects.of_image[span]]
    drawn = draw_images(spec, plan.catalogue, rng, span.stop - start, favoured)
    groups = plan.groups.of_image[span].astype(np.int64)
    rows = np.flatnonzero(groups >= 0)
    put_copies(drawn, rows, plan.leaders, groups[rows], plan.groups.exact[groups[rows]], plan.catalogue.noise, rng)
    vectors = normalised(drawn.vectors)
    kept.truth[:, span] = (drawn.kinds == YES).T
    kept.logits[:, span] = plan.model.logits(vectors).T
    kept.clusters[span] = drawn.clusters
    kept.strays[span] = drawn.strays
    kept.pictures[span] = choose_pictures(spec, plan.catalogue, plan.pools, drawn)
    kept.places[span] = drawn.places
    return vectors


def _write_thumbnails(
    plan: _Plan, kept: _Kept, writer: CollectionWriter, tell: ProgressCallback
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Write every picture that is shown once; give each image's thumbnail id and every picture's size."""
    shown, first, inverse = np.unique(kept.pictures, return_index=True, return_inverse=True)
    sizes = np.zeros((len(plan.items), 2), np.int32)
    made: list[Thumbnails] = []
    stage = "Preparing the sample's pictures"
    tell(Progress(stage, 0, len(shown), "pictures"))

    def make(picture: int) -> tuple[Thumbnails, int, int]:
        decoded = decode_rgb(read_bytes(plan.items[picture].path, Limits()), min_side=PREVIEW_SIDE)
        return make_thumbnails(decoded.rgb), decoded.width, decoded.height

    for picture, (thumbnails, width, height) in zip(shown.tolist(), _in_order(make, shown.tolist()), strict=True):
        made.append(thumbnails)
        sizes[picture] = width, height
        tell(Progress(stage, len(made), len(shown), "pictures"))
    kept_under = plan.ids[first]
    table = {
        "image_id": pa.array(kept_under),
        "tile": pa.array([thumbnails.tile for thumbnails in made], pa.binary()),
        "preview": pa.array([thumbnails.preview for thumbnails in made], pa.binary()),
    }
    writer.append("thumbnails.lance", pa.table(table))
    return kept_under[inverse.reshape(-1)], sizes


def _write_images(
    plan: _Plan,
    kept: _Kept,
    facts: ImageFacts,
    crowd: Crowd,
    writer: CollectionWriter,
    block_chunks: int,
    tell: ProgressCallback,
) -> None:
    """Write ``images.lance`` and the release file side by side."""
    spec = plan.spec
    stage = "Writing images and the BAM file"
    tell(Progress(stage, 0, spec.images))
    rng = stream(spec.seed, Purpose.CROWD, 1)
    block: list[pa.Table] = []
    starts = range(0, spec.images, CHUNK)
    with BamFile(writer.folder / BAM_FILE, spec.names) as bam, _pool(1) as writing:
        pending: deque[Future[None]] = deque()

        def make(start: int) -> pa.Table:
            return image_table(spec, facts, plan.pools, crowd, start)

        for start, table in zip(starts, _in_order(make, starts), strict=True):
            done = start + table.num_rows
            scores = bam_scores(kept.logits[:, start:done].T)
            pending.append(writing.submit(bam.write_images, table, scores))
            block.append(table)
            if len(block) == block_chunks or done == spec.images:
                writer.append("images.lance", pa.concat_tables(block).combine_chunks())
                block = []
            while len(pending) > 2:
                pending.popleft().result()
            tell(Progress(stage, done, spec.images))
        while pending:
            pending.popleft().result()
        rows = crowd.rows[crowd.choice_questions[crowd.captioned]]
        wording = kept.clusters[rows].astype(np.int64) * (len(facts.phrases) // plan.catalogue.clusters)
        wording += rng.integers(0, len(facts.phrases) // plan.catalogue.clusters, len(rows))
        bam.write_crowd(crowd, plan.ids, facts.phrases.take(pa.array(wording)).to_pylist(), rng)


def _write_scores(plan: _Plan, kept: _Kept, writer: CollectionWriter, tell: ProgressCallback) -> None:
    """Write scores, models and truth."""
    ids, names = pa.array(plan.ids), plan.spec.names
    stage = "Writing scores and truth"
    for row, name in enumerate(names):
        tell(Progress(stage, row, len(names), "attributes"))
        table = pa.table({"image_id": ids, "score": pa.array(probabilities(kept.logits[row]))})
        writer.replace(f"scores/{name}/{ORIGIN}.lance", table)
        arrays = {
            "weights": plan.model.weights[:, row],
            "intercept": plan.model.intercepts[row : row + 1],
            "calibration": np.array([plan.model.slopes[row], plan.model.offsets[row]]),
        }
        writer.write_arrays(f"models/{name}-{ORIGIN}.safetensors", arrays)
    truth = {name: pa.array(kept.truth[row]) for row, name in enumerate(names)}
    writer.replace(TRUTH, pa.table({"image_id": ids} | truth))
    tell(Progress(stage, len(names), len(names), "attributes"))


def _write_layout(plan: _Plan, kept: _Kept, writer: CollectionWriter) -> LayoutFacts:
    """Write the layout, its clusters numbered from the largest on, and their names."""
    count = plan.catalogue.clusters
    sizes = np.bincount(kept.clusters[~kept.strays], minlength=count)
    order = np.argsort(-sizes, kind="stable")
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count)
    clusters = np.where(kept.strays, np.int32(-1), rank[kept.clusters])
    scale = max(1.0, float(np.abs(kept.places).max()))
    places = kept.places / np.float32(scale)
    table = {
        "image_id": pa.array(plan.ids),
        "x": pa.array(np.ascontiguousarray(places[:, 0])),
        "y": pa.array(np.ascontiguousarray(places[:, 1])),
        "trust": pa.array(np.full(len(places), np.nan, np.float32)),
        "cluster": pa.array(clusters.astype(np.int32)),
    }
    writer.replace(f"layouts/{LAYOUT}.lance", pa.table(table))
    middles = plan.catalogue.places[::BLOBS] / scale  # of each cluster's largest blob
    names = [
        ClusterName(number, plan.pools.names[cluster], float(middles[cluster, 0]), float(middles[cluster, 1]), size)
        for number, (cluster, size) in enumerate(zip(order.tolist(), sizes[order].tolist(), strict=True))
        if size
    ]
    writer.write_json(f"clusters/{LAYOUT}.json", [asdict(name) for name in names])
    return LayoutFacts(LAYOUT, "generated · all images", BACKBONE, plan.spec.images, plan.spec.seed)


def _write_duplicates(plan: _Plan, writer: CollectionWriter) -> None:
    """Write the true groups, each named after its smallest id."""
    rows = np.flatnonzero(plan.groups.of_image >= 0)
    groups = plan.groups.of_image[rows]
    smallest = np.zeros(len(plan.groups.exact), np.int64)
    smallest[groups[::-1]] = plan.ids[rows[::-1]]  # the first of a group is written last
    kinds = pa.array(["near", "exact"]).take(pa.array(plan.groups.exact[groups].astype(np.int8)))
    table = {"image_id": pa.array(plan.ids[rows]), "group": pa.array(smallest[groups]), "kind": kinds}
    writer.replace("duplicates.lance", pa.table(table))


def _attribute_facts(plan: _Plan, crowd: Crowd) -> tuple[Any, ...]:
    known = [
        [int(np.count_nonzero((crowd.columns == row) & (crowd.labels == label))) for label in (POSITIVE, NEGATIVE)]
        for row in range(len(plan.spec.attributes))
    ]
    return tuple(
        replace(facts, known_yes=yes, known_no=no) for facts, (yes, no) in zip(plan.model.facts, known, strict=True)
    )


def _facts(plan: _Plan, kept: _Kept) -> dict[str, Any]:
    found = kept.truth.mean(axis=1).tolist()
    return {
        "spec": plan.spec.as_mapping(),
        "hard_share": HARD_SHARE,
        "chunk": CHUNK,
        "program_version": __version__,
        "found": {
            "prevalence": dict(zip(plan.spec.names, found, strict=True)),
            "groups_of_duplicates": len(plan.groups.exact),
            "groups_exact": int(np.count_nonzero(plan.groups.exact)),
            "projects": len(plan.projects.ids),
            "pictures": len(np.unique(kept.pictures)),
        },
    }


def _check_target(target: Path, *, may_replace: bool) -> None:
    empty = not target.exists() or (target.is_dir() and not any(target.iterdir()))
    if empty:
        return
    if not (target / "collection.json").exists():
        raise CollectionError(f"{target} exists and is not a collection. Choose another place with --out.")
    if not may_replace:
        raise CollectionError(
            f"{target} exists already. Choose another place with --out, or add --replace to make it again."
        )


def _check_space(spec: SyntheticSpec, target: Path) -> None:
    place = next((folder for folder in target.absolute().parents if folder.is_dir()), None)
    if place is None:
        return
    free, needed = shutil.disk_usage(place).free, needed_bytes(spec)
    if free < needed:
        raise CollectionError(
            f"{spec.images:,} images need about {needed / 1e9:.1f} GB, and {place} has {free / 1e9:.1f} GB free. "
            "Choose another place with --out, free some space, or ask for fewer --images."
        )


def _in_order(work: Callable[[int], Result], places: range | list[int]) -> Iterator[Result]:
    """Do work in threads, a few places ahead; results in order. What has not begun is dropped when nobody asks on."""
    waiting = iter(places)
    with _pool(THREADS) as pool:
        futures: deque[Future[Result]] = deque()
        for place in waiting:
            futures.append(pool.submit(work, place))
            if len(futures) > THREADS + 1:
                yield futures.popleft().result()
        while futures:
            yield futures.popleft().result()


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(threads, thread_name_prefix="synthetic")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread_for_products() -> Iterator[None]:
    """Chunks are drawn side by side; matrix products within them need no threads of their own."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def _nobody(progress: Progress) -> None:
    """Take progress that nobody wants to see."""
