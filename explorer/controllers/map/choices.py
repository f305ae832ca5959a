"""Choices of the map: the order of pictures and the colouring. Turns the session's state into keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer.services.colorings import AUDITED, COLUMN, LABEL_KINDS, ColorKey, Order
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from pipeline.collection import Collection, Layout
from pipeline.label_store import StoreState
from pipeline.map.priorities import PriorityKind
from pipeline.tables.typed_columns import ColumnKind

__all__ = ["attribute_in_question", "color_key", "color_options", "order_of"]

_FIXED = {
    "": "none",
    "score": "score",
    "side": "side of the minimum",
    "uncertainty": "uncertainty",
    "known": "known answer",
    "cluster": "cluster",
    "trust": "trust in the layout",
}
_NEEDS_ATTRIBUTE = {"score", "side", "uncertainty", "known", AUDITED}
_NEEDS_MINIMUM = {"side", "uncertainty"}


def attribute_in_question(view: ViewState, filters: FilterState, scored: Sequence[str]) -> str:
    """Return the attribute for score, side and uncertainty, one of those whose scores may be shown.

    It is the chosen one, else that of the last filter, else the one being labelled, else the first.
    """
    candidates = (view.attribute, *reversed(filters.active), view.label_attribute, *scored)
    return next((name for name in candidates if name in scored), "")


def order_of(view: ViewState, filters: FilterState, scored: Sequence[str]) -> Order:
    """Return the order of pictures that the session has chosen."""
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
    """Return the available colourings: key -> title; scores of the attributes in ``scored`` may be shown."""
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
    return options | {f"{COLUMN}{name}": name.replace("_", " ") for name in _columns(collection)}


def _columns(collection: Collection) -> list[str]:
    """Return the columns that are colourings: all but places, nearly each of which is there once."""
    return [name for name in collection.metadata_columns if collection.own_kind(name) != ColumnKind.PLACE]


def color_key(
    view: ViewState,
    filters: FilterState,
    collection: Collection,
    scored: Sequence[str],
    answers: StoreState | None = None,
) -> ColorKey | None:
    """Return the key of the session's colouring, None for no colours; scores of ``scored`` may be shown.

    ``answers`` is the state of the label store, because colours by label change with every answer.
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
        return ColorKey(kind) if kind.removeprefix(COLUMN) in _columns(collection) else None
    return ColorKey(kind, layout=view.shown_layout) if kind in _FIXED else None  # a browser may have kept any value
