"""Margins into probabilities: Platt's sigmoid, for weighted answers too. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["calibrate"]


def calibrate(
    margins: NDArray[Any], truth: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> tuple[float, float]:
    """Fit the monotone map of margins to probabilities, ``1 / (1 + exp(-(slope * margin + offset)))``.

    Platt's sigmoid (Platt 1999, *Advances in Large Margin Classifiers*) as a two-weight logistic fit on his smoothed
    targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2). These say that one more yes and one more no may be hidden on the
    other side. With weights, the hidden one weighs what an answer of the lighter side weighs on average; otherwise the
    thousands of images behind one weighty "no" would drown the few yes.

    A negative slope would call a no more likely the surer the classifier is of yes; margins that bad tell nothing, so
    the slope is held at 0 and every probability is then the smoothed prevalence.

    Parameters
    ----------
    margins
        float ``(m,)``, finite, of answers that the classifier was not trained on.
    truth
        ``(m,)``: 1 or True for yes, 0 or False for no; same order. One side alone, or none, is allowed.
    weights
        float64 ``(m,)``, above 0: how many images each answer stands for; all alike if left out.

    Returns
    -------
    slope, offset : float
        The slope is never negative. Without any answer 0 and 0: probability one half.

    Raises
    ------
    ParameterError
        If lengths differ, a margin is not finite, or a weight is not above 0.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    values, yes = np.asarray(margins, dtype=np.float64), np.asarray(truth).astype(np.bool_)
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    _check(values, yes, weight)
    if not len(values):
        return 0.0, 0.0
    n_yes, n_no = int(yes.sum()), int((~yes).sum())
    sums = np.array([weight[yes].sum(), weight[~yes].sum()])
    hidden = min(total / count for total, count in zip(sums, (n_yes, n_no), strict=True) if count)
    targets = np.where(yes, (sums[0] + hidden) / (sums[0] + 2 * hidden), hidden / (sums[1] + 2 * hidden))
    # Unit scale keeps the two weights of like size, whatever the margins' own.
    scale = float(np.abs(values).max()) or 1.0
    scaled, share = values / scale, weight / weight.sum()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = parameters[0] * scaled + parameters[1]
        residual = share * (expit(logits) - targets)
        value = share @ (np.logaddexp(0.0, logits) - targets * logits)
        return float(value), np.array([residual @ scaled, residual.sum()])

    mean = float(share @ targets)
    start = np.array([0.0, np.log(mean / (1 - mean))])
    # Rare yes have small shares, and with them small slopes of the loss: the usual stopping rule would stop early.
    exact = {"gtol": 1e-9, "ftol": 1e-13}
    fit = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)], options=exact)
    return float(fit.x[0]) / scale, float(fit.x[1])


def _check(margins: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> None:
    if margins.ndim != 1 or not margins.shape == truth.shape == weights.shape:
        raise ParameterError(
            f"Margins {margins.shape}, answers {truth.shape} and weights {weights.shape} were given; there must be one "
            "of each for every answered image. Pass arrays of the same images."
        )
    if not np.isfinite(margins).all() or not (np.isfinite(weights) & (weights > 0)).all():
        raise ParameterError(
            "A margin that is not a finite number, or a weight that is not above 0, was given. Score the images again "
            "with finite vectors, and weigh each by one over its inclusion probability."
        )
