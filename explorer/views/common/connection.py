"""Settings of a page's channel: no shared busy state, and no delay of small packets."""

from __future__ import annotations

from typing import Any

import param
from panel.util.parameters import edit_readonly

__all__ = ["send_at_once", "tell_of_no_other_session"]


class _Never(param.Parameterized):
    """An object that is never busy."""

    busy = param.Boolean(default=False, constant=True)


def tell_of_no_other_session(page: Any) -> None:
    """Unbind a page from the count of callbacks that run in the whole process.

    Panel keeps that count, and panel-material-ui binds a page's ``busy`` to it. Every message of any session then goes
    through every page that was ever opened, including pages of closed sessions, which stay in memory. This costs 1.5 ms
    for each page and message, and two messages to each browser. Only another binding replaces a binding.

    Parameters
    ----------
    page
        A page without a busy indicator.
    """
    with edit_readonly(page):
        page.busy = _Never().param.busy


def send_at_once(document: Any) -> int:
    """Turn Nagle's algorithm off on the connections of a document's session.

    Bokeh writes every message as three pieces or more. With Nagle's algorithm (RFC 896) the second piece waits until
    the first is acknowledged, and the browser's system acknowledges late (RFC 1122, 4.2.3.2). On Linux this delays
    every frame of the map and every other message by 40 ms. Tornado can turn the algorithm off, but Bokeh 3.9 does not.

    Parameters
    ----------
    document
        A Bokeh document. A document without a session (in a notebook) is not changed.

    Returns
    -------
    int
        Number of changed connections.
    """
    session = getattr(getattr(document, "session_context", None), "session", None)
    changed = 0
    for connection in getattr(session, "_subscribed_connections", ()):
        handler = getattr(connection, "_socket", None)
        if handler is not None and getattr(handler, "ws_connection", None) is not None:
            handler.set_nodelay(True)
            changed += 1
    return changed
