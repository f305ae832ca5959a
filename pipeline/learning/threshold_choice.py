"""Choosing a cut on scores by eye: how many pass, with what precision and recall, at once for any cut. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.statistics.validation_estimates import Estimate, ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BINS",
    "CutFigures",
    "ScoreHistogram",
    "ThresholdChoice",
    "edge_below",
    "figures_at",
    "score_histogram",
    "three_way",
    "threshold_for_targets",
]

BINS = 1200
BLOCK = 262_144
YES, NO, UNSURE = 1, 0, -1


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """How many images have which score.

    Parameters
    ----------
    counts
        int64 ``(1200,)``: images whose score is in [i / 1200, (i + 1) / 1200), the last bin with its upper edge.
    certain
        Images whose score, in float32, is exactly 1.
    """

    counts: NDArray[np.int64]
    certain: int

    @property
    def images(self) -> int:
        """Images counted."""
        return int(self.counts.sum())

    def snap(self, cut: float) -> np.float32:
        """Give the edge nearest to a cut, in the precision of scores: cutting there, `passing` is exact."""
        return np.float32(min(max(round(cut * BINS), 0), BINS) / BINS)

    def passing(self, cut: float) -> int:
        """Count the images that score at least a cut: exactly at an edge, in proportion within a bin."""
        place = min(max(float(cut) * BINS, 0.0), float(BINS))
        # An edge in the precision of scores lies beside i / 1200 by less than this.
        number = round(place) if abs(place - round(place)) < 1e-3 else int(place)
        if number == BINS:
            return self.certain
        inside = max(place - number, 0.0) if place - number >= 1e-3 else 0.0
        passing = int(self.counts[number:].sum()) - round(inside * int(self.counts[number]))
        return max(passing, self.certain)


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

    `pipeline.certification.sequential_test` gives one.

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


def score_histogram(scores: NDArray[Any]) -> ScoreHistogram:
    """Count scores into 1,200 bins, once a model.

    Parameters
    ----------
    scores
        float ``(n,)``, from 0 to 1.

    Returns
    -------
    ScoreHistogram
        An image is counted above an edge (in float32) just when its score, in float32, is at least that edge.

    Raises
    ------
    ParameterError
        If a score is NaN or outside 0 to 1.
    """
    edges = (np.arange(BINS + 1) / BINS).astype(np.float32)
    counts = np.zeros(BINS, dtype=np.int64)
    certain = 0
    for start in range(0, len(scores), BLOCK):  # memory stays small, whatever the number of images
        block = np.asarray(scores[start : start + BLOCK], dtype=np.float32)
        if not ((block >= 0) & (block <= 1)).all():  # NaN is neither
            raise ParameterError(
                f"A score among rows {start} to {start + len(block) - 1} is NaN or outside 0 to 1; scores are "
                "calibrated probabilities. Score all images again."
            )
        number = np.minimum((block * np.float32(BINS)).astype(np.int64), BINS - 1)
        # The product is rounded, so a score beside an edge may have come to the wrong side of it.
        number -= block < edges[number]
        number += (block >= edges[number + 1]) & (number < BINS - 1)
        counts += np.bincount(number, minlength=BINS)
        certain += int((block == 1).sum())
    return ScoreHistogram(counts, certain)


def edge_below(cut: float) -> float:
    """Give the highest edge of a `ScoreHistogram` at or below a cut: what passes the cut passes there, too.

    A cut that people are shown lies on an edge, so that counts and figures of it are those of the very same images.
    """
    return float(np.float32(np.floor(min(max(float(cut), 0.0), 1.0) * BINS) / BINS))


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
    parted = np.full(len(values), UNSURE, dtype=np.int8)
    parted[values >= upper] = YES
    parted[values < lower] = NO
    return parted
