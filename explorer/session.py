"""The start of a browser session: settings in, a page out."""

from __future__ import annotations

import logging
import sys
from typing import Any

import panel as pn

from explorer.app import Explorer
from explorer.services.error_words import with_remedy, without_places
from explorer.serving.server import is_hardened
from explorer.settings import given_folders, settings_from
from explorer.views.page.frame import problem_page
from pipeline.errors import BamExplorerError, ServeError

__all__ = ["serve_page"]

log = logging.getLogger(__name__)

_BESIDE = "The server runs main.py without its limits. Start it with: panel serve explorer --args DIR."
_UNKNOWN = "An unexpected error stopped the page. The server's log has the details. Reload to try again."


def serve_page() -> None:
    """Make the page of a new session from the server's arguments, and send it to the browser."""
    pn.extension(notifications=False)
    try:
        page = _page()
    except BamExplorerError as error:
        page = problem_page(without_places(with_remedy(error), given_folders(sys.argv[1:])))
    except Exception:
        log.exception("a page could not be made")
        page = problem_page(_UNKNOWN)
    page.servable(location=False)  # no address is needed, and the library fails at some of them


def _page() -> Any:
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    if context is not None and not is_hardened(context.server_context):
        raise ServeError(_BESIDE)
    return Explorer(settings_from(sys.argv[1:]).collection, dark=_wants_dark()).page()


def _wants_dark() -> bool:
    """Return False if the address asks for light (``?theme=default``), as in Panel's own pages."""
    asked = pn.state.session_args.get("theme", [b"dark"])[0]
    return bool(asked != b"default")
