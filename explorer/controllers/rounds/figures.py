"""Figures and curves of the Rounds tab: what validation says, and beside it what is known otherwise. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.controllers.shown_parts import ChartPoint, Figure
from pipeline.learning.learning_curve import LearningPoint
from pipeline.learning.round_cuts import KnownFigures
from pipeline.learning.score_histogram import ScoreHistogram
from pipeline.learning.threshold_choice import figures_at
from pipeline.statistics.validation_estimates import CurvePoint, Estimate, ValidationEstimates

__all__ = ["curve_points", "figures_of_cut", "knowledge_figures", "trade_points"]

KNOWN = "cross-validated on known answers; they train, so this flatters"
KNOWN_HELP = (
    "Each known answer was judged by a classifier that had not seen its project or near-duplicates; but chance did not "
    "draw these answers"
)


def figure(name: str, estimate: Estimate) -> Figure:
    """Return a figure with its interval, or that there are too few answers."""
    interval = f"({estimate.low:.2f} to {estimate.high:.2f})"
    if not estimate.enough:
        behind = f"{estimate.n_yes} yes, {estimate.n_no} no" if name == "Average precision" else interval
        return Figure(name, "too few to say", behind, enough=False, help=estimate.words)
    return Figure(name, f"{estimate.value:.2f}", interval, help=estimate.words)


def beside(shown: Figure, value: float | None) -> Figure:
    """Return a figure with too few validation answers together with what cross-validation says."""
    if shown.enough or value is None:
        return shown
    return replace(shown, beside=f"{value:.2f} {KNOWN}", help=f"{shown.help}. {KNOWN_HELP}")


def knowledge_figures(
    point: CurvePoint, estimates: ValidationEstimates, known: KnownFigures | None
) -> tuple[Figure, ...]:
    """Return what validation says of the scores, and beside what it cannot say what is known otherwise."""
    count = estimates.n_yes + estimates.n_no
    precision, recall = (None, None) if known is None else known.at(point.threshold)
    average = None if known is None else known.average_precision
    return (
        beside(figure(f"Precision at {point.threshold:.2f}", point.precision), precision),
        beside(figure("Recall there", point.recall), recall),
        beside(figure("Average precision", estimates.average_precision()), average),
        Figure("Validation answers", f"{count:,}", f"{estimates.n_yes:,} yes"),
    )


def curve_points(points: Sequence[LearningPoint]) -> tuple[ChartPoint, ...]:
    """Return the learning curve, as far as there are enough answers to draw it."""
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
    """Return precision against recall at some cuts, in the order of recall; nothing where there are too few yes."""
    if not estimates.average_precision().enough:
        return ()
    scores = np.unique(estimates.scores)[::-1]
    cuts = scores[np.unique(np.linspace(0, len(scores) - 1, most).round().astype(int))]
    points = [estimates.at(float(cut)) for cut in cuts]
    return tuple(
        ChartPoint(point.recall.value, point.precision.value, point.precision.low, point.precision.high)
        for point in points
        if np.isfinite([point.recall.value, point.precision.value]).all()
    )


def figures_of_cut(
    histogram: ScoreHistogram, estimates: ValidationEstimates, upper: float, lower: float, known: KnownFigures | None
) -> tuple[Figure, ...]:
    """Return how many images pass a cut, and how sure that is."""
    cut = figures_at(histogram, estimates, upper)
    unsure = histogram.passing(float(histogram.snap(lower))) - cut.passing
    passing = Figure(f"Pass from {cut.threshold:.3f} on", f"{cut.passing:,}", f"of {cut.images:,}")
    between = (Figure("Unsure", f"{unsure:,}", f"from {lower:.3f} on"),) if lower < upper else ()
    precision, recall = (None, None) if known is None else known.at(cut.threshold)
    return (
        passing,
        *between,
        beside(figure("Precision", cut.precision), precision),
        beside(figure("Recall", cut.recall), recall),
    )
