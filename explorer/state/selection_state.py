"""The selection of a session: its images, their origin, and the steps to undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from explorer.state.view_state import ViewState
from pipeline.map.filters import PassingSet

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SELECTION_TAB", "SelectionState", "reveal_selection"]

SELECTION_TAB = "selection"
"""Key of the side panel's tab of the selection."""

STAYING = frozenset({"label"})
"""Tabs that stay open during a selection, because a person works in them."""

MOST_STEPS = 20
"""Changes that can be undone. A step of 2.5 million images needs 10 MB, so the limit below holds as well."""

MOST_KEPT = 10_000_000
"""Rows kept for undoing, over all steps."""

_NOTHING = np.empty(0, np.int32)
_NOTHING.setflags(write=False)


def reveal_selection(view: ViewState) -> None:
    """Open the selection's tab, unless an open tab has to stay."""
    if not (view.panel_open and view.tab in STAYING):
        view.open_tab(SELECTION_TAB)


class SelectionState(param.Parameterized):
    """The selection of one session.

    Watch `change`. It counts up once for each change, after all other values are set. The arrays are never changed in
    place. A change replaces them.

    Parameters
    ----------
    n_images
        Images of the collection.
    """

    change = param.Integer(default=0, doc="Counts the changes of the selection; watch this.")

    def __init__(self, n_images: int) -> None:
        super().__init__()
        self.n_images = n_images
        self.rows: NDArray[np.int32] = _NOTHING
        """int32 (m,), ascending, each once."""
        self.ranked: NDArray[np.int32] = _NOTHING
        """int32 (m,), the same rows in the order in which they are shown: best match first, else ascending."""
        self.origin = ""
        """Their origin in words for people, for example "lasso" or "search: bird"; empty for no selection."""
        self.members: PassingSet | None = None
        """The same as bits, for frames; None for no selection."""
        self._before: list[tuple[NDArray[np.int32], str]] = []

    @property
    def count(self) -> int:
        """Images selected."""
        return int(self.rows.size)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._before)

    def replace(self, rows: NDArray[np.integer[Any]], origin: str, *, instead: bool = False) -> None:
        """Select these images and no others. Their order is kept in `ranked`.

        With `instead` it replaces the last change, and both are undone together.
        """
        self._change(self._distinct(rows), origin, instead=instead)

    def add(self, rows: NDArray[np.integer[Any]], origin: str) -> None:
        """Add these images to the selection. They come last in `ranked`."""
        new = self._distinct(rows)
        new = new[~self._mask(self.rows)[new]]
        if new.size:
            self._change(np.concatenate([self.ranked, new]), self._joined(origin))

    def subtract(self, rows: NDArray[np.integer[Any]], origin: str = "") -> None:
        """Remove these images from the selection."""
        del origin  # it is not the origin of the remaining images
        gone = self._mask(self._distinct(rows))[self.ranked]
        if gone.any():
            self._change(self.ranked[~gone], self.origin)

    def toggle(self, row: int) -> None:
        """Select an image, or remove it from the selection."""
        one = np.array([row])
        if self.members is not None and 0 <= row < self.n_images and self.members.holds(one)[0]:
            self.subtract(one)
        else:
            self.add(one, "picked")

    def clear(self) -> None:
        """Select nothing."""
        if self.count:
            self._change(_NOTHING, "")

    def forget(self) -> None:
        """Select nothing, and drop all steps to undo."""
        self._before.clear()
        self._set(_NOTHING.copy(), "")

    def undo(self) -> None:
        """Undo the last change."""
        if self._before:
            ranked, origin = self._before.pop()
            self._set(ranked, origin)

    def _joined(self, origin: str) -> str:
        if not self.origin or origin == self.origin:
            return origin
        return self.origin if self.origin.endswith(" and more") else f"{self.origin} and more"

    def _distinct(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """Return the existing rows, each once, in their order."""
        rows = np.asarray(rows).reshape(-1)
        some: NDArray[np.int32] = rows[(rows >= 0) & (rows < self.n_images)].astype(np.int32)
        if some.size > 1 and not bool(np.all(np.diff(some) > 0)):
            some = some[np.sort(np.unique(some, return_index=True)[1])]
        return some

    def _mask(self, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        mask = np.zeros(self.n_images, np.bool_)
        mask[rows] = True
        return mask

    def _change(self, ranked: NDArray[np.int32], origin: str, *, instead: bool = False) -> None:
        origin = origin if ranked.size else ""
        if origin == self.origin and np.array_equal(ranked, self.ranked):
            return
        if not (instead and self._before):
            self._before.append((self.ranked, self.origin))
        while len(self._before) > MOST_STEPS or sum(rows.size for rows, _ in self._before) > MOST_KEPT:
            self._before.pop(0)
        self._set(ranked, origin)

    def _set(self, ranked: NDArray[np.int32], origin: str) -> None:
        ranked.setflags(write=False)
        self.ranked = ranked
        mask = self._mask(ranked)
        self.rows = np.flatnonzero(mask).astype(np.int32)
        self.rows.setflags(write=False)
        self.members = PassingSet.of(mask) if ranked.size else None
        self.origin = origin
        self.change += 1
