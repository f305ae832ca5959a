"""The stages of an addition after the embedding: neighbours, duplicates, scores, layouts, columns, texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.collection.vector_table import vector_table
from pipeline.embedding.duplicates import near_distance
from pipeline.embedding.neighbors import NeighborGraph, neighbors_of
from pipeline.embedding.reduction import Reduction, apply_reduction
from pipeline.errors import CollectionDamagedError
from pipeline.files.small_files import check_plain, reason_of
from pipeline.growing.grown_groups import extended_graph, extended_groups
from pipeline.growing.grown_layouts import Together, extend_layouts
from pipeline.growing.grown_tables import append_scores, extend_captions, extend_columns, extend_thumbnails
from pipeline.progress import Progress, ProgressCallback
from pipeline.rounds.score_versions import read_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection
    from pipeline.collection.manifest import AttributeFacts, LayoutFacts, Manifest
    from pipeline.collection.updating import CollectionUpdate
    from pipeline.growing.staging import Staged
    from pipeline.tables.typed_columns import ColumnFacts

__all__ = ["NEIGHBORS", "Grown", "grow"]

WRITING = "Writing"
NEIGHBORS = 90
"""As many as a build finds."""


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """What an update wrote.

    Parameters
    ----------
    layouts, columns
        Facts about them now.
    same_bytes
        Number of new images whose bytes another image has too.
    named
        Scores the new images for attributes that got scores from a round meanwhile; returns its argument.
    """

    layouts: tuple[LayoutFacts, ...]
    columns: tuple[ColumnFacts, ...]
    same_bytes: int
    named: Callable[[Manifest], Manifest]


def grow(update: CollectionUpdate, collection: Collection, staged: Staged, tell: ProgressCallback) -> Grown:
    """Write everything about new images beside a collection; `CollectionUpdate.commit` makes it visible.

    Parameters
    ----------
    update, collection
        The update, and the collection before it.
    staged
        The new images.
    tell
        Called with the progress.
    """
    manifest = collection.manifest
    vectors = apply_reduction(_reduction(collection), staged.vectors)
    together = _together(collection, staged.ids, vectors, tell)
    _extend_graph(update, collection, together)
    tell(Progress("Finding duplicates", 0, len(staged.ids)))
    same_bytes = _extend_duplicates(update, collection, staged, together)
    tell(Progress("Finding duplicates", len(staged.ids), len(staged.ids)))
    scored: dict[str, str] = {}
    joins = np.zeros(len(staged.ids), np.bool_)

    def score(names: Manifest) -> None:
        for name, origin in names.origins().items():
            if scored.get(name) != origin:
                model = read_model(collection, name, origin)
                scores = append_scores(update, f"scores/{name}/{origin}.lance", model, staged.ids, vectors)
                joins[:] |= _shows(staged, names.facts(name), scores)
                scored[name] = origin

    def named(now: Manifest) -> Manifest:
        score(now)
        return now

    score(manifest)
    layouts = extend_layouts(update, collection, together, joins, tell)
    tell(Progress(WRITING, 0, len(staged.ids)))
    columns = extend_columns(update, staged, manifest.columns, collection.image_ids)
    extend_captions(update, staged)
    extend_thumbnails(update, staged)
    number = pa.array(np.full(staged.images.num_rows, manifest.revision.number + 1), pa.int32())
    images = staged.images.append_column("added_in", number)
    if manifest.thumbnails is not None:
        images = images.append_column("thumbnail", images["image_id"])
    update.append("images.lance", images)
    update.append(collection.embedding_name, vector_table(staged.ids, vectors))
    tell(Progress(WRITING, len(staged.ids), len(staged.ids)))
    return Grown(layouts, columns, same_bytes, named)


def _reduction(collection: Collection) -> Reduction:
    """Read the reduction with which the collection's vectors were made."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    name = f"models/{collection.manifest.embedding.backbone}-reduction.safetensors"
    path = collection.path / collection.manifest.revision.files.get(name, name)
    try:
        check_plain(path)
        arrays = load_file(path)
        return Reduction(arrays["mean"], arrays.get("components"))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({reason_of(error)}), so new images cannot be compared with those that are there. "
            "Restore it from a copy, or build the collection again."
        ) from error


