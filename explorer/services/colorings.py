"""Colours and orders of the map, as arrays for a key. A session's state chooses the keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection, Layout
from pipeline.label_store import StoreState
from pipeline.map.coloring import Coloring, color_by_category, color_by_date, color_by_side, color_by_value
from pipeline.map.priorities import PriorityKind, uncertainty_of
from pipeline.tables.typed_columns import ColumnKind

__all__ = ["AUDITED", "COLUMN", "LABEL_KINDS", "NO_SCORE", "ColorKey", "Order", "coloring_of"]

COLUMN = "column:"
NO_SCORE = "no score"
AUDITED = "audited"
LABEL_KINDS = {
    "label": "label",
    "agreement": "agreement",
    "person": "who answered",
    "time": "when answered",
    "asked": "which round asked",
}
"""Colourings by the answers to the attribute that is labelled now."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the pictures in a cell: its kind, and the attribute and minimum if the kind needs them."""

    kind: PriorityKind
    attribute: str = ""
    minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class ColorKey:
    """All values that a colouring depends on. Equal keys have equal colours."""

    kind: str
    attribute: str = ""
    minimum: float = 0.0
    layout: str = ""
    answers: StoreState | None = None


def _by_column(collection: Collection, column: str) -> Coloring:
    title = column.replace("_", " ").capitalize()
    if collection.metadata_columns[column] == "number":
        by = color_by_date if collection.own_kind(column) == ColumnKind.DATE else color_by_value
        return by(collection.numbers(column), title)
    return color_by_category(*collection.categories(column), title)


def coloring_of(key: ColorKey, collection: Collection, layout: Layout | None) -> Coloring:
    """Return the colours of a collection. Colours by cluster and trust follow ``layout``.

    Raises
    ------
    KeyError
        For a kind that does not exist. `color_key` returns no such kind.
    """
    if key.kind.startswith(COLUMN):
        return _by_column(collection, key.kind.removeprefix(COLUMN))
    if layout is not None and key.kind == "cluster":
        return _by_cluster(layout)
    if layout is not None and key.kind == "trust":
        return color_by_value(layout.trust, "Trust in the layout", low=0.0, high=1.0)
    title = collection.manifest.taxonomy.attribute(key.attribute).title.capitalize()
    if key.kind == "known":
        known = collection.known(key.attribute).astype(np.int32)
        return color_by_category(known, ["no", "yes"], f"{title}: known answer", missing="no answer")
    scores, scale = collection.scores_of(key.attribute), collection.manifest.scale(key.attribute)
    if key.kind == "score" and scale is not None:  # the legend shows the scale's own numbers
        own = (scale.low + scores * (scale.high - scale.low)).astype(np.float32)
        return color_by_value(own, f"{title}: score", low=scale.low, high=scale.high, missing=NO_SCORE)
    return _by_score(key, scores, title)


def _by_score(key: ColorKey, scores: NDArray[np.float32], title: str) -> Coloring:
    if key.kind == "score":
        return color_by_value(scores, f"{title}: score", low=0.0, high=1.0, missing=NO_SCORE)
    if key.kind == "uncertainty":
        doubt = uncertainty_of(scores, key.minimum)
        return color_by_value(doubt, f"{title}: uncertainty", low=0.0, high=1.0, missing=NO_SCORE)
    return color_by_side(scores, key.minimum, f"{title}: side of the minimum", missing=NO_SCORE)


def _by_cluster(layout: Layout) -> Coloring:
    coarse = layout.clusters[0]
    names = {name.cluster: name.text for name in layout.names if name.level == 0}
    count = int(coarse.max()) + 1
    texts = [names.get(number) or f"cluster {number + 1}" for number in range(count)]
    return color_by_category(coarse, texts, "Cluster", missing="in no cluster")
