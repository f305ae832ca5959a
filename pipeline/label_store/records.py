"""Records of the label store, frozen, and their values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "CAPTIONS",
    "CLOCK_SKEW_SECONDS",
    "EVERYBODY",
    "LEASE_SECONDS",
    "REPEAT",
    "SPOT_CHECK",
    "STATISTICAL",
    "Act",
    "Annotator",
    "Batch",
    "Caption",
    "Drawn",
    "LoggedAnswer",
    "Page",
    "PageItem",
    "Purpose",
    "Reply",
    "Value",
]

CAPTIONS = "caption"
"""The attribute under which captions are asked; it has no definition."""

CLOCK_SKEW_SECONDS = 10.0
"""How far the clocks of machines that share a store may differ; what is later was written by a wrong clock."""

REPEAT = "second look"
SPOT_CHECK = "spot check"
"""Reasons of draws that the store itself makes."""

EVERYBODY = 1_000_000
"""Opinions of a draw that all annotators are asked."""


class Purpose(StrEnum):
    """What an answer may be used for, fixed when its image was drawn."""

    TRAINING = "training"
    VALIDATION = "validation"
    CERTIFICATION = "certification"
    AUDIT = "audit"
    GOLD = "gold"


STATISTICAL = frozenset({Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT})
"""Purposes whose images are drawn with a known probability and must never teach a classifier."""


class Value(StrEnum):
    """The answer of one annotator to one image and one attribute."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Annotator:
    """A person who answers: a chosen name and a random id, unauthenticated until accounts exist."""

    id: str
    name: str
    authenticated: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One image to be asked.

    Parameters
    ----------
    image_id
        Which image.
    reason
        Why it was drawn, a short word of the strategy, e.g. ``"boundary"`` or ``"uniform"``.
    probability
        With what probability the draw took it, in (0, 1]; None where the strategy has none.
    expected
        The settled answer of a gold image; None for every other purpose.
    """

    image_id: int
    reason: str
    probability: float | None = None
    expected: Value | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: its id, and the number of its images that are asked."""

    id: str
    images: int


@dataclass(frozen=True, slots=True)
class PageItem:
    """One image on a page, in the order in which it is shown."""

    draw_id: int
    image_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """The images that one annotator answers now.

    Parameters
    ----------
    id
        Names the page when it is answered, renewed or given back.
    batch_id, attribute, definition_version, purpose
        What is asked and what for.
    annotator_id
        Whose page it is.
    items
        Images not yet answered by this annotator, in the batch's order; empty where nothing is left to ask.
    expires_at
        Seconds since 1970 after which others may be given the images, unless the page is renewed.
    held_by_others
        Images of the batch that are on other people's pages now: with no items, zero means that the batch is done.
    """

    id: str
    batch_id: str
    attribute: str
    definition_version: int
    purpose: Purpose
    annotator_id: str
    items: tuple[PageItem, ...]
    expires_at: float
    held_by_others: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An annotator's answer to one image of a page; `seconds` is the time it took, 0 or more."""

    draw_id: int
    value: Value
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """One gesture of one annotator: any number of answers, or a caption, undone as one.

    Parameters
    ----------
    sequence
        Place in the log; later acts have larger numbers.
    id
        Chosen by the caller, so that sending it again changes nothing.
    kind
        ``"answer"``, ``"caption"``, ``"undo"`` or ``"redo"``.
    target
        `sequence` of the act that is undone or done again.
    survives
        Whether it counts now; None for undo and redo.
    """

    sequence: int
    id: str
    annotator_id: str
    at: float
    kind: str
    target: int | None = None
    survives: bool | None = None


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """One line of the log of answers, with everything needed to judge it later."""

    sequence: int
    annotator_id: str
    at: float
    image_id: int
    attribute: str
    definition_version: int
    purpose: Purpose
    value: Value
    seconds: float
    page_id: str | None
    draw_id: int | None
    reason: str
    probability: float | None
    model_version: str
    survives: bool


@dataclass(frozen=True, slots=True)
class Caption:
    """A text about an image and its author. Untrusted: escape before showing."""

    sequence: int
    image_id: int
    text: str
    annotator_id: str
    at: float


LEASE_SECONDS = 45.0
"""How long a page is kept without a sign of life; with a sign every 15 s, three may be lost."""
