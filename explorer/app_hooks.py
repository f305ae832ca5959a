"""Hooks of the server's process: what is slow or dangerous is dealt with here, before the first browser comes.

Bokeh reads this file before it makes the server, and before that forks for ``--num-procs``.
"""

from __future__ import annotations

import sys
from typing import Any

import panel_material_ui  # noqa: F401 -- offers the page's own script to every process, before it has made a page
from panel.io.resources import LOCAL_DIST

from explorer.composition import THIS_PROCESS
from explorer.services.warm_up import warm_up
from explorer.serving.server import harden
from explorer.settings import settings_from
from pipeline.errors import BamExplorerError
from pipeline.progress import Progress

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
        sys.stderr.write(f"{error}\n")  # the page says it too


def on_session_created(session_context: Any) -> None:
    """Have a page take its styles from this server, in whichever process its channel is opened first."""
    session_context._document.template_variables.setdefault("dist_url", LOCAL_DIST)  # noqa: SLF001