def _together(
    collection: Collection, ids: NDArray[np.int64], vectors: NDArray[np.float16], tell: ProgressCallback
) -> Together:
    every = np.concatenate([collection.image_ids, ids])
    order = np.argsort(every, kind="stable")
    stored = np.concatenate([collection.embedding(), vectors])[order]
    is_new = (order >= len(collection))[: len(order)]
    tell(Progress("Finding neighbours", 0, len(ids)))
    graph = neighbors_of(stored, np.flatnonzero(is_new), NEIGHBORS, progress=tell)
    return Together(every[order], stored, is_new, graph)


def _extend_graph(update: CollectionUpdate, collection: Collection, together: Together) -> None:
    name = f"graph/{collection.manifest.embedding.backbone}.lance"
    if not update.exists(name):
        return
    table = update.dataset(name).to_table().sort_by("image_id")
    width = table.schema.field("neighbors").type.list_size
    ids = together.ids
    neighbors = _flat(table["neighbors"]).reshape(-1, width)
    old = NeighborGraph(
        np.searchsorted(ids, neighbors).astype(np.int32), _flat(table["distances"]).reshape(-1, width).copy()
    )
    found = extended_graph(old, np.flatnonzero(~together.is_new), together.graph, np.flatnonzero(together.is_new))
    columns = {
        "image_id": pa.array(ids, pa.int64()),
        "neighbors": pa.FixedSizeListArray.from_arrays(pa.array(ids[found.indices].reshape(-1), pa.int64()), width),
        "distances": pa.FixedSizeListArray.from_arrays(pa.array(found.distances.reshape(-1), pa.float32()), width),
    }
    update.overwrite(name, pa.table(columns))


def _flat(column: pa.ChunkedArray) -> NDArray[Any]:
    values: NDArray[Any] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values


def _extend_duplicates(update: CollectionUpdate, collection: Collection, staged: Staged, together: Together) -> int:
    """Let new images join groups; return how many of them have the bytes of another image."""
    manifest = collection.manifest
    images = update.dataset("images.lance").to_table(columns=["image_id", "sha256"], filter="status = 'ok'")
    new = staged.images.filter(pc.equal(staged.images["status"], "ok")).select(["image_id", "sha256"])
    table = pa.concat_tables([images, new]).sort_by("image_id")
    distance = manifest.near_duplicate_distance
    if distance is None:
        distance = near_distance(manifest.embedding.weights_sha256, None)
    old_rows, new_rows = np.flatnonzero(~together.is_new), np.flatnonzero(together.is_new)
    groups = np.arange(len(together.ids))
    groups[old_rows] = old_rows[collection.duplicates()]
    hashes = table["sha256"].to_pylist()
    groups, exact = extended_groups(groups, hashes, together.vectors, together.graph, new_rows, distance)
    sizes = np.bincount(groups, minlength=len(groups))
    members = np.flatnonzero(sizes[groups] > 1)
    made = {
        "image_id": pa.array(together.ids[members], pa.int64()),
        "group": pa.array(together.ids[groups[members]], pa.int64()),
        "kind": pa.array(np.where(exact[members], "exact", "near").tolist(), pa.string()),
    }
    update.overwrite("duplicates.lance", pa.table(made))
    return int(np.count_nonzero(exact[new_rows]))


def _shows(staged: Staged, facts: AttributeFacts | None, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which new images show an attribute: known to, or unknown and scored at least its minimum."""
    if facts is None or facts.threshold is None:
        return np.zeros(len(scores), np.bool_)
    passing: NDArray[np.bool_] = scores >= facts.threshold
    name = f"known_{facts.name}"
    if name not in staged.images.column_names:
        return passing
    readable = staged.images.filter(pc.equal(staged.images["status"], "ok"))
    known = readable[name].cast(pa.int8()).fill_null(-1).to_numpy()
    return np.where(known >= 0, known == 1, passing)
