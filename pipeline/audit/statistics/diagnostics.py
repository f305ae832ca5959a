"""Diagnostics of scores and thresholds from audit answers: reliability diagram, precision and recall. Pure.

Only audit answers are used, each with the weight one over its inclusion probability. Images that people settled, or
that could not be drawn, are in none of these figures. The figures are descriptive. Guaranteed bounds are in
`pipeline.audit.statistics.precision` and `pipeline.audit.statistics.recall`. An image without a verdict is left out. A
figure without answers is None, with an interval from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.statistics.validation_estimates import CurvePoint, Estimate, ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "PrecisionRecall",
    "PrecisionRecallPoint",
    "ReliabilityBin",
    "Share",
    "check_drawn",
    "precision_recall",
    "reliability",
]

YES, NOT_YES, OPEN = 1, 0, -1


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval. Without answers: None, 0 and 1."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """A range of scores: the mean score of its images, and their share of yes.

    Parameters
    ----------
    lowest, highest
        Ends of the bin. A score at an end belongs to the bin above it, and 1 to the last bin.
    mean_score
        Weighted mean score of the images. None without images.
    share
        Share of yes among the images, with its interval.
    answered, yes
        Number of images with a verdict, and number of yes among them.
    stands_for
        Number of images of the release for which these stand.
    """

    lowest: float
    highest: float
    mean_score: float | None
    share: Share
    answered: int
    yes: int
    stands_for: float


@dataclass(frozen=True, slots=True)
class PrecisionRecallPoint:
    """Precision and recall of the audited images that score at least ``threshold``."""

    threshold: float
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Precision and recall over all thresholds, highest first, and at the threshold of the release."""

    points: tuple[PrecisionRecallPoint, ...]
    operating: PrecisionRecallPoint


def reliability(
    scores: NDArray[Any],
    verdicts: NDArray[np.integer[Any]],
    probabilities: NDArray[np.float64],
    bins: int = 10,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[ReliabilityBin, ...]:
    """Compare scores and answers in bins (reliability diagram; Murphy and Winkler 1977, Applied Statistics 26).

    Parameters
    ----------
    scores
        float ``(k,)``, from 0 to 1. Scores of the images drawn for the audit.
    verdicts
        Integers ``(k,)``. 1 yes, 0 not yes, -1 open.
    probabilities
        float64 ``(k,)``, above 0 and at most 1. Inclusion probability of each image.
    bins
        Number of bins of equal width, at least 1.
    confidence, seed
        Confidence and seed of the intervals of `ValidationEstimates`. With equal weights they are those of Clopper and
        Pearson.

    Returns
    -------
    tuple of ReliabilityBin
        All bins, lowest scores first.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside its range.
    """
    values, yes, weights = _answered(scores, verdicts, probabilities)
    if bins < 1 or (len(values) and not (values.min() >= 0 and values.max() <= 1)):
        raise ParameterError(
            f"bins={bins} and scores from {values.min(initial=0):g} to {values.max(initial=0):g} are not allowed. bins "
            "must be at least 1, for example 10, and scores from 0 to 1."
        )
    edges = np.linspace(0, 1, bins + 1)
    place = np.minimum(np.searchsorted(edges, values, side="right") - 1, bins - 1)
    diagram = []
    for number in range(bins):
        own = place == number
        estimates = ValidationEstimates(values[own], yes[own], weights[own], confidence=confidence, seed=seed)
        total = float(weights[own].sum())
        diagram.append(
            ReliabilityBin(
                lowest=float(edges[number]),
                highest=float(edges[number + 1]),
                mean_score=float(values[own] @ weights[own]) / total if total else None,
                share=_share(estimates.precision(int(own.sum()))),
                answered=int(own.sum()),
                yes=int(yes[own].sum()),
                stands_for=total,
            )
        )
    return tuple(diagram)


def precision_recall(
    scores: NDArray[Any],
    verdicts: NDArray[np.integer[Any]],
    probabilities: NDArray[np.float64],
    threshold: float,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> PrecisionRecall:
    """Estimate precision and recall over all thresholds from audit answers.

    Parameters
    ----------
    scores, verdicts, probabilities, confidence, seed
        As for `reliability`, but any increasing score is allowed.
    threshold
        Threshold of the release.

    Returns
    -------
    PrecisionRecall
        At most 100 points.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside its range.
    """
    values, yes, weights = _answered(scores, verdicts, probabilities)
    estimates = ValidationEstimates(values, yes, weights, confidence=confidence, seed=seed)
    points = estimates.curve() if len(values) else []
    return PrecisionRecall(tuple(_point(point) for point in points), _point(estimates.at(threshold)))


def check_drawn(scores: NDArray[Any], verdicts: NDArray[Any], *others: NDArray[Any]) -> None:
    """Refuse arrays that cannot belong to one draw.

    Parameters
    ----------
    scores, verdicts
        As for `reliability`.
    others
        More arrays with one entry for each image.

    Raises
    ------
    ParameterError
        If lengths differ, a verdict is unknown, or a score is NaN.
    """
    if scores.ndim != 1 or any(scores.shape != other.shape for other in (verdicts, *others)):
        shapes = ", ".join(str(other.shape) for other in (scores, verdicts, *others))
        raise ParameterError(
            f"The arrays have the shapes {shapes}. They must be lists of the same length, with one entry for each "
            "image drawn."
        )
    if not np.isin(verdicts, (YES, NOT_YES, OPEN)).all() or np.isnan(scores).any():
        raise ParameterError(
            "A verdict is not 1, 0 or -1, or a score is NaN. Use settled verdicts and the scores of the release."
        )


def _answered(
    scores: NDArray[Any], verdicts: NDArray[Any], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return scores, truth and weights of the images that have a verdict."""
    values, codes, chances = (np.asarray(part) for part in (scores, verdicts, probabilities))
    check_drawn(values, codes, chances)
    if not ((chances > 0) & (chances <= 1)).all():
        raise ParameterError(
            "An inclusion probability is not above 0 and at most 1. Use the probabilities of the draw."
        )
    known = codes != OPEN
    return values[known].astype(np.float64), codes[known] == YES, 1 / chances[known].astype(np.float64)


def _share(estimate: Estimate) -> Share:
    bears = bool(estimate.n_yes + estimate.n_no) and not np.isnan(estimate.value)
    return Share(float(estimate.value) if bears else None, float(estimate.low), float(estimate.high))


def _point(point: CurvePoint) -> PrecisionRecallPoint:
    return PrecisionRecallPoint(point.threshold, _share(point.precision), _share(point.recall))
