"""Base class of the browser components. It checks every message against the table, and refuses others."""

from __future__ import annotations

from typing import Any

import panel as pn
from panel.io.state import set_curdoc
from panel.models.esm import DataEvent

from explorer.messages.encoding import Message, encoded
from explorer.messages.outgoing import Failed, Note
from explorer.messages.table import checked
from pipeline.errors import ParameterError

__all__ = ["TOO_MANY", "Component", "refusal"]

TOO_MANY = "Too many messages arrived at once, and some were ignored. Wait a moment, then try again."


def refusal(message: object, words: str, *, again: bool = False) -> Message:
    """Return the answer to a refused message. For a logged action the answer holds its id.

    With ``again`` the browser keeps the action and sends it once more.
    """
    if isinstance(message, dict) and message.get("type") == "act" and isinstance(message.get("id"), str):
        return Failed(message["id"][:64], words, again)
    return Note(words, "warning" if again else "error")


def _is_loading() -> bool:
    """Return whether the browser has fetched the page of this session, and has not reported that it has loaded."""
    context = pn.state.curdoc.session_context if pn.state.curdoc is not None else None
    session = getattr(context, "session", None)  # none yet while the page is built
    return bool(session is not None and session.connection_count > 0 and not pn.state.loaded)


class Component(pn.custom.JSComponent):
    """A component whose messages are looked up in `explorer.messages.table` under the name of its class."""

    def send(self, message: Message) -> None:
        """Send a message to the browser's half."""
        self._send_msg(encoded(message))

    def show_values(self, **values: object) -> None:
        """Set parameters of the component. Records among the values are encoded here.

        Panel drops changes between a page's first message and its report that it has loaded. They wait for the report.
        """
        shown = {name: encoded(value) for name, value in values.items()}

        def update() -> None:
            self.param.update(**shown)

        if _is_loading():
            pn.state.onload(update)
        else:
            update()

    def _process_bokeh_event(self, doc: Any, event: Any) -> None:
        """Process an event like Panel, but without its count for the whole process, which costs more than the event."""
        with set_curdoc(doc):
            self._process_event(event)

    def _process_event(self, event: Any) -> None:
        """Check a message before it reaches its handlers."""
        if not isinstance(event, DataEvent):
            return
        try:
            event.data = checked(type(self).__name__, event.data)
        except ParameterError as error:
            self.send(refusal(event.data, str(error)))
            return
        super()._process_event(event)
