"""Choose a threshold by its passing images, precision and recall, or by a target precision. No input or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.values import NO, UNKNOWN, YES
from pipeline.errors import ParameterError
from pipeline.statistics.validation_estimates import Estimate, ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

from pipeline.learning.score_histogram import ScoreHistogram, edge_below

__all__ = ["ThresholdChoice", "ThresholdFigures", "figures_at", "three_way", "threshold_for_targets"]


@dataclass(frozen=True, slots=True)
class ThresholdFigures:
    """The figures of a threshold.

    Parameters
    ----------
    threshold
        The lowest score that passes.
    passing, images
        Number of images that pass, and number of all images.
    precision, recall
        Estimates from the validation answers. They are not guaranteed.
    """

    threshold: float
    passing: int
    images: int
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold chosen by validation answers. Its precision is an estimate and **not** guaranteed.

    `pipeline.certification.sequential_testing` gives a guaranteed precision.

    Parameters
    ----------
    threshold
        The lowest score of a positive image. None if no threshold reaches the target.
    precision, recall
        Estimates at the threshold. The best of many thresholds was chosen, so the precision is too optimistic.
    certified
        Always False.
    words
        The figures and the warning, for people.
    """

    threshold: float | None
    precision: Estimate | None
    recall: Estimate | None
    certified: bool
    words: str


def figures_at(histogram: ScoreHistogram, estimates: ValidationEstimates, threshold: float) -> ThresholdFigures:
    """Return the figures of a threshold, fast enough for a slider.

    Parameters
    ----------
    histogram
        Histogram of all images' scores.
    estimates
        Estimates from the validation answers by the same scores.
    threshold
        The threshold. It is moved to the nearest edge of the histogram, so that all figures are of one threshold.

    Returns
    -------
    ThresholdFigures
        An estimate with too few answers says "too few to say".
    """
    edge = histogram.snap(threshold)
    point = estimates.at(float(edge))
    return ThresholdFigures(
        float(edge), histogram.passing(float(edge)), histogram.images, point.precision, point.recall
    )


def threshold_for_targets(estimates: ValidationEstimates, *, precision: float = 0.9) -> ThresholdChoice:
    """Choose the lowest threshold with an estimated precision of at least a target, which gives the highest recall.

    Parameters
    ----------
    estimates
        Estimates from the validation answers.
    precision
        Target, above 0 and at most 1.

    Returns
    -------
    ThresholdChoice
        The threshold is the highest edge of a `ScoreHistogram` at or below the score of an image answered yes, and the
        figures are of this edge: an answer between the two passes. Thresholds that too few answers pass are not
        considered.

    Raises
    ------
    ParameterError
        If the target is outside its range.
    """
    if not 0 < precision <= 1:
        raise ParameterError(
            f"precision={precision} is not allowed. It must be above 0 and at most 1, for example 0.9."
        )
    for edge in np.unique([edge_below(score) for score in estimates.scores[estimates.truth].tolist()]).tolist():
        point = estimates.at(edge)
        if point.precision.enough and point.precision.value >= precision:
            return ThresholdChoice(
                edge,
                point.precision,
                point.recall,
                certified=False,
                words=f"From {edge:.4g} on: {point.precision.words}, {point.recall.words}. An estimate, not "
                "guaranteed. The best of many thresholds was chosen, so the true precision is lower about half the "
                "time. Certify it.",
            )
    why = (
        "no answer is a yes"
        if not estimates.n_yes
        else f"no threshold reaches an estimated precision of {precision:.0%}"
    )
    if len(estimates.scores) == 0:
        why = "there are no validation answers"
    return ThresholdChoice(
        None,
        None,
        None,
        certified=False,
        words=f"No threshold can be chosen because {why}. Answer more validation images, train another round or "
        "choose a lower precision.",
    )


def three_way(scores: NDArray[Any], upper: float, lower: float) -> NDArray[np.int8]:
    """Divide images into positive, unsure and negative.

    Parameters
    ----------
    scores
        float ``(n,)``.
    upper, lower
        An image is positive from ``upper`` on and negative below ``lower``. If both are equal, no image is unsure.

    Returns
    -------
    ndarray
        int8 ``(n,)``. 1 positive, 0 negative, -1 unsure.

    Raises
    ------
    ParameterError
        If ``lower`` is above ``upper``, either is NaN, or a score is NaN.
    """
    values = np.asarray(scores)
    if not lower <= upper:
        raise ParameterError(
            f"lower={lower} exceeds upper={upper}, or one is NaN. Swap them, or use the same number twice for no "
            "unsure images."
        )
    if np.isnan(values).any():
        raise ParameterError("A score is NaN. An image without a score is on no side. Score all images again.")
    parted = np.full(len(values), UNKNOWN, dtype=np.int8)
    parted[values >= upper] = YES
    parted[values < lower] = NO
    return parted
