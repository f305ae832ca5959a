"""The messages of the map, and their records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.messages.encoding import Message, Record

__all__ = [
    "CardShown",
    "ClusterName",
    "FrameMessage",
    "GoMessage",
    "ModeMessage",
    "OriginalMessage",
    "OriginalNote",
    "ProblemMessage",
    "SelectedMessage",
    "SelectionShown",
    "TappedMessage",
    "TipMessage",
]

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in layout units."""


@dataclass(frozen=True, slots=True)
class CardShown(Record):
    """The text of a large picture: its box, its untrusted caption, and the attributes whose filters it passes."""

    box: Box
    caption: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClusterName(Record):
    """A name over a cluster: its text, its place in layout units, its level, and its radius."""

    text: str
    x: float
    y: float
    level: int
    radius: float


@dataclass(frozen=True, slots=True)
class SelectionShown(Record):
    """The selection: its number of images, and its origin."""

    count: int
    words: str


@dataclass(frozen=True, slots=True)
class FrameMessage(Message):
    """A frame of the map.

    Parameters
    ----------
    id, serial, content_number
        Id of the request, number of the frame, and number of the content that it shows.
    layout, level, side
        Name of the layout, level of the grid, and side of a picture in css pixels.
    drawn, seen, passing
        Pictures drawn, pictures in view, and images that pass the filters.
    filtered, dimmed
        Whether any filter is active, and whether images that do not pass are dimmed.
    cards
        The texts of large pictures.
    x0, y0, x1, y1
        The area shown, in layout units.
    width, height
        Size in css pixels.
    mime, picture
        The encoded picture.
    """

    type: ClassVar[str] = "frame"
    id: int
    serial: int
    content_number: int
    layout: str
    level: int
    drawn: int
    side: float
    seen: int
    passing: int
    filtered: bool
    dimmed: bool
    cards: tuple[CardShown, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    height: float
    mime: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class OriginalMessage(Message):
    """The original of a picture of a frame, encoded, and the box that it covers."""

    type: ClassVar[str] = "original"
    serial: int
    box: Box
    picture: bytes


@dataclass(frozen=True, slots=True)
class OriginalNote(Message):
    """Why the original of a picture of a frame is not shown."""

    type: ClassVar[str] = "note"
    serial: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class ProblemMessage(Message):
    """Why a frame could not be drawn; `id` is the request's."""

    type: ClassVar[str] = "problem"
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class TappedMessage(Message):
    """Whether a tap met a picture."""

    type: ClassVar[str] = "tapped"
    met: bool


@dataclass(frozen=True, slots=True)
class TipMessage(Message):
    """The caption of the picture under the pointer.

    Parameters
    ----------
    at
        The place, as the browser sent it.
    text, more
        The untrusted caption, and the number of further images there.
    """

    type: ClassVar[str] = "tip"
    at: str
    text: str
    more: str


@dataclass(frozen=True, slots=True)
class GoMessage(Message):
    """Move to a place of the layout, with a radius around it."""

    type: ClassVar[str] = "go"
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class ModeMessage(Message):
    """Activate a tool: ``"lasso"``."""

    type: ClassVar[str] = "mode"
    mode: str


@dataclass(frozen=True, slots=True)
class SelectedMessage(Message):
    """Number of images inside an outline, -1 if it is outdated; `serial` is the outline's."""

    type: ClassVar[str] = "selected"
    serial: int
    found: int
