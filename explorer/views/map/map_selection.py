"""Selecting on the map: turns outlines, clicks and keys into changes of the selection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn

from explorer.controllers.map.messages import SelectedMessage, SelectionShown, TappedMessage
from explorer.state.selection_state import SELECTION_TAB, SelectionState, reveal_selection
from explorer.state.view_state import ViewState
from explorer.views.common.latest_only import Newest
from explorer.views.map.map_view import MapView
from pipeline.errors import BamExplorerError
from pipeline.map.filters import PassingSet
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import row_at
from pipeline.map.regions import rows_in_box, rows_in_outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.services.services import Services

__all__ = ["MapSelection"]

_CHANGES = ("replace", "add", "subtract")


class MapSelection:
    """The server's half of selecting: listens to the canvas of a `MapView`.

    Images inside an outline are found in a thread. Only the newest outline counts.
    """

    def __init__(self, services: Services, view: ViewState, selection: SelectionState, shown: MapView) -> None:
        self._services = services
        self._view = view
        self._selection = selection
        self._map = shown
        self._token = 0
        self._finding = Newest(lambda work: pn.state.execute(work, schedule=True))
        shown.canvas.on_msg(lambda event: self._on_message(event.data))
        selection.param.watch(lambda _: self._show(), "change")

    def _show(self) -> None:
        self._token += 1  # a running search started from another selection
        chosen = self._selection
        shown: object = SelectionShown(chosen.count, chosen.origin[:80]) if chosen.count else {}
        self._map.canvas.show_values(selection=shown)

    def _on_message(self, message: Any) -> None:
        try:
            self._take(message)
        except (KeyError, TypeError, ValueError, OverflowError, BamExplorerError):
            return  # malformed messages are ignored

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "select":
            self._select(message)
        elif kind == "mark":
            self._mark(float(message["x"]), float(message["y"]), int(message["level"]))
        elif kind == "select_all":
            self._selection.replace(np.flatnonzero(self._map.passing.mask()), "all passing images")
        elif kind == "undo":
            self._selection.undo()
        elif kind == "clear":
            self._selection.clear()
        elif kind == "tab":
            self._view.open_tab(SELECTION_TAB)

    def _mark(self, x: float, y: float, level: int) -> None:
        row = row_at(self._map.index, self._map.passing, x, y, level)
        met = row >= 0 and bool(self._map.passing.holds(np.array([row]))[0])
        if met:
            self._selection.toggle(row)
        self._map.send(TappedMessage(met))

    def _select(self, message: dict[str, Any]) -> None:
        shape, how, serial = str(message["shape"]), str(message["how"]), int(message["serial"])
        points = np.asarray(message["points"], np.float64)
        if how not in _CHANGES or shape not in {"box", "lasso"}:
            return
        self._token += 1
        token, index, passing = self._token, self._map.index, self._map.passing

        async def find() -> None:
            loop, found = asyncio.get_running_loop(), -1
            try:
                rows = await loop.run_in_executor(self._services.executor, _inside, index, passing, shape, points)
                if token == self._token:
                    found = rows.size
                    self._apply(how, rows, shape)
            except BamExplorerError:
                pass  # a malformed outline is ignored
            finally:
                self._map.send(SelectedMessage(serial, found))

        self._finding.ask(find)

    def _apply(self, how: str, rows: NDArray[np.int32], origin: str) -> None:
        getattr(self._selection, how)(rows, origin)
        if self._selection.count:
            reveal_selection(self._view)


def _inside(index: LayoutIndex, passing: PassingSet, shape: str, points: NDArray[np.float64]) -> NDArray[np.int32]:
    if shape == "lasso":
        return rows_in_outline(index, passing, points)
    (x0, y0), (x1, y1) = points.tolist()
    return rows_in_box(index, passing, (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
