"""Place new images in each layout of a collection, in an update. Images that were there do not move. Uses the disk."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.collection.layout_table import layout_table
from pipeline.embedding.neighbors import NeighborGraph, neighbors_of
from pipeline.growing.placing import Placed, nearest_placed, place_among
from pipeline.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection
    from pipeline.collection.manifest import LayoutFacts
    from pipeline.collection.reader import Layout
    from pipeline.collection.updating import CollectionUpdate
    from pipeline.progress import ProgressCallback

__all__ = ["Together", "extend_layouts"]

STAGE = "Placing new images"


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Old and new images together, in ascending order of their ids.

    Parameters
    ----------
    ids
        int64 (n,).
    vectors
        float16 (n, d): the stored embedding.
    is_new
        bool (n,).
    graph
        Neighbours of the m new images among all n.
    """

    ids: NDArray[np.int64]
    vectors: NDArray[np.float16]
    is_new: NDArray[np.bool_]
    graph: NeighborGraph


def extend_layouts(
    update: CollectionUpdate,
    collection: Collection,
    together: Together,
    joins: NDArray[np.bool_],
    tell: ProgressCallback,
) -> tuple[LayoutFacts, ...]:
    """Add new images to every layout; return the facts about all layouts.

    Parameters
    ----------
    update, collection
        The update, and the collection before it.
    together
        Old and new images.
    joins
        bool (m,): the new images that belong to layouts of some images only.
    tell
        Called after each layout.
    """
    facts, graphs = [], {}
    for done, one in enumerate(collection.manifest.layouts):
        tell(Progress(STAGE, done, len(collection.manifest.layouts), "layouts", one.title))
        layout = collection.layout(one.name)
        there = np.isfinite(layout.positions).all(axis=1)
        chosen = np.zeros(len(together.ids), np.bool_)
        chosen[~together.is_new] = there
        chosen[together.is_new] = True if there.all() else joins
        if not (chosen & together.is_new).any() or not there.any():
            facts.append(one)
            continue
        key = chosen.tobytes()
        if key not in graphs:
            graphs[key] = _neighbors(together, chosen)
        placed = _placed(layout, together, chosen, *graphs[key])
        rows = chosen & together.is_new
        table = layout_table(together.ids[rows], placed.positions, placed.trust, placed.clusters)
        update.append(f"layouts/{one.name}.lance", table)
        _write_sizes(update, layout, placed)
        facts.append(_grown(one, int(np.count_nonzero(rows))))
    tell(Progress(STAGE, len(facts), len(facts), "layouts"))
    return tuple(facts)


def _neighbors(together: Together, chosen: NDArray[np.bool_]) -> tuple[NeighborGraph, NeighborGraph]:
    """Return neighbours of the new images among the chosen ones, and the nearest of those that have a place."""
    rows = np.flatnonzero(chosen)
    vectors, is_new = together.vectors[rows], together.is_new[rows]
    graph = together.graph
    if not chosen.all():
        graph = neighbors_of(vectors, np.flatnonzero(is_new), max(1, graph.k))
    return graph, nearest_placed(vectors, graph, is_new)


def _placed(
    layout: Layout, together: Together, chosen: NDArray[np.bool_], graph: NeighborGraph, nearest: NeighborGraph
) -> Placed:
    positions = np.full((len(together.ids), 2), np.nan, np.float32)
    positions[~together.is_new] = layout.positions
    clusters = np.full((len(layout.clusters), len(together.ids)), -1, np.int32)
    clusters[:, ~together.is_new] = layout.clusters
    is_new = together.is_new[chosen]
    new_ids = together.ids[chosen & together.is_new]
    return place_among(nearest, graph, positions[chosen], clusters[:, chosen], is_new, new_ids)


def _write_sizes(update: CollectionUpdate, layout: Layout, placed: Placed) -> None:
    """Write the clusters of a layout with their new sizes. Their numbers, names and places stay."""
    entries = []
    for name in layout.names:
        level = placed.clusters[name.level] if name.level < len(placed.clusters) else np.empty(0, np.int32)
        entries.append(asdict(replace(name, size=name.size + int(np.count_nonzero(level == name.cluster)))))
    update.write_json(f"clusters/{layout.facts.name}.json", entries)


def _grown(facts: LayoutFacts, count: int) -> LayoutFacts:
    """Return the facts of a layout with more images; a title that names their number names the new one."""
    total = facts.images + count
    title = re.sub(rf"\({facts.images:,}\)$", f"({total:,})", facts.title)
    return replace(facts, images=total, title=title)
