"""Choose the threshold of a round: by validation, by cross-validation, or as before. No input or output.

Only validation answers evaluate a round without bias. Until there are enough, cross-validation on the known answers
places the threshold, as for the first scores. If neither is possible, about as many images pass as before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipeline.learning.score_histogram import BINS, edge_below, score_histogram
from pipeline.learning.threshold_choice import threshold_for_targets
from pipeline.learning.thresholds import threshold_for_precision
from pipeline.statistics.validation_estimates import ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "UNCALIBRATED",
    "KnownFigures",
    "PlacedBy",
    "PlacedThreshold",
    "PreviousThreshold",
    "known_figures",
    "place_threshold",
]

UNCALIBRATED = 0.5
"""Threshold of a first round if nothing can place it. It is the model's boundary."""
MOST_EVALUATED = 24


class PlacedBy(StrEnum):
    """The methods that place a threshold."""

    VALIDATION = "validation"
    CROSS_VALIDATION = "cross-validation"
    SHARE = "share"
    """About as many images pass as before."""
    BOUNDARY = "boundary"
    """The threshold is the model's boundary."""


@dataclass(frozen=True, slots=True)
class PlacedThreshold:
    """A threshold, the method that placed it, and the reason as sentences for people."""

    threshold: float
    by: PlacedBy
    words: str


@dataclass(frozen=True, slots=True)
class PreviousThreshold:
    """The threshold before a round.

    Parameters
    ----------
    threshold
        The threshold on the earlier scores.
    passing
        Number of images that passed it.
    boundary
        Whether it was the boundary of the previous model.
    """

    threshold: float
    passing: int
    boundary: bool


@dataclass(frozen=True, slots=True)
class KnownFigures:
    """Figures of the known answers by cross-validation. They are too optimistic: known answers are no random sample.

    Parameters
    ----------
    answers, yes
        Number of known answers, and number of yes among them.
    average_precision
        Average precision by classifiers that were not trained on images related to the answer's image.
    cuts
        (score, precision, recall) at scores from high to low, including the threshold of the round.
    """

    answers: int
    yes: int
    average_precision: float
    cuts: tuple[tuple[float, float, float], ...] = field(default=())

    def at(self, threshold: float) -> tuple[float, float]:
        """Return precision and recall at the nearest evaluated score."""
        _, precision, recall = min(self.cuts, key=lambda point: abs(point[0] - threshold))
        return precision, recall

    def lowest(self, precision: float) -> float | None:
        """Return the lowest of the scores that reach a precision."""
        return min((score for score, reached, _ in self.cuts if reached >= precision), default=None)


def known_figures(scores: NDArray[np.float32], yes: NDArray[np.bool_], threshold: float) -> KnownFigures:
    """Return the figures of the known answers by cross-validation.

    Parameters
    ----------
    scores
        float32 (m,). Scores of known answers, each by a classifier that was not trained on related images.
    yes
        bool (m,). Whether each answer is yes. At least one is.
    threshold
        The threshold of the round.
    """
    from sklearn.metrics import average_precision_score

    ordered = np.sort(scores)[::-1]
    places = np.unique(np.linspace(0, len(ordered) - 1, MOST_EVALUATED).round().astype(np.int64))
    edges = {edge_below(float(score)) for score in ordered[places]} | {threshold}
    return KnownFigures(
        answers=len(yes),
        yes=int(yes.sum()),
        average_precision=round(min(1.0, float(average_precision_score(yes, scores))), 4),
        cuts=tuple((edge, *_known_at(scores, yes, edge)) for edge in sorted(edges, reverse=True)),
    )


def place_threshold(
    estimates: ValidationEstimates,
    known: tuple[NDArray[np.float32], NDArray[np.bool_]] | None,
    scores: NDArray[np.float32],
    before: PreviousThreshold | None,
    precision: float,
) -> PlacedThreshold:
    """Place the threshold of a round on an edge of the histogram of scores.

    Parameters
    ----------
    estimates
        Estimates from the validation answers.
    known
        Scores float32 (m,) of known answers by classifiers that were not trained on related images, and bool (m,)
        whether each answer is yes. None if there are too few.
    scores
        float32 (n,). Scores of all images.
    before
        The previous threshold, or None.
    precision
        Target precision of the threshold.
    """
    choice = threshold_for_targets(estimates, precision=precision)
    if choice.threshold is not None:
        return PlacedThreshold(choice.threshold, PlacedBy.VALIDATION, choice.words)
    # A threshold that misses its target must not let more images pass than before, because people filter by it.
    kept = before is not None and not before.boundary
    if known is not None:
        found = threshold_for_precision(*known, precision=precision)
        if found.precision >= precision or not kept:
            return _by_cross_validation(*known, found.threshold, precision)
    few = "Validation answers are too few to place it, and "
    few += (
        "so are known answers."
        if known is None
        else f"in cross-validation on known answers no threshold reaches a precision of {precision:.0%}."
    )
    if before is not None and kept:
        words = f"{few} It lies where about as many images pass as before, {before.passing:,}."
        return PlacedThreshold(_edge_that_passes(scores, before.passing), PlacedBy.SHARE, words)
    return PlacedThreshold(UNCALIBRATED, PlacedBy.BOUNDARY, f"{few} {UNCALIBRATED} is the classifier's own boundary.")


def _by_cross_validation(
    scores: NDArray[np.float32], yes: NDArray[np.bool_], threshold: float, precision: float
) -> PlacedThreshold:
    edge = max(edge_below(threshold), edge_below(1 / BINS))  # at 0 every image would pass
    reached, recall = _known_at(scores, yes, edge)
    missed = "" if reached >= precision else f" That misses {precision:.0%}, but no better threshold was found."
    words = (
        f"Validation answers are too few to place it. Cross-validation on {len(yes):,} known answers placed it, with "
        f"precision {reached:.0%} and recall {recall:.0%}.{missed} Known answers also train the model, so these "
        "figures are too optimistic."
    )
    return PlacedThreshold(edge, PlacedBy.CROSS_VALIDATION, words)


def _known_at(scores: NDArray[np.float32], yes: NDArray[np.bool_], threshold: float) -> tuple[float, float]:
    passes = scores >= np.float32(threshold)
    found = int(np.count_nonzero(passes & yes))
    return round(found / max(1, int(passes.sum())), 4), round(found / max(1, int(yes.sum())), 4)


def _edge_that_passes(scores: NDArray[np.float32], most: int) -> float:
    """Return the lowest edge that at most ``most`` images pass."""
    histogram = score_histogram(scores)
    passing = np.append(np.cumsum(histogram.counts[::-1])[::-1], histogram.certain)
    enough = np.flatnonzero(passing <= most)
    return float(np.float32((int(enough[0]) if enough.size else BINS) / BINS))
