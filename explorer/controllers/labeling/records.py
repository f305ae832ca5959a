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
    """The person who works here; empty for nobody."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class WorkShown(Record):
    """What the person chose, see `LabelingState`."""

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
    """Images by what their answers add up to."""

    yes: int
    no: int
    unsure: int
    split: int
    open: int


@dataclass(frozen=True, slots=True)
class PersonShown(Record):
    """A person who is present: name, attribute, questions in hand, and whether it is the person who looks."""

    name: str
    doing: str
    holding: int
    me: bool


@dataclass(frozen=True, slots=True)
class BatchShown(Record):
    """A part of the queue: id, title, questions left, and whether the person cannot choose or cancel it."""

    id: str
    title: str
    left: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class HastyShown(Record):
    """A run of equal answers that came too quickly: the answer, and how many."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SpotCheckShown(Record):
    """The spot check of a bulk answer.

    Parameters
    ----------
    act, batch, value, images
        The bulk answer, its batch of checks, its answer, and the images that it labelled.
    size, answered, wrong, unsure
        Checks: all, those answered, those that differ, and among these the unsure ones.
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
    """What the Label tab shows beside the pictures.

    Parameters
    ----------
    me, known
        Who works here, and whether that is known.
    work
        What the person chose.
    attributes, attribute
        All that can be answered, and the chosen one.
    counts
        Images of the attribute by label.
    people
        Who is present.
    sources, clusters
        Where questions can come from, and the clusters of the layout on screen.
    goal
        Verified positives from which a classifier has something to learn from.
    left, held, batches
        Questions left for the person, questions in other people's hands, and the parts of the queue.
    pace, minutes
        Answers an hour, and minutes for what is left; 0 for unknown.
    hasty, check
        Decisions that wait for the person.
    elsewhere, idle
        Whether the person went on in another window, and whether they have done nothing for long.
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
