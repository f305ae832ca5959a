"""The browser's half of a view: every message that it takes is one of the table's, or refused with a sentence."""

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

TOO_MANY = "Too many messages came at once, and some were left out. Wait a moment, then try again."


def refusal(message: object, words: str, *, again: bool = False) -> Message:
    """Return what the browser is told of a message that was refused; an act is told by its id.

    ``again`` has the browser keep an act and send it once more.
    """
    if isinstance(message, dict) and message.get("type") == "act" and isinstance(message.get("id"), str):
        return Failed(message["id"][:64], words, again)
    return Note(words, "warning" if again else "error")


class Component(pn.custom.JSComponent):
    """A component whose messages are looked up in `explorer.messages.table` under the name of its class."""

    def send(self, message: Message) -> None:
        """Send a message to the browser's half."""
        self._send_msg(encoded(message))

    def show_values(self, **values: object) -> None:
        """Set parameters of the component; records among the values are encoded here."""
        self.param.update(**{name: encoded(value) for name, value in values.items()})

    def _process_bokeh_event(self, doc: Any, event: Any) -> None:
        """Take a message as Panel does, but for counting it: a count of the whole process costs more than a message."""
        with set_curdoc(doc):
            self._process_event(event)

    def _process_event(self, event: Any) -> None:
        """Check a message before anybody hears it."""
        if not isinstance(event, DataEvent):
            return
        try:
            event.data = checked(type(self).__name__, event.data)
        except ParameterError as error:
            self.send(refusal(event.data, str(error)))
            return
        super()._process_event(event)
