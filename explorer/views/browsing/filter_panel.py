"""The filter panel: a chip, a histogram and a minimum for each attribute, in the three groups of BAM!."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param

from explorer.messages.encoding import Record, encoded
from explorer.services.services import Minimums, Services
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.score_origins import round_of_origin
from pipeline.collection.score_scale import ScoreScale
from pipeline.map.filters import FilterSet
from pipeline.taxonomy import Attribute

__all__ = ["WAYS", "FilterPanel", "FilterView", "attribute_help"]


WAYS = {
    "label": (
        "Label something",
        "Answer yes or no for a few pictures. A model learns from them and finds more.",
    ),
    "attribute": ("Add an attribute", "Define a question about a picture, such as “Does it show a bird?”"),
    "select": ("Select on the map", "Draw around pictures to see them together."),
    "search": ("Search captions", "Find pictures by words in their captions."),
}
"""First steps in a collection without scores, by key: text of the button, and help."""


@dataclass(frozen=True, slots=True)
class FilterRow(Record):
    """An attribute with a filter.

    Parameters
    ----------
    name, title, group, help
        Name, title, group and help of the attribute.
    mark
        ``"s"`` if the source alone decides it, else empty.
    histogram
        Square roots of the numbers of images in each range of scores, scaled to a maximum of 1.
    low, high
        Scores at the ends of the slider. The slider itself goes from 0 to 1.
    marks
        Known scores: place from 0 to 1, and words.
    """

    name: str
    title: str
    group: str
    help: str
    mark: str
    histogram: tuple[float, ...]
    low: float = 0.0
    high: float = 1.0
    marks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FilterSetting(Record):
    """The filter of an attribute: whether it is active, its minimum, and the images that pass it."""

    active: bool
    minimum: float
    count: int


@dataclass(frozen=True, slots=True)
class Way(Record):
    """A first step in a collection without scores: its key, the text of its button, and help."""

    key: str
    words: str
    help: str


class FilterPanel(Component):
    """The browser's half: shows rows and sends changes."""

    rows = param.List(default=[], item_type=dict, doc="One for each attribute, see `FilterRow`.")
    hidden = param.String(default="", doc="Attributes with hidden scores, and the reason; empty if there are none.")
    settings = param.Dict(default={}, doc="Attribute -> `FilterSetting`.")
    passing = param.Integer(default=0, doc="Images that pass all filters.")
    total = param.Integer(default=0, doc="Images in all.")
    ways = param.List(default=[], item_type=dict, doc="First steps while there are no rows, see `Way`.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("filter_panel.js")
    _stylesheets: ClassVar[list[str]] = styles_of("browsing/filter_panel.css")


class FilterView(pn.viewable.Viewer):
    """The server's half: counts images and changes the state.

    Parameters
    ----------
    services, filters, view
        Services of the process, and state of the session.
    """

    def __init__(self, services: Services, filters: FilterState, view: ViewState) -> None:
        super().__init__()
        self._view = view
        self._services = services
        self._collection = services.collection
        self._filters = filters
        self._counted: tuple[FilterSet, Minimums] | None = None
        self._counting = False
        self.panel = FilterPanel(
            rows=encoded(self._rows(services)),
            hidden=services.hidden_scores.words(),
            total=len(self._collection),
            ways=[] if self._collection.scored else encoded(_ways(services)),
            dark=view.dark,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.panel.on_msg(lambda event: self._on_message(event.data))
        self._counted = self._wanted()
        self._counts, self._passing = _count(services, *self._counted)
        self._show()
        filters.param.watch(lambda *_: self._update(), ["minimums", "active"])
        view.param.watch(lambda _: self._on_scores(), "scores_seen")
        view.param.watch(lambda event: setattr(self.panel, "dark", event.new), "dark")

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the panel."""
        return self.panel

    def _rows(self, services: Services) -> list[FilterRow]:
        manifest = services.collection.manifest
        facts = {entry.name: entry for entry in manifest.attributes}
        rows = []
        roots = np.sqrt(services.histograms)  # so that small counts are visible beside large ones
        for name, counts in zip(services.scored, roots, strict=False):
            attribute, scale = manifest.taxonomy.attribute(name), manifest.scale(name)
            rows.append(
                FilterRow(
                    name=name,
                    title=attribute.title,
                    group=attribute.group,
                    help=attribute_help(attribute, facts[name]),
                    mark="s" if attribute.decided_by_source else "",
                    histogram=tuple(round(float(height), 3) for height in counts / max(1.0, float(counts.max()))),
                    low=0.0 if scale is None else scale.low,
                    high=1.0 if scale is None else scale.high,
                    marks=() if scale is None else marks_of(scale),
                )
            )
        return rows

    def _on_scores(self) -> None:
        """Show new histograms, counts and attributes after new scores."""
        self._counted = None
        self.panel.show_values(rows=self._rows(self._services), hidden=self._services.hidden_scores.words())
        self._update()

    def _on_message(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "clear":
            self._filters.clear()
        elif kind == "way" and message.get("key") in WAYS:
            self._go(str(message["key"]))
        elif kind == "filter" and isinstance(message.get("attribute"), str):
            self._change(message)

    def _go(self, way: str) -> None:
        """Start one of `WAYS`."""
        if way == "label":
            self._view.open_tab("label", task="answer")
        elif way == "attribute":
            self._view.open_tab("attributes", task="define")
        elif way == "select":
            self._view.show_map(task="lasso")
        else:
            self._view.show_search()

    def _change(self, message: dict[str, Any]) -> None:
        name, active, minimum = message["attribute"], message.get("active"), message.get("minimum")
        if message.get("reset"):
            self._filters.reset(name)
        elif active is None or isinstance(active, bool):
            number = float(minimum) if isinstance(minimum, int | float) and np.isfinite(minimum) else None
            self._filters.change(name, active=active, minimum=number)

    def _update(self) -> None:
        """Show the choices at once; the counts follow, because they take a moment with millions of images."""
        self._show()
        if not self._counting:
            self._counting = True
            pn.state.execute(self._count_until_current, schedule=True)

    def _wanted(self) -> tuple[FilterSet, Minimums]:
        return self._filters.filter_set(), tuple(self._filters.minimums.items())

    async def _count_until_current(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._counted != (wanted := self._wanted()):
                self._counts, self._passing = await loop.run_in_executor(
                    self._services.executor, _count, self._services, *wanted
                )
                self._counted = wanted
                self._show()
        finally:
            self._counting = False

    def _show(self) -> None:
        filters = self._filters
        self.panel.show_values(
            settings={
                name: FilterSetting(name in filters.active, minimum, self._counts.get(name, 0))
                for name, minimum in filters.minimums.items()
            },
            passing=self._passing,
        )


def _ways(services: Services) -> list[Way]:
    """Return the first steps of a collection without scores."""
    ways = dict(WAYS)
    if not services.search.has_words:
        del ways["search"]
    return [Way(key, *words) for key, words in ways.items()]


def _count(services: Services, filters: FilterSet, minimums: Minimums) -> tuple[dict[str, int], int]:
    return services.counts(filters, minimums), services.passing(filters).count


def marks_of(scale: ScoreScale) -> tuple[tuple[float, str], ...]:
    """Return the marks of a scale: place from 0 to 1, and words such as "-1: positive from here"."""
    return tuple((round(scale.unit(mark.value), 4), f"{mark.value:g}: {mark.name}") for mark in scale.marks)


def attribute_help(attribute: Attribute, facts: AttributeFacts) -> str:
    """Return the definition of an attribute and the quality of its scores, as plain text."""
    lines = [attribute.definition] if attribute.definition else []
    if round_of_origin(facts.origin) is not None or facts.scale is not None:
        lines.append(facts.note)  # it names the evaluation of the scores and the reason for the minimum
    elif facts.average_precision is not None:
        lines.append(
            f"Average precision {facts.average_precision:.2f}, cross-validated on {facts.known_yes} yes and "
            f"{facts.known_no} no."
        )
    if attribute.decided_by_source:
        lines.append(f"[s] Decided by the source alone: {attribute.source_note or 'not evidence for the scores'}")
    lines.append("Double-click the slider to reset the minimum.")
    return "\n".join(lines)
