"""What happens when a browser session begins: settings in, a page out."""

from __future__ import annotations

import sys

import panel as pn

from explorer.app import Explorer, problem_page
from explorer.settings import settings_from
from pipeline.errors import BamExplorerError

__all__ = ["serve_page"]


def serve_page() -> None:
    """Make the page of a new session from the server's arguments and offer it to the browser."""
    pn.extension(notifications=False)
    try:
        explorer = Explorer(settings_from(sys.argv[1:]).collection, dark=_wants_dark())
    except BamExplorerError as error:
        problem_page(str(error)).servable()
        return
    explorer.page().servable()


def _wants_dark() -> bool:
    """Dark unless the address asks for light (``?theme=default``), as Panel's own pages have it."""
    asked = pn.state.session_args.get("theme", [b"dark"])[0]
    return bool(asked != b"default")
