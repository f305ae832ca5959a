"""Hooks of the server's process: everything slow happens here, before the first browser comes."""

from __future__ import annotations

import sys
from typing import Any

from explorer.settings import settings_from
from explorer.warm import warm_up
from pipeline.errors import BamExplorerError

__all__ = ["on_server_loaded"]


def on_server_loaded(server_context: Any) -> None:
    """Open the collection and compile the kernels of the map."""
    del server_context
    try:
        warm_up(settings_from(sys.argv[1:]).collection)
    except BamExplorerError as error:
        sys.stderr.write(f"{error}\n")  # the page says it too
