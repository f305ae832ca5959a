"""Records that several tabs show: choices, steps, figures, points of a chart, and pictures. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.messages.encoding import Record

__all__ = ["ChartPoint", "Choice", "Figure", "Option", "PictureItem", "PictureSide", "Spot", "Step"]


@dataclass(frozen=True, slots=True)
class Choice(Record):
    """An entry of a list: its name in messages, its title for people, and help."""

    name: str
    title: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Option(Record):
    """An option of a select: the value that is sent back, and its text."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Step(Record):
    """A step of a tab's work: its title, a short text, and its state ``"done"``, ``"now"``, ``"later"`` or ""."""

    title: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Figure(Record):
    """A figure with its name.

    Parameters
    ----------
    name, value
        Texts for people.
    more
        Text after the value, for example its interval.
    enough
        Whether there are enough answers for the value.
    help
        A tooltip.
    beside
        The value by cross-validation, for a figure with too few answers.
    """

    name: str
    value: str
    more: str = ""
    enough: bool = True
    help: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class ChartPoint(Record):
    """A point of a curve with the ends of its interval, and its description."""

    x: float
    y: float
    low: float
    high: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Spot(Record):
    """A marked place in a chart."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PictureItem(Record):
    """A small picture.

    Parameters
    ----------
    row
        Row of the image, as text.
    tile
        JPEG.
    caption
        Caption or source of the image; untrusted.
    mark
        A short word written on the picture.
    """

    row: str
    tile: bytes
    caption: str
    mark: str


@dataclass(frozen=True, slots=True)
class PictureSide(Record):
    """A line of pictures under a title."""

    title: str
    items: tuple[PictureItem, ...]
