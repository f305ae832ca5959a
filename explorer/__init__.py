"""The explorer: the Panel app, the notebook widget and the ``explorer`` command.

Importing this package loads neither Panel nor torch; ``from explorer.app import Explorer`` does.
"""

from __future__ import annotations

from pipeline import __version__

__all__ = ["__version__"]
