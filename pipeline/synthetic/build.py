"""Build a synthetic collection: draw in chunks, write in blocks, publish when complete. The edge of this package.

Vectors are drawn once and written at once. Each image keeps little data in memory until the end (truth, logits, place,
cluster, picture). Each chunk is drawn from its own random streams, so the size of a block and the number of threads do
not change the result.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline import __version__
from pipeline.build.kept_answers import report_lost_answers
from pipeline.collection import Collection
from pipeline.collection.manifest import AttributeFacts, Manifest
from pipeline.collection.target import check_place
from pipeline.collection.vector_table import vector_table
from pipeline.collection.writer import CollectionWriter
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import CollectionError, ErrorKind
from pipeline.progress import Progress, ProgressCallback
from pipeline.search.caption_index import write_captions
from pipeline.synthetic.blueprint import Kept, Plan, make_plan
from pipeline.synthetic.crowd import NEGATIVE, POSITIVE, Crowd, simulate_crowd
from pipeline.synthetic.datasets import (
    facts_of,
    write_duplicates,
    write_images,
    write_layout,
    write_scores,
    write_thumbnails,
)
from pipeline.synthetic.pictures import choose_pictures
from pipeline.synthetic.random_streams import CHUNK, Purpose, stream
from pipeline.synthetic.sampling import YES, draw_images, normalised, put_copies
from pipeline.synthetic.spec import SyntheticSpec
from pipeline.synthetic.texts import ImageFacts, caption_phrases
from pipeline.synthetic.threads import in_order, one_thread_for_products, thread_pool
from pipeline.synthetic.truth import FACTS_FILE

__all__ = ["build_synthetic", "needed_bytes"]

BACKBONE: Final = "synthetic"
BLOCK_CHUNKS: Final = 16
BYTES_AN_IMAGE, BYTES_FOR_PICTURES = 1900, 100_000_000
"""Space on disk, measured at 2.5 million images and rounded up."""


def build_synthetic(
    spec: SyntheticSpec,
    target: Path,
    *,
    replace_existing: bool = False,
    block_chunks: int = BLOCK_CHUNKS,
    labels_url: str | None = None,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] | None = None,
) -> Manifest:
    """Build a synthetic collection with its truth, its duplicates and a BAM release file, and move it to `target`.

    Parameters
    ----------
    spec
        Description of the collection; equal descriptions give equal arrays.
    target
        Folder of the collection. It does not exist before the collection is complete.
    replace_existing
        Whether a collection at `target` may be replaced.
    block_chunks
        Chunks written at once; changes only memory and speed.
    labels_url
        PostgreSQL database with the answers about a replaced collection; None for the file in its folder.
    progress
        Called with the progress of each stage; may raise to stop, which leaves no files.
    say
        Called, before a collection is replaced, with sentences about what happens to its answers.

    Returns
    -------
    Manifest
        Manifest of the new collection.

    Raises
    ------
    CollectionError
        If `target` is occupied, the disk is too small, or the collection cannot be written.
    """
    tell = progress or _ignore_progress
    check_place(target, replace=replace_existing)
    _check_space(spec, target)
    # No build resumes an earlier one: a new id makes the writer start from the beginning.
    state = {"synthetic": spec.as_mapping(), "attempt": str(uuid.uuid4())}
    writer = CollectionWriter(target, state, may_replace=replace_existing)
    try:
        with one_thread_for_products():
            manifest = _write(spec, writer, block_chunks, tell)
        Collection(writer.finish(manifest))  # opened as users do: an incomplete collection fails here
        report_lost_answers(target, writer, labels_url, say or (lambda _: None))
        writer.publish()
    except BaseException:
        writer.discard()
        raise
    return manifest


def needed_bytes(spec: SyntheticSpec) -> int:
    """Estimate the bytes of a collection on disk."""
    return spec.images * BYTES_AN_IMAGE + BYTES_FOR_PICTURES


def _write(spec: SyntheticSpec, writer: CollectionWriter, block_chunks: int, tell: ProgressCallback) -> Manifest:
    plan = make_plan(spec, tell)
    kept = _draw(plan, writer, block_chunks, tell)
    crowd = simulate_crowd(spec, kept.truth, kept.logits)
    thumbnails, sizes = write_thumbnails(plan, kept, writer, tell)
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
    write_images(plan, kept, facts, crowd, writer, block_chunks, tell)
    write_scores(plan, kept, writer, tell)
    layout = write_layout(plan, kept, writer)
    write_duplicates(plan, writer)
    write_captions(writer, tell)
    writer.write_json(FACTS_FILE, facts_of(plan, kept))
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


def _draw(plan: Plan, writer: CollectionWriter, block_chunks: int, tell: ProgressCallback) -> Kept:
    """Draw all images and write their vectors."""
    count, attributes = plan.spec.images, len(plan.spec.attributes)
    kept = Kept(
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
    with thread_pool(1) as writing:
        pending: Future[None] | None = None
        for start, vectors in zip(starts, in_order(lambda start: _draw_chunk(plan, kept, start), starts), strict=True):
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


def _draw_chunk(plan: Plan, kept: Kept, start: int) -> NDArray[np.float16]:
    """Draw the chunk that begins at row `start` into the kept data; return its stored vectors."""
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


def _attribute_facts(plan: Plan, crowd: Crowd) -> tuple[AttributeFacts, ...]:
    known = [
        [int(np.count_nonzero((crowd.columns == row) & (crowd.labels == label))) for label in (POSITIVE, NEGATIVE)]
        for row in range(len(plan.spec.attributes))
    ]
    return tuple(
        replace(facts, known_yes=yes, known_no=no) for facts, (yes, no) in zip(plan.model.facts, known, strict=True)
    )


def _check_space(spec: SyntheticSpec, target: Path) -> None:
    place = next((folder for folder in target.absolute().parents if folder.is_dir()), None)
    if place is None:
        return
    free, needed = shutil.disk_usage(place).free, needed_bytes(spec)
    if free < needed:
        raise CollectionError(
            f"{spec.images:,} images need about {needed / 1e9:.1f} GB, and {place} has {free / 1e9:.1f} GB free. "
            "Choose another place, free some space, or ask for fewer images.",
            kind=ErrorKind.OTHER_PLACE,
        )


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
