"""Measure an addition to a synthetic collection, without the embedding: time, places that stay, and neighbours kept."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.collection import Collection
from pipeline.collection.layout_table import layout_table
from pipeline.collection.manifest import Manifest
from pipeline.collection.updating import CollectionUpdate
from pipeline.collection.writer import CollectionWriter
from pipeline.embedding.neighbors import NeighborGraph, knn_graph
from pipeline.embedding.reduction import principal_components
from pipeline.errors import ParameterError
from pipeline.growing.grow import grow
from pipeline.growing.staging import Staged
from pipeline.layout.projection import tsne_layout
from pipeline.layout.quality import neighbor_recall
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.progress import Progress, ProgressCallback

__all__ = ["LARGEST_REBUILT", "bench_growing"]

LARGEST_REBUILT = 30_000
"""Images up to which the addition is compared with a rebuilt layout, which takes minutes."""

NEIGHBORS, RECALLED = 90, 15


def bench_growing(
    images: int, new: int, *, seed: int, folder: Path | None = None, progress: ProgressCallback | None = None
) -> dict[str, Any]:
    """Add images to a synthetic collection, and compare the result with a layout made of all of them.

    Parameters
    ----------
    images, new
        Images of the collection, and images that are added.
    seed
        Seed of the images and of the choice of new ones.
    folder
        Folder for the collections while it runs; the system's temporary one by default.
    progress
        Called with the progress.

    Returns
    -------
    dict
        ``seconds`` and ``processor_seconds`` of the addition, ``moved`` (images that were there and have another
        place), ``recall_of_new`` and, up to `LARGEST_REBUILT` images, ``recall_of_new_rebuilt``.

    Raises
    ------
    ParameterError
        If a number is below 1, or more images are new than a tenth of all.
    """
    if new < 1 or images < 10 * new:
        raise ParameterError(f"{new:,} new images for {images:,} are not possible: 1 to a tenth are.")
    tell = progress or _ignore_progress
    with tempfile.TemporaryDirectory(prefix="bam-bench-", dir=folder) as work:
        path = Path(work) / "collection"
        build_synthetic(SyntheticSpec(images + new, seed=seed), path, progress=tell)
        whole = Collection(path)
        chosen = _chosen(whole, new, seed)
        vectors = whole.embedding()
        staged_tables = _rows_of_new(path, whole, chosen)
        rebuilt = images <= LARGEST_REBUILT
        graph = knn_graph(vectors.astype(np.float32), NEIGHBORS, seed=seed) if rebuilt else None
        name = whole.manifest.layouts[0].name
        _without(path, whole, chosen, seed, tell, laid_out=rebuilt)
        before = Collection(path)
        writer = CollectionWriter(Path(work) / "stage", {"synthetic": seed, "attempt": "growing"})
        try:
            staged = _staged(writer, whole, chosen, vectors, *staged_tables)
            started, processor = time.perf_counter(), time.process_time()
            _add(path, staged, tell)
            seconds, processor = time.perf_counter() - started, time.process_time() - processor
        finally:
            writer.discard()
        after = Collection(path)
        rows = np.searchsorted(after.image_ids, before.image_ids)
        places = after.layout(name).positions
        moved = int(np.count_nonzero((places[rows] != before.layout(name).positions).any(axis=1)))
        values: dict[str, Any] = {"measure": "growing", "images": images, "new": new, "dimensions": vectors.shape[1]}
        values |= {"seconds": round(seconds, 2), "processor_seconds": round(processor, 2), "moved": moved}
        if graph is not None:
            values["recall_of_new"] = _recall(graph, places, chosen, seed)
            again = _laid_out(vectors, graph, seed, tell)
            values["recall_of_new_rebuilt"] = _recall(graph, again, chosen, seed)
            values["recall_of_all_rebuilt"] = _recall(graph, again, np.arange(len(again)), seed)
    return values


def _chosen(whole: Collection, new: int, seed: int) -> NDArray[np.int64]:
    """Choose the rows that will be new, none of them with duplicates."""
    groups = whole.duplicates()
    alone = np.flatnonzero(np.bincount(groups, minlength=len(groups))[groups] == 1)
    return np.sort(np.random.default_rng(seed).choice(alone, new, replace=False))


def _rows_of_new(path: Path, whole: Collection, chosen: NDArray[np.int64]) -> tuple[pa.Table, pa.Table]:
    ids = pa.array(whole.image_ids[chosen])
    images = whole.open_dataset("images.lance").to_table().filter(_among("image_id", ids))
    captions = whole.open_dataset("captions.lance").to_table().filter(_among("image_id", ids))
    del path
    return images.sort_by("image_id").drop_columns(["thumbnail"]), captions


def _among(column: str, ids: pa.Array) -> Any:
    import pyarrow.compute as pc

    return pc.field(column).isin(ids)


def _without(
    path: Path, whole: Collection, chosen: NDArray[np.int64], seed: int, tell: ProgressCallback, *, laid_out: bool
) -> None:
    """Take images out of a collection as if it had been built without them."""
    manifest, layout = whole.manifest, whole.layout(whole.manifest.layouts[0].name)
    kept = np.setdiff1d(np.arange(len(whole)), chosen)
    condition = f"image_id IN ({', '.join(map(str, whole.image_ids[chosen].tolist()))})"
    with CollectionUpdate(path) as update:
        names = ["images.lance", "captions.lance", whole.embedding_name]
        names += [f"scores/{name}/{origin}.lance" for name, origin in manifest.origins().items()]
        for name in names:
            update.delete(name, condition)
        positions = layout.positions[kept]
        if laid_out:
            vectors = whole.embedding()[kept]
            positions = _laid_out(vectors, knn_graph(vectors.astype(np.float32), NEIGHBORS, seed=seed), seed, tell)
        table = layout_table(whole.image_ids[kept], positions, layout.trust[kept], layout.clusters[:, kept])
        update.overwrite(f"layouts/{layout.facts.name}.lance", table)
        mean = np.zeros(manifest.dimensions, np.float32)
        update.write_arrays(f"models/{manifest.embedding.backbone}-reduction.safetensors", {"mean": mean})

        def smaller(now: Manifest) -> Manifest:
            return replace(now, images=len(kept), layouts=(replace(layout.facts, images=len(kept)),))

        update.commit(smaller)


def _laid_out(
    vectors: NDArray[np.float16], graph: NeighborGraph, seed: int, tell: ProgressCallback
) -> NDArray[np.float32]:
    components = principal_components(vectors.astype(np.float32), 50, seed=seed)
    positions: NDArray[np.float32] = tsne_layout(components, graph, seed=seed, progress=tell)
    return positions


def _staged(
    writer: CollectionWriter,
    whole: Collection,
    chosen: NDArray[np.int64],
    vectors: NDArray[np.float16],
    images: pa.Table,
    captions: pa.Table,
) -> Staged:
    """Return new images as `pipeline.growing.staging.stage` does, each with the thumbnails of its picture."""
    ids, rows = whole.image_ids[chosen], chosen.tolist()
    thumbnails = {
        "image_id": pa.array(ids),
        "small": pa.array(whole.tiles(rows, small=True), pa.binary()),
        "tile": pa.array(whole.tiles(rows), pa.binary()),
        "preview": pa.array(whole.previews(rows), pa.binary()),
    }
    writer.append("thumbnails.lance", pa.table(thumbnails))
    words = pa.table({"word": pa.array([], pa.string()), "count": pa.array([], pa.int64())})
    return Staged(images, ids, vectors[chosen], captions, words, None, (), writer)


def _add(path: Path, staged: Staged, tell: ProgressCallback) -> None:
    with CollectionUpdate(path) as update:
        collection = Collection(path)
        grown = grow(update, collection, staged, tell)
        count = len(staged.ids)

        def larger(now: Manifest) -> Manifest:
            shared = now.thumbnails
            thumbnails = None if shared is None else shared + count
            return replace(grown.named(now), images=now.images + count, thumbnails=thumbnails, layouts=grown.layouts)

        update.commit(larger)


def _recall(graph: NeighborGraph, places: NDArray[np.float32], rows: NDArray[np.int64], seed: int) -> float:
    """Return the share of the nearest images of some images that are also nearest on the map."""
    shown = knn_graph(places, RECALLED, seed=seed)
    wanted = NeighborGraph(graph.indices[rows], graph.distances[rows])
    found = neighbor_recall(wanted, NeighborGraph(shown.indices[rows], shown.distances[rows]), k=RECALLED)
    return round(found, 4)


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
