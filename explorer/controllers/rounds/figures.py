"""Figures and curves of the Rounds tab, by validation and, with too few answers, by cross-validation. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.controllers.shown_parts import ChartPoint, Figure
from pipeline.learning.learning_curve import LearningPoint
from pipeline.learning.round_threshold import KnownFigures
from pipeline.learning.score_histogram import ScoreHistogram
from pipeline.learning.threshold_choice import figures_at
from pipeline.statistics.validation_estimates import CurvePoint, Estimate, ValidationEstimates

__all__ = ["curve_points", "figures_at_threshold", "knowledge_figures", "trade_points"]

KNOWN = "by cross-validation on known answers, which is too optimistic"
KNOWN_HELP = (
    "Each known answer was predicted by a classifier trained without its project and its near-duplicates, but these "
    "answers are not a random sample"
)


def figure(name: str, estimate: Estimate) -> Figure:
    """Return a figure with its interval, or a note that there are too few answers."""
    interval = f"({estimate.low:.2f} to {estimate.high:.2f})"
    if not estimate.enough:
        behind = f"{estimate.n_yes} yes, {estimate.n_no} no" if name == "Average precision" else interval
        return Figure(name, "too few answers", behind, enough=False, help=estimate.words)
    return Figure(name, f"{estimate.value:.2f}", interval, help=estimate.words)


def beside(shown: Figure, value: float | None) -> Figure:
    """Return the figure, with the value by cross-validation beside it if there are too few validation answers."""
    if shown.enough or value is None:
        return shown
    return replace(shown, beside=f"{value:.2f} {KNOWN}", help=f"{shown.help}. {KNOWN_HELP}")


def knowledge_figures(
    point: CurvePoint, estimates: ValidationEstimates, known: KnownFigures | None
) -> tuple[Figure, ...]:
    """Return precision, recall and average precision at a threshold, and the number of validation answers."""
    count = estimates.n_yes + estimates.n_no
    precision, recall = (None, None) if known is None else known.at(point.threshold)
    average = None if known is None else known.average_precision
    return (
        beside(figure(f"Precision at {point.threshold:.2f}", point.precision), precision),
        beside(figure(f"Recall at {point.threshold:.2f}", point.recall), recall),
        beside(figure("Average precision", estimates.average_precision()), average),
        Figure("Validation answers", f"{count:,}", f"{estimates.n_yes:,} yes"),
    )


def curve_points(points: Sequence[LearningPoint]) -> tuple[ChartPoint, ...]:
    """Return the points of the learning curve that have enough answers."""
    return tuple(
        ChartPoint(
            x=point.answers,
            y=point.average_precision.value,
            low=point.average_precision.low,
            high=point.average_precision.high,
            words=f"round {point.round}, {point.answers:,} answers: {point.average_precision.words}",
        )
        for point in points
        if point.average_precision.enough
    )


def trade_points(estimates: ValidationEstimates, most: int) -> tuple[ChartPoint, ...]:
    """Return precision against recall at up to `most` thresholds, in the order of recall.

    The tuple is empty if too few answers are yes.
    """
    if not estimates.average_precision().enough:
        return ()
    scores = np.unique(estimates.scores)[::-1]
    thresholds = scores[np.unique(np.linspace(0, len(scores) - 1, most).round().astype(int))]
    points = [estimates.at(float(threshold)) for threshold in thresholds]
    return tuple(
        ChartPoint(point.recall.value, point.precision.value, point.precision.low, point.precision.high)
        for point in points
        if np.isfinite([point.recall.value, point.precision.value]).all()
    )


def figures_at_threshold(
    histogram: ScoreHistogram, estimates: ValidationEstimates, upper: float, lower: float, known: KnownFigures | None
) -> tuple[Figure, ...]:
    """Return how many images pass a threshold, and its estimated precision and recall."""
    at = figures_at(histogram, estimates, upper)
    unsure = histogram.passing(float(histogram.snap(lower))) - at.passing
    passing = Figure(f"Pass at {at.threshold:.3f}", f"{at.passing:,}", f"of {at.images:,}")
    between = (Figure("Unsure", f"{unsure:,}", f"from {lower:.3f}"),) if lower < upper else ()
    precision, recall = (None, None) if known is None else known.at(at.threshold)
    return (
        passing,
        *between,
        beside(figure("Precision", at.precision), precision),
        beside(figure("Recall", at.recall), recall),
    )
