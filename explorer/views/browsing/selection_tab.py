"""The Selection tab: the number of selected images, a gallery, and actions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import panel as pn

from explorer.controllers.search import Searching
from explorer.state.selection_state import SelectionState
from explorer.state.view_state import ViewState
from explorer.views.browsing.gallery import Action, GalleryView

if TYPE_CHECKING:
    from explorer.services.services import Services

__all__ = ["SelectionTab"]

EMPTY = (
    "Nothing is selected.\n\nTo select pictures, press l or b on the map and draw around them, or hold Shift and drag. "
    "Ctrl + click selects one picture. A search above selects its results."
)

ACTIONS = (
    Action("ask", "Ask about these", "Ask these images one by one in the Label tab", primary=True),
    Action("yes", "Label yes", "Label all these images yes in bulk; thirty of them are then checked"),
    Action("no", "Label no", "Label all these images no in bulk; thirty of them are then checked"),
    Action("similar", "Find similar", "Select the most similar images instead; Undo restores this selection"),
    Action("clear", "Clear", "Clear the selection (Esc on the map)"),
    Action("undo", "Undo", "Undo the last change of the selection (Ctrl+Z on the map)"),
)


class SelectionTab(pn.viewable.Viewer):
    """The server's half."""

    def __init__(self, services: Services, view: ViewState, selection: SelectionState, searching: Searching) -> None:
        super().__init__()
        self._view = view
        self._selection = selection
        self._searching = searching
        self.gallery = GalleryView(services, view, empty=EMPTY, on_action=self._on_action, on_remove=self._take_out)
        self._shown_origin = ""
        selection.param.watch(lambda _: self._show(), "change")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the gallery."""
        return self.gallery.gallery

    def _show(self) -> None:
        chosen = self._selection
        title = f"{chosen.count:,} image{'' if chosen.count == 1 else 's'} selected" if chosen.count else ""
        stay, self._shown_origin = chosen.origin == self._shown_origin, chosen.origin
        self.gallery.fill(chosen.ranked, title, chosen.origin, stay=stay)
        some, can_undo = chosen.count > 0, chosen.can_undo
        self.gallery.actions = [
            replace(action, enabled=can_undo if action.key == "undo" else some) for action in ACTIONS
        ]

    def _on_action(self, key: str) -> None:
        if key == "similar":
            self._searching.similar(self._selection.rows)
        elif key == "undo":
            self._selection.undo()
        elif key == "clear":
            self._selection.clear()
        else:
            self._view.open_tab("label", task=key)

    def _take_out(self, row: int) -> None:
        self._selection.subtract(np.array([row]))
