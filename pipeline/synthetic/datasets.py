"""Write the datasets of a synthetic collection through `CollectionWriter`, the only owner of a build's files."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import __version__
from pipeline.collection.layout_table import layout_table
from pipeline.collection.manifest import LayoutFacts
from pipeline.collection.writer import CollectionWriter
from pipeline.images.decoding import decode_rgb
from pipeline.images.thumbnails import PREVIEW_SIDE, Thumbnails, make_thumbnails
from pipeline.layout.cluster_names import name_clusters
from pipeline.layout.clustering import cluster_layout
from pipeline.limits import Limits
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.reading import read_location
from pipeline.synthetic.bam_file import BamFile
from pipeline.synthetic.blueprint import Kept, Plan
from pipeline.synthetic.crowd import Crowd
from pipeline.synthetic.imperfect_model import ORIGIN, bam_scores, probabilities
from pipeline.synthetic.random_streams import CHUNK, Purpose, stream
from pipeline.synthetic.spec import HARD_SHARE
from pipeline.synthetic.texts import ImageFacts, image_table
from pipeline.synthetic.threads import in_order, thread_pool
from pipeline.synthetic.truth import BAM_FILE, TRUTH

__all__ = ["facts_of", "write_duplicates", "write_images", "write_layout", "write_scores", "write_thumbnails"]

LAYOUT: Final = "all-synthetic"
METHOD: Final = "synthetic"


def write_thumbnails(
    plan: Plan, kept: Kept, writer: CollectionWriter, tell: ProgressCallback
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Write each picture in use once; return the thumbnail id of each image and the size of each picture."""
    shown, first, inverse = np.unique(kept.pictures, return_index=True, return_inverse=True)
    sizes = np.zeros((len(plan.items), 2), np.int32)
    made: list[Thumbnails] = []
    stage = "Preparing the sample's pictures"
    tell(Progress(stage, 0, len(shown), "pictures"))

    def make(picture: int) -> tuple[Thumbnails, int, int]:
        decoded = decode_rgb(read_location(plan.items[picture].location, Limits()), min_side=PREVIEW_SIDE)
        return make_thumbnails(decoded.rgb), decoded.width, decoded.height

    for picture, (thumbnails, width, height) in zip(shown.tolist(), in_order(make, shown.tolist()), strict=True):
        made.append(thumbnails)
        sizes[picture] = width, height
        tell(Progress(stage, len(made), len(shown), "pictures"))
    kept_under = plan.ids[first]
    table = {
        "image_id": pa.array(kept_under),
        "small": pa.array([thumbnails.small for thumbnails in made], pa.binary()),
        "tile": pa.array([thumbnails.tile for thumbnails in made], pa.binary()),
        "preview": pa.array([thumbnails.preview for thumbnails in made], pa.binary()),
    }
    writer.append("thumbnails.lance", pa.table(table))
    return kept_under[inverse.reshape(-1)], sizes


def write_images(
    plan: Plan,
    kept: Kept,
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
    with BamFile(writer.folder / BAM_FILE, spec.names) as bam, thread_pool(1) as writing:
        pending: deque[Future[None]] = deque()

        def make(start: int) -> pa.Table:
            return image_table(spec, facts, plan.pools, crowd, start)

        for start, table in zip(starts, in_order(make, starts), strict=True):
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


def write_scores(plan: Plan, kept: Kept, writer: CollectionWriter, tell: ProgressCallback) -> None:
    """Write scores, models and truth."""
    ids, names = pa.array(plan.ids), plan.spec.names
    stage = "Writing scores and truth"
    for row, name in enumerate(names):
        tell(Progress(stage, row, len(names), "attributes"))
        table = pa.table({"image_id": ids, "score": pa.array(probabilities(kept.logits[row]))})
        writer.replace(f"scores/{name}/{ORIGIN}.lance", table)
        arrays: dict[str, NDArray[Any]] = {
            "weights": plan.model.weights[:, row],
            "intercept": plan.model.intercepts[row : row + 1],
            "calibration": np.array([plan.model.slopes[row], plan.model.offsets[row]]),
        }
        writer.write_arrays(f"models/{name}-{ORIGIN}.safetensors", arrays)
    truth = {name: pa.array(kept.truth[row]) for row, name in enumerate(names)}
    writer.replace(TRUTH, pa.table({"image_id": ids} | truth))
    tell(Progress(stage, len(names), len(names), "attributes"))


def write_layout(plan: Plan, kept: Kept, writer: CollectionWriter) -> LayoutFacts:
    """Write the layout, the clusters found on it, and their names from the truth of the images."""
    scale = max(1.0, float(np.abs(kept.places).max()))
    places = kept.places / np.float32(scale)
    clusters = cluster_layout(places, seed=plan.spec.seed)
    trust = np.full(len(places), np.nan, np.float32)
    writer.replace(f"layouts/{LAYOUT}.lance", layout_table(plan.ids, places, trust, clusters))
    attributes = [plan.taxonomy.attribute(name) for name in plan.spec.names]

    def words_of(row: int) -> list[str]:
        return [plan.pools.words[kept.clusters[row]]]

    names = name_clusters(clusters, places, attributes, kept.truth, words_of, seed=plan.spec.seed)
    writer.write_json(f"clusters/{LAYOUT}.json", [asdict(name) for name in names])
    return LayoutFacts(LAYOUT, "generated · all images", METHOD, plan.spec.images, plan.spec.seed)


def write_duplicates(plan: Plan, writer: CollectionWriter) -> None:
    """Write the true groups of duplicates; the smallest id names a group."""
    rows = np.flatnonzero(plan.groups.of_image >= 0)
    groups = plan.groups.of_image[rows]
    smallest = np.zeros(len(plan.groups.exact), np.int64)
    smallest[groups[::-1]] = plan.ids[rows[::-1]]  # the first of a group is written last
    kinds = pa.array(["near", "exact"]).take(pa.array(plan.groups.exact[groups].astype(np.int8)))
    table = {"image_id": pa.array(plan.ids[rows]), "group": pa.array(smallest[groups]), "kind": kinds}
    writer.replace("duplicates.lance", pa.table(table))


def facts_of(plan: Plan, kept: Kept) -> dict[str, Any]:
    """Return the description of the collection and its results, as plain values."""
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
