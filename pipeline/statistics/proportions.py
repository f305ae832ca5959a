"""Intervals and tests of proportions, exact ones. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "clopper_pearson",
    "fewest_yes",
    "hypergeometric",
    "interval_of_set",
    "lower_bound",
    "lower_bound_of_set",
    "most_below",
]


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a binomial proportion (Clopper and Pearson, Biometrika 26, 1934).

    Parameters
    ----------
    successes, trials
        Counts, 0 <= successes <= trials and at least one trial.
    confidence
        In (0, 1); each side misses with at most half of the rest.

    Returns
    -------
    low, high : float
        From 0 to 1.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    return _interval(successes, trials, confidence, "two-sided")


def lower_bound(successes: int, trials: int, confidence: float = 0.95) -> float:
    """Return the exact one-sided lower bound of a binomial proportion (Clopper and Pearson 1934).

    Parameters
    ----------
    successes, trials
        Counts, 0 <= successes <= trials and at least one trial.
    confidence
        In (0, 1): the bound lies above the truth with at most the rest.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    return _interval(successes, trials, confidence, "greater")[0]


def lower_bound_of_set(yes: int, sampled: int, size: int, confidence: float = 0.95) -> float:
    """Bound the share of yes in a finite set from below, given a simple random sample without replacement.

    The smallest share that an exact test does not exclude (hypergeometric; Buonaccorsi, The American Statistician 41,
    1987). Never below what the sample itself proves, and exact when everything was sampled.

    Parameters
    ----------
    yes, sampled, size
        0 <= yes <= sampled <= size, and at least one sampled.
    confidence
        In (0, 1): the bound lies above the true share with at most the rest.

    Returns
    -------
    float
        A multiple of 1 / size, from 0 to 1.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    _check_sample(yes, sampled, size, confidence)
    # Whole numbers of yes that the sample allows; how likely so many yes are in it grows with each.
    low, high = yes, size - (sampled - yes)
    while low < high:
        middle = (low + high) // 2
        if hypergeometric(size, middle, sampled)[yes:].sum() > 1 - confidence:
            high = middle
        else:
            low = middle + 1
    return low / size


def interval_of_set(yes: int, no: int, sampled: int, size: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of the share of yes in a finite set, half the risk on each side.

    Parameters
    ----------
    yes, no
        Of the sample; what is neither counts as no for the lower end and as yes for the upper one.
    sampled, size, confidence
        As `lower_bound_of_set` has them.

    Returns
    -------
    tuple of float
        Lower and upper end, from 0 to 1.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    side = (1 + confidence) / 2
    most_no = round(lower_bound_of_set(no, sampled, size, side) * size)
    return lower_bound_of_set(yes, sampled, size, side), (size - most_no) / size


def fewest_yes(sampled: int, size: int, target: float, confidence: float = 0.95) -> int:
    """Return the number of yes in a sample with which its set passes: the set is shown to have at least a share of yes.

    Passing is rejecting "fewer than ``target * size`` of the set are yes" by the exact one-sided test, that is
    `lower_bound_of_set` reaching the target.

    Parameters
    ----------
    sampled, size
        1 <= sampled <= size.
    target
        Share, above 0 and at most 1.
    confidence
        In (0, 1).

    Returns
    -------
    int
        From 0 to ``sampled + 1``; the latter where no answers whatever could show it.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    _check_sample(0, sampled, size, confidence)
    if not 0 < target <= 1:
        raise ParameterError(f"A target of {target} was given; a share lies above 0 and at most at 1. Give 0.9.")
    chances = hypergeometric(size, most_below(target, size), sampled)
    at_least = np.append(np.cumsum(chances[::-1])[::-1], 0.0)
    return int(np.argmax(at_least <= 1 - confidence))


def hypergeometric(size: int, yes: int, sampled: int) -> NDArray[np.float64]:
    """Return the chance of each number of yes in a simple random sample without replacement.

    Written here, as are the bounds made of it: SciPy has no interval for a share of a finite set. The chances are those
    of ``scipy.stats.hypergeom.pmf`` to ten digits; for large sets in a hundredth of its time.

    Parameters
    ----------
    size, yes, sampled
        Images of the set, how many of them are yes, and how many are sampled; the latter two at most the first.

    Returns
    -------
    ndarray
        float64 ``(sampled + 1,)``, sum 1.
    """
    from scipy.special import gammaln

    def log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
        inside = (k >= 0) & (k <= n)
        kept = np.where(inside, k, 0)
        logs = gammaln(n + 1) - gammaln(kept + 1) - gammaln(n - kept + 1)
        return np.asarray(np.where(inside, logs, -np.inf), dtype=np.float64)

    counts = np.arange(sampled + 1)
    logs = log_choose(yes, counts) + log_choose(size - yes, sampled - counts)
    relative = np.exp(logs - logs.max())
    chances: NDArray[np.float64] = relative / relative.sum()
    return chances


def most_below(target: float, size: int) -> int:
    """Return the largest count whose share of a set is below the target.

    Parameters
    ----------
    target
        Share, above 0 and at most 1.
    size
        Images of the set, at least 1.

    Returns
    -------
    int
        From 0 to ``size - 1``.
    """
    count = int(target * size)
    while count / size >= target:
        count -= 1
    while (count + 1) / size < target:
        count += 1
    return count


def _interval(successes: int, trials: int, confidence: float, side: str) -> tuple[float, float]:
    if not (0 <= successes <= trials and trials >= 1 and 0 < confidence < 1):
        raise ParameterError(
            f"{successes} of {trials} at a confidence of {confidence} were given. Give 0 to n of n >= 1, and a "
            "confidence between 0 and 1."
        )
    # The quantile of the beta distribution, the same number as `scipy.stats.beta.ppf`. `scipy.stats.binomtest` has the
    # same interval, but it also computes a p-value (2,000 times the time) and loads all of scipy.stats.
    from scipy.special import betaincinv

    risk = (1 - confidence) / 2 if side == "two-sided" else 1 - confidence
    errors = trials - successes
    low = betaincinv(successes, errors + 1, risk) if successes and side != "less" else 0.0
    high = betaincinv(successes + 1, errors, 1 - risk) if errors and side != "greater" else 1.0
    return float(low), float(high)


def _check_sample(yes: int, sampled: int, size: int, confidence: float) -> None:
    if not (0 <= yes <= sampled <= size and sampled >= 1 and 0 < confidence < 1):
        raise ParameterError(
            f"{yes} yes of {sampled} sampled of {size} at a confidence of {confidence} were given. Give 0 to n of a "
            "sample of n >= 1, no larger than its set, and a confidence between 0 and 1."
        )
