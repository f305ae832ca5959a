"""A bound on precision that may be watched after every answer. Pure.

A fixed plan promises something at its end only: who looks after every ten answers and stops when it looks good is wrong
16 % of the time instead of 5 %. Here one bets against the release instead. Suppose fewer than a share m of the set are
yes. Images come in random order without replacement, so given those seen, the next is a yes with a chance of at most

    m_t = (largest number of yes below m * size - yes seen) / (images not seen),

and a gambler who puts the fraction c of their wealth on yes has it multiplied by ``1 - c + c * (yes ? 1 / m_t : 0)``,
which is not above 1 on average, whatever c. Wealth that starts at 1 then ever reaches 1 / alpha with a chance of at
most alpha (Ville 1939), however often one looks, whenever one stops. The bets are those of Waudby-Smith and Ramdas
("Estimating means of bounded random variables by betting", 2020, arXiv 2010.09686, section 5 on sampling without
replacement; "Confidence sequences for sampling without replacement", 2020, arXiv 2006.04347).

The evidence is the mean wealth of many gamblers, one for each of 16 fractions c, that stand for all fractions from 0 to
1 alike (Gauss-Legendre nodes and weights; the method of mixtures, Robbins 1970, Annals of Mathematical Statistics 41).
Who bets what the truth would have made best is among them, whatever the truth is.

Wealth falls as m grows, for every c, so testing one m tests all below it, and the shares whose evidence has ever
reached the limit are all those below a bound, which never falls.

**The order is part of the promise.** Only answers in the order of the draw, up to the first image without a verdict,
may be used (`leading`): easy images answered first would otherwise be a choice of what to look at.
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
"""Shares tested for the bound; in a set of no more images, every one there is."""
LARGEST_EVIDENCE = 1e12
"""Evidence is cut here, which is safe and keeps it a finite number."""


@dataclass(frozen=True, slots=True)
class AnytimeBound:
    """An anytime plan's promise: what is tested, and when it counts as shown.

    Parameters
    ----------
    size
        Images of the set, 0 or more.
    target
        Share of yes to be shown, in (0, 1].
    confidence
        In (0, 1). One of k attributes to be shown jointly takes ``1 - (1 - confidence) / k``.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """

    size: int
    target: float
    confidence: float = 0.95

    def __post_init__(self) -> None:
        _check(np.empty(0, np.int8), self.size, self.confidence)
        _check_target(self.target)

    @property
    def limit(self) -> float:
        """Evidence at which the target counts as shown: 20 at a confidence of 0.95, 20 k for k attributes jointly."""
        return 1 / (1 - self.confidence)

    def evidence(self, answers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return the evidence for the target after each answer; see `evidence`."""
        return evidence(answers, self.size, self.target)

    def lower_bound(self, answers: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return the bound after each answer; see `anytime_lower_bound`. It reaches the target just when certified."""
        return anytime_lower_bound(answers, self.size, self.confidence, target=self.target)

    def certified_after(self, answers: NDArray[np.integer[Any]]) -> int | None:
        """Return the number of answers that showed the target, from 1 on; None if not yet. More do not undo it."""
        reached = np.flatnonzero(self.evidence(answers) >= self.limit)
        return int(reached[0]) + 1 if len(reached) else None

    def words(self, answers: NDArray[np.integer[Any]]) -> str:
        """Return the present bound for people."""
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
    """Return the verdicts that may be used: those before the first open one.

    Parameters
    ----------
    verdicts
        Integers ``(n,)`` in the order of the draw: 1 yes, 0 not yes, -1 open.

    Returns
    -------
    ndarray
        int8 ``(t,)``, t <= n, of 0 and 1.
    """
    said = np.asarray(verdicts, dtype=np.int8)
    waiting = np.flatnonzero(said < 0)
    return said[: waiting[0]] if len(waiting) else said


def evidence(answers: NDArray[np.integer[Any]], size: int, target: float) -> NDArray[np.float64]:
    """Return the evidence, after each answer, that at least a share of a set are yes.

    Parameters
    ----------
    answers
        Integers ``(t,)`` in the order of the draw, none left out: 1 yes, 0 not yes.
    size
        Images of the set, at least t.
    target
        The share, in (0, 1].

    Returns
    -------
    ndarray
        float64 ``(t,)``, from 0 to `LARGEST_EVIDENCE`: the wealth of who bet on it. Were fewer than the share yes, its
        largest value ever would reach x with a chance of at most 1 / x.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    said = _check(answers, size, 0.5)
    _check_target(target)
    if not len(said):
        return np.empty(0)
    fractions, weights = _gamblers()
    seen = np.cumsum(said) - said
    expected = np.minimum((most_below(target, size) - seen) / (size - np.arange(len(said))), 1.0)
    # A yes more than the share allows: it cannot be so few, and wealth knows no limit from there on.
    impossible = np.maximum.accumulate((expected <= 0) & (said == 1))
    factors = np.where(said == 1, 1 / np.where(expected > 0, expected, 1.0), 0.0)
    growth = np.log1p(fractions[:, None] * (factors - 1)).cumsum(axis=1)
    wealth = weights @ np.exp(np.minimum(growth, np.log(LARGEST_EVIDENCE) + 10))
    return np.asarray(np.where(impossible, LARGEST_EVIDENCE, np.minimum(wealth, LARGEST_EVIDENCE)), np.float64)


def anytime_lower_bound(
    answers: NDArray[np.integer[Any]], size: int, confidence: float = 0.95, *, target: float | None = None
) -> NDArray[np.float64]:
    """Bound the share of yes in a set from below, after each answer, all of them at once.

    Parameters
    ----------
    answers
        Integers ``(t,)`` in the order of the draw, none left out: 1 yes, 0 not yes.
    size
        Images of the set, at least t.
    confidence
        In (0, 1): the bound is ever above the truth, after any answer, with a chance of at most the rest.
    target
        A share to test with the others, such that the bound reaches it just when it is certified. At most a thousand
        shares are tested otherwise, at even distances.

    Returns
    -------
    ndarray
        float64 ``(t,)``, from 0 to 1, never falling, never below what was seen.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    said = _check(answers, size, confidence)
    steps = min(size, STEPS)
    # Of each share tested, the largest number of yes that is below it.
    below = -(-np.arange(1, steps + 1) * size // steps) - 1 if size else np.empty(0, np.int64)
    if target is not None and size:
        _check_target(target)
        below = np.union1d(below, most_below(target, size))
    fractions, weights = _gamblers()
    wealth = np.tile(weights, (len(below), 1))
    excluded = yes = 0
    bound = np.zeros(len(said))
    for number, answer in enumerate(said):
        if answer:
            expected = np.minimum((below[excluded:] - yes) / (size - number), 1.0)
            possible = expected > 0
            factors = 1 / np.where(possible, expected, 1.0)
            wealth *= 1 + fractions * (factors - 1)[:, None]
            yes += 1
            # Fewer yes are easier to exclude, so the excluded come first.
            reached = int((~possible | (wealth.sum(axis=1) >= 1 / (1 - confidence))).sum())
            excluded += reached
            wealth = wealth[reached:]
        else:
            wealth *= 1 - fractions
        shown = below[excluded - 1] + 1 if excluded else 0
        bound[number] = max(shown, yes) / size
    return bound


def certifies(answers: NDArray[np.integer[Any]], size: int, target: float, confidence: float = 0.95) -> bool:
    """Return whether the answers have ever shown that at least a share of a set are yes.

    Parameters
    ----------
    answers, size, target
        As for `evidence`.
    confidence
        In (0, 1): it is said falsely, however often it is asked, with a chance of at most the rest.

    Returns
    -------
    bool
        Once true, it stays so with further answers.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    return AnytimeBound(size, target, confidence).certified_after(answers) is not None


@cache
def _gamblers() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fractions, in (0, 1), and their shares of the first stake, sum 1."""
    nodes, weights = np.polynomial.legendre.leggauss(GAMBLERS)
    return (nodes + 1) / 2, weights / 2


def _check(answers: NDArray[np.integer[Any]], size: int, confidence: float) -> NDArray[np.int8]:
    said = np.asarray(answers)
    if said.ndim != 1 or len(said) > size or size < 0 or not 0 < confidence < 1:
        raise ParameterError(
            f"Answers of shape {said.shape} of a set of {size} at a confidence of {confidence} were given. Give one "
            "answer for each of some images of the set, and a confidence between 0 and 1."
        )
    if not ((said == 0) | (said == 1)).all():
        raise ParameterError(
            "An answer here is yes (1) or not yes (0); something else was given. Take the answers before the first "
            "open image, in the order of the draw."
        )
    return said.astype(np.int8)


def _check_target(target: float) -> None:
    if not 0 < target <= 1:
        raise ParameterError(f"A target of {target} was given; a share lies above 0 and at most at 1. Give 0.9.")
