"""What a person can choose for the map: which picture comes first, what the colours show. State in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from pipeline.collection import Collection, Layout
from pipeline.label_store import StoreState
from pipeline.map.coloring import Coloring, color_by_category, color_by_side, color_by_value
from pipeline.map.priorities import PriorityKind, uncertainty_of

__all__ = [
    "AUDITED",
    "LABEL_KINDS",
    "ColorKey",
    "Order",
    "attribute_in_question",
    "color_key",
    "color_options",
    "coloring_of",
    "order_of",
]

COLUMN = "column:"
NO_SCORE = "no score"
_FIXED = {
    "": "none",
    "score": "score",
    "side": "side of the minimum",
    "uncertainty": "uncertainty",
    "known": "known answer",
    "cluster": "cluster",
    "trust": "trust in the layout",
}
AUDITED = "audited"
_NEEDS_ATTRIBUTE = {"score", "side", "uncertainty", "known", AUDITED}
_NEEDS_MINIMUM = {"side", "uncertainty"}
LABEL_KINDS = {
    "label": "label",
    "agreement": "agreement",
    "person": "who answered",
    "time": "when answered",
    "asked": "which round asked",
}
"""Colourings by what people answered to the attribute that is being labelled."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which picture of a cell comes first: kind, and the attribute and minimum if they matter, else empty."""

    kind: PriorityKind
    attribute: str = ""
    minimum: float = 0.0


@dataclass(frozen=True, slots=True)
class ColorKey:
    """Everything that a colouring depends on; equal keys have equal colours."""

    kind: str
    attribute: str = ""
    minimum: float = 0.0
    layout: str = ""
    answers: StoreState | None = None


def attribute_in_question(view: ViewState, filters: FilterState, scored: Sequence[str]) -> str:
    """Give the attribute that score, side and doubt are about, of those whose scores may be shown.

    The chosen one, else the last filter's, else the one that is being labelled, else the first.
    """
    candidates = (view.attribute, *reversed(filters.active), view.label_attribute, *scored)
    return next((name for name in candidates if name in scored), "")


def order_of(view: ViewState, filters: FilterState, scored: Sequence[str]) -> Order:
    """Give the order of pictures that a session asks for."""
    kind = PriorityKind(view.priority)
    if not kind.needs_attribute:
        return Order(kind)
    attribute = attribute_in_question(view, filters, scored)
    if not attribute:
        return Order(PriorityKind.CHANCE)
    minimum = filters.minimums.get(attribute, 0.0) if kind is PriorityKind.UNCERTAINTY else 0.0
    return Order(kind, attribute, round(minimum, 4))


def color_options(
    collection: Collection,
    layout: Layout,
    label_attribute: str = "",
    *,
    audited: bool = False,
    scored: Sequence[str] | None = None,
) -> dict[str, str]:
    """List the colourings that say something here: key -> words for people; of ``scored`` scores may be shown."""
    options = dict(_FIXED)
    if audited:
        options[AUDITED] = "audited precision"
    if label_attribute:
        options |= LABEL_KINDS
    if not (collection.scored if scored is None else scored):
        options = {key: words for key, words in options.items() if key not in _NEEDS_ATTRIBUTE}
    if not (layout.clusters >= 0).any():
        options.pop("cluster")
        options.pop(AUDITED, None)
    if not np.isfinite(layout.trust).any():
        options.pop("trust")
    return options | {f"{COLUMN}{name}": name.replace("_", " ") for name in collection.metadata_columns}


def color_key(
    view: ViewState,
    filters: FilterState,
    collection: Collection,
    scored: Sequence[str],
    answers: StoreState | None = None,
) -> ColorKey | None:
    """Give the key of the colouring that a session asks for, None for no colours; ``scored`` may be shown.

    ``answers`` is the state of the label store: colours by label are others as soon as somebody answers.
    """
    kind = view.color
    if not kind:
        return None
    if kind in LABEL_KINDS:
        return ColorKey(kind, view.label_attribute, answers=answers) if view.label_attribute else None
    if kind in _NEEDS_ATTRIBUTE:
        attribute = attribute_in_question(view, filters, scored)
        if kind == AUDITED:
            return ColorKey(kind, attribute, layout=view.shown_layout, answers=answers) if attribute else None
        minimum = round(filters.minimums.get(attribute, 0.0), 4) if kind in _NEEDS_MINIMUM and attribute else 0.0
        return ColorKey(kind, attribute, minimum) if attribute else None
    if kind.startswith(COLUMN):
        return ColorKey(kind) if kind.removeprefix(COLUMN) in collection.metadata_columns else None
    return ColorKey(kind, layout=view.shown_layout) if kind in _FIXED else None  # what a browser kept may be anything


def _by_column(collection: Collection, column: str) -> Coloring:
    title = column.replace("_", " ").capitalize()
    if collection.metadata_columns[column] == "number":
        return color_by_value(collection.numbers(column), title)
    return color_by_category(*collection.categories(column), title)


def coloring_of(key: ColorKey, collection: Collection, layout: Layout | None) -> Coloring:
    """Colour a collection; colours by cluster and trust are those of ``layout``.

    Raises
    ------
    KeyError
        For a kind that does not exist; `color_key` gives none.
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
    return _by_score(key, collection.scores[collection.scored.index(key.attribute)], title)


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
