"""The stage graph of a build: source -> vectors and thumbnails -> neighbours -> scores -> layouts -> collection.

Each stage is a pure function of another module. This module runs them in order, reports progress, and hands their
results to the owner of the files.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import __version__
from pipeline.build.columns import write_columns
from pipeline.build.first_scores import FirstScores, score_known_attributes
from pipeline.build.image_stage import process_images
from pipeline.build.kept_answers import answers_at, report_lost_answers
from pipeline.build.layouts import BuiltLayout, build_layouts
from pipeline.collection import Collection
from pipeline.collection.layout_table import layout_table
from pipeline.collection.manifest import Manifest
from pipeline.collection.target import check_place
from pipeline.collection.vector_table import vector_table
from pipeline.collection.writer import CollectionWriter, check_writable
from pipeline.embedding.duplicates import DuplicateGroups, find_duplicates, near_distance
from pipeline.embedding.embedders import Embedder
from pipeline.embedding.neighbors import NeighborGraph, knn_graph
from pipeline.embedding.reduction import apply_reduction, fit_reduction
from pipeline.errors import SourceError
from pipeline.images.identity import image_ids
from pipeline.images.records import ProcessedBatch, SourceItem
from pipeline.limits import Limits
from pipeline.progress import Progress, ProgressCallback
from pipeline.search.caption_index import write_captions
from pipeline.sources.source import Source
from pipeline.taxonomy import Taxonomy
from pipeline.text.plain_text import plain

__all__ = ["BuildOptions", "build_collection", "check_answers", "check_target"]

COMMIT_EVERY = 1024  # images that an interrupted build loses at most
NEIGHBORS = 90  # three times t-SNE's perplexity of 30, and more than UMAP's 15


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Options of a build; the help of the command describes each."""

    backbone: str = "auto"
    weights: Path | None = None
    offline: bool = False
    seed: int = 0
    replace: bool = False
    near_duplicates: float | None = None
    labels_url: str | None = None
    set_aside_answers: bool = False
    exif: bool = True
    limits: Limits = field(default_factory=Limits)


def build_collection(
    source: Source,
    target: Path,
    embedder: Embedder,
    taxonomy: Taxonomy,
    options: BuildOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] | None = None,
) -> Manifest:
    """Build a collection from a listed source and move it to `target` when it is complete.

    An interrupted build is resumed after its last commit if source, backbone and options are the same.

    Parameters
    ----------
    source
        Images and the facts about them.
    target
        Folder of the collection. It is empty until the build is complete.
    embedder
        Backbone with weights.
    taxonomy
        Definitions of attributes. Those without answers in the source are left out.
    options
        Seed, limits, and whether a collection at `target` may be replaced.
    progress
        Called with the progress of each stage; may raise to stop the build.
    say
        Called with sentences about the answers to the replaced collection, before it is replaced.

    Returns
    -------
    Manifest
        The manifest of the new collection.

    Raises
    ------
    SourceError
        If no image could be used.
    LostAnswersError, LabelStoreError
        If answers would lose their images by mistake or cannot be opened; see `pipeline.build.kept_answers`.
    CollectionError
        If `target` exists and may not be replaced, or cannot be written.
    """
    options = options or BuildOptions()
    tell, say = progress or _ignore_progress, say or _ignore_sentence
    check_target(target, source, replace=options.replace)
    reported = check_answers(source, target, options, say)
    chosen = taxonomy.restricted_to(source.attributes)
    fingerprint = source.fingerprint()
    writer = CollectionWriter(target, _state(source, fingerprint, embedder, options), may_replace=options.replace)
    try:
        manifest = _run(source, fingerprint, embedder, chosen, options, writer, tell)
        Collection(writer.finish(manifest))  # opening it checks it before it is published
        report_lost_answers(target, writer, options.labels_url, say, reported)
        writer.publish()
        return manifest
    finally:
        writer.close()


def check_target(target: Path, source: Source, *, replace: bool) -> None:
    """Refuse a place where no collection can be built, before any slow step.

    Raises
    ------
    CollectionError
        If something is there that may not be replaced, the place is, holds or lies in the source, or nothing can be
        written there.
    """
    check_place(target, replace=replace, source=source.root, table=source.is_table)
    check_writable(target)


def _run(
    source: Source,
    fingerprint: str,
    embedder: Embedder,
    chosen: Taxonomy,
    options: BuildOptions,
    writer: CollectionWriter,
    tell: ProgressCallback,
) -> Manifest:
    """Run every stage in order; each overwrites the results of an interrupted run."""
    failed = _read_images(source, embedder, options, writer, tell)
    ids, vectors = _embedding(writer, embedder, options.seed)
    graph = _neighbors(writer, embedder, ids, vectors, options.seed, tell)
    distance = near_distance(embedder.spec.weights_sha256, options.near_duplicates)
    _write_duplicates(writer, find_duplicates(writer.hashes(), vectors, graph, distance, progress=tell), ids)
    items = _items_by_id(source)
    kept = [items[image_id] for image_id in ids.tolist()]
    scores = score_known_attributes(kept, vectors, chosen, ids, seed=options.seed, progress=tell)
    _write_scores(writer, scores, ids)
    layouts = build_layouts(vectors, graph, scores, kept, chosen, seed=options.seed, progress=tell)
    _write_layouts(writer, layouts, ids)
    write_captions(writer, tell)
    columns = write_columns(writer, source, ids)
    return Manifest(
        name=plain(source.name),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        program_version=__version__,
        source_name=source.name,
        source_root=str(source.root),
        source_fingerprint=fingerprint,
        images=len(ids),
        failed=failed,
        embedding=embedder.spec,
        dimensions=int(vectors.shape[1]),
        taxonomy=chosen,
        attributes=scores.facts,
        layouts=tuple(layout.facts for layout in layouts),
        near_duplicate_distance=distance,
        left_out=source.left_out,
        columns=columns,
    )


