"""Simulate how often the recall statements of an audit hold, and how wide their intervals are. Pure.

Releases of 500,000 images are audited repeatedly with 100 positives and 400 negatives. Strata come from
`pipeline.audit.statistics.sampling`, with simple random samples within. Answers are the truth, and estimates come from
`pipeline.audit.statistics.recall`. Seeds are fixed, so the figures are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.statistics.missed_positives import negative_answers
from pipeline.audit.statistics.recall import PositiveAnswers, RecallEstimate, estimate_recall
from pipeline.audit.statistics.sampling import ScoreStratum, draw_audit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RECALL_CHECKS", "bound_check", "calibrated_check", "uncalibrated_check"]

IMAGES = 500_000
POSITIVES, NEGATIVES = 100, 400
CONFIDENCE = 0.95
MISSES = (50, 500, 5_000, 20_000)
FOUND, PRECISION = 10_000, 0.9  # size and precision of the positive set
PREVALENCE, TARGET_PRECISION = 0.01, 0.9
SEPARATIONS = (2.5, 3.0, 3.5)  # distances between the scores of yes and of no, in their standard deviations
POPULATIONS = 10  # number of populations of one kind, all audited equally often

Scores = tuple["NDArray[np.float32]", "NDArray[np.bool_]", "NDArray[np.int8]"]
"""Scores, truth and released values of all images."""


class _Release:
    """A release that can be audited repeatedly."""

    def __init__(self, scores: NDArray[np.float32], truth: NDArray[np.bool_], values: NDArray[np.int8]) -> None:
        self.scores, self.truth = scores, truth
        self.positive = np.flatnonzero(values == 1)
        self.recall = float(truth[self.positive].sum() / truth.sum())
        everything, alone = np.ones(len(scores), dtype=np.bool_), np.arange(len(scores))
        draw = draw_audit(scores, values, everything, alone, positives=POSITIVES, negatives=NEGATIVES, seed=0)
        self.strata = draw.strata
        negative = values == 0
        # Equal scores are in one stratum, so its limits identify its images.
        self.members = [np.flatnonzero(negative & _within(scores, entry)) for entry in draw.strata]

    def audit(self, generator: np.random.Generator) -> RecallEstimate:
        """Draw a sample, answer it with the truth, and estimate."""
        drawn = [
            generator.choice(rows, entry.drawn, replace=False)
            for entry, rows in zip(self.strata, self.members, strict=True)
        ]
        rows, stratum = np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(part) for part in drawn])
        verdicts = self.truth[rows].astype(np.int8)
        yes = int(self.truth[generator.choice(self.positive, POSITIVES, replace=False)].sum())
        positives = PositiveAnswers(len(self.positive), POSITIVES, POSITIVES, yes)
        negatives = negative_answers(self.strata, stratum, self.scores[rows], verdicts)
        return estimate_recall(positives, negatives, confidence=CONFIDENCE)


def bound_check(repeats: int = 150) -> dict[str, object]:
    """Measure how often the assumption-free lower bound holds, with 50 to 20,000 misses in 500,000 negatives.

    Scores find the misses (informative), are independent of them (useless), or are lowest for them (adversarial).

    Parameters
    ----------
    repeats
        Number of audits of each of the twelve cases.

    Returns
    -------
    dict
        ``mean`` and ``worst`` shares of audits in which both bounds hold, of recall and of the false-omission rate.
        Each of ``cases`` has its true recall and its mean bound.
    """

    def hold(entry: RecallEstimate, recall: float, omission: float) -> bool:
        return entry.low_free <= recall and entry.false_omission.high_free >= omission

    cases: list[dict[str, object]] = []
    for kind in ("informative", "useless", "adversarial"):
        for misses in MISSES:
            generator = np.random.default_rng([20, misses])
            release = _Release(*_with_misses(kind, misses, generator))
            audits = [release.audit(generator) for _ in range(repeats)]
            cases.append(
                {
                    "scores": kind,
                    "misses": misses,
                    "recall": round(release.recall, 4),
                    "holds": _share(hold(entry, release.recall, misses / IMAGES) for entry in audits),
                    "bound_mean": round(float(np.mean([entry.low_free for entry in audits])), 4),
                }
            )
    holds = [float(str(case["holds"])) for case in cases]
    return {
        "check": "recall: the bound that assumes nothing",
        "nominal": CONFIDENCE,
        "mean": round(float(np.mean(holds)), 4),
        "worst": min(holds),
        "repeats": repeats,
        "cases": cases,
    }


def calibrated_check(measure: str, repeats: int = 500) -> dict[str, object]:
    """Measure the coverage or the width of the interval that trusts calibrated scores, with 1 % yes.

    Parameters
    ----------
    measure
        "coverage" or "half-width".
    repeats
        Number of audits of each of three classifiers, good to very good, with a threshold at precision 0.9.

    Returns
    -------
    dict
        ``mean`` and ``worst`` over the classifiers, and each of ``cases``.
    """
    cases = [_calibrated(distance, repeats) for distance in SEPARATIONS]
    values = [float(str(case[measure])) for case in cases]
    coverage = measure == "coverage"
    return {
        "check": f"recall: the interval by calibrated scores, {measure}",
        "nominal": 0.94 if coverage else 0.12,
        "mean": round(float(np.mean(values)), 4),
        "worst": min(values) if coverage else max(values),
        "repeats": repeats,
        "cases": cases,
    }


def uncalibrated_check(repeats: int = 200) -> dict[str, object]:
    """Measure the statements of an audit about wrong scores, with 1 % yes.

    Parameters
    ----------
    repeats
        Number of audits of each case.

    Returns
    -------
    dict
        ``mean`` and ``worst`` shares of audits that do not mislead: the interval holds, or the audit reports that the
        scores contradict the answers. Each of ``cases`` has both shares, the share of the assumption-free bound, and
        the text of an audit. The interval guarantees nothing here, so ``nominal`` is None.
    """
    kinds: dict[str, Callable[[NDArray[np.float64], NDArray[np.bool_], np.random.Generator], NDArray[np.float64]]] = {
        "far too sure: logits twice as large": lambda logits, _truth, _generator: 2 * logits,
        "far too unsure: logits half as large": lambda logits, _truth, _generator: logits / 2,
        "a quarter of all yes scored by chance, as if they were no": _blind_to_a_quarter,
    }
    cases = [_case(name, partial(_gaussian, 3.0, change), repeats) for name, change in kinds.items()]
    fine = [float(str(case["not_misled"])) for case in cases]
    return {
        "check": "recall: scores that are wrong, interval holds or is said not to",
        "nominal": None,
        "mean": round(float(np.mean(fine)), 4),
        "worst": min(fine),
        "repeats": repeats,
        "cases": cases,
    }


def recall_interval_coverage() -> dict[str, object]:
    """Measure the coverage of the interval that trusts calibrated scores."""
    return calibrated_check("coverage")


def recall_interval_width() -> dict[str, object]:
    """Measure the half-width of the interval that trusts calibrated scores."""
    return calibrated_check("half-width")


RECALL_CHECKS: tuple[Callable[[], dict[str, object]], ...] = (
    bound_check,
    recall_interval_coverage,
    recall_interval_width,
    uncalibrated_check,
)
"""The checks of recall; each returns one line of the benchmark."""


@cache
def _calibrated(distance: float, repeats: int) -> dict[str, object]:
    return _case(f"calibrated, yes and no {distance} apart", partial(_gaussian, distance, _as_they_are), repeats)


def _case(name: str, make: Callable[[np.random.Generator], Scores], repeats: int) -> dict[str, object]:
    """Audit releases of one kind; return the shares that hold."""
    pairs: list[tuple[float, RecallEstimate]] = []
    for number in range(POPULATIONS):
        generator = np.random.default_rng([21, number])
        release = _Release(*make(generator))
        pairs += [(release.recall, release.audit(generator)) for _ in range(repeats // POPULATIONS)]
    holds = [entry.model_low <= recall <= entry.model_high for recall, entry in pairs]
    contradicted = [entry.contradicted for _, entry in pairs]
    contradictions = [entry.words for _, entry in pairs if entry.contradicted]
    return {
        "scores": name,
        "recall": round(float(np.mean([recall for recall, _ in pairs])), 4),
        "coverage": _share(holds),
        "half-width": round(float(np.mean([(entry.model_high - entry.model_low) / 2 for _, entry in pairs])), 4),
        "contradicted": _share(contradicted),
        "not_misled": _share(fine or warned for fine, warned in zip(holds, contradicted, strict=True)),
        "bound_holds": _share(entry.low_free <= recall for recall, entry in pairs),
        "bound_mean": round(float(np.mean([entry.low_free for _, entry in pairs])), 4),
        "words": next(entry.words for _, entry in pairs if not entry.contradicted or len(contradictions) == len(pairs)),
        "words_when_contradicted": contradictions[0] if contradictions else "",
    }


def _with_misses(kind: str, misses: int, generator: np.random.Generator) -> Scores:
    """Draw a positive set, and negatives with a given number of misses."""
    scores = 1 / (1 + np.exp(generator.normal(6.0, 1.5, IMAGES)))
    order = {
        # Weighted by the score, without replacement (Efraimidis and Spirakis 2006).
        "informative": np.argsort(generator.standard_exponential(IMAGES) / scores),
        "useless": generator.permutation(IMAGES),
        "adversarial": np.argsort(scores),
    }[kind]
    truth = np.zeros(IMAGES + FOUND, dtype=np.bool_)
    truth[order[:misses]] = True
    truth[IMAGES : IMAGES + round(PRECISION * FOUND)] = True
    values = np.repeat(np.array([0, 1], dtype=np.int8), [IMAGES, FOUND])
    return np.concatenate([scores, np.full(FOUND, 0.9)]).astype(np.float32), truth, values


def _gaussian(
    distance: float,
    change: Callable[[NDArray[np.float64], NDArray[np.bool_], np.random.Generator], NDArray[np.float64]],
    generator: np.random.Generator,
) -> Scores:
    """Draw Gaussian scores of yes and no, set the threshold at the target precision, and distort the scores."""
    truth = generator.random(IMAGES) < PREVALENCE
    margins = generator.normal(size=IMAGES) + distance * truth
    logits = change(distance * margins - distance**2 / 2 + np.log(PREVALENCE / (1 - PREVALENCE)), truth, generator)
    order = np.argsort(-logits)
    precise = np.cumsum(truth[order]) / np.arange(1, IMAGES + 1) >= TARGET_PRECISION
    values = np.zeros(IMAGES, dtype=np.int8)
    values[order[: int(np.flatnonzero(precise)[-1]) + 1]] = 1
    return (1 / (1 + np.exp(-logits))).astype(np.float32), truth, values


def _as_they_are(
    logits: NDArray[np.float64], _truth: NDArray[np.bool_], _generator: np.random.Generator
) -> NDArray[np.float64]:
    return logits


def _blind_to_a_quarter(
    logits: NDArray[np.float64], truth: NDArray[np.bool_], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return scores in which a quarter of all yes have the score of some no."""
    spoiled = logits.copy()
    blind = np.flatnonzero(truth & (generator.random(len(truth)) < 0.25))
    spoiled[blind] = generator.choice(logits[~truth], len(blind))
    return spoiled


def _within(scores: NDArray[np.float32], stratum: ScoreStratum) -> NDArray[np.bool_]:
    return (scores >= np.float32(stratum.lowest)) & (scores <= np.float32(stratum.highest))


def _share(happened: Iterable[bool]) -> float:
    return round(float(np.mean(list(happened))), 4)
