"""Hooks of the server's process: everything slow happens here, before the first browser comes."""

from __future__ import annotations

import sys
from typing import Any

from explorer.settings import settings_from
from explorer.warm import warm_up
from pipeline.errors import BamExplorerError
from pipeline.schema import Progress

__all__ = ["on_server_loaded"]

# Bokeh sets the app's own arguments only while this file is read.
_ARGUMENTS = sys.argv[1:]


def _tell(progress: Progress) -> None:
    sys.stderr.write(f"{progress.stage}: {progress.note or 'ready'}\n")


def on_server_loaded(server_context: Any) -> None:
    """Open the collection and compile the kernels of the map."""
    del server_context
    try:
        warm_up(settings_from(_ARGUMENTS).collection, _tell)
    except BamExplorerError as error:
        sys.stderr.write(f"{error}\n")  # the page says it too
