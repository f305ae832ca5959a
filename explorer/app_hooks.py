"""Hooks of the server's process: limits and slow preparations, before the first browser connects.

Bokeh reads this file before it makes the server, and so before the server forks for ``--num-procs``.
"""

from __future__ import annotations

import sys
from typing import Any

from explorer.installation import outdated_words

try:
    import panel_material_ui  # noqa: F401 -- registers the page's own script in every process before the first page
    from panel.io.resources import LOCAL_DIST

    from explorer.composition import THIS_PROCESS
    from explorer.services.warm_up import warm_up
    from explorer.serving.server import harden
    from explorer.settings import settings_from
    from pipeline.errors import BamExplorerError
    from pipeline.progress import Progress
except ImportError:
    if (words := outdated_words()) is None:
        raise
    sys.exit(f"error: {words}")

__all__ = ["on_server_loaded", "on_session_created"]

# Bokeh sets the app's own arguments only while this file is read.
_ARGUMENTS = sys.argv[1:]

harden()


def _tell(progress: Progress) -> None:
    sys.stderr.write(f"{progress.stage}: {progress.note or 'ready'}\n")


def on_server_loaded(server_context: Any) -> None:
    """Open the collection and compile the kernels of the map."""
    del server_context
    try:
        warm_up(THIS_PROCESS.services(settings_from(_ARGUMENTS).collection), _tell)
    except BamExplorerError as error:
        sys.stderr.write(f"{error}\n")  # the page shows it too


def on_session_created(session_context: Any) -> None:
    """Load a page's styles from this server, in any process that opens its channel first."""
    session_context._document.template_variables.setdefault("dist_url", LOCAL_DIST)  # noqa: SLF001
