"""Checks of the Bokeh messages on a page's channel, in both directions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["SWITCHES", "WireRefusal", "fit_for_server", "harmless_error", "without_changes"]

DEEPEST = 40
"""Deepest nesting of a message."""

_KINDS = frozenset({"PULL-DOC-REQ", "PATCH-DOC"})
_EVENTS = frozenset({"ModelChanged", "MessageSent"})
SWITCHES = frozenset({"sidebar_open", "contextbar_open", "dark_theme"})
"""Boolean values of the page's models that a browser may change itself. All others change through messages."""

_SAID = frozenset({"data_event", "dom_event", "document_ready"})
"""Events of a page: a component's message, a click on a button, and the end of loading."""

_MADE = frozenset({"object", "ndarray", "slice", "typed_array"})
_WORDS = "The server could not do that. Reload the page if it does not continue."


class WireRefusal(Exception):  # noqa: N818 -- it is an answer to a browser, not a fault
    """A message that this program's pages never send."""


def fit_for_server(message: Any) -> None:
    """Check a Bokeh message before it is processed.

    A page requests its document, and sends changed values of its models and messages. It does not replace documents,
    add or remove roots, or make objects on the server.

    Raises
    ------
    WireRefusal
        If this program's pages never send this message.
    """
    if not _is_of(message.msgtype, _KINDS):
        raise WireRefusal(f"a page sends no {str(message.msgtype)[:40]}")
    if message.msgtype != "PATCH-DOC":
        return
    content = message.content
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise WireRefusal("a change lists what changed")
    for event in events:
        if not _is_of(event.get("kind"), _EVENTS):
            raise WireRefusal(f"a page sends no {str(event.get('kind'))[:40]}")
        if event["kind"] == "MessageSent" and event.get("msg_type") != "bokeh_event":
            raise WireRefusal("a page sends events of its models alone")
    _check(events)


def without_changes(message: Any) -> bool:
    """Remove from a checked message all changes that a browser may not make. Return whether anything is left.

    Sizes, rows, scripts and all other values of models belong to the server. Panel's own script also reports the
    browser's language, time zone and style sheets, which are not needed.
    """
    if message.msgtype != "PATCH-DOC":
        return True
    events = [event for event in message.content["events"] if _is_said(event) or _is_switch(event)]
    message.content = {"events": events}
    return bool(events)


def _is_said(event: dict[str, Any]) -> bool:
    data = event.get("msg_data")
    if event["kind"] != "MessageSent" or event.get("msg_type") != "bokeh_event" or not isinstance(data, dict):
        return False
    return data.get("type") == "event" and _is_of(data.get("name"), _SAID)


def _is_switch(event: dict[str, Any]) -> bool:
    attribute = event.get("attr")
    return event["kind"] == "ModelChanged" and _is_of(attribute, SWITCHES) and isinstance(event.get("new"), bool)


def _is_of(value: object, names: frozenset[str]) -> bool:
    """Return whether a value is one of some names. A browser may send a list, which cannot be looked up in a set."""
    return isinstance(value, str) and value in names


def harmless_error(message: Any) -> Any:
    """Return a message without the server's internals: an error's words and traceback, and the server's folder.

    A library describes all its widgets to every page. One of them has the server's working folder as its default.
    """
    if message.msgtype == "ERROR":
        message.content = {"text": _WORDS, "traceback": None}
    elif message.msgtype == "PULL-DOC-REPLY":
        here = str(Path.cwd())
        for described in message.content["doc"].get("defs") or ():
            for entry in described.get("properties", ()):
                if entry.get("default") == here:
                    entry["default"] = ""
    return message


def _check(value: Any) -> None:
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise WireRefusal("a message is a few levels deep")
        if isinstance(part, dict):
            if _is_of(part.get("type"), _MADE):
                raise WireRefusal("a page makes no objects here")
            waiting.extend((entry, depth + 1) for entry in part.values())
        elif isinstance(part, list):
            waiting.extend((entry, depth + 1) for entry in part)
