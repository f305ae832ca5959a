"""Choosing a cut on scores by eye: how many pass, with what precision and recall, at once for any cut. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.values import NO, UNKNOWN, YES
from pipeline.errors import ParameterError
from pipeline.statistics.validation_estimates import Estimate, ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

from pipeline.learning.score_histogram import ScoreHistogram

__all__ = ["CutFigures", "ThresholdChoice", "figures_at", "three_way", "threshold_for_targets"]


@dataclass(frozen=True, slots=True)
class CutFigures:
    """What a cut does.

    Parameters
    ----------
    threshold
        An image passes from this score on.
    passing, images
        How many pass, of how many.
    precision, recall
        Estimated from the validation answers; no promise.
    """

    threshold: float
    passing: int
    images: int
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A cut chosen by validation answers: an estimate, **not** a promise.

    `pipeline.certification.sequential_testing` gives one.

    Parameters
    ----------
    threshold
        An image counts as positive from this score on; None where no cut reaches the target.
    precision, recall
        Estimated there. Of many cuts the luckiest was taken, so the precision is flattered.
    certified
        Always False.
    words
        For people, with the warning.
    """

    threshold: float | None
    precision: Estimate | None
    recall: Estimate | None
    certified: bool
    words: str


def figures_at(histogram: ScoreHistogram, estimates: ValidationEstimates, cut: float) -> CutFigures:
    """Say what a cut does, at once: for a slider.

    Parameters
    ----------
    histogram
        Of all images' scores.
    estimates
        Of the validation answers by the same scores.
    cut
        Moved to the nearest edge of the histogram, so that all figures are of one cut.

    Returns
    -------
    CutFigures
        With "too few to say" where it is so.
    """
    edge = histogram.snap(cut)
    point = estimates.at(float(edge))
    return CutFigures(float(edge), histogram.passing(float(edge)), histogram.images, point.precision, point.recall)


def threshold_for_targets(estimates: ValidationEstimates, *, precision: float = 0.9) -> ThresholdChoice:
    """Choose the lowest cut whose estimated precision reaches a target: "as much recall as that allows".

    Parameters
    ----------
    estimates
        Of the validation answers.
    precision
        Target, above 0 and at most 1.

    Returns
    -------
    ThresholdChoice
        The cut is the score of an answered yes. Cuts that too few answers pass to say are not considered.

    Raises
    ------
    ParameterError
        If the target is outside its range.
    """
    if not 0 < precision <= 1:
        raise ParameterError(
            f"A precision of {precision} was asked for; it lies above 0 and at most at 1. Pass for example 0.9."
        )
    for score in np.unique(estimates.scores[estimates.truth]):
        point = estimates.at(float(score))
        if point.precision.enough and point.precision.value >= precision:
            return ThresholdChoice(
                float(score),
                point.precision,
                point.recall,
                certified=False,
                words=f"From {float(score):.4g} on: {point.precision.words}, {point.recall.words}. An estimate, not a "
                "promise: of many cuts the luckiest was taken, and half of such cuts are truly worse. Certify it.",
            )
    why = "no answer is a yes" if not estimates.n_yes else f"no cut reaches an estimated precision of {precision:.0%}"
    if len(estimates.scores) == 0:
        why = "there are no validation answers"
    return ThresholdChoice(
        None,
        None,
        None,
        certified=False,
        words=f"No threshold can be chosen: {why}. Answer more validation images, train another round or ask for less.",
    )


def three_way(scores: NDArray[Any], upper: float, lower: float) -> NDArray[np.int8]:
    """Part images into positive, unsure and negative.

    Parameters
    ----------
    scores
        float ``(n,)``.
    upper, lower
        An image is positive from ``upper`` on and negative below ``lower``; with both alike none is unsure.

    Returns
    -------
    ndarray
        int8 ``(n,)``: 1 positive, 0 negative, -1 unsure.

    Raises
    ------
    ParameterError
        If ``lower`` is above ``upper``, either is NaN, or a score is NaN.
    """
    values = np.asarray(scores)
    if not lower <= upper:
        raise ParameterError(
            f"An upper cut of {upper} and a lower cut of {lower} were given; the lower one is at most the upper one. "
            "Swap them, or give the same number twice for no unsure images."
        )
    if np.isnan(values).any():
        raise ParameterError("A score is NaN, and what has no score is on no side. Score all images again.")
    parted = np.full(len(values), UNKNOWN, dtype=np.int8)
    parted[values >= upper] = YES
    parted[values < lower] = NO
    return parted
