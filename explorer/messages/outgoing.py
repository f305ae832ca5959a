"""The messages that several components send to the browser. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.messages.encoding import Message

__all__ = ["Failed", "Focus", "Note", "Refused", "SavedFile", "Undo"]


@dataclass(frozen=True, slots=True)
class Undo(Message):
    """The message that the browser sends when a person takes back that an attribute was archived, or brought back."""

    type: ClassVar[str] = "archive"
    name: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Note(Message):
    """A sentence beside what a person did.

    Parameters
    ----------
    text
        The sentence.
    kind
        ``"info"``, ``"warning"`` or ``"error"``.
    undo
        The message that a button beside the note sends; None for no button.
    """

    type: ClassVar[str] = "note"
    text: str
    kind: str = "info"
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class Failed(Message):
    """An answer that was not recorded.

    Parameters
    ----------
    id
        Id of the logged action, as the browser chose it.
    text
        Why.
    again
        Whether the browser keeps the answer and sends it once more.
    """

    type: ClassVar[str] = "failed"
    id: str
    text: str
    again: bool


@dataclass(frozen=True, slots=True)
class SavedFile(Message):
    """A file for the browser to save: its name, its media type and its bytes."""

    type: ClassVar[str] = "file"
    name: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Refused(Message):
    """A form that was not taken: field -> sentence; without any, the form shows again what holds."""

    type: ClassVar[str] = "refused"
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Focus(Message):
    """Put the cursor, or the keys, where a person goes on."""

    type: ClassVar[str] = "focus"
