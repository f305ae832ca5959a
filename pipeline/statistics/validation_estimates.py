"""What validation answers say of a classifier: precision and recall at any cut, average precision. Pure.

Every answer stands for as many images as its weight says (`pipeline.statistics.validation_sampling.combined_weights`),
and every figure is a ratio of weighted sums (Hájek 1971). None is a promise: choosing a cut by it flatters it
(`pipeline.certification.sequential_testing` promises).

**Intervals.** The weights of the answers are drawn again by an exponential each (Rubin 1981, "The Bayesian bootstrap",
Annals of Statistics 9), seeded. That alone would call a side certain on which nothing was found wrong, so each end of
an interval is also given one answer more of the worst kind for it, of the mean weight on its side of the cut: for the
lower end of recall, a yes that was missed. This is the bound of Gaffke (2005) as in Learned-Miller and Thomas (2020,
arXiv 1905.06208), with the mean weight where they take the greatest; with equal weights it is Clopper and Pearson's
exact interval. Strata are not used to narrow it, so it is wide rather than narrow: of 95 % intervals from 300 answers
about 99 % held the truth in simulation, also where a third of all yes had scores by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CurvePoint",
    "Estimate",
    "ValidationEstimates",
    "average_precision",
    "precision_recall_at",
]

REPEATS = 1000
FEWEST = 5  # of answers of each kind that a figure needs; below, an interval is nearly everything and is not a figure


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval.

    Parameters
    ----------
    value
        From 0 to 1; NaN where nothing bears on it.
    low, high
        Ends of the interval; 0 and 1 where nothing bears on it.
    n_yes, n_no
        Answers behind it. Of a precision: answers at or above the cut that are yes, and no. Of a recall: yes at or
        above the cut, and yes below it. Of an average precision: all yes, all no.
    enough
        Whether there are enough answers to show the value at all.
    words
        The figure for people, or that there are too few answers to say and of what.
    """

    value: float
    low: float
    high: float
    n_yes: int
    n_no: int
    enough: bool
    words: str


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Precision and recall of all images that score at least ``threshold``."""

    threshold: float
    precision: Estimate
    recall: Estimate


class ValidationEstimates:
    """Validation answers, sorted once, so that figures at any cut take under a millisecond.

    Parameters
    ----------
    scores
        float ``(m,)``: of the validated images with a settled yes or no, by the classifier in question, which was
        trained on none of them. Any increasing score.
    truth
        ``(m,)``: 1 or True for yes, 0 or False for no; unsure and open ones are left out.
    weights
        float64 ``(m,)``, above 0; all alike if left out.
    confidence
        Of the intervals, in (0, 1).
    seed
        Of the intervals.

    Raises
    ------
    ParameterError
        If lengths differ, a score is NaN, or a weight is not above 0.
    """

    def __init__(
        self,
        scores: NDArray[Any],
        truth: NDArray[Any],
        weights: NDArray[np.float64] | None = None,
        *,
        confidence: float = 0.95,
        seed: int = 0,
    ) -> None:
        values, yes = np.asarray(scores), np.asarray(truth).astype(np.bool_)
        weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
        _check(values, yes, weight, confidence)
        order = np.argsort(-values, kind="stable")
        self.scores, self.truth, self.weights = values[order], yes[order], weight[order]
        self.n_yes, self.n_no = int(yes.sum()), int((~yes).sum())
        self.confidence = confidence
        self._seed = seed

    @cached_property
    def _draws(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Weights of yes and of no above each place, over the redrawn weights, and the worst answer's factors.

        Two float64 (m + 1, repeats), so that a cut is one row, and one float64 (repeats,).
        """
        rng = np.random.default_rng(self._seed)
        weighed = rng.standard_exponential((len(self.scores), REPEATS)) * self.weights[:, None]
        above = np.zeros((2, len(self.scores) + 1, REPEATS))
        np.cumsum(weighed * self.truth[:, None], axis=0, out=above[0, 1:])
        np.cumsum(weighed * ~self.truth[:, None], axis=0, out=above[1, 1:])
        return above[0], above[1], rng.standard_exponential(REPEATS)

    @cached_property
    def _sums(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of yes and of no above each place, float64 (m + 1,)."""
        yes, no = (np.concatenate([[0.0], np.cumsum(self.weights * side)]) for side in (self.truth, ~self.truth))
        return yes, no

    def at(self, threshold: float) -> CurvePoint:
        """Estimate precision and recall of ``score >= threshold``."""
        place = int(np.searchsorted(-self.scores, -threshold, side="right"))
        return CurvePoint(float(threshold), self.precision(place), self.recall(place))

    def precision(self, place: int) -> Estimate:
        """Estimate the share of yes among images that score as the first ``place`` answers do, or more."""
        found = int(self.truth[:place].sum())
        others = place - found
        if not place:
            return _nothing("precision", "none of the answered images passes this cut", found, others)
        yes, no = (side[place] for side in self._sums)
        drawn_yes, drawn_no, worst = self._draws
        low, high = self._ends(drawn_yes[place], drawn_no[place], worst * self.weights[:place].mean())
        few = f"{place} answered images pass this cut" if place < FEWEST else ""
        return _estimate("precision", yes / (yes + no), low, high, found, others, few)

    def recall(self, place: int) -> Estimate:
        """Estimate the share of all yes that score as the first ``place`` answers do, or more."""
        found = int(self.truth[:place].sum())
        missed = self.n_yes - found
        if not self.n_yes:
            return _nothing("recall", "no answer is a yes", found, missed)
        yes = self._sums[0]
        drawn, _, worst = self._draws
        above, below = self.weights[:place], self.weights[place:]
        # Without an answer on one side of the cut, all that is known of its weights are those of the other side.
        missed_more = worst * (below if len(below) else above).mean()
        found_more = worst * (above if len(above) else below).mean()
        drawn_found, drawn_missed = drawn[place], drawn[-1] - drawn[place]
        low = self._ends(drawn_found, drawn_missed, missed_more)[0]
        high = self._ends(drawn_found, drawn_missed, found_more)[1]
        few = f"{self.n_yes} answers are yes" if self.n_yes < FEWEST else ""
        return _estimate("recall", yes[place] / yes[-1], low, high, found, missed, few)

    def average_precision(self) -> Estimate:
        """Estimate the average precision: the mean precision over the yes, as scikit-learn defines it, weighted.

        At the lower end the one answer more is a yes below all others, of the mean weight of all answers; at the upper
        end it is one above all others, of the mean weight of a yes.
        """
        if not self.n_yes or not self.n_no:
            side = "yes" if self.n_no else "no"
            return _nothing("average precision", f"no answer is a {side}", self.n_yes, self.n_no)
        # Equal scores count together: only the last of them is a place to cut.
        last = np.flatnonzero(np.append(self.scores[1:] != self.scores[:-1], True)) + 1
        value = float(_average_precision(*(side[last][:, None] for side in self._sums))[0])
        drawn_yes, drawn_no, worst = self._draws
        good = _average_precision(drawn_yes[last], drawn_no[last]) * drawn_yes[-1]
        low = self._ends(good, drawn_yes[-1] - good, worst * self.weights.mean())[0]
        high = self._ends(good, drawn_yes[-1] - good, worst * self.weights[self.truth].mean())[1]
        few = ""
        if min(self.n_yes, self.n_no) < FEWEST:
            few = f"{self.n_yes} answers are yes and {self.n_no} are no"
        return _estimate("average precision", value, low, high, self.n_yes, self.n_no, few)

    def curve(self, *, most: int = 100) -> list[CurvePoint]:
        """Return precision and recall at different scores, highest first: all of them, or so many evenly spread."""
        cuts = np.unique(self.scores)[::-1]
        if len(cuts) > most:
            cuts = cuts[np.linspace(0, len(cuts) - 1, most).round().astype(np.int64)]
        return [self.at(float(cut)) for cut in cuts]

    def _ends(
        self, good: NDArray[np.float64], bad: NDArray[np.float64], extra: NDArray[np.float64]
    ) -> tuple[float, float]:
        tail = (1 - self.confidence) / 2
        total = good + bad + extra
        low, high = np.quantile(good / total, tail), np.quantile((good + extra) / total, 1 - tail)
        return float(low), float(high)


def precision_recall_at(
    scores: NDArray[Any],
    truth: NDArray[Any],
    weights: NDArray[np.float64] | None,
    threshold: float,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> CurvePoint:
    """Estimate precision and recall at one cut; `ValidationEstimates` does so for many.

    Parameters
    ----------
    scores, truth, weights, confidence, seed
        As for `ValidationEstimates`.
    threshold
        An image counts as positive from this score on.

    Returns
    -------
    CurvePoint
        With "too few to say" where it is so.

    Raises
    ------
    ParameterError
        As for `ValidationEstimates`.
    """
    return ValidationEstimates(scores, truth, weights, confidence=confidence, seed=seed).at(threshold)


def average_precision(
    scores: NDArray[Any],
    truth: NDArray[Any],
    weights: NDArray[np.float64] | None,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Estimate the average precision; see `precision_recall_at`."""
    return ValidationEstimates(scores, truth, weights, confidence=confidence, seed=seed).average_precision()


def _average_precision(yes: NDArray[np.float64], no: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum precision times gain of recall over the cuts (axis 0)."""
    gains = np.diff(yes, axis=0, prepend=np.zeros((1, yes.shape[1])))
    averages: NDArray[np.float64] = (gains * yes / (yes + no)).sum(axis=0) / yes[-1]
    return averages


def _estimate(name: str, value: float, low: float, high: float, n_yes: int, n_no: int, few: str) -> Estimate:
    # Redrawn figures may all lie on one side of the value where a single weight rules; the value belongs to it.
    low, high = min(float(low), float(value)), max(float(high), float(value))
    interval = f"{low:.0%} to {high:.0%}"
    words = f"{name} {value:.0%} ({interval})"
    if few:
        words = f"{name}: too few to say, only {few} ({interval})"
    return Estimate(float(value), low, high, n_yes, n_no, not few, words)


def _nothing(name: str, why: str, n_yes: int, n_no: int) -> Estimate:
    return Estimate(float("nan"), 0.0, 1.0, n_yes, n_no, enough=False, words=f"{name}: too few to say, {why}")


def _check(scores: NDArray[Any], truth: NDArray[np.bool_], weights: NDArray[np.float64], confidence: float) -> None:
    if scores.ndim != 1 or not scores.shape == truth.shape == weights.shape or not 0 < confidence < 1:
        raise ParameterError(
            f"Scores {scores.shape}, answers {truth.shape} and weights {weights.shape} at a confidence of {confidence} "
            "were given; there must be one of each for every answered image, and a confidence between 0 and 1. Pass "
            "arrays of the same images, and 0.95."
        )
    if np.isnan(scores).any() or not (np.isfinite(weights) & (weights > 0)).all():
        raise ParameterError(
            "A score that is NaN, or a weight that is not above 0, was given. Score all images again, and weigh each "
            "answer with `combined_weights`."
        )
