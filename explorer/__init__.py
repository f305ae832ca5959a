"""The explorer: the Panel app, the notebook widget, the ``explorer`` command, and `build_collection`.

Importing this package loads neither Panel nor torch; ``from explorer.app import Explorer`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline import __version__

if TYPE_CHECKING:
    from pipeline.build.from_table import build_from_table as build_collection

__all__ = ["__version__", "build_collection"]


def __getattr__(name: str) -> Any:
    """Return `build_collection`, which loads NumPy and Arrow, only when it is used."""
    if name == "build_collection":
        from pipeline.build.from_table import build_from_table

        return build_from_table
    raise AttributeError(f"module 'explorer' has no attribute {name!r}")
