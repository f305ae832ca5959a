"""Each annotator's record: right on gold, steady on repeats, how fast; and gold that is itself wrong. Pure.

Sensitivity and false-positive rate need the truth, so they are measured on gold questions alone, never by agreement
with others: who agrees with the crowd is not therefore right, and nobody is ranked by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.annotation.consensus import Label
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import clopper_pearson

__all__ = ["NONE", "AnnotatorReport", "Rate", "Suspect", "annotator_reports", "suspect_gold"]

NONE = -1
"""In arrays: no gold question, or no second look."""

FEWEST_WITNESSES = 3
"""People who must have answered a gold question before they can outvote it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened, with its exact interval (Clopper and Pearson 1934).

    Parameters
    ----------
    hits, of
        Counts.
    low, high
        95 % interval, 0 to 1 where `of` is 0.
    """

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The plain share; None where there is nothing to count."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class AnnotatorReport:
    """What is known of one annotator and one attribute.

    Parameters
    ----------
    answers
        Answers that are neither to gold questions nor second looks.
    median_seconds
        Of all answers whose time was measured; None where none was.
    sensitivity
        Gold images whose answer is yes, and how many of them they called yes.
    false_positives
        Gold images whose answer is no, and how many of them they called yes.
    accuracy
        Gold images, and how many they answered as expected; unsure is not right.
    consistency
        Second looks, and how many of them said the same as their own answer before.
    """

    answers: int
    median_seconds: float | None
    sensitivity: Rate
    false_positives: Rate
    accuracy: Rate
    consistency: Rate


@dataclass(frozen=True, slots=True)
class Suspect:
    """A gold image that most people contradict.

    Parameters
    ----------
    expected
        `Label.YES` or `Label.NO`: what it is held to be.
    against, people
        How many people said the opposite, of those who answered.
    """

    image_id: int
    expected: Label
    against: int
    people: int


def annotator_reports(
    count: int,
    annotators: NDArray[np.integer[Any]],
    values: NDArray[np.int8],
    seconds: NDArray[np.floating[Any]],
    expected: NDArray[np.int8],
    before: NDArray[np.int8],
) -> list[AnnotatorReport]:
    """Sum up what is known of each annotator.

    Parameters
    ----------
    count
        Annotators there are.
    annotators
        Integers (m,) from 0 to ``count - 1``: who gave each answer; each question once a person.
    values
        int8 (m,): `Label.YES`, `Label.NO` or `Label.UNSURE`.
    seconds
        float (m,) that each took; 0 where nobody measured.
    expected
        int8 (m,): `Label.YES` or `Label.NO` of a gold question, `NONE` of another.
    before
        int8 (m,): what the same person said before, for a second look; `NONE` for a first.

    Returns
    -------
    list of AnnotatorReport
        One for each annotator, in order; also for who answered nothing.

    Raises
    ------
    ParameterError
        If the arrays differ in length, or name an annotator that there is not.
    """
    lengths = {len(column) for column in (annotators, values, seconds, expected, before)}
    if len(lengths) != 1 or (len(annotators) and not 0 <= int(annotators.min()) <= int(annotators.max()) < count):
        raise ParameterError(
            f"Columns of {sorted(lengths)} answers by {count} annotators were given; every answer needs one entry in "
            "each, and its annotator a number below their count."
        )
    return [
        _report(values[mine], np.asarray(seconds[mine], np.float64), expected[mine], before[mine])
        for mine in (annotators == number for number in range(count))
    ]


def suspect_gold(
    image_ids: NDArray[np.int64], values: NDArray[np.int8], expected: NDArray[np.int8]
) -> tuple[Suspect, ...]:
    """Find gold images that are probably wrong themselves: three people or more answered, most said the opposite.

    Unsure counts as an answer that does not contradict. What is found is for a person to look at, and to retire: three
    people who share a mistake are as likely as a gold image that is wrong where the question is hard.

    Parameters
    ----------
    image_ids
        int64 (m,): the gold image of each answer, one answer a person and image.
    values, expected
        int8 (m,): what was said, and `Label.YES` or `Label.NO`, what was expected.

    Returns
    -------
    tuple of Suspect
        Most contradicted first, then by image.

    Raises
    ------
    ParameterError
        If the arrays differ in length.
    """
    if not len(image_ids) == len(values) == len(expected):
        raise ParameterError(
            f"{len(image_ids)} images, {len(values)} answers and {len(expected)} expected answers were given; there "
            "must be one of each for every answer."
        )
    unique, first, place = np.unique(image_ids, return_index=True, return_inverse=True)
    people = np.bincount(place, minlength=len(unique))
    opposite = (values != expected) & (values != Label.UNSURE)
    against = np.bincount(place[opposite], minlength=len(unique))
    found = [
        Suspect(int(unique[at]), Label(int(expected[first[at]])), int(against[at]), int(people[at]))
        for at in np.flatnonzero((people >= FEWEST_WITNESSES) & (2 * against > people))
    ]
    return tuple(sorted(found, key=lambda suspect: (-suspect.against / suspect.people, suspect.image_id)))


def _report(
    values: NDArray[np.int8], seconds: NDArray[np.float64], expected: NDArray[np.int8], before: NDArray[np.int8]
) -> AnnotatorReport:
    gold, again = expected != NONE, before != NONE
    timed = seconds[seconds > 0]
    return AnnotatorReport(
        answers=int((~gold & ~again).sum()),
        median_seconds=float(np.median(timed)) if len(timed) else None,
        sensitivity=_rate(values == Label.YES, expected == Label.YES),
        false_positives=_rate(values == Label.YES, expected == Label.NO),
        accuracy=_rate(values == expected, gold),
        consistency=_rate(values == before, again),
    )


def _rate(hits: NDArray[np.bool_], of: NDArray[np.bool_]) -> Rate:
    count, asked = int((hits & of).sum()), int(of.sum())
    low, high = clopper_pearson(count, asked) if asked else (0.0, 1.0)
    return Rate(count, asked, low, high)
