"""How many yes a release missed: bounds of a count in strata that were sampled unequally. Pure.

**Assuming nothing** (`most_missed`). Let M_h of the N_h images of stratum h be missed yes, n_h be drawn and y_h of them
be found missed. For any numbers a_h in [0, 1] fixed before the answers,

    E = product over h of (1 - a_h)^y_h / G_h,   G_h >= the mean of (1 - a_h)^Y_h,

has a mean of at most 1 at the true M_h, for strata are drawn independently: E is what a gambler has who bets, image by
image, that misses are fewer, and by Markov's inequality it reaches 1/alpha with a chance of at most alpha (Waudby-Smith
and Ramdas 2024, Journal of the Royal Statistical Society B 86). The mean of a convex function of a hypergeometric count
is at most that of a binomial one (Hoeffding 1963, Journal of the American Statistical Association 58), with images and
draws in either role, so G_h is the smaller of (1 - a_h M_h / N_h)^n_h and (1 - a_h n_h / N_h)^M_h. All (M_h) with
E < 1/alpha remain, and the bound is the largest sum among them, wherever the misses sit. Since -log G_h is convex in
M_h, Lagrange's dual bounds that sum from above at every price, so that no search can make it too small.

The bets are a_h = c w_h / max(w), where w_h = N_h / n_h is what an image of the stratum stands for: a miss then costs
the gambler's opponent the same wherever it is put. Several c share alpha, most of it to the one that suits what the
scores expect. Scores that are wrong cost width and never validity. Of one stratum alone the exact bound is taken.

**Trusting the scores** (`missed_by_scores`). In bands of neighbouring strata, wide enough that their sample should hold
`MISSES_A_BAND` misses, the images without an answer are as many times what their scores say as the sampled ones were:
a separate ratio estimator in the prediction form (Royall 1970, Biometrika 57; Särndal, Swensson and Wretman 1992,
*Model Assisted Survey Sampling*, section 7.3), that is the scores' sum plus fitted residuals. The more answers, the more
bands, and the less the scores decide. Its error is that of the sample plus that of the images not seen, each by p(1 - p)
with the fitted p, to which one expected miss of the scores' own is added in every band: a band without misses is not
certain. Sums of few rare misses are skewed, so the interval is that of a Poisson count in units of variance over mean
(as Fay and Feuer 1997, Statistics in Medicine 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.proportions import lower_bound_of_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.audit.drawing import ScoreStratum

__all__ = ["MissedByScores", "NegativeAnswers", "agreement_with_scores", "missed_by_scores", "most_missed",
           "negative_answers"]  # fmt: skip

YES, OPEN = 1, -1
MISSES_A_BAND = 5.0
LEAST_PROBABILITY = 1e-9  # a score of 0 would say that a miss cannot be
BETS = (1.0, 0.9, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05)
SHARE_OF_BEST = 0.7  # of alpha, for the bet that suits the scores
_STEPS = 50  # of golden sections: the price is then known to ten digits
_GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True, eq=False)
class NegativeAnswers:
    """What was asked and answered of each stratum of the negative set, all ``(h,)``, the highest scores first.

    Parameters
    ----------
    sizes, drawn, answered, missed
        int64: images, how many of them were drawn at random, have a verdict, and have the verdict yes.
    expected, expected_answered
        float64: sums of the scores, of all images and of those with a verdict.
    """

    sizes: NDArray[np.int64]
    drawn: NDArray[np.int64]
    answered: NDArray[np.int64]
    missed: NDArray[np.int64]
    expected: NDArray[np.float64]
    expected_answered: NDArray[np.float64]

    def __post_init__(self) -> None:
        counts = (self.missed, self.answered, self.drawn, self.sizes)
        shapes = {np.shape(part) for part in (*counts, self.expected, self.expected_answered)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ParameterError("Strata of different numbers were given. Give one number of each kind a stratum.")
        growing = all((less <= more).all() for less, more in zip((0, *counts[:-1]), counts, strict=True))
        sums = np.concatenate([self.expected, self.expected_answered])
        if not growing or not (np.isfinite(sums) & (sums >= 0)).all():
            raise ParameterError(
                "A stratum has more misses than verdicts, more verdicts than images drawn, more drawn than it has, or "
                "a sum of scores that is no number from 0 on. Count again, with `negative_answers`."
            )


@dataclass(frozen=True, slots=True)
class MissedByScores:
    """Missed yes as the scores and the answers together have it.

    Parameters
    ----------
    value, low, high
        Numbers of images; None, 0 and the size of the set where nothing was answered.
    bands
        In each of which the scores are taken to be right up to one factor.
    """

    value: float | None
    low: float
    high: float
    bands: int


def negative_answers(
    strata: Sequence[ScoreStratum],
    stratum: NDArray[np.integer[Any]],
    scores: NDArray[Any],
    verdicts: NDArray[np.integer[Any]],
) -> NegativeAnswers:
    """Count the answers of each stratum.

    Parameters
    ----------
    strata
        Of the draw.
    stratum
        Integers ``(k,)``: of each image drawn, its place in ``strata``; those below 0 are not of the negative set.
    scores
        float ``(k,)``: probabilities by which the release was made.
    verdicts
        Integers ``(k,)``: 1 yes, 0 not yes, -1 open.

    Returns
    -------
    NegativeAnswers
        One entry a stratum.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside that.
    """
    place, values, said = np.asarray(stratum), np.asarray(scores, dtype=np.float64), np.asarray(verdicts)
    if not place.shape == values.shape == said.shape or (len(place) and place.max() >= len(strata)):
        raise ParameterError(
            f"Strata {place.shape}, scores {values.shape} and verdicts {said.shape} were given for {len(strata)} "
            "strata; there must be one of each for every image drawn. Pass arrays of one draw."
        )
    if not np.isin(said, (YES, 0, OPEN)).all() or not ((values >= 0) & (values <= 1)).all():
        raise ParameterError(
            "A verdict other than 1, 0 and -1, or a score that is no probability, was given. Settle the answers, and "
            "pass the scores of the release."
        )
    known = (place >= 0) & (said != OPEN)

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(place[which], minlength=len(strata)).astype(np.int64)

    sizes = np.array([entry.size for entry in strata], dtype=np.int64)
    values = np.maximum(values, LEAST_PROBABILITY)
    return NegativeAnswers(
        sizes=sizes,
        drawn=count(place >= 0),
        answered=count(known),
        missed=count(known & (said == YES)),
        expected=np.maximum(np.array([entry.expected for entry in strata], np.float64), LEAST_PROBABILITY * sizes),
        expected_answered=np.bincount(place[known], weights=values[known], minlength=len(strata)),
    )


def most_missed(answers: NegativeAnswers, confidence: float) -> int:
    """Bound the missed yes from above, whatever the scores are worth; see the module.

    An image that was drawn and has no verdict counts as missed.

    Parameters
    ----------
    answers
        Of each stratum. The expected numbers only choose the bets.
    confidence
        In (0, 1): the bound lies below the truth with at most the rest.

    Returns
    -------
    int
        From the misses found to the images that may be misses; exact where every image has a verdict.

    Raises
    ------
    ParameterError
        For a confidence outside that.
    """
    if not 0 < confidence < 1:
        raise ParameterError(f"A confidence of {confidence} was given; it lies between 0 and 1. Give 0.95.")
    sizes, drawn = answers.sizes.astype(np.float64), answers.drawn.astype(np.float64)
    misses = (answers.missed + answers.drawn - answers.answered).astype(np.float64)
    low, high = answers.missed.astype(np.float64), sizes - (answers.answered - answers.missed)
    partly = (drawn > 0) & (drawn < sizes)
    if partly.sum() <= 1:  # one sample alone has an exact bound
        one = int(np.argmax(partly))
        others = int(high.sum() - high[partly].sum())
        if not partly.any():
            return others
        size, asked = int(sizes[one]), int(drawn[one])
        certain = round(lower_bound_of_set(asked - int(misses[one]), asked, size, confidence) * size)
        return others + size - certain
    weights = np.where(partly, sizes / np.maximum(drawn, 1), 0.0)
    bets = np.array(BETS)[:, None] * weights / weights.max()
    with np.errstate(divide="ignore"):
        lost = -np.log1p(-bets)  # by each miss found; of a bet of 1, everything
    paid = np.where(misses > 0, misses * np.where(misses > 0, lost, 0.0), 0.0).sum(axis=1)
    allowed = paid - np.log((1 - confidence) * _shares(bets, lost, drawn * answers.expected / np.maximum(sizes, 1)))
    bound = _largest_sum(bets, sizes, drawn, low, high, allowed).min()
    return int(np.floor(np.clip(bound + 1e-6, low.sum(), high.sum())))


def missed_by_scores(answers: NegativeAnswers, confidence: float = 0.95) -> MissedByScores:
    """Estimate the missed yes, trusting the scores within bands; see the module.

    Images without a verdict are left out: they are taken to be like those with one.

    Parameters
    ----------
    answers
        Of each stratum.
    confidence
        In (0, 1).

    Returns
    -------
    MissedByScores
        ``low <= value <= high``, and never fewer than were found.

    Raises
    ------
    ParameterError
        For a confidence outside that.
    """
    from scipy.special import gammaincinv

    if not 0 < confidence < 1:
        raise ParameterError(f"A confidence of {confidence} was given; it lies between 0 and 1. Give 0.95.")
    found, most = float(answers.missed.sum()), float((answers.sizes - answers.answered + answers.missed).sum())
    if not answers.answered.any():
        return MissedByScores(0.0 if not most else None, 0.0, most, 0)
    unseen = answers.sizes - answers.answered
    still = np.maximum(answers.expected - answers.expected_answered, LEAST_PROBABILITY * unseen)
    met_by = np.maximum(answers.expected_answered, LEAST_PROBABILITY * answers.answered)
    bands = _bands(met_by)
    total = mean = variance = 0.0
    for band in bands:
        met = float(met_by[band].sum())
        ratio = float(still[band].sum()) / met
        factor = (float(answers.missed[band].sum()) + 1) / (met + 1)
        total += ratio * float(answers.missed[band].sum())
        mean += ratio * factor * met
        variance += ratio**2 * _spread(factor * met_by[band], answers.answered[band])
        variance += _spread(factor * still[band], unseen[band])
    if not mean:
        return MissedByScores(found, found, found, len(bands))
    unit, tail = max(variance / mean, np.finfo(np.float64).tiny), (1 - confidence) / 2
    low = unit * float(gammaincinv(total / unit, tail)) if total else 0.0
    high = unit * float(gammaincinv(total / unit + 1, 1 - tail))
    value = min(found + total, most)
    return MissedByScores(value, min(found + low, value), max(min(found + high, most), value), len(bands))


def agreement_with_scores(answers: NegativeAnswers) -> float:
    """Test whether the misses found are as many as the scores expect, in all and in each stratum.

    Exact two-sided tests of binomial counts with the mean score of a stratum's answered images, and of their sum over
    the strata; counts of images of unequal scores spread less than these (Hoeffding 1956, Annals of Mathematical
    Statistics 27).

    Parameters
    ----------
    answers
        Of each stratum.

    Returns
    -------
    float
        The smallest p-value times the number of tests (Bonferroni), from 0 to 1; 1 where nothing was answered.
    """
    from scipy.stats import binom

    chances = np.ones(1)
    p_values = [1.0]
    for trials, missed, met in zip(answers.answered, answers.missed, answers.expected_answered, strict=True):
        if trials:
            own = binom.pmf(np.arange(trials + 1), trials, min(met / trials, 1.0))
            p_values.append(_two_sided(own, int(missed)))
            chances = np.convolve(chances, own)
    p_values.append(_two_sided(chances, int(answers.missed.sum())))
    return float(min(min(p_values) * max(len(p_values) - 1, 1), 1.0))


def _two_sided(chances: NDArray[np.float64], count: int) -> float:
    return float(min(2 * min(chances[: count + 1].sum(), chances[count:].sum()), 1.0))


def _bands(expected: NDArray[np.float64]) -> list[slice]:
    """Join strata from the highest scores down until each band's sample should hold enough misses."""
    ends, reached = [0], 0.0
    for place, met in enumerate(expected.tolist()):
        reached += met
        if reached >= MISSES_A_BAND:
            ends.append(place + 1)
            reached = 0.0
    # What is left over at the low end joins the last band.
    ends[max(len(ends) - 1, 1) :] = [len(expected)]
    return [slice(start, end) for start, end in zip(ends[:-1], ends[1:], strict=True)]


