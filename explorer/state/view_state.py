"""What a session looks at, and how: which layout, which image, what comes first, what the colours show."""

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
    """A part of the page that a person asked for; two requests are never the same one.

    Parameters
    ----------
    part
        Key of a tab, "map" or "search".
    attribute
        Attribute that the tab is to show; empty for the one that it shows.
    task
        What is begun there; empty for nothing. The Label tab knows "answer" (the keys are the sheet's), "ask" (ask
        about the selection), "yes" and "no" (label the selection); the Attributes tab "define"; the map "lasso".
    """

    part: str
    attribute: str = ""
    task: str = ""


class ViewState(param.Parameterized):
    """The view of one session; views watch it and change it, and never each other."""

    layout_name = param.String(default="", doc="Name of the layout that was chosen.")
    shown_layout = param.String(default="", doc="Name of the layout on screen; follows once it is ready.")
    selected_row = param.Integer(default=-1, bounds=(-1, None), doc="Row of the image in the card, -1 for none.")
    show_labels = param.Boolean(default=True, doc="Whether names are written over clusters.")
    show_counts = param.Boolean(default=True, doc="Whether pictures tell how many images stand behind them.")
    show_excluded = param.Boolean(default=True, doc="Whether images that do not pass are dimmed rather than gone.")
    priority: Any = param.Selector(
        default=PriorityKind.CHANCE.value, objects=[kind.value for kind in PriorityKind], doc="What comes first."
    )
    color = param.String(default="", doc="What frames and tint show, empty for nothing.")
    attribute = param.String(default="", doc="Attribute that priority and colour are about; empty: the last filter's.")
    picture_size: Any = param.Selector(default="medium", objects=list(PICTURE_SIZES), doc="Size of pictures.")
    dark = param.Boolean(default=True, doc="Dark or light theme.")
    tab = param.String(default="image", doc="Tab of the side panel that is open.")
    panel_open = param.Boolean(default=False, doc="Whether the side panel is open.")
    requested: Any = param.ClassSelector(class_=Request, default=None, doc="Asked for last; set before it is seen.")
    opened: Any = param.ClassSelector(class_=Request, default=None, doc="The same; set once it is seen.")
    place = param.Tuple(default=(0.0, 0.0, 1.0), length=3, doc="x, y and radius of the place to go to, each time anew.")
    label_attribute = param.String(default="", doc="Attribute that is being labelled, which colours by label show.")
    answers_seen = param.Integer(default=0, doc="Counts up whenever the label store was seen to change.")
    scores_seen = param.Integer(default=0, doc="Counts up whenever there are other scores.")
    name_wanted = param.String(default="", doc="Why a name was needed, each time anew; the Label tab asks for it.")
    window_width = param.Integer(default=0, bounds=(0, 100_000), doc="Css pixels of the window, 0 while not known.")
    wide = param.Boolean(default=False, doc="Whether the side panel takes half of the window.")

    def select(self, row: int) -> None:
        """Choose an image, or none with -1; the same image again closes its card."""
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
        """Uncover the map, see `Request`."""
        self._show(Request("map", task=task))

    def show_search(self) -> None:
        """Uncover the search box, and put the cursor into it."""
        self._show(Request("search"))

    def _show(self, request: Request) -> None:
        self.requested = request
        self.opened = request

    def go_to(self, x: float, y: float, radius: float) -> None:
        """Show a place of the layout on screen, with so much around it."""
        self.place = (x, y, radius)

    def want_name(self, words: str) -> None:
        """Open the tab in which a name is said, and say there why."""
        self.open_tab("label")
        self.name_wanted = words
        self.param.trigger("name_wanted")

    def clear_selection(self) -> None:
        """Choose no image; its card closes, another tab of the side panel stays."""
        self.selected_row = -1
        if self.tab == "image":
            self.panel_open = False

    def choose(self, name: str, value: Any) -> None:
        """Set one of the choices of the map, leaving everything as it is if the value does not fit."""
        if name not in CHOICES or (isinstance(value, str) and len(value) > LONGEST_CHOICE):
            return
        try:
            self.param.update(**{name: value})
        except (ValueError, TypeError):
            return


CHOICES = frozenset(
    {"layout_name", "show_labels", "show_counts", "show_excluded", "priority", "color", "attribute", "picture_size"}
)
