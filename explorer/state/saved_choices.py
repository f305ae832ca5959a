"""The choices of one session as plain values, so that a reloaded page restores them."""

from __future__ import annotations

from typing import Any

from explorer.state.filter_state import FilterState
from explorer.state.view_state import CHOICES, ViewState

__all__ = ["kept_choices", "restore_choices"]


def kept_choices(view: ViewState, filters: FilterState) -> dict[str, Any]:
    """Return all choices of a person, ready for JSON."""
    return {
        "view": {name: getattr(view, name) for name in sorted(CHOICES)} | {"dark": view.dark},
        "minimums": dict(filters.minimums),
        "active": list(filters.active),
    }


def restore_choices(kept: Any, view: ViewState, filters: FilterState, layouts: set[str]) -> None:
    """Restore choices from a browser. Values that do not fit are ignored."""
    if not isinstance(kept, dict):
        return
    chosen = kept.get("view")
    for name, value in (chosen if isinstance(chosen, dict) else {}).items():
        if name == "dark" and isinstance(value, bool):
            view.dark = value
        elif name != "layout_name" or value in layouts:
            view.choose(name, value)
    minimums, active = kept.get("minimums"), kept.get("active")
    if not isinstance(minimums, dict) or not isinstance(active, list):
        return
    for name, minimum in minimums.items():
        if isinstance(minimum, int | float) and 0 <= minimum <= 1:
            filters.change(name, active=name in active, minimum=float(minimum))
