"""The messages of the Attributes tab about annotators, and their records. Runs in threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from explorer.messages.encoding import Message, Record
from pipeline.annotation.annotator_accuracy import AnnotatorReport, Rate, annotator_reports, suspect_gold
from pipeline.annotation.consensus import Label
from pipeline.collection import Collection
from pipeline.label_store import Annotator, LabelStore, Requirements

__all__ = ["PeopleMessage", "RequirementsRecord", "people_message", "requirements_from", "requirements_record"]

MOST_PEOPLE = 200
MOST_SUSPECTS = 24


@dataclass(frozen=True, slots=True)
class RequirementsRecord(Record):
    """The qualification requirements of an attribute.

    Parameters
    ----------
    answers
        Answers that an annotator must have given to other attributes.
    accuracy, share
        Accuracy on gold questions, and share of gold questions among all, in percent.
    test
        Questions of a test.
    """

    answers: int
    accuracy: float
    test: int
    share: float


@dataclass(frozen=True, slots=True)
class RateRecord(Record):
    """A rate of an annotator: `hits` out of `of`, and the ends of its interval in percent."""

    hits: int
    of: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class PersonRecord(Record):
    """An annotator of an attribute.

    Parameters
    ----------
    id, name
        As in the label store.
    answers
        Answers given.
    seconds
        Median time of an answer in seconds, 0 if no answer was timed.
    accuracy, sensitivity, false_positives, consistency
        Rates on gold questions, and of repeats that agree.
    allowed, by_hand
        Whether the person may answer, and a decision by hand; None without one.
    words
        The reason, as a sentence.
    """

    id: str
    name: str
    answers: int
    seconds: float
    accuracy: RateRecord
    sensitivity: RateRecord
    false_positives: RateRecord
    consistency: RateRecord
    allowed: bool
    by_hand: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class GoldRecord(Record):
    """Counts of gold questions by answer, of retired ones, and of settled images that can become gold."""

    yes: int
    no: int
    retired: int
    settled_yes: int
    settled_no: int


@dataclass(frozen=True, slots=True)
class SuspectRecord(Record):
    """A gold question that annotators contradict.

    Parameters
    ----------
    image
        Id of the image.
    expected
        ``"yes"`` or ``"no"``.
    against, people
        Annotators who contradict it, and all who answered it.
    picture
        JPEG; None for an image that is no longer in the collection.
    """

    image: str
    expected: str
    against: int
    people: int
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class PeopleMessage(Message):
    """The annotators of an attribute and its gold questions; ``left_out`` counts annotators beyond the first ones."""

    type: ClassVar[str] = "people"
    name: str
    gold: GoldRecord
    people: tuple[PersonRecord, ...]
    left_out: int
    suspects: tuple[SuspectRecord, ...]


def requirements_record(requirements: Requirements) -> RequirementsRecord:
    """Return qualification requirements with shares in percent."""
    return RequirementsRecord(
        answers=requirements.answers,
        accuracy=round(100 * requirements.accuracy, 1),
        test=requirements.test,
        share=round(100 * requirements.gold_share, 1),
    )


def requirements_from(form: Any) -> Requirements:
    """Return the qualification requirements of a browser's form.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    KeyError, TypeError, ValueError, OverflowError
        If a field is missing or has the wrong type.
    """
    return Requirements(
        answers=int(form["answers"]),
        accuracy=float(form["accuracy"]) / 100,
        test=int(form["test"]),
        gold_share=float(form["share"]) / 100,
    )


def people_message(store: LabelStore, collection: Collection, name: str) -> PeopleMessage:
    """Return the annotators of an attribute and its gold questions.

    Annotators are listed in the order in which they joined, without a ranking. People who have not answered are listed
    only if the attribute has requirements.

    Raises
    ------
    UnknownRecordError
        If the attribute does not exist.
    """
    entry = store.attributes.find(name)
    given, gold = store.qualifications.annotator_answers(name), store.gold.summary(name)
    reports = annotator_reports(
        len(given.people), given.annotators, given.values, given.seconds, given.expected, given.before
    )
    answered = set(given.annotators.tolist())
    listed = [place for place in range(len(reports)) if place in answered or entry.requirements.any]
    asked = given.expected >= 0
    suspects = suspect_gold(given.image_ids[asked], given.values[asked], given.expected[asked])[:MOST_SUSPECTS]
    rows = {suspect.image_id: collection.row_of(suspect.image_id) for suspect in suspects}
    there = [row for row in rows.values() if row >= 0]
    tiles = dict(zip(there, collection.tiles(there), strict=True)) if there else {}
    return PeopleMessage(
        name=name,
        gold=GoldRecord(gold.yes, gold.no, gold.retired, gold.settled_yes, gold.settled_no),
        people=tuple(_person(store, name, given.people[place], reports[place]) for place in listed[:MOST_PEOPLE]),
        left_out=max(0, len(listed) - MOST_PEOPLE),
        suspects=tuple(
            SuspectRecord(
                image=str(suspect.image_id),
                expected="yes" if suspect.expected is Label.YES else "no",
                against=suspect.against,
                people=suspect.people,
                picture=tiles.get(rows[suspect.image_id]),
            )
            for suspect in suspects
        ),
    )


def _person(store: LabelStore, name: str, person: Annotator, report: AnnotatorReport) -> PersonRecord:
    found = store.qualifications.find(person.id, name)
    return PersonRecord(
        id=person.id,
        name=person.name,
        answers=report.answers,
        seconds=0.0 if report.median_seconds is None else round(report.median_seconds, 1),
        accuracy=_rate(report.accuracy),
        sensitivity=_rate(report.sensitivity),
        false_positives=_rate(report.false_positives),
        consistency=_rate(report.consistency),
        allowed=found.allowed,
        by_hand=found.by_hand,
        words=found.words,
    )


def _rate(rate: Rate) -> RateRecord:
    return RateRecord(hits=rate.hits, of=rate.of, low=round(100 * rate.low), high=round(100 * rate.high))
