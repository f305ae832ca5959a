"""The accuracy, consistency and speed of each annotator, and gold questions that are probably wrong. Pure.

Sensitivity and false-positive rate need the truth, so they are measured on gold questions only. Agreement with other
annotators is not used, because a majority may be wrong.
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
"""In arrays: not a gold question, or not a repeat."""

FEWEST_WITNESSES = 3
"""Number of annotators who must have answered a gold question before it can become suspect."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its exact interval (Clopper and Pearson 1934).

    Parameters
    ----------
    hits, of
        Number of events, and number of trials.
    low, high
        95 % interval. 0 to 1 if `of` is 0.
    """

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share of events. None without trials."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class AnnotatorReport:
    """The measures of one annotator for one attribute.

    Parameters
    ----------
    answers
        Number of answers to questions that are neither gold questions nor repeats.
    median_seconds
        Median time of all answers with a measured time. None without any.
    sensitivity
        Share of yes answers to gold questions with the answer yes.
    false_positives
        Share of yes answers to gold questions with the answer no.
    accuracy
        Share of correct answers to gold questions. Unsure is not correct.
    consistency
        Share of repeats with the same answer as before.
    """

    answers: int
    median_seconds: float | None
    sensitivity: Rate
    false_positives: Rate
    accuracy: Rate
    consistency: Rate


@dataclass(frozen=True, slots=True)
class Suspect:
    """A gold image that most annotators contradict.

    Parameters
    ----------
    expected
        `Label.YES` or `Label.NO`. The answer of the gold question.
    against, people
        Number of annotators with the opposite answer, and number of all annotators who answered.
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
    """Compute the measures of each annotator.

    Parameters
    ----------
    count
        Number of annotators.
    annotators
        Integers (m,) from 0 to ``count - 1``. Annotator of each answer. Each annotator answers a question once.
    values
        int8 (m,). `Label.YES`, `Label.NO` or `Label.UNSURE`.
    seconds
        float (m,). Time of each answer in seconds; 0 if it was not measured.
    expected
        int8 (m,). `Label.YES` or `Label.NO` for a gold question, `NONE` for another question.
    before
        int8 (m,). Previous answer of the same annotator for a repeat, otherwise `NONE`.

    Returns
    -------
    list of AnnotatorReport
        One for each annotator, in order, also for annotators without answers.

    Raises
    ------
    ParameterError
        If the arrays differ in length, or the number of an annotator is not below ``count``.
    """
    lengths = {len(column) for column in (annotators, values, seconds, expected, before)}
    if len(lengths) != 1 or (len(annotators) and not 0 <= int(annotators.min()) <= int(annotators.max()) < count):
        raise ParameterError(
            f"The arrays have the lengths {sorted(lengths)}. Each answer needs one entry in each array, and the number "
            f"of its annotator must be from 0 to {count - 1}."
        )
    return [
        _report(values[mine], np.asarray(seconds[mine], np.float64), expected[mine], before[mine])
        for mine in (annotators == number for number in range(count))
    ]


def suspect_gold(
    image_ids: NDArray[np.int64], values: NDArray[np.int8], expected: NDArray[np.int8]
) -> tuple[Suspect, ...]:
    """Return gold images that are probably wrong: most of three or more annotators gave the opposite answer.

    Unsure does not count as the opposite. A person must check these images before they are retired, because with a
    difficult question three annotators may make the same mistake.

    Parameters
    ----------
    image_ids
        int64 (m,). Gold image of each answer, with one answer for each annotator and image.
    values, expected
        int8 (m,). The answer, and the answer of the gold question (`Label.YES` or `Label.NO`).

    Returns
    -------
    tuple of Suspect
        The image with the largest share of opposite answers first, then by image.

    Raises
    ------
    ParameterError
        If the arrays differ in length.
    """
    if not len(image_ids) == len(values) == len(expected):
        raise ParameterError(
            f"image_ids ({len(image_ids)}), values ({len(values)}) and expected ({len(expected)}) must be lists of the "
            "same length, with one entry for each answer."
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
