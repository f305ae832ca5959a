"""A gallery: ordered images as pages of thumbnails, with action buttons.

It shows the selection, search results, and images with a label. `GalleryView.fill` takes the rows. Thumbnails are read
in a thread, one page at a time, so that a gallery of millions costs no more than one of fifty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import panel as pn
import param

from explorer.messages.encoding import Record
from explorer.state.view_state import ViewState
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.latest_only import Newest
from pipeline.errors import BamExplorerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.services.services import Services

__all__ = ["Action", "Gallery", "GalleryView", "Mark"]

PAGE = 48
"""Pictures on a page: twelve rows of four in the side panel."""

_NO_MARKS: Mapping[int, Mark] = {}


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a picture: a short text; "yes", "no", "unsure", "split" or "" for its colour."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Action(Record):
    """A button above a gallery: its key in messages, its text, help, and whether it is enabled."""

    key: str
    words: str
    help: str = ""
    enabled: bool = True
    primary: bool = False


@dataclass(frozen=True, slots=True)
class GalleryItem(Record):
    """A picture of a gallery.

    Parameters
    ----------
    row, id
        Row and id of the image, as text.
    caption
        Its caption or source; untrusted.
    tile
        JPEG.
    mark, kind
        As in `Mark`.
    """

    row: str
    id: str
    caption: str
    tile: bytes
    mark: str
    kind: str


class Gallery(Component):
    """The browser's half: shows a page and sends clicks."""

    title = param.String(default="", doc="Title of the pictures.")
    subtitle = param.String(default="", doc="Text below the title.")
    empty = param.String(default="", doc="Text of an empty gallery.")
    problem = param.String(default="", doc="Why the pictures cannot be shown, or empty.")
    total = param.Integer(default=0, doc="Pictures in all.")
    start = param.Integer(default=0, doc="Place of the first picture of the page.")
    size = param.Integer(default=PAGE, doc="Pictures on a page.")
    items = param.List(default=[], item_type=dict, doc="The pictures of the page, see `GalleryItem`.")
    chosen = param.String(default="", doc="Row, as text, of the image whose card is open.")
    actions = param.List(default=[], item_type=dict, doc="See `Action`.")
    removable = param.Boolean(default=False, doc="Whether a picture can be removed.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("gallery.js")
    _stylesheets: ClassVar[list[str]] = styles_of("browsing/gallery.css")


class GalleryView(pn.viewable.Viewer):
    """The server's half.

    Parameters
    ----------
    services, view
        Services of the process, and the session's view: a clicked picture becomes the chosen image.
    empty
        Text of an empty gallery, with advice.
    actions
        Buttons above the pictures; set `actions` to change them.
    on_action
        Called with the key of a pressed action.
    on_remove
        Called with the row of a picture to remove; without it no picture can be removed.
    size
        Pictures on a page.
    """

    def __init__(
        self,
        services: Services,
        view: ViewState,
        *,
        empty: str = "Nothing to show.",
        actions: Sequence[Action] = (),
        on_action: Callable[[str], None] | None = None,
        on_remove: Callable[[int], None] | None = None,
        size: int = PAGE,
    ) -> None:
        super().__init__()
        self._services = services
        self._view = view
        self._on_action = on_action
        self._on_remove = on_remove
        self._actions: tuple[Action, ...] = ()
        self._rows: NDArray[np.int32] = np.empty(0, np.int32)
        self._marks = _NO_MARKS
        self._start = self._token = 0
        self._size = size
        self._turning = Newest(lambda work: pn.state.execute(work, schedule=True))
        self.gallery = Gallery(
            empty=empty,
            size=size,
            removable=on_remove is not None,
            dark=view.dark,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.gallery.on_msg(lambda event: self._on_message(event.data))
        self.actions = actions
        view.param.watch(lambda event: setattr(self.gallery, "dark", event.new), "dark")
        view.param.watch(lambda _: self._choose(), "selected_row")

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the gallery."""
        return self.gallery

    @property
    def rows(self) -> NDArray[np.int32]:
        """All rows of the gallery, in its order."""
        return self._rows

    @property
    def actions(self) -> Sequence[Action]:
        """The buttons above the pictures."""
        return self._actions

    @actions.setter
    def actions(self, actions: Sequence[Action]) -> None:
        self._actions = tuple(actions)
        self.gallery.show_values(actions=self._actions)

    def fill(
        self,
        rows: NDArray[np.int32] | Sequence[int],
        title: str = "",
        subtitle: str = "",
        marks: Mapping[int, Mark] | None = None,
        *,
        stay: bool = False,
    ) -> None:
        """Show images.

        Parameters
        ----------
        rows
            Their rows, in display order.
        title, subtitle
            Texts above the pictures.
        marks
            Marks by row; read for the pictures of a page only.
        stay
            Whether the open page stays open, if it still exists.
        """
        self._rows = np.asarray(rows, np.int32)
        self._marks = marks if marks is not None else _NO_MARKS
        self.gallery.param.update(title=title, subtitle=subtitle, total=int(self._rows.size))
        self._turn(self._start if stay else 0)

    def _turn(self, start: int) -> None:
        """Open the page that contains the picture at position `start`."""
        size, total = self._size, int(self._rows.size)
        self._start = min(max(start, 0), max(total - 1, 0)) // size * size
        self._token += 1
        if not total:
            self.gallery.param.update(items=[], start=0, problem="")
            return
        token, start = self._token, self._start
        rows = self._rows[start : start + size]

        async def read() -> None:
            if token != self._token:
                return
            loop = asyncio.get_running_loop()
            try:
                items = await loop.run_in_executor(self._services.executor, self._read, rows)
                problem = ""
            except BamExplorerError as error:
                items, problem = [], self._services.words_of(error)
            if token == self._token:
                self.gallery.show_values(items=items, start=start, problem=problem)

        self._turning.ask(read)

    def _read(self, rows: NDArray[np.int32]) -> list[GalleryItem]:
        self._services.check_unchanged()
        collection = self._services.collection
        tiles, records = collection.tiles(rows), collection.records(rows)
        entries = []
        for row, tile, record in zip(rows.tolist(), tiles, records, strict=True):
            mark = self._marks.get(row, Mark(""))
            caption = (record.caption or record.source)[:300]
            entries.append(GalleryItem(str(row), str(record.image_id), caption, tile, mark.text, mark.kind))
        return entries

    def _choose(self) -> None:
        row = self._view.selected_row
        self.gallery.chosen = str(row) if row >= 0 else ""

    def _on_message(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        kind, row, action = message.get("type"), message.get("row"), message.get("key")
        if kind == "turn" and isinstance(message.get("start"), int):
            self._turn(message["start"])
        elif kind == "action" and any(one.key == action and one.enabled for one in self._actions):
            if self._on_action is not None:
                self._on_action(str(action))
        elif kind in {"open", "remove"} and isinstance(row, str | int) and f"{row}".isascii() and f"{row}".isdigit():
            self._take(kind, int(f"{row}"[:12]))  # the table of messages has checked that it is a number

    def _take(self, kind: str, row: int) -> None:
        """Open the card of a picture of this gallery, or remove the picture."""
        if not np.any(self._rows == row):
            return
        if kind == "open" and row != self._view.selected_row:
            self._view.select(row)
        elif kind == "open":
            self._view.open_tab("image")
        elif self._on_remove is not None:
            self._on_remove(row)