def check_answers(source: Source, target: Path, options: BuildOptions, say: Callable[[str], None]) -> frozenset[int]:
    """Report answers that a build would leave without an image, judged by names; return their images.

    Raises
    ------
    LostAnswersError, LabelStoreError
        If answers would lose their images by mistake or cannot be opened.
    """
    listed = image_ids(source.name, [item.key for item in source.items])
    with answers_at(target, options.labels_url, say) as answers:
        if answers is None:
            return frozenset()
        return answers.check_listing(listed, source.name, source.items[0].key, allowed=options.set_aside_answers)


def _ignore_sentence(sentence: str) -> None:
    """Ignore a sentence."""


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""


def _state(source: Source, fingerprint: str, embedder: Embedder, options: BuildOptions) -> dict[str, object]:
    return {
        "program_version": __version__,
        "source": source.name,
        "fingerprint": fingerprint,
        "embedding": asdict(embedder.spec) | {"reason": ""},
        "limits": asdict(options.limits),
        "exif": options.exif,
    }


def _items_by_id(source: Source) -> dict[int, SourceItem]:
    ids = image_ids(source.name, [item.key for item in source.items])
    return dict(zip(ids.tolist(), source.items, strict=True))


def _read_images(
    source: Source, embedder: Embedder, options: BuildOptions, writer: CollectionWriter, tell: ProgressCallback
) -> int:
    """Embed the images not yet committed; return the number of failed images, earlier runs included."""
    items = _items_by_id(source)
    waiting = [(image_id, items[image_id]) for image_id in sorted(items) if image_id > writer.last_id]
    before = len(items) - len(waiting)
    stage = "Reading and embedding images"

    def shifted(progress: Progress) -> None:
        note = f"{before:,} from before" if before else ""
        tell(Progress(stage, before + progress.done, len(items), "images", note))

    pending: list[ProcessedBatch] = []
    for batch in process_images(waiting, embedder, limits=options.limits, exif=options.exif, progress=shifted):
        pending.append(batch)
        if sum(len(entry.rows) for entry in pending) >= COMMIT_EVERY:
            writer.add(pending, items, source.attributes, source.root)
            pending = []
    writer.add(pending, items, source.attributes, source.root)
    failed, reason = writer.failures()
    if failed == len(items):
        writer.discard()
        raise SourceError(
            f"None of the {len(items):,} files in {source.root} could be used; the first: {reason}. "
            "Check that they are images."
        )
    return failed


def _embedding(
    writer: CollectionWriter, embedder: Embedder, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """Centre, reduce and normalise the vectors; store the reduction for later images."""
    ids, raw = writer.raw_vectors()
    reduction = fit_reduction(raw, seed=seed)
    vectors = apply_reduction(reduction, raw)
    backbone = embedder.spec.backbone
    writer.replace(f"embeddings/{backbone}.lance", vector_table(ids, vectors))
    arrays = {"mean": reduction.mean}
    if reduction.components is not None:
        arrays["components"] = reduction.components
    writer.write_arrays(f"models/{backbone}-reduction.safetensors", arrays)
    return ids, vectors


def _neighbors(
    writer: CollectionWriter,
    embedder: Embedder,
    ids: NDArray[np.int64],
    vectors: NDArray[np.float16],
    seed: int,
    tell: ProgressCallback,
) -> NeighborGraph:
    tell(Progress("Finding neighbours", 0, len(ids)))
    graph = knn_graph(vectors.astype(np.float32), NEIGHBORS, seed=seed)
    width = graph.k
    if not width:  # a single image has no neighbours
        return graph
    columns = {
        "image_id": pa.array(ids, pa.int64()),
        "neighbors": pa.FixedSizeListArray.from_arrays(pa.array(ids[graph.indices].reshape(-1), pa.int64()), width),
        "distances": pa.FixedSizeListArray.from_arrays(pa.array(graph.distances.reshape(-1), pa.float32()), width),
    }
    writer.replace(f"graph/{embedder.spec.backbone}.lance", pa.table(columns))
    tell(Progress("Finding neighbours", len(ids), len(ids)))
    return graph


def _write_duplicates(writer: CollectionWriter, found: DuplicateGroups, ids: NDArray[np.int64]) -> None:
    rows = found.members
    table = {
        "image_id": pa.array(ids[rows], pa.int64()),
        "group": pa.array(ids[found.groups[rows]], pa.int64()),
        "kind": pa.array(np.where(found.exact[rows], "exact", "near").tolist(), pa.string()),
    }
    writer.replace("duplicates.lance", pa.table(table))


def _write_scores(writer: CollectionWriter, scores: FirstScores, ids: NDArray[np.int64]) -> None:
    origins = {facts.name: facts.origin for facts in scores.facts}
    for row, name in enumerate(scores.names):
        table = pa.table({"image_id": pa.array(ids, pa.int64()), "score": pa.array(scores.scores[row], pa.float32())})
        writer.replace(f"scores/{name}/{origins[name]}.lance", table)
        writer.write_arrays(f"models/{name}-{origins[name]}.safetensors", scores.models[name])


def _write_layouts(writer: CollectionWriter, layouts: list[BuiltLayout], ids: NDArray[np.int64]) -> None:
    for layout in layouts:
        table = layout_table(ids[layout.rows], layout.positions, layout.trust, layout.clusters)
        writer.replace(f"layouts/{layout.facts.name}.lance", table)
        writer.write_json(f"clusters/{layout.facts.name}.json", [asdict(name) for name in layout.names])
