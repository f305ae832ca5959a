"""The panels beside the map (filters left, tabs right), fitted to the width of the browser's window."""

from __future__ import annotations

from collections.abc import Mapping

import panel_material_ui as pmui

from explorer.state.view_state import ViewState

__all__ = ["SIDE", "Drawers", "is_phone"]

FILTERS, SIDE, WIDE_SIDE = 350, 420, 640
"""Widths in CSS pixels: the filters, the side panel (four pictures of a page side by side), and a wide side panel."""

PHONE = 600
"""Width in CSS pixels below which a window shows only one of map, filters and side panel."""

NARROW = 1000
"""Width in CSS pixels below which filters and side panel are not open together, to leave space for the map."""


def is_phone(headers: Mapping[str, str | list[str]]) -> bool:
    """Return whether the headers of a request come from a phone. The width of its window is not known yet."""
    return headers.get("Sec-Ch-Ua-Mobile") == "?1" or "Mobi" in headers.get("User-Agent", "")


class Drawers:
    """Opens, closes and fits the two sides of a page.

    Parameters
    ----------
    page
        The page. A person opens and closes its sides, too.
    view
        Holds the window's width once the browser has sent it, and whether the side panel is open and wide.
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
        """Close the panels that cover the map and the search box in a small window."""
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
