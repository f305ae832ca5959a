"""The view of a session: layout, image, priority, colours, tab and theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import param

from pipeline.map.frame_view import PICTURE_SIZES
from pipeline.map.priorities import PriorityKind

__all__ = ["Request", "ViewState"]

LONGEST_CHOICE = 200


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A request for a part of the page. Two requests are never equal.

    Parameters
    ----------
    part
        Key of a tab, "map" or "search".
    attribute
        Attribute that the tab shows; empty for the current one.
    task
        Task that starts there; empty for none. The Label tab knows "answer" (move the focus to the page), "ask" (ask
        about the selection), "yes" and "no" (label the selection). The Attributes tab knows "define", the map "lasso".
    """

    part: str
    attribute: str = ""
    task: str = ""


class ViewState(param.Parameterized):
    """The view of one session. Views watch and change it, and do not know each other."""

    layout_name = param.String(default="", doc="Name of the chosen layout.")
    shown_layout = param.String(default="", doc="Name of the layout on screen; follows once it is ready.")
    selected_row = param.Integer(default=-1, bounds=(-1, None), doc="Row of the image in the card, -1 for none.")
    show_labels = param.Boolean(default=True, doc="Whether clusters show their names.")
    show_counts = param.Boolean(default=True, doc="Whether pictures show how many images they stand for.")
    show_excluded = param.Boolean(default=True, doc="Whether images that do not pass are dimmed, not hidden.")
    priority: Any = param.Selector(
        default=PriorityKind.CHANCE.value, objects=[kind.value for kind in PriorityKind], doc="Kind of priority."
    )
    color = param.String(default="", doc="Value shown by frames and tint; empty for none.")
    attribute = param.String(default="", doc="Attribute of priority and colour; empty for the last filter's.")
    picture_size: Any = param.Selector(default="medium", objects=list(PICTURE_SIZES), doc="Size of pictures.")
    dark = param.Boolean(default=True, doc="Dark or light theme.")
    tab = param.String(default="image", doc="Tab of the side panel that is open.")
    panel_open = param.Boolean(default=False, doc="Whether the side panel is open.")
    requested: Any = param.ClassSelector(class_=Request, default=None, doc="Last request, before its part is shown.")
    opened: Any = param.ClassSelector(class_=Request, default=None, doc="Last request, once its part is shown.")
    place = param.Tuple(default=(0.0, 0.0, 1.0), length=3, doc="x, y and radius of the place to go to.")
    label_attribute = param.String(default="", doc="Attribute that is labelled now, for colours by label.")
    answers_seen = param.Integer(default=0, doc="Counts up after every seen change of the label store.")
    scores_seen = param.Integer(default=0, doc="Counts up after every change of scores.")
    new_images = param.Integer(default=0, doc="Images that were added to the collection since this page was loaded.")
    name_wanted = param.String(default="", doc="Why a name is needed; the Label tab shows it.")
    window_width = param.Integer(default=0, bounds=(0, 100_000), doc="Width of the window in CSS pixels; 0 if unknown.")
    wide = param.Boolean(default=False, doc="Whether the side panel is wide.")

    def select(self, row: int) -> None:
        """Choose an image, or none with -1. Choosing the same image again closes its card."""
        if row < 0 or row == self.selected_row:
            self.clear_selection()
        else:
            self.selected_row = row
            self.open_tab("image")

    def open_tab(self, tab: str, attribute: str = "", *, task: str = "") -> None:
        """Open the side panel at one of its tabs, see `Request`."""
        request = Request(tab, attribute, task)
        self.requested = request
        self.param.update(tab=tab, panel_open=True)
        self.opened = request

    def show_map(self, *, task: str = "") -> None:
        """Show the map, see `Request`."""
        self._show(Request("map", task=task))

    def show_search(self) -> None:
        """Show the search box, and put the cursor into it."""
        self._show(Request("search"))

    def _show(self, request: Request) -> None:
        self.requested = request
        self.opened = request

    def go_to(self, x: float, y: float, radius: float) -> None:
        """Show a place of the layout on screen, with this radius around it."""
        self.place = (x, y, radius)

    def want_name(self, words: str) -> None:
        """Open the tab with the name field, and show there why a name is needed."""
        self.open_tab("label")
        self.name_wanted = words
        self.param.trigger("name_wanted")

    def clear_selection(self) -> None:
        """Choose no image. Its card closes, and other tabs of the side panel stay open."""
        self.selected_row = -1
        if self.tab == "image":
            self.panel_open = False

    def choose(self, name: str, value: Any) -> None:
        """Set one of the choices of the map. A value that does not fit is ignored."""
        if name not in CHOICES or (isinstance(value, str) and len(value) > LONGEST_CHOICE):
            return
        try:
            self.param.update(**{name: value})
        except (ValueError, TypeError):
            return


CHOICES = frozenset(
    {"layout_name", "show_labels", "show_counts", "show_excluded", "priority", "color", "attribute", "picture_size"}
)
