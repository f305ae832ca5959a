"""The messages of the Label tab about a person and their pages. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.messages.encoding import Message, Record

__all__ = [
    "AwayMessage",
    "ClearMessage",
    "DropMessage",
    "NameMessage",
    "NothingMessage",
    "PageItem",
    "PageMessage",
    "RedoneMessage",
    "RestartMessage",
    "SavedMessage",
    "UndoneMessage",
    "WhoMessage",
]


@dataclass(frozen=True, slots=True)
class WhoMessage(Message):
    """The annotator of this window: id, name and token; empty if there is none."""

    type: ClassVar[str] = "who"
    id: str = ""
    name: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class NameMessage(Message):
    """Ask for a name, with the reason."""

    type: ClassVar[str] = "name"
    text: str


@dataclass(frozen=True, slots=True)
class ClearMessage(Message):
    """Remove all pages. Later pages with another `choice_number` are ignored.

    Parameters
    ----------
    choice_number
        Number of the annotator's choice of questions, counted up with every new choice.
    """

    type: ClassVar[str] = "clear"
    choice_number: int


@dataclass(frozen=True, slots=True)
class NothingMessage(Message):
    """No question is left to answer."""

    type: ClassVar[str] = "nothing"
    choice_number: int


@dataclass(frozen=True, slots=True)
class PageItem(Record):
    """A question on a page.

    Parameters
    ----------
    draw
        Its number in the browser, see `DrawNumbers`.
    image
        Id of the image, as text.
    row
        Row of the image.
    words
        Caption or source of the image; untrusted.
    picture
        WebP.
    """

    draw: int
    image: str
    row: int
    words: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class PageMessage(Message):
    """A page of questions.

    Parameters
    ----------
    choice_number
        See `ClearMessage`.
    page
        Its id.
    attribute, version
        The attribute, and the version of its definition.
    captions
        Whether images are described.
    first
        Whether it comes before the pages that the browser has.
    marks
        Draw number as text -> answer before it was undone.
    items
        Its questions.
    """

    type: ClassVar[str] = "page"
    choice_number: int
    page: str
    attribute: str
    version: int
    captions: bool
    first: bool
    marks: dict[str, str]
    items: tuple[PageItem, ...]


@dataclass(frozen=True, slots=True)
class DropMessage(Message):
    """Remove questions from a page because they were answered on another one."""

    type: ClassVar[str] = "drop"
    page: str
    draws: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SavedMessage(Message):
    """A logged action is durable: its id, and the draws that another annotator answered first."""

    type: ClassVar[str] = "saved"
    id: str
    late: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UndoneMessage(Message):
    """A logged action was undone; `page` comes back, or "" for none."""

    type: ClassVar[str] = "undone"
    id: str
    page: str


@dataclass(frozen=True, slots=True)
class RedoneMessage(Message):
    """A logged action was redone."""

    type: ClassVar[str] = "redone"
    id: str


@dataclass(frozen=True, slots=True)
class AwayMessage(Message):
    """Remove all pages; other ones follow."""

    type: ClassVar[str] = "away"


@dataclass(frozen=True, slots=True)
class RestartMessage(Message):
    """Remove pages without answers, and request others."""

    type: ClassVar[str] = "restart"
