"""A lower bound of the precision that is valid after every answer. Pure.

A fixed plan is valid only at its end. A person who looks after every ten answers and stops when the result is good is
wrong 16 % of the time instead of 5 %. An anytime plan uses bets instead. The hypothesis is that the share of yes in the
set is below m. Images come in random order without replacement. So, given the images seen, the next one is a yes with a
probability of at most

    m_t = (largest number of yes below m * size - yes seen) / (images not seen),

and the wealth of a gambler who bets the fraction c on yes is multiplied by ``1 - c + c * (yes ? 1 / m_t : 0)``. The
mean of this factor is at most 1 for any c. So wealth that starts at 1 ever reaches 1 / alpha with a probability of at
most alpha (Ville 1939), however often it is looked at. The bets are those of Waudby-Smith and Ramdas ("Estimating means
of bounded random variables by betting", 2020, arXiv 2010.09686, section 5 on sampling without replacement; "Confidence
sequences for sampling without replacement", 2020, arXiv 2006.04347).

The evidence is the mean wealth of 16 gamblers with different fractions c, which represent all fractions from 0 to 1
(Gauss-Legendre nodes and weights; method of mixtures, Robbins 1970, Annals of Mathematical Statistics 41). So a nearly
optimal bet is among them for any true precision.

Wealth falls as m grows, for every c. So a test of one m is a test of all shares below it. The shares whose evidence has
ever reached the limit are all shares below a bound, and the bound never falls.

**The order matters.** Only answers in the order of the draw, up to the first image without a verdict, may be used
(`leading`). Otherwise the images that are answered first, such as easy ones, would be a selection.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.statistics.precision import rounded_down
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import most_below

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LARGEST_EVIDENCE", "AnytimeBound", "anytime_lower_bound", "certifies", "evidence", "leading"]

GAMBLERS = 16
STEPS = 1_000
"""Number of shares tested for the bound. In a smaller set, every possible share is tested."""
LARGEST_EVIDENCE = 1e12
"""Evidence is limited to this number. A lower evidence is always valid, and it stays finite."""


@dataclass(frozen=True, slots=True)
class AnytimeBound:
    """The claim of an anytime plan: the target, and the evidence from which it counts as shown.

    Parameters
    ----------
    size
        Number of images of the set, 0 or more.
    target
        Share of yes to be shown, above 0 and at most 1.
    confidence
        Confidence of the claim, between 0 and 1. For k attributes jointly, it is ``1 - (1 - confidence) / k`` for each.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """

    size: int
    target: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        _check(np.empty(0, np.int8), self.size, self.confidence)
        _check_target(self.target)

    @property
    def limit(self) -> float:
        """Evidence from which the target counts as shown: 20 at a confidence of 0.95, 20 k for k attributes jointly."""
        return 1 / (1 - self.confidence)

    def evidence(self, answers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return the evidence for the target after each answer (`evidence`)."""
        return evidence(answers, self.size, self.target)

    def lower_bound(self, answers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return the bound after each answer (`anytime_lower_bound`). It reaches the target exactly when certified."""
        return anytime_lower_bound(answers, self.size, self.confidence, target=self.target)

    def certified_after(self, answers: NDArray[np.integer[Any]]) -> int | None:
        """Return the number of answers after which the target was shown, or None. Further answers do not change it."""
        reached = np.flatnonzero(self.evidence(answers) >= self.limit)
        return int(reached[0]) + 1 if len(reached) else None

    def summary(self, answers: NDArray[np.integer[Any]]) -> str:
        """Return a sentence about the present bound. Certificates hold it, so its text must not change."""
        after = self.certified_after(answers)
        if not self.size:
            return "The set is empty: there is nothing to say of its precision."
        sure = f"of the {self.size:,} images are yes, at a confidence of {self.confidence:.6g}"
        if after is not None:
            return (
                f"Certified after {after:,} answers: at least {100 * self.target:.6g}% {sure}, however often it was "
                "looked at."
            )
        path = self.lower_bound(answers)
        shown = rounded_down(float(path[-1])) if len(path) else "0%"
        return (
            f"Not certified after {len(answers):,} answers: at least {shown} {sure}; the target is "
            f"{100 * self.target:.6g}%. You may look at any time, go on, or stop."
        )


def leading(verdicts: NDArray[np.integer[Any]]) -> NDArray[np.int8]:
    """Return the verdicts that may be used: all before the first open image.

    Parameters
    ----------
    verdicts
        Integers ``(n,)`` in the order of the draw. 1 yes, 0 not yes, -1 open.

    Returns
    -------
    ndarray
        int8 ``(t,)``, t <= n. 1 yes, 0 not yes.
    """
    codes = np.asarray(verdicts, dtype=np.int8)
    waiting = np.flatnonzero(codes < 0)
    return codes[: waiting[0]] if len(waiting) else codes


def evidence(answers: NDArray[np.integer[Any]], size: int, target: float) -> NDArray[np.float64]:
    """Return the evidence, after each answer, that the share of yes in a set is at least the target.

    Parameters
    ----------
    answers
        Integers ``(t,)`` in the order of the draw, without gaps. 1 yes, 0 not yes.
    size
        Number of images of the set, at least t.
    target
        Share of yes, above 0 and at most 1.

    Returns
    -------
    ndarray
        float64 ``(t,)``, from 0 to `LARGEST_EVIDENCE`. The wealth of gamblers who bet on yes. If the share of yes is
        below the target, it ever reaches x with a probability of at most 1 / x.

    Raises
    ------
    ParameterError
        If an answer is not 0 or 1, there are more answers than images, or the target is outside its range.
    """
    codes = _check(answers, size, 0.5)
    _check_target(target)
    if not len(codes):
        return np.empty(0)
    fractions, weights = _gamblers()
    seen = np.cumsum(codes) - codes
    expected = np.minimum((most_below(target, size) - seen) / (size - np.arange(len(codes))), 1.0)
    # There are more yes than a share below the target allows. The hypothesis is excluded for all later answers.
    impossible = np.maximum.accumulate((expected <= 0) & (codes == 1))
    factors = np.where(codes == 1, 1 / np.where(expected > 0, expected, 1.0), 0.0)
    growth = np.log1p(fractions[:, None] * (factors - 1)).cumsum(axis=1)
    wealth = weights @ np.exp(np.minimum(growth, np.log(LARGEST_EVIDENCE) + 10))
    return np.asarray(np.where(impossible, LARGEST_EVIDENCE, np.minimum(wealth, LARGEST_EVIDENCE)), np.float64)


def anytime_lower_bound(
    answers: NDArray[np.integer[Any]], size: int, confidence: float = 0.95, *, target: float | None = None
) -> NDArray[np.float64]:
    """Return a lower bound of the share of yes in a set after each answer. All these bounds hold together.

    Parameters
    ----------
    answers
        Integers ``(t,)`` in the order of the draw, without gaps. 1 yes, 0 not yes.
    size
        Number of images of the set, at least t.
    confidence
        Probability, between 0 and 1, that no bound is above the truth.
    target
        One more share to test, so that the bound reaches it exactly when it is certified. The other shares are at most
        1,000, evenly spaced.

    Returns
    -------
    ndarray
        float64 ``(t,)``, from 0 to 1. Never falls, and is never below the share of the set already seen as yes.

    Raises
    ------
    ParameterError
        If an answer is not 0 or 1, there are more answers than images, or a number is outside its range.
    """
    codes = _check(answers, size, confidence)
    steps = min(size, STEPS)
    # For each share tested, the largest number of yes below it.
    below = -(-np.arange(1, steps + 1) * size // steps) - 1 if size else np.empty(0, np.int64)
    if target is not None and size:
        _check_target(target)
        below = np.union1d(below, most_below(target, size))
    fractions, weights = _gamblers()
    wealth = np.tile(weights, (len(below), 1))
    excluded = yes = 0
    bound = np.zeros(len(codes))
    for number, answer in enumerate(codes):
        if answer:
            expected = np.minimum((below[excluded:] - yes) / (size - number), 1.0)
            possible = expected > 0
            factors = 1 / np.where(possible, expected, 1.0)
            wealth *= 1 + fractions * (factors - 1)[:, None]
            yes += 1
            # Lower shares are easier to exclude, so the excluded ones come first.
            reached = int((~possible | (wealth.sum(axis=1) >= 1 / (1 - confidence))).sum())
            excluded += reached
            wealth = wealth[reached:]
        else:
            wealth *= 1 - fractions
        shown = below[excluded - 1] + 1 if excluded else 0
        bound[number] = max(shown, yes) / size
    return bound


def certifies(answers: NDArray[np.integer[Any]], size: int, target: float, confidence: float = 0.95) -> bool:
    """Return whether the answers have ever shown that the share of yes in a set is at least the target.

    Parameters
    ----------
    answers, size, target
        As for `evidence`.
    confidence
        Probability, between 0 and 1, that this is not wrong after any number of answers.

    Returns
    -------
    bool
        Once True, it stays True with further answers.

    Raises
    ------
    ParameterError
        As for `evidence`.
    """
    return AnytimeBound(size, target, confidence).certified_after(answers) is not None


@cache
def _gamblers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fractions, between 0 and 1, and their shares of the first wealth, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(GAMBLERS)
    return (nodes + 1) / 2, weights / 2


def _check(answers: NDArray[np.integer[Any]], size: int, confidence: float) -> NDArray[np.int8]:
    codes = np.asarray(answers)
    if codes.ndim != 1 or len(codes) > size or size < 0:
        raise ParameterError(
            f"answers of shape {codes.shape} are not allowed with size={size}. They must be one list with at most size "
            "entries."
        )
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
    if not ((codes == 0) | (codes == 1)).all():
        raise ParameterError(
            "An answer must be 1 (yes) or 0 (not yes). Use the answers before the first open image, in the order of "
            "the draw."
        )
    return codes.astype(np.int8)


def _check_target(target: float) -> None:
    if not 0 < target <= 1:
        raise ParameterError(f"target={target} is not allowed. It must be above 0 and at most 1, for example 0.9.")
