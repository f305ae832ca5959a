"""What may come and go on the page's channel, beside the messages of the page's own components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["SWITCHES", "WireRefusal", "fit_for_server", "harmless_error", "without_changes"]

DEEPEST = 40
"""Levels of a message: lists in lists."""

_KINDS = frozenset({"PULL-DOC-REQ", "PATCH-DOC"})
_EVENTS = frozenset({"ModelChanged", "MessageSent"})
SWITCHES = frozenset({"sidebar_open", "contextbar_open", "dark_theme"})
"""What a browser changes of the page's models by itself, each on or off; all else it says in messages."""

_SAID = frozenset({"data_event", "dom_event", "document_ready"})
"""Events of a page: a component's message, a click on a button, and that its scripts are there."""

_MADE = frozenset({"object", "ndarray", "slice", "typed_array"})
_WORDS = "The server could not do that. Reload the page if it does not go on."


class WireRefusal(Exception):  # noqa: N818 -- it is an answer to a browser, not a fault
    """A message that no page of ours sends."""


def fit_for_server(message: Any) -> None:
    """Check a Bokeh message before anything is done with it.

    A page asks for its document and sends changes of its models' values and messages. It replaces no document, adds
    and removes no roots, and makes no objects on the server.

    Raises
    ------
    WireRefusal
        If no page of ours sends such a message.
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
    """Take out of a checked message what a browser may not change; tell whether anything is left to do.

    Sizes, rows, scripts and all other values of models are the server's. Panel's own script tells of the browser's
    language, time zone and style sheets too; nobody here wants to know.
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
    """Tell whether a value is one of some names: what came from a browser may be a list, which none has."""
    return isinstance(value, str) and value in names


def harmless_error(message: Any) -> Any:
    """Take what is the server's own matter out of a message: an error's words and traceback, and its folder.

    A library describes all kinds of widgets to every page, and gives the folder that the server runs in as where one of
    them begins.
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
