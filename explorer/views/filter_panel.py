"""The filters: one chip, histogram and minimum an attribute, in the three groups of BAM!."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param

from explorer.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from pipeline.filters import passing_counts, passing_mask, score_histogram
from pipeline.manifest import AttributeFacts
from pipeline.taxonomy import Attribute

__all__ = ["FilterPanel", "FilterView", "attribute_help"]

_HERE = Path(__file__).parent
BINS = 20


class FilterPanel(pn.custom.JSComponent):
    """The browser's half: shows rows, sends changes."""

    rows = param.List(default=[], item_type=dict, doc="One an attribute: name, title, group, help, histogram.")
    settings = param.Dict(default={}, doc="Attribute -> active, minimum, count.")
    passing = param.Integer(default=0, doc="Images that pass all filters.")
    total = param.Integer(default=0, doc="Images in all.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = _HERE / "filter_panel.js"
    _stylesheets: ClassVar[list[str]] = [(_HERE / "filter_panel.css").read_text(encoding="utf-8")]


class FilterView(pn.viewable.Viewer):
    """The server's half: counts, and changes of the state."""

    def __init__(self, services: Services, filters: FilterState, view: ViewState) -> None:
        super().__init__()
        self._collection = services.collection
        self._filters = filters
        self.panel = FilterPanel(
            rows=self._rows(),
            total=len(self._collection),
            dark=view.dark,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.panel.on_msg(lambda event: self._on_message(event.data))
        self._update()
        filters.param.watch(lambda *_: self._update(), ["minimums", "active"])
        view.param.watch(lambda event: setattr(self.panel, "dark", event.new), "dark")

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the panel."""
        return self.panel

    def _rows(self) -> list[dict[str, Any]]:
        manifest = self._collection.manifest
        facts = {entry.name: entry for entry in manifest.attributes}
        rows = []
        for place, name in enumerate(self._collection.scored):
            attribute = manifest.taxonomy.attribute(name)
            counts = np.sqrt(score_histogram(self._collection.scores[place], BINS))  # roots, so that few are seen
            rows.append(
                {
                    "name": name,
                    "title": attribute.title,
                    "group": attribute.group,
                    "help": attribute_help(attribute, facts[name]),
                    "mark": "s" if attribute.decided_by_source else "",
                    "histogram": [round(float(height), 3) for height in counts / max(1.0, float(counts.max()))],
                }
            )
        return rows

    def _on_message(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "clear":
            self._filters.clear()
        elif kind == "filter" and isinstance(message.get("attribute"), str):
            self._change(message)

    def _change(self, message: dict[str, Any]) -> None:
        name, active, minimum = message["attribute"], message.get("active"), message.get("minimum")
        if message.get("reset"):
            self._filters.reset(name)
        elif active is None or isinstance(active, bool):
            number = float(minimum) if isinstance(minimum, int | float) and np.isfinite(minimum) else None
            self._filters.change(name, active=active, minimum=number)

    def _update(self) -> None:
        collection, filters = self._collection, self._filters
        chosen = filters.filter_set()
        minimums = {name: filters.minimums[name] for name in collection.scored}
        counts = passing_counts(collection.scores, collection.scored, chosen, minima=minimums)
        self.panel.param.update(
            settings={
                name: {"active": name in filters.active, "minimum": filters.minimums[name], "count": int(count)}
                for name, count in zip(collection.scored, counts, strict=True)
            },
            passing=int(np.count_nonzero(passing_mask(collection.scores, collection.scored, chosen))),
        )


def attribute_help(attribute: Attribute, facts: AttributeFacts) -> str:
    """Say what an attribute means and how far its scores can be trusted, as plain text."""
    lines = [attribute.definition] if attribute.definition else []
    if facts.average_precision is not None:
        lines.append(
            f"Average precision {facts.average_precision:.2f}, cross-validated on {facts.known_yes} yes and "
            f"{facts.known_no} no."
        )
    if attribute.decided_by_source:
        lines.append(f"[s] Decided by the source alone: {attribute.source_note or 'proves nothing about the scores'}")
    lines.append("Double click the slider for the default minimum.")
    return "\n".join(lines)
