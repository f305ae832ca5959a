"""Learning curve: the quality of a classifier after each round, and advice when to stop. No input or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.statistics.validation_estimates import Estimate, ValidationEstimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LearningPoint", "StopAdvice", "learning_point", "stop_advice"]

POINTS = 3  # rounds that a trend needs
MORE_ANSWERS = 50
LITTLE = 0.01  # of average precision, less than any interval of a few hundred answers can distinguish


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """A classifier after one round.

    Parameters
    ----------
    round
        Number of the round.
    answers
        Number of training answers of the classifier.
    average_precision, precision, recall
        Estimates on all validation answers so far. Precision and recall are those at ``threshold``.
    threshold
        The threshold.
    """

    round: int
    answers: int
    average_precision: Estimate
    threshold: float
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class StopAdvice:
    """Advice whether to stop training. A person decides."""

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
    """Evaluate the classifier of one round.

    To compare rounds, evaluate all their classifiers on all present validation answers. Then only the classifiers
    differ, and not the images that were drawn.

    Parameters
    ----------
    round_number, answers
        Number of the round, and number of answers that its classifier was trained on.
    scores, truth, weights
        As for `pipeline.statistics.validation_estimates.ValidationEstimates`.
    threshold
        Threshold at which precision and recall are estimated.
    seed
        Seed of the intervals.

    Returns
    -------
    LearningPoint
        An estimate with too few answers says "too few to say".

    Raises
    ------
    ParameterError
        As for `ValidationEstimates`.
    """
    estimates = ValidationEstimates(scores, truth, weights, seed=seed)
    point = estimates.at(threshold)
    return LearningPoint(
        round_number, answers, estimates.average_precision(), float(threshold), point.precision, point.recall
    )


def stop_advice(points: Sequence[LearningPoint], *, more: int = MORE_ANSWERS, little: float = LITTLE) -> StopAdvice:
    """Return whether more answers would change little.

    A line through the last three points, over the logarithm of their answers, is extended by ``more`` answers. The
    logarithm fits because learning curves flatten (Figueroa and others 2012, BMC Medical Informatics and Decision
    Making 12).

    Parameters
    ----------
    points
        Points of rounds, in any order.
    more
        Number of further answers.
    little
        Gain of average precision that is not worth these answers.

    Returns
    -------
    StopAdvice
        Never advises to stop if there are too few rounds or validation answers.
    """
    usable = sorted((point for point in points if point.average_precision.enough), key=lambda point: point.answers)
    if len({point.answers for point in usable}) < POINTS:
        return StopAdvice(
            stop=False,
            words=f"Too few rounds to say whether more answers help. {len(usable)} rounds have enough validation "
            f"answers, and {POINTS} are needed.",
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
    worse = " It has fallen recently, which happens by chance with small validation sets." if gain < -little else ""
    return StopAdvice(stop=True, words=f"{ahead.capitalize()} will change little.{worse}")


def _number(count: int) -> str:
    return "fifty" if count == MORE_ANSWERS else f"{count:,}"
