"""Bound the number of missed positives of a release from above, without any assumption about its scores. Pure.

**Why it holds.** Stratum h has N_h images, M_h of them are missed positives, n_h are drawn, and y_h of those are found
to be missed positives. For any numbers a_h in [0, 1] that are fixed before the answers,

    E = product over h of (1 - a_h)^y_h / G_h,   G_h >= the mean of (1 - a_h)^Y_h,

has a mean of at most 1 at the true M_h, because strata are drawn independently. E is the wealth of a gambler who bets,
image by image, on fewer missed positives. By Markov's inequality it reaches 1/alpha with a probability of at most alpha
(Waudby-Smith and Ramdas 2024, Journal of the Royal Statistical Society B 86). The mean of a convex function of a
hypergeometric count is at most that of a binomial count (Hoeffding 1963, Journal of the American Statistical
Association 58), and images and draws may exchange their roles. So G_h is the smaller of (1 - a_h M_h / N_h)^n_h and
(1 - a_h n_h / N_h)^M_h. All (M_h) with E < 1/alpha remain possible. The bound is the largest sum among them, for any
distribution of the missed positives over the strata. Since -log G_h is convex in M_h, Lagrange's dual bounds this sum
from above at every price. So an inexact search cannot make the bound too small.

The bets are a_h = c w_h / max(w). Here w_h = N_h / n_h is the number of images for which a drawn image of the stratum
stands. With these bets a missed positive has the same effect in every stratum. Several values of c share alpha. The
value that fits the scores best gets most of it. Wrong scores make the bound wider but never invalid. For a single
stratum the exact bound is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError
from pipeline.statistics.proportions import lower_bound_of_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.audit.statistics.missed_positives import NegativeAnswers

__all__ = ["most_missed"]

BETS = (1.0, 0.9, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05)
SHARE_OF_BEST = 0.7  # share of alpha for the bet that fits the scores
STEPS = 50  # steps of the golden-section search, which give ten digits of the price
GOLDEN = (np.sqrt(5) - 1) / 2


def most_missed(answers: NegativeAnswers, confidence: float) -> int:
    """Return an upper bound of the number of missed positives that assumes nothing about the scores (see the module).

    An image that was drawn and has no verdict counts as missed.

    Parameters
    ----------
    answers
        Counts of each stratum. The expected numbers only choose the bets.
    confidence
        Probability, between 0 and 1, that the bound is not below the truth.

    Returns
    -------
    int
        At least the number of missed positives found, at most the number of images that may be missed positives. Exact
        if every image has a verdict.

    Raises
    ------
    ParameterError
        If the confidence is outside its range.
    """
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
    sizes, drawn = answers.sizes.astype(np.float64), answers.drawn.astype(np.float64)
    misses = (answers.missed + answers.drawn - answers.answered).astype(np.float64)
    low, high = answers.missed.astype(np.float64), sizes - (answers.answered - answers.missed)
    partly = (drawn > 0) & (drawn < sizes)
    if not partly.any():
        return int(high.sum())
    if partly.sum() == 1:  # one sample alone has an exact bound
        size, asked = int(sizes[partly].item()), int(drawn[partly].item())
        certain = lower_bound_of_set(asked - int(misses[partly].item()), asked, size, confidence)
        return int(high[~partly].sum()) + size - round(certain * size)
    weights = np.where(partly, sizes / np.maximum(drawn, 1), 0.0)
    bets = np.array(BETS)[:, None] * weights / weights.max()
    with np.errstate(divide="ignore"):
        lost = -np.log1p(-bets)  # loss by each missed positive found, infinite for a bet of 1
    paid = np.where(misses > 0, misses * np.where(misses > 0, lost, 0.0), 0.0).sum(axis=1)
    allowed = paid - np.log((1 - confidence) * _shares(bets, lost, drawn * answers.expected / np.maximum(sizes, 1)))
    bound = _largest_sum(bets, sizes, drawn, low, high, allowed).min()
    return int(np.floor(np.clip(bound + 1e-6, low.sum(), high.sum())))


def _shares(bets: NDArray[np.float64], lost: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide alpha between the bets, float64 (b,). The bet with the lowest bound at the expected counts gets most."""
    losses = np.where(expected > 0, expected * np.where(expected > 0, lost, 0.0), 0.0).sum(axis=1)
    shares = np.full(len(bets), (1 - SHARE_OF_BEST) / (len(bets) - 1))
    shares[int(np.argmin((np.log(20) + losses) / bets.max(axis=1)))] = SHARE_OF_BEST
    return shares


def _largest_sum(
    bets: NDArray[np.float64],
    sizes: NDArray[np.float64],
    drawn: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    allowed: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return an upper bound of the sum of M_h for each bet, if their costs -log G_h sum to at most ``allowed``.

    A golden-section search finds the price with the lowest dual value. The value is a bound at any price.
    """
    by_image = -np.log1p(-bets * drawn / np.maximum(sizes, 1))

    def cost(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            by_draws = -drawn * np.log1p(-bets * counts / np.maximum(sizes, 1))
        return np.maximum(by_draws, counts * by_image)

    # The best count of a stratum is an end, the kink of the cost at M = n, or the count with a slope of 1 / price.
    corners = np.stack([low, high, np.clip(drawn, low, high)])[:, None, :]
    at_corners = cost(corners)

    def dual(log_price: NDArray[np.float64]) -> NDArray[np.float64]:
        price = np.exp(log_price)[:, None]
        even = np.clip(sizes / np.maximum(bets, 1e-12) - drawn * price, low, high)
        gains = np.maximum((corners - price * at_corners).max(axis=0), even - price * cost(even)).sum(axis=1)
        bound: NDArray[np.float64] = gains + price[:, 0] * allowed
        return bound

    finite = np.isfinite(allowed)
    allowed = np.where(finite, allowed, 0.0)
    slope = (bets * drawn / np.maximum(sizes, 1)).max(axis=1)
    left, right = np.full(len(bets), -20.0), np.log(4 / slope)
    inner, outer = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
    at_inner, at_outer = dual(inner), dual(outer)
    for _ in range(STEPS):
        lower = at_inner < at_outer
        left, right = np.where(lower, left, inner), np.where(lower, outer, right)
        new = np.where(lower, right - GOLDEN * (right - left), left + GOLDEN * (right - left))
        at_new = dual(new)
        inner, outer = np.where(lower, new, outer), np.where(lower, inner, new)
        at_inner, at_outer = np.where(lower, at_new, at_outer), np.where(lower, at_inner, at_new)
    return np.where(finite, np.minimum(at_inner, at_outer), high.sum())
