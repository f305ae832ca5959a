"""The inspector: the chosen image at large size, with its caption and scores."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param

from explorer.controllers.search import Searching
from explorer.messages.encoding import Record
from explorer.services.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from explorer.views.browsing.filter_panel import attribute_help, marks_of
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from pipeline.collection import ImageRecord
from pipeline.tables.typed_columns import ColumnFacts

__all__ = ["InspectorCard", "InspectorView"]

LONGEST_NAME, LONGEST_VALUE = 40, 300
"""Characters of a column of the source that the card shows."""

_KNOWN = {True: "✓", False: "✗", None: ""}


@dataclass(frozen=True, slots=True)
class ScoreRow(Record):
    """A score of the chosen image.

    Parameters
    ----------
    name, title, help
        Name, title and help of the attribute.
    score, minimum, passes
        The score, the filter's minimum, and whether the score reaches it.
    shown
        The score as text, on its own scale.
    marks
        Known scores: place from 0 to 1, and words.
    known
        A sign for the answer of the source, or empty.
    """

    name: str
    title: str
    score: float
    minimum: float
    passes: bool
    shown: str
    marks: tuple[tuple[float, str], ...]
    known: str
    help: str


@dataclass(frozen=True, slots=True)
class ImageShown(Record):
    """The chosen image: id as text, untrusted caption and source, facts, scores, and why some scores are hidden."""

    image_id: str
    caption: str
    source: str
    facts: tuple[tuple[str, str], ...]
    scores: tuple[ScoreRow, ...]
    hidden: str


class InspectorCard(Component):
    """The browser's half: shows the card."""

    picture = param.Bytes(default=b"", doc="The large picture, WebP.")
    record = param.Dict(default={}, doc="See `ImageShown`; empty without a chosen image.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("inspector_card.js")
    _stylesheets: ClassVar[list[str]] = styles_of("browsing/inspector_card.css")


class InspectorView(pn.viewable.Viewer):
    """The server's half: reads the chosen image and keeps its minimums up to date."""

    def __init__(self, services: Services, filters: FilterState, view: ViewState, searching: Searching) -> None:
        super().__init__()
        self._searching = searching
        self._services, self._collection = services, services.collection
        self._filters = filters
        self._view = view
        self.card = InspectorCard(sizing_mode="stretch_width", margin=0, dark=view.dark)
        self.card.on_msg(lambda event: self._on_message(event.data))
        self._show()
        view.param.watch(lambda *_: self._show(), ["selected_row", "scores_seen"])
        view.param.watch(lambda event: setattr(self.card, "dark", event.new), "dark")
        filters.param.watch(lambda *_: self._show(), ["minimums", "active"])

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the card."""
        return self.card

    def _on_message(self, message: Any) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "close":
            self._view.clear_selection()
        elif kind == "similar" and self._view.selected_row >= 0:
            self._searching.similar(np.array([self._view.selected_row], np.int32))

    def _show(self) -> None:
        row = self._view.selected_row
        if row < 0:
            self.card.param.update(record={}, picture=b"")
            return
        record = self._collection.record(row)
        shown = ImageShown(
            image_id=str(record.image_id),
            caption=record.caption,
            source=record.source,
            facts=(*_facts(record), *_own_facts(self._collection.own_values(row))),
            scores=self._scores(row),
            hidden=self._services.hidden_scores.words(),
        )
        self.card.show_values(picture=self._collection.preview(row), record=shown)

    def _scores(self, row: int) -> tuple[ScoreRow, ...]:
        entries = []
        known = self._collection.known_of(row)
        facts = {entry.name: entry for entry in self._collection.manifest.attributes}
        for name in self._services.scored:
            attribute = self._collection.manifest.taxonomy.attribute(name)
            scale = self._collection.manifest.scale(name)
            score, minimum = float(self._collection.scores_of(name)[row]), self._filters.minimums.get(name, 0.5)
            entries.append(
                ScoreRow(
                    name=name,
                    title=attribute.title,
                    score=round(score, 4),
                    minimum=minimum,
                    passes=score >= minimum,
                    shown=f"{score:.2f}" if scale is None else f"{scale.from_unit(score):.1f}",
                    marks=() if scale is None else marks_of(scale),
                    known=_KNOWN[known.get(name)],
                    help=attribute_help(attribute, facts[name]),
                )
            )
        return tuple(sorted(entries, key=lambda entry: -entry.score))


def _facts(record: ImageRecord) -> tuple[tuple[str, str], ...]:
    """Return the facts of an image that are known."""
    pairs = [
        ("File", record.source),
        ("Author", record.author),
        ("Keywords", record.keywords.replace(";", ", ")),
        ("Source", record.origin),
        ("Licence", record.license),
        ("Size", f"{record.width} x {record.height} pixels" if record.width else ""),
    ]
    return tuple(pair for pair in pairs if pair[1])


def _own_facts(values: list[tuple[ColumnFacts, Any]]) -> tuple[tuple[str, str], ...]:
    """Return the values of the source's own columns as short texts."""
    return tuple((facts.name[:LONGEST_NAME], _as_text(value)) for facts, value in values)


def _as_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, datetime.datetime):
        day = value.time() == datetime.time()
        return value.date().isoformat() if day else value.isoformat(" ", "seconds")
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"
