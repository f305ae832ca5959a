"""What stands beside the map, fitted to the browser's window: filters left, tabs right, and neither over the map."""

from __future__ import annotations

from collections.abc import Mapping

import panel_material_ui as pmui

from explorer.state.view_state import ViewState

__all__ = ["SIDE", "Drawers", "is_phone"]

FILTERS, SIDE, WIDE_SIDE = 350, 420, 640
"""Css pixels of the filters, of the side panel (four pictures of a page of answers side by side), and of a wide one."""

PHONE = 600
"""Css pixels below which a window shows one at a time: the map, the filters, or the side panel."""

NARROW = 1000
"""Css pixels below which the filters and the side panel take turns, so that the map keeps some room."""


def is_phone(headers: Mapping[str, str | list[str]]) -> bool:
    """Tell from a request whether it comes from a phone, which says so before its window is known."""
    return headers.get("Sec-Ch-Ua-Mobile") == "?1" or "Mobi" in headers.get("User-Agent", "")


class Drawers:
    """Opens, closes and fits the two sides of a page.

    Parameters
    ----------
    page
        The page; a person opens and closes its sides, too.
    view
        Tells the window's width once the browser has said it, and whether the side panel is open and wide.
    """

    def __init__(self, page: pmui.Page, view: ViewState) -> None:
        self._page = page
        self._view = view
        self._was_phone = self._gave_way = False
        view.param.watch(lambda *_: self._fit(), ["window_width", "wide"])
        view.param.watch(lambda event: self._on_panel(opened=event.new), "panel_open")
        view.param.watch(lambda event: self._uncover(event.new.part), "requested")
        page.param.watch(lambda event: self._on_filters(opened=event.new), "sidebar_open")
        self._fit()

    @property
    def _window(self) -> int:
        return self._view.window_width or 10_000

    def _uncover(self, part: str) -> None:
        """Close what covers the map and the search box in a small window."""
        if part in {"map", "search"} and self._window < PHONE:
            self._page.sidebar_open = self._view.panel_open = False

    def _fit(self) -> None:
        phone = self._window < PHONE
        self._page.param.update(
            sidebar_width=self._window if phone else FILTERS,
            contextbar_width=self._window if phone else min(WIDE_SIDE if self._view.wide else SIDE, self._window),
        )
        if phone and not self._was_phone:
            self._page.sidebar_open = False
        elif self._window < NARROW and self._view.panel_open:
            self._on_panel(opened=True)
        self._was_phone = phone

    def _on_panel(self, *, opened: bool) -> None:
        if opened and self._window < NARROW and self._page.sidebar_open:
            self._page.sidebar_open = False
            self._gave_way = True
        elif not opened and self._gave_way:
            self._gave_way = False
            self._page.sidebar_open = self._window >= PHONE

    def _on_filters(self, *, opened: bool) -> None:
        if opened and self._window < NARROW and self._view.panel_open:
            self._gave_way = False
            self._view.panel_open = False
