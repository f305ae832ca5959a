"""How a classifier has got better from round to round, and whether more answers would change much. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.statistics.validation_estimates import Estimate, ValidationEstimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LearningPoint", "StopAdvice", "learning_point", "stop_advice"]

POINTS = 3  # that a trend is read from
MORE_ANSWERS = 50
LITTLE = 0.01  # of average precision: less than any interval of some hundred answers can tell apart


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """A classifier after one round.

    Parameters
    ----------
    round
        Its number.
    answers
        Training answers behind the classifier.
    average_precision, precision, recall
        On all validation answers so far; the latter two at ``threshold``.
    threshold
        The cut in question.
    """

    round: int
    answers: int
    average_precision: Estimate
    threshold: float
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class StopAdvice:
    """Whether to stop training, in words; a person decides."""

    stop: bool
    words: str


def learning_point(
    round_number: int,
    answers: int,
    scores: NDArray[Any],
    truth: NDArray[Any],
    weights: NDArray[np.float64] | None,
    *,
    threshold: float,
    seed: int = 0,
) -> LearningPoint:
    """Judge one round's classifier.

    Points that shall be compared are best made anew, each classifier on all the validation answers there are now: then
    what differs is the classifier, not the images that happened to be drawn.

    Parameters
    ----------
    round_number, answers
        Of the round, and how many answers its classifier was trained on.
    scores, truth, weights
        As for `pipeline.statistics.validation_estimates.ValidationEstimates`.
    threshold
        Where precision and recall are given.
    seed
        Of the intervals.

    Returns
    -------
    LearningPoint
        With "too few to say" where it is so.

    Raises
    ------
    ParameterError
        As for `ValidationEstimates`.
    """
    estimates = ValidationEstimates(scores, truth, weights, seed=seed)
    cut = estimates.at(threshold)
    return LearningPoint(
        round_number, answers, estimates.average_precision(), float(threshold), cut.precision, cut.recall
    )


def stop_advice(points: Sequence[LearningPoint], *, more: int = MORE_ANSWERS, little: float = LITTLE) -> StopAdvice:
    """Say whether more answers would change much.

    A line through the last three points over the logarithm of their answers (learning curves flatten; so do those of
    Figueroa and others 2012, BMC Medical Informatics and Decision Making 12) is carried on by ``more`` answers.

    Parameters
    ----------
    points
        Of rounds, any order.
    more
        Answers ahead.
    little
        Gain of average precision that is not worth them.

    Returns
    -------
    StopAdvice
        Never to stop while there are too few rounds or validation answers to say.
    """
    usable = sorted((point for point in points if point.average_precision.enough), key=lambda point: point.answers)
    if len({point.answers for point in usable}) < POINTS:
        return StopAdvice(
            stop=False,
            words=f"Too few to say whether more answers help: {len(usable)} rounds have enough validation answers, and "
            f"{POINTS} are needed.",
        )
    last = usable[-POINTS:]
    asked = np.log([max(point.answers, 1) for point in last])
    reached = np.array([point.average_precision.value for point in last])
    centred = asked - asked.mean()
    slope = float(centred @ reached / (centred @ centred)) if centred.any() else 0.0
    gain = slope * float(np.log1p(more / max(last[-1].answers, 1)))
    ahead = f"{_number(more)} more answers"
    if gain > little:
        return StopAdvice(
            stop=False,
            words=f"{ahead.capitalize()} may raise the average precision by about {gain:.2f} "
            f"(now {last[-1].average_precision.value:.2f}).",
        )
    worse = " It has fallen of late, which small validation sets do by chance." if gain < -little else ""
    return StopAdvice(stop=True, words=f"{ahead.capitalize()} will change little.{worse}")


def _number(count: int) -> str:
    return "fifty" if count == MORE_ANSWERS else f"{count:,}"
