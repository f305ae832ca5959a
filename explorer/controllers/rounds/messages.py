"""What the tab of rounds tells a browser, as plain values with the words that people read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.certification.files import Certification
from pipeline.certification.plan import CertificationPlan
from pipeline.certification.sequential_testing import CertificationResult
from pipeline.learning.learning_curve import LearningPoint
from pipeline.learning.round_cuts import KnownFigures
from pipeline.learning.score_histogram import ScoreHistogram
from pipeline.learning.threshold_choice import figures_at
from pipeline.releases.files import Release
from pipeline.statistics.validation_estimates import CurvePoint, Estimate, ValidationEstimates

__all__ = [
    "curve_message",
    "cut_message",
    "figures_of_cut",
    "knowledge_figures",
    "promise_message",
    "release_message",
    "steps_message",
    "trade_message",
]

USUAL_ROUNDS = 4
KNOWN = "cross-validated on known answers; they train, so this flatters"
KNOWN_HELP = (
    "Each known answer was judged by a classifier that had not seen its project or near-duplicates; but chance did not "
    "draw these answers"
)


def steps_message(rounds: int, promise: str, releases: int) -> list[dict[str, str]]:
    """Say how far rounds, promise and release are."""
    promised = {"done": "done", "asking": "being asked", "planned": "planned"}.get(promise, "not yet")
    at = 2 if promise == "done" else 1 if promise in {"asking", "planned"} or rounds >= USUAL_ROUNDS else 0
    if releases and promise in {"done", "over", "none"}:
        at = 3
    steps = (
        ("1 Rounds", f"{rounds} of {max(rounds, USUAL_ROUNDS)}"),
        ("2 Promise", promised),
        ("3 Release", "none yet" if not releases else f"{releases} made"),
    )
    states = ["done" if place < at else "now" if place == at else "" for place in range(len(steps))]
    if promise in {"over", "none"} and states[1] == "done":
        states[1] = ""
    return [
        {"title": title, "words": words, "state": state} for (title, words), state in zip(steps, states, strict=True)
    ]


def figure(name: str, estimate: Estimate) -> dict[str, Any]:
    """Give a figure with its interval, or say that there are too few answers."""
    interval = f"({estimate.low:.2f} to {estimate.high:.2f})"
    if not estimate.enough:
        behind = f"{estimate.n_yes} yes, {estimate.n_no} no" if name == "Average precision" else interval
        return {"name": name, "value": "too few to say", "more": behind, "enough": False, "help": estimate.words}
    return {"name": name, "value": f"{estimate.value:.2f}", "more": interval, "enough": True, "help": estimate.words}


def beside(shown: dict[str, Any], value: float | None) -> dict[str, Any]:
    """Put what cross-validation says beside a figure for which validation answers are too few."""
    if shown["enough"] or value is None:
        return shown
    return shown | {"beside": f"{value:.2f} {KNOWN}", "help": f"{shown['help']}. {KNOWN_HELP}"}


def knowledge_figures(
    point: CurvePoint, estimates: ValidationEstimates, known: KnownFigures | None
) -> list[dict[str, Any]]:
    """Give what validation says of the scores there are, and beside what it cannot say what is known otherwise."""
    count = estimates.n_yes + estimates.n_no
    precision, recall = (None, None) if known is None else known.at(point.threshold)
    average = None if known is None else known.average_precision
    return [
        beside(figure(f"Precision at {point.threshold:.2f}", point.precision), precision),
        beside(figure("Recall there", point.recall), recall),
        beside(figure("Average precision", estimates.average_precision()), average),
        {"name": "Validation answers", "value": f"{count:,}", "more": f"{estimates.n_yes:,} yes"},
    ]


def curve_message(points: Sequence[LearningPoint]) -> list[dict[str, Any]]:
    """Give the learning curve, as far as there are enough answers to draw it."""
    return [
        {
            "x": point.answers,
            "y": point.average_precision.value,
            "low": point.average_precision.low,
            "high": point.average_precision.high,
            "words": f"round {point.round}, {point.answers:,} answers: {point.average_precision.words}",
        }
        for point in points
        if point.average_precision.enough
    ]


def trade_message(estimates: ValidationEstimates, most: int) -> list[dict[str, Any]]:
    """Give precision against recall at some cuts, in the order of recall; nothing where there are too few yes."""
    if not estimates.average_precision().enough:
        return []
    scores = np.unique(estimates.scores)[::-1]
    cuts = scores[np.unique(np.linspace(0, len(scores) - 1, most).round().astype(int))]
    points = [estimates.at(float(cut)) for cut in cuts]
    return [
        {
            "x": point.recall.value,
            "y": point.precision.value,
            "low": point.precision.low,
            "high": point.precision.high,
            "words": "",
        }
        for point in points
        if np.isfinite([point.recall.value, point.precision.value]).all()
    ]


def figures_of_cut(
    histogram: ScoreHistogram, estimates: ValidationEstimates, upper: float, lower: float, known: KnownFigures | None
) -> list[dict[str, Any]]:
    """Say how many images pass a cut, and how sure that is."""
    cut = figures_at(histogram, estimates, upper)
    unsure = histogram.passing(float(histogram.snap(lower))) - cut.passing
    passing = {"name": f"Pass from {cut.threshold:.3f} on", "value": f"{cut.passing:,}", "more": f"of {cut.images:,}"}
    precision, recall = (None, None) if known is None else known.at(cut.threshold)
    figures = [
        passing,
        beside(figure("Precision", cut.precision), precision),
        beside(figure("Recall", cut.recall), recall),
    ]
    if lower < upper:
        figures.insert(1, {"name": "Unsure", "value": f"{unsure:,}", "more": f"from {lower:.3f} on"})
    return figures


def cut_message(
    figures: list[dict[str, Any]], sides: list[dict[str, Any]], upper: float, lower: float
) -> dict[str, Any]:
    """Put together what a cut does."""
    return {"type": "cut", "figures": figures, "sides": sides, "upper": upper, "lower": lower}


def promise_message(
    plan: CertificationPlan | None,
    certification: Certification | None,
    result: CertificationResult | None,
    origin: str,
) -> dict[str, Any]:
    """Say what is planned, asked or promised."""
    if plan is not None:
        return {"state": "planned", "said": [plan.words], "tested": [], "threshold": None}
    if certification is None or result is None:
        words = (
            "No promise yet. The figures above are estimates: of the cuts they suggest, about half are worse than they "
            "look. A promise takes some hundred answers on a model that no longer changes."
        )
        return {"state": "none", "said": [words], "tested": [], "threshold": None}
    said = [result.words, *([result.needs] if result.needs else [])]
    if certification.origin != origin:
        said.append(f"It speaks of the scores of {certification.origin.replace('-', ' ')}; there are newer ones.")
    tested = [
        {
            "size": f"{one.size:,}",
            "sampled": f"{one.answered} of {one.sampled}" if one.answered < one.sampled else f"{one.sampled}",
            "yes": str(one.yes),
            "bound": f"{one.lower_bound:.1%}",
            "passed": one.passed,
        }
        for one in result.tested
    ]
    same = certification.origin == origin
    state = "asking" if not result.finished else "done" if same else "over"  # scores are tested once: no plan after it
    return {"state": state, "said": said, "tested": tested, "threshold": result.threshold if same else None}


def release_message(releases: Sequence[Release], *, ready: bool, promise: dict[str, Any]) -> dict[str, Any]:
    """Say what a release would hold, and list those that were made, the newest first."""
    said = []
    if ready:
        promised = promise["threshold"]
        kept = "without a promise" if promised is None else f"with the promise for scores from {promised:.3f} on"
        said = [f"Keeps what people settled, and the rest by the threshold above, {kept}."]
    made = [
        {"title": f"Release {one.number}", "words": one.words, "hash": f"sha256 {one.sha256[:12]}"}
        for one in reversed(releases)
    ]
    return {"ready": ready, "said": said, "made": made}
