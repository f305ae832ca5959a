"""Training a classifier on the answers of the rounds so far. Pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.learning.linear_model import LinearModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["REGULARISATION", "WEAK_NEGATIVES", "WEAK_WEIGHT", "draw_weak_negatives", "train"]

WEAK_NEGATIVES = 200
"""Images drawn at random and taken for a weak no."""
WEAK_WEIGHT = 0.05
"""What one of them counts beside an answered no."""
REGULARISATION = 1.0
"""Inverse strength of the L2 penalty, scikit-learn's C; `attribute_classifier` measured little change around 1."""
NARROW = 256
"""Numbers of a vector up to which Newton's method is the faster one."""


def draw_weak_negatives(allowed: NDArray[np.bool_], *, count: int = WEAK_NEGATIVES, seed: int) -> NDArray[np.int64]:
    """Draw images that nobody has answered, to be taken for a weak no.

    Parameters
    ----------
    allowed
        bool (n,): images that may be drawn. Leave out what was answered and what never trains.
    count
        How many are wanted.
    seed
        Another seed draws others.

    Returns
    -------
    ndarray
        int64 (at most ``count``,), ascending rows.
    """
    generator = np.random.default_rng(seed)
    n = len(allowed)
    if n > 50 * count:  # of millions a few are tried one by one: no list of all is made
        tried = np.unique(generator.integers(0, n, 4 * count))
        rows = tried[allowed[tried]]
        if rows.size >= count:
            return np.sort(generator.choice(rows, count, replace=False)).astype(np.int64)
    rows = np.flatnonzero(allowed)
    return np.sort(generator.choice(rows, min(count, rows.size), replace=False)).astype(np.int64)


def train(
    vectors: NDArray[Any],
    answers: NDArray[np.bool_],
    weak: NDArray[Any],
    *,
    seed: int = 0,
    weak_weight: float = WEAK_WEIGHT,
    directions: NDArray[np.float32] | None = None,
) -> LinearModel:
    """Train a class-balanced L2-regularised logistic regression on answers and weak negatives.

    Yes and no weigh the same in all (King and Zeng 2001, Political Analysis 9). Weak negatives, images drawn at random
    and taken for a no at a low weight, stand for the bulk of the collection, of which answers in places chosen by a
    model say little; while nobody has said no, they alone are the other side.

    Parameters
    ----------
    vectors
        float16 or float32 ``(m, d)``: vectors of the answered images.
    answers
        bool ``(m,)``: whether the settled answer is yes.
    weak
        float16 or float32 ``(w, d)``: vectors of weak negatives, see `draw_weak_negatives`; may be none.
    seed
        For solvers that draw; the present one does not, so that any seed gives the same model.
    weak_weight
        What a weak negative counts beside an answered no, 0 or more.
    directions
        float32 ``(k, d)``: orthonormal rows, from `pipeline.learning.attribute_classifier.feature_directions`. The
        classifier is fitted in the subspace that they span, faster, and carried back to width ``d``. Left out: fitted
        as the vectors are.

    Returns
    -------
    LinearModel
        For vectors of width ``d``; not calibrated (slope 1, offset 0). A function of the arguments alone.

    Raises
    ------
    ParameterError
        Without a yes, without any other side, for arrays that do not fit, or vectors that are not finite.
    """
    from sklearn.linear_model import LogisticRegression

    del seed
    n_yes, n_no = int(np.count_nonzero(answers)), int(np.count_nonzero(~answers))
    if vectors.ndim != 2 or weak.ndim != 2 or len(vectors) != len(answers) or weak.shape[1] != vectors.shape[1]:
        raise ParameterError(
            f"Vectors of shape {vectors.shape}, {len(answers)} answers and weak negatives of shape {weak.shape} were "
            "given. Give one answer a vector, and weak negatives of the same width."
        )
    if not n_yes:
        raise ParameterError(
            f"There is no yes among {n_no} answers: nothing to train on. Find one example (search, or select on the "
            "map) and answer yes."
        )
    other_side = n_no + weak_weight * len(weak)
    if not other_side > 0:
        raise ParameterError(
            f"There are {n_yes} answers of yes and nothing beside them. Answer no for an image, or pass weak negatives."
        )
    features = np.concatenate([np.asarray(vectors, np.float32), np.asarray(weak, np.float32)])
    if not np.isfinite(features).all():
        raise ParameterError("A vector to train on is not finite. Embed those images again.")
    if directions is not None:
        features = features @ directions.T
    truth = np.concatenate([np.asarray(answers, np.bool_), np.zeros(len(weak), np.bool_)])
    # The two sides weigh the same, and all together as much as there are answers, so that C means what it always does.
    weights = np.full(len(truth), 0.5 * len(answers) / other_side)
    weights[: len(answers)][truth[: len(answers)]] = 0.5 * len(answers) / n_yes
    weights[len(answers) :] *= weak_weight
    used = weights > 0
    features, truth, weights = features[used], truth[used], weights[used]
    if not np.ptp(features, axis=0).any():  # identical images: nothing to learn, and nowhere for a solver to go
        return LinearModel(np.zeros(vectors.shape[1], np.float32), 0.0)
    # The matrices are so small that BLAS threads spend their time waiting.
    with _thread_pools().limit(limits=1):
        # A step of Newton's costs the square of the width: where that is large, L-BFGS comes closer in less time.
        narrow = features.shape[1] <= NARROW
        solver, tolerance = ("newton-cholesky", 1e-4) if narrow else ("lbfgs", 1e-6)
        model = LogisticRegression(C=REGULARISATION, solver=solver, tol=tolerance, max_iter=1_000)
        model.fit(features.astype(np.float64), truth, sample_weight=weights)
    found = model.coef_[0]
    if directions is not None:
        found = found @ directions
    return LinearModel(np.asarray(found, np.float32), float(model.intercept_[0]))


@cache
def _thread_pools() -> Any:
    """Find the libraries with threads once: looking for them takes as long as a fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
