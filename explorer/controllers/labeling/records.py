"""The records that the Label tab shows beside the pictures. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.controllers.labeling.question_sources import SourceShown
from explorer.controllers.labeling.source_rankings import ClusterChoice
from explorer.messages.encoding import Record

__all__ = [
    "AttributeChoice",
    "AttributeShown",
    "BatchShown",
    "HastyShown",
    "LabelCounts",
    "LabelStatus",
    "MeShown",
    "PersonShown",
    "SpotCheckShown",
    "WorkShown",
]


@dataclass(frozen=True, slots=True)
class MeShown(Record):
    """The annotator of this window; empty if there is none."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkShown(Record):
    """The annotator's choices, see `LabelingState`."""

    attribute: str = ""
    mode: str = "page"
    size: int = 24
    batch: str = ""
    captions: bool = False


@dataclass(frozen=True, slots=True)
class AttributeChoice(Record):
    """An attribute that can be answered: name, title and group."""

    name: str
    title: str
    group: str


@dataclass(frozen=True, slots=True)
class AttributeShown(Record):
    """The attribute that is answered; `agree` is the number of people who must agree."""

    name: str
    title: str
    question: str
    version: int
    agree: int
    archived: bool


@dataclass(frozen=True, slots=True)
class LabelCounts(Record):
    """Images by the label that results from their answers."""

    yes: int
    no: int
    unsure: int
    split: int
    open: int


@dataclass(frozen=True, slots=True)
class PersonShown(Record):
    """A person who is present: name, attribute, number of open questions, and whether it is the user."""

    name: str
    doing: str
    holding: int
    me: bool


@dataclass(frozen=True, slots=True)
class BatchShown(Record):
    """A part of the queue: id, title, questions left, and whether the user cannot choose or cancel it."""

    id: str
    title: str
    left: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class HastyShown(Record):
    """A run of equal answers that came too quickly: the answer, and its number."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SpotCheckShown(Record):
    """The spot check of a bulk answer.

    Parameters
    ----------
    act, batch, value, images
        Action id, batch of checks, value and number of images of the bulk answer.
    size, answered, wrong, unsure
        Number of checks: all, answered, different (unsure ones among them), and unsure.
    low, high
        Share of all images that differ, in percent, with 95 % confidence.
    """

    act: str
    batch: str
    value: str
    images: int
    size: int
    answered: int
    wrong: int
    unsure: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelStatus(Record):
    """The status that the Label tab shows beside the pictures.

    Parameters
    ----------
    me, known
        The annotator, and whether that is known.
    work
        The annotator's choices.
    attributes, attribute
        All attributes that can be answered, and the chosen one.
    counts
        Images of the attribute by label.
    people
        The people present.
    sources, clusters
        The sources of questions, and the clusters of the layout on screen.
    goal
        Verified positives that are needed to start training.
    left, held, batches
        Questions left for the annotator, questions held by others, and the parts of the queue.
    pace, minutes
        Answers per hour, and minutes for the questions left; 0 if unknown.
    hasty, check
        Decisions that wait for the annotator.
    elsewhere, idle
        Whether the annotator continued in another window, and whether they are inactive.
    problem, consistency, qualified, closed
        Sentences; empty for none.
    """

    me: MeShown = field(default_factory=MeShown)
    known: bool = True
    work: WorkShown = field(default_factory=WorkShown)
    attributes: tuple[AttributeChoice, ...] = ()
    attribute: AttributeShown | None = None
    counts: LabelCounts | None = None
    people: tuple[PersonShown, ...] = ()
    sources: tuple[SourceShown, ...] = ()
    clusters: tuple[ClusterChoice, ...] = ()
    goal: int = 0
    left: int = 0
    held: int = 0
    batches: tuple[BatchShown, ...] = ()
    pace: int = 0
    minutes: int = 0
    hasty: HastyShown | None = None
    check: SpotCheckShown | None = None
    elsewhere: bool = False
    idle: bool = False
    problem: str = ""
    consistency: str = ""
    qualified: str = ""
    closed: str = ""
