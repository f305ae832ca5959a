"""Lay out all images of a grown collection again, aligned to the present layouts. Uses the disk."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from pipeline.build.first_scores import FirstScores
from pipeline.build.layouts import METHODS, BuiltLayout, build_layouts
from pipeline.collection import Collection
from pipeline.collection.layout_table import layout_table
from pipeline.collection.manifest import Manifest
from pipeline.collection.updating import CollectionUpdate
from pipeline.embedding.neighbors import knn_graph
from pipeline.errors import CollectionError
from pipeline.growing.grow import NEIGHBORS
from pipeline.images.locations import NoLocation
from pipeline.images.records import SourceItem
from pipeline.layout.alignment import fit_alignment
from pipeline.progress import Progress, ProgressCallback

__all__ = ["lay_out_again"]

RECORDS = 10_000
"""Images whose texts are read at once."""


def lay_out_again(path: Path, *, seed: int = 0, progress: ProgressCallback | None = None) -> Manifest:
    """Make every layout again from all images, turned and scaled so that images stay as near their places as possible.

    Ids, scores, answers and everything else stay. Clusters and their names are new.

    Parameters
    ----------
    path
        The collection's folder.
    seed
        Seed of all random steps.
    progress
        Called with the progress of each layout; may raise to stop.

    Returns
    -------
    Manifest
        The manifest now.

    Raises
    ------
    CollectionError
        If the layouts were not made by t-SNE or UMAP, or the collection cannot be changed now.
    """
    tell = progress or _ignore_progress
    with CollectionUpdate(path) as update:
        collection = Collection(update.path)
        manifest = collection.manifest
        methods = {key for key, _ in METHODS}
        other = [facts.title for facts in manifest.layouts if facts.method not in methods]
        if other or not manifest.layouts:
            named = other[0] if other else "none"
            raise CollectionError(
                f"The layouts of {path} were not made by t-SNE or UMAP ({named}), so they cannot be made again."
            )
        vectors = collection.embedding()
        tell(Progress("Finding neighbours", 0, len(vectors)))
        graph = knn_graph(vectors.astype(np.float32), NEIGHBORS, seed=seed, progress=tell)
        made = build_layouts(
            vectors, graph, _scores(collection), _items(collection), manifest.taxonomy, seed=seed, progress=tell
        )
        made = [_aligned(collection, layout) for layout in made]
        for layout in made:
            ids = collection.image_ids[layout.rows]
            table = layout_table(ids, layout.positions, layout.trust, layout.clusters)
            update.overwrite(f"layouts/{layout.facts.name}.lance", table)
            update.write_json(f"clusters/{layout.facts.name}.json", [asdict(name) for name in layout.names])
        facts = tuple(layout.facts for layout in made)
        return update.commit(lambda now: replace(now, layouts=facts, laid_out=now.revision.number + 1))


def _aligned(collection: Collection, layout: BuiltLayout) -> BuiltLayout:
    """Align a layout to the present one of the same name, by the images that both have."""
    if collection.manifest.layout(layout.facts.name) is None:
        return layout
    before = collection.layout(layout.facts.name).positions[layout.rows]
    common = np.isfinite(before).all(axis=1)
    fitted = fit_alignment(layout.positions[common], before[common])
    places = fitted.of(np.array([(name.x, name.y) for name in layout.names], np.float64).reshape(-1, 2))
    names = tuple(
        replace(name, x=float(place[0]), y=float(place[1]), radius=name.radius * fitted.scale)
        for name, place in zip(layout.names, places, strict=True)
    )
    return replace(layout, positions=fitted.of(layout.positions), names=names)


def _scores(collection: Collection) -> FirstScores:
    """Return the present scores in the form in which a build has its first ones."""
    names, manifest = collection.scored, collection.manifest
    facts = [manifest.facts(name) for name in names]
    thresholds = [0.5 if one is None or one.threshold is None else one.threshold for one in facts]
    known = np.array([collection.known(name) for name in names], np.int8).reshape(len(names), len(collection))
    return FirstScores(
        names, collection.scores, known, np.array(thresholds, np.float32), manifest.attributes, models={}
    )


def _items(collection: Collection) -> list[SourceItem]:
    """Return what the source said about each image, for the names of clusters."""
    source = collection.manifest.source_name
    items: list[SourceItem] = []
    for start in range(0, len(collection), RECORDS):
        records = collection.records(range(start, min(start + RECORDS, len(collection))))
        items += [
            SourceItem(
                source,
                record.source,
                NoLocation(),
                caption=record.caption,
                author=record.author,
                keywords=record.keywords,
                origin=record.origin,
                license=record.license,
            )
            for record in records
        ]
    return items


def _ignore_progress(progress: Progress) -> None:
    """Ignore progress."""
