"""What may come and go on the page's channel, beside the messages of the page's own components."""

from __future__ import annotations

from typing import Any

__all__ = ["WireRefusal", "fit_for_server", "harmless_error"]

DEEPEST = 40
"""Levels of a message: lists in lists."""

_KINDS = frozenset({"PULL-DOC-REQ", "PATCH-DOC"})
_EVENTS = frozenset({"ModelChanged", "MessageSent"})
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
    if message.msgtype not in _KINDS:
        raise WireRefusal(f"a page sends no {str(message.msgtype)[:40]}")
    if message.msgtype != "PATCH-DOC":
        return
    content = message.content
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise WireRefusal("a change lists what changed")
    for event in events:
        if event.get("kind") not in _EVENTS:
            raise WireRefusal(f"a page sends no {str(event.get('kind'))[:40]}")
    _check(events)


def harmless_error(message: Any) -> Any:
    """Take the words and the traceback out of an error; give every other message back as it is."""
    if message.msgtype == "ERROR":
        message.content = {"text": _WORDS, "traceback": None}
    return message


def _check(value: Any) -> None:
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST:
            raise WireRefusal("a message is a few levels deep")
        if isinstance(part, dict):
            if part.get("type") in _MADE:
                raise WireRefusal("a page makes no objects here")
            waiting.extend((entry, depth + 1) for entry in part.values())
        elif isinstance(part, list):
            waiting.extend((entry, depth + 1) for entry in part)
