"""The tab of the selection: how many, a gallery of them, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import panel as pn

from explorer.state.selection_state import SelectionState
from explorer.state.view_state import ViewState
from explorer.views.browsing.gallery import Action, GalleryView

if TYPE_CHECKING:
    from explorer.services.services import Services

__all__ = ["FIND_SIMILAR", "SelectionTab"]

FIND_SIMILAR = Action("similar", "Find similar", "Select the images most like these instead; Undo brings these back")

EMPTY = (
    "Nothing is selected.\n\nDraw around pictures: press l or b on the map, or hold Shift and drag. Ctrl and a click "
    "picks one. Or search for a word above, and what is found is selected."
)

_OWN = (
    Action("clear", "Clear", "Select nothing (Esc on the map)"),
    Action("undo", "Undo", "Take back the last change of the selection (Ctrl+Z on the map)"),
)


class SelectionTab(pn.viewable.Viewer):
    """The server's half.

    Other parts add what they can do with a selection by `add_actions`.
    """

    def __init__(self, services: Services, view: ViewState, selection: SelectionState) -> None:
        super().__init__()
        self._selection = selection
        self._offers: list[tuple[tuple[Action, ...], Callable[[str], None]]] = [(_OWN, self._own)]
        self.gallery = GalleryView(services, view, empty=EMPTY, on_action=self._on_action, on_remove=self._take_out)
        self._shown_origin = ""
        selection.param.watch(lambda _: self._show(), "change")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the gallery."""
        return self.gallery.gallery

    def add_actions(self, actions: Sequence[Action], on_action: Callable[[str], None]) -> None:
        """Add buttons, before those that are there; keys of all must differ. They work while something is selected."""
        self._offers.insert(0, (tuple(actions), on_action))
        self._offer()

    def _show(self) -> None:
        chosen = self._selection
        title = f"{chosen.count:,} image{'' if chosen.count == 1 else 's'} selected" if chosen.count else ""
        stay, self._shown_origin = chosen.origin == self._shown_origin, chosen.origin
        self.gallery.fill(chosen.ranked, title, chosen.origin, stay=stay)
        self._offer()

    def _offer(self) -> None:
        some, can_undo = self._selection.count > 0, self._selection.can_undo
        self.gallery.actions = [
            replace(action, enabled=action.enabled and (can_undo if action.key == "undo" else some))
            for actions, _ in self._offers
            for action in actions
        ]

    def _on_action(self, key: str) -> None:
        for actions, callback in self._offers:
            if any(action.key == key for action in actions):
                callback(key)

    def _take_out(self, row: int) -> None:
        self._selection.subtract(np.array([row]))

    def _own(self, key: str) -> None:
        if key == "undo":
            self._selection.undo()
        else:
            self._selection.clear()