def _spread(expected: NDArray[np.float64], images: NDArray[np.int64]) -> float:
    """Sum p(1 - p) over images, with the mean p of each stratum."""
    share = np.minimum(expected / np.maximum(images, 1), 1.0)
    return float((images * share * (1 - share)).sum())


def _shares(bets: NDArray[np.float64], lost: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part alpha between the bets, float64 (b,): most for the one with the least bound at the expected misses."""
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
    """Bound the sum of M_h from above, given that their costs -log G_h sum to at most ``allowed``, for each bet.

    Golden-section search for the price of least dual value; the value is a bound at any price.
    """

    def dual(log_price: NDArray[np.float64]) -> NDArray[np.float64]:
        price = np.exp(log_price)[:, None]
        # What pays best in a stratum is an end, the kink of the cost at M = n, or where its slope is 1 / price.
        even = sizes / np.maximum(bets, np.finfo(np.float64).tiny) - drawn * price
        counts = np.stack(np.broadcast_arrays(low, high, drawn, even))
        counts = np.clip(counts, low, high)
        with np.errstate(divide="ignore"):
            by_draws = -drawn * np.log1p(-bets * counts / np.maximum(sizes, 1))
        by_images = -counts * np.log1p(-bets * drawn / np.maximum(sizes, 1))
        gains = (counts - price * np.maximum(by_draws, by_images)).max(axis=0).sum(axis=1)
        bound: NDArray[np.float64] = gains + price[:, 0] * allowed
        return bound

    finite = np.isfinite(allowed)
    allowed = np.where(finite, allowed, 0.0)
    slope = (bets * drawn / np.maximum(sizes, 1)).max(axis=1)
    left, right = np.full(len(bets), -20.0), np.log(4 / slope)
    inner, outer = right - _GOLDEN * (right - left), left + _GOLDEN * (right - left)
    at_inner, at_outer = dual(inner), dual(outer)
    for _ in range(_STEPS):
        lower = at_inner < at_outer
        left, right = np.where(lower, left, inner), np.where(lower, outer, right)
        new = np.where(lower, right - _GOLDEN * (right - left), left + _GOLDEN * (right - left))
        at_new = dual(new)
        inner, outer = np.where(lower, new, outer), np.where(lower, inner, new)
        at_inner, at_outer = np.where(lower, at_new, at_outer), np.where(lower, at_inner, at_new)
    return np.where(finite, np.minimum(at_inner, at_outer), high.sum())
