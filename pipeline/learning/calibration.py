"""Calibrate margins to probabilities by Platt's sigmoid, also for weighted answers. No input or output."""

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
    """Fit the monotone map from margins to probabilities, ``1 / (1 + exp(-(slope * margin + offset)))``.

    This is Platt's sigmoid (Platt 1999, *Advances in Large Margin Classifiers*), a logistic fit of two numbers on his
    smoothed targets, (N+ + 1) / (N+ + 2) and 1 / (N- + 2). The targets allow for one hidden yes and one hidden no on
    the other side. With weights, the hidden answer weighs as much as an average answer of the lighter side. Otherwise
    one "no" that stands for thousands of images would outweigh the few yes.

    A negative slope would make a no more likely as the margin of yes grows. Such margins carry no information, so the
    slope is at least 0. At 0 every probability is the smoothed prevalence.

    Parameters
    ----------
    margins
        float ``(m,)``, finite. Margins of answers that the classifier was not trained on.
    truth
        ``(m,)``. 1 or True for yes, 0 or False for no, in the same order. One kind alone, or none, is allowed.
    weights
        float64 ``(m,)``, positive. Number of images that each answer stands for. None gives all the same weight.

    Returns
    -------
    slope, offset : float
        The slope is never negative. Without any answer both are 0, so the probability is one half.

    Raises
    ------
    ParameterError
        If lengths differ, a margin is not finite, or a weight is not positive.
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
    # Scaling the margins to at most 1 keeps slope and offset of similar size.
    scale = float(np.abs(values).max()) or 1.0
    scaled, share = values / scale, weight / weight.sum()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = parameters[0] * scaled + parameters[1]
        residual = share * (expit(logits) - targets)
        value = share @ (np.logaddexp(0.0, logits) - targets * logits)
        return float(value), np.array([residual @ scaled, residual.sum()])

    mean = float(share @ targets)
    start = np.array([0.0, np.log(mean / (1 - mean))])
    # Rare yes have small shares and so small gradients of the loss. The default stopping rule would stop too early.
    exact = {"gtol": 1e-9, "ftol": 1e-13}
    fit = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None), (None, None)], options=exact)
    return float(fit.x[0]) / scale, float(fit.x[1])


def _check(margins: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> None:
    if margins.ndim != 1 or not margins.shape == truth.shape == weights.shape:
        raise ParameterError(
            f"Margins {margins.shape}, answers {truth.shape} and weights {weights.shape} do not match. Each answered "
            "image needs one of each. Pass arrays of the same images."
        )
    if not np.isfinite(margins).all() or not (np.isfinite(weights) & (weights > 0)).all():
        raise ParameterError(
            "A margin is not a finite number, or a weight is not positive. Score the images again with finite vectors, "
            "and weigh each by one over its inclusion probability."
        )
