"""Intervals of proportions. Pure."""

from __future__ import annotations

from pipeline.errors import ParameterError

__all__ = ["clopper_pearson"]


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the exact interval of a binomial proportion (Clopper and Pearson, Biometrika 26, 1934).

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
    if not (0 <= successes <= trials and trials >= 1 and 0 < confidence < 1):
        raise ParameterError(
            f"{successes} of {trials} at a confidence of {confidence} were given. Give 0 to n of n >= 1, and a "
            "confidence between 0 and 1."
        )
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(interval.low), float(interval.high)
