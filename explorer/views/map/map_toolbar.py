"""The toolbar above the map: layout, colour, order, size, and display options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import panel as pn
import param

from explorer.controllers.map.choices import attribute_in_question, color_options
from explorer.controllers.shown_parts import Option
from explorer.messages.encoding import Record
from explorer.services.colorings import AUDITED
from explorer.services.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.view_state import CHOICES, ViewState
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from pipeline.map.priorities import PriorityKind

__all__ = ["MapToolbar", "MapToolbarView"]

_PRIORITIES = {
    PriorityKind.CHANCE: "any",
    PriorityKind.SALIENCE: "most telling",
    PriorityKind.SCORE: "highest score",
    PriorityKind.UNCERTAINTY: "least certain",
}
_SIZES = {"small": "small", "medium": "medium", "large": "large"}
_ABOUT_ATTRIBUTE = {"score", "side", "known", AUDITED}


@dataclass(frozen=True, slots=True)
class Control(Record):
    """A control of the toolbar.

    Parameters
    ----------
    kind
        ``"select"`` or ``"switch"``.
    name, label, help
        Its name in messages, its label, and a tooltip.
    often
        Whether it is always visible; others may be under *More*.
    options
        Options of a select element.
    """

    kind: str
    name: str
    label: str
    help: str
    often: bool = False
    options: tuple[Option, ...] = ()


class MapToolbar(Component):
    """The browser's half."""

    choices = param.List(default=[], item_type=dict, doc="See `Control`.")
    values = param.Dict(default={}, doc="Name -> value.")
    hidden = param.List(default=[], item_type=str, doc="Names of controls without effect now.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("map_toolbar.js")
    _stylesheets: ClassVar[list[str]] = styles_of("map/map_toolbar.css")


class MapToolbarView(pn.viewable.Viewer):
    """The server's half: lists the choices and keeps browser and state equal."""

    def __init__(self, services: Services, filters: FilterState, view: ViewState) -> None:
        super().__init__()
        self._services = services
        self._filters = filters
        self._view = view
        self.bar = MapToolbar(sizing_mode="stretch_width", margin=0, dark=view.dark)
        self.bar.on_msg(lambda event: self._on_message(event.data))
        self._list()
        self._update()
        view.param.watch(lambda *_: self._list(), ["shown_layout", "label_attribute", "scores_seen"])
        view.param.watch(lambda *_: self._update(), [*sorted(CHOICES)])
        view.param.watch(lambda event: setattr(self.bar, "dark", event.new), "dark")
        filters.param.watch(lambda *_: self._update(), ["active"])

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the toolbar."""
        return self.bar

    def _on_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        name, value = message.get("name"), message.get("value")
        manifest = self._services.collection.manifest
        if name == "layout_name" and manifest.layout(str(value)) is None:
            return
        if name == "layout_name":
            self._view.clear_selection()
        if isinstance(name, str):
            self._view.choose(name, value)

    def _list(self) -> None:
        collection = self._services.collection
        manifest, layout = collection.manifest, self._services.layout(self._view.shown_layout)
        audited, scored = self._services.audits.any(), self._services.scored
        colors = color_options(collection, layout, self._view.label_attribute, audited=audited, scored=scored)
        titles = {name: manifest.taxonomy.attribute(name).title for name in scored}
        choices = [
            _select("color", "Colour", "Meaning of frame colour and tint", colors, often=True),
            _select(
                "priority", "Show first", "The image shown in front of its cell", _priorities(bool(titles)), often=True
            ),
            _select("attribute", "of", "The attribute for colour and order", titles, often=True),
            _select("layout_name", "Layout", "Arrangement of the images", {f.name: f.title for f in manifest.layouts}),
            _select("picture_size", "Size", "Size of the pictures", _SIZES),
            _switch("show_excluded", "Excluded", "Dim images that do not pass the filters, or hide them"),
            _switch("show_counts", "Counts", "Number of images in the cell of a picture"),
            _switch("show_labels", "Names", "Names of clusters (n)"),
        ]
        self.bar.show_values(choices=choices)

    def _update(self) -> None:
        view, collection = self._view, self._services.collection
        values = {name: getattr(view, name) for name in CHOICES}
        values["attribute"] = attribute_in_question(view, self._filters, self._services.scored)
        about = view.color in _ABOUT_ATTRIBUTE or PriorityKind(view.priority).needs_attribute
        hidden = [] if about and self._services.scored else ["attribute"]
        if len(collection.manifest.layouts) < 2:
            hidden.append("layout_name")
        self.bar.param.update(values=values, hidden=hidden)


def _priorities(scored: bool) -> dict[str, str]:
    return {kind.value: words for kind, words in _PRIORITIES.items() if scored or kind is PriorityKind.CHANCE}


def _select(name: str, label: str, words: str, options: dict[str, str], *, often: bool = False) -> Control:
    listed = tuple(Option(value, text) for value, text in options.items())
    return Control("select", name, label, words, often=often, options=listed)


def _switch(name: str, label: str, words: str) -> Control:
    return Control("switch", name, label, words)
