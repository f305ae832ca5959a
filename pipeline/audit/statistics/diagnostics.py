"""What an audit's answers say of scores and cuts: the reliability diagram, precision and recall. Pure.

Only audit answers enter, each weighed by one over its chance to be drawn. Images that people settled, or that were not
open to the draw, are in none of these figures. They describe; what an audit promises is in
`pipeline.audit.statistics.recall` and beside it. An image without a verdict is left out. A figure on which nothing
bears is None, and its interval all from 0 to 1.
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
    """A share with its interval: None, 0 and 1 where nothing bears on it."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The images of some scores: what these say, and what people say.

    Parameters
    ----------
    lowest, highest
        Ends of the bin; a score at an end belongs to the bin above it, and 1 to the last.
    mean_score
        Of the images, weighted; None without any.
    share
        Of yes among the images of these scores, with its interval.
    answered, yes
        Images with a verdict, and those that are yes.
    stands_for
        How many images of the release these stand for.
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
    """Precision and recall over the cuts, highest first, and at the release's own."""

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
    """Compare scores with answers, bin by bin (reliability diagram; Murphy and Winkler 1977, Applied Statistics 26).

    Parameters
    ----------
    scores
        float ``(k,)``, from 0 to 1: of the images drawn for the audit.
    verdicts
        Integers ``(k,)``: 1 yes, 0 not yes, -1 open.
    probabilities
        float64 ``(k,)``, in (0, 1]: chance of each to be drawn.
    bins
        Of equal width, at least 1.
    confidence, seed
        Of the intervals: those of `ValidationEstimates`, which are Clopper and Pearson's where weights are equal.

    Returns
    -------
    tuple of ReliabilityBin
        All bins, the lowest scores first.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside that.
    """
    values, yes, weights = _answered(scores, verdicts, probabilities)
    if bins < 1 or (len(values) and not (values.min() >= 0 and values.max() <= 1)):
        raise ParameterError(
            f"bins={bins} and scores from {values.min(initial=0):g} to {values.max(initial=0):g} were given; there is "
            "at least 1 bin, and a score is a probability. Ask for 10, and pass the scores of the release."
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
    """Estimate precision and recall over the cuts from audit answers.

    Parameters
    ----------
    scores, verdicts, probabilities, confidence, seed
        As for `reliability`; any increasing score.
    threshold
        Of the release: positive from it on.

    Returns
    -------
    PrecisionRecall
        Up to a hundred points.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside that.
    """
    values, yes, weights = _answered(scores, verdicts, probabilities)
    estimates = ValidationEstimates(values, yes, weights, confidence=confidence, seed=seed)
    points = estimates.curve() if len(values) else []
    return PrecisionRecall(tuple(_point(point) for point in points), _point(estimates.at(threshold)))


def check_drawn(scores: NDArray[Any], verdicts: NDArray[Any], *others: NDArray[Any]) -> None:
    """Refuse arrays that cannot be of the images of one draw.

    Parameters
    ----------
    scores, verdicts
        As for `reliability`.
    others
        More arrays with one entry an image.

    Raises
    ------
    ParameterError
        If lengths differ, a verdict is another, or a score is NaN.
    """
    if scores.ndim != 1 or any(scores.shape != other.shape for other in (verdicts, *others)):
        shapes = ", ".join(str(other.shape) for other in (scores, verdicts, *others))
        raise ParameterError(
            f"Arrays of {shapes} were given; there must be one entry of each for every image drawn. Pass arrays of one "
            "draw."
        )
    if not np.isin(verdicts, (YES, NOT_YES, OPEN)).all() or np.isnan(scores).any():
        raise ParameterError(
            "A verdict other than 1, 0 and -1, or a score that is NaN, was given. Settle the answers, and pass the "
            "scores of the release."
        )


def _answered(
    scores: NDArray[Any], verdicts: NDArray[Any], probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return scores, truth and weights of the images that have a verdict."""
    values, said, chances = (np.asarray(part) for part in (scores, verdicts, probabilities))
    check_drawn(values, said, chances)
    if not ((chances > 0) & (chances <= 1)).all():
        raise ParameterError(
            "An inclusion probability that is not above 0 and at most 1 was given. Pass those of the draw."
        )
    known = said != OPEN
    return values[known].astype(np.float64), said[known] == YES, 1 / chances[known].astype(np.float64)


def _share(estimate: Estimate) -> Share:
    bears = bool(estimate.n_yes + estimate.n_no) and not np.isnan(estimate.value)
    return Share(float(estimate.value) if bears else None, float(estimate.low), float(estimate.high))


def _point(point: CurvePoint) -> PrecisionRecallPoint:
    return PrecisionRecallPoint(point.threshold, _share(point.precision), _share(point.recall))
