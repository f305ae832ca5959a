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
    "Annotator",
    "Batch",
    "Caption",
    "Drawn",
    "LoggedAction",
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
"""Largest allowed difference, in seconds, between the clocks of machines that share a store."""

REPEAT = "second look"
SPOT_CHECK = "spot check"
"""Reasons of draws that the store itself makes."""

EVERYBODY = 1_000_000
"""Number of opinions of a draw that is asked of all annotators."""


class Purpose(StrEnum):
    """The use of an answer, fixed when its image is drawn."""

    TRAINING = "training"
    VALIDATION = "validation"
    CERTIFICATION = "certification"
    AUDIT = "audit"
    GOLD = "gold"


STATISTICAL = frozenset({Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT})
"""Purposes whose images are drawn with a known probability and are never used for training."""


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
        Id of the image.
    reason
        The reason for the draw, a short word of the strategy such as ``"boundary"`` or ``"uniform"``.
    probability
        Inclusion probability, above 0 and at most 1. None if the strategy has none.
    expected
        The settled answer of a gold image. None for every other purpose.
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
        Id of the page, needed to answer, renew or return it.
    batch_id, attribute, definition_version, purpose
        Batch of the questions, its attribute, version of the definition, and purpose.
    annotator_id
        Annotator who has the page.
    items
        Images not yet answered by this annotator, in the order of the batch. Empty if no question is left.
    expires_at
        Seconds since 1970. Others may receive the images after this time, unless the page is renewed.
    held_by_others
        Number of images of the batch on pages of other annotators now. If there are no items either, the batch is done.
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
    """An annotator's answer to one image of a page. `seconds` is the time of the answer, 0 or more."""

    draw_id: int
    value: Value
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LoggedAction:
    """One logged action of one annotator: any number of answers, or a caption. It is undone as one.

    Parameters
    ----------
    sequence
        Number in the log. Later actions have larger numbers.
    id
        Id chosen by the caller, so that sending the action again changes nothing.
    kind
        ``"answer"``, ``"caption"``, ``"undo"`` or ``"redo"``.
    target
        `sequence` of the action that is undone or redone.
    survives
        Whether it counts now. None for undo and redo.
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
    """One line of the log of answers, with all facts that are needed to evaluate it later."""

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
"""Seconds until a page expires without a renewal. With a renewal every 15 s, two may fail."""
