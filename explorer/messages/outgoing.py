"""The messages that several components send to the browser. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.messages.encoding import Message

__all__ = ["Failed", "Focus", "Note", "Refused", "SavedFile", "Undo"]


@dataclass(frozen=True, slots=True)
class Undo(Message):
    """The message that the browser sends to undo the archiving of an attribute, or its return."""

    type: ClassVar[str] = "archive"
    name: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Note(Message):
    """A sentence beside a person's action.

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
        The reason.
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
    """A refused form, as field -> sentence. Without sentences, the form shows the stored values again."""

    type: ClassVar[str] = "refused"
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Focus(Message):
    """Put the focus where the person continues."""

    type: ClassVar[str] = "focus"
