"""Train a classifier on the answers of the rounds so far. No input or output."""

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
"""Number of images that are drawn at random and used as weak negatives."""
WEAK_WEIGHT = 0.05
"""Weight of a weak negative relative to an answered no."""
REGULARISATION = 1.0
"""Inverse strength of the L2 penalty, scikit-learn's C. `attribute_classifier` measured little change around 1."""
NARROW = 256
"""Greatest width of a vector at which Newton's method is faster."""


def draw_weak_negatives(allowed: NDArray[np.bool_], *, count: int = WEAK_NEGATIVES, seed: int) -> NDArray[np.int64]:
    """Draw unanswered images to use as weak negatives.

    Parameters
    ----------
    allowed
        bool (n,). Images that can be drawn. Exclude answered images and images that are never used for training.
    count
        Number of images wanted.
    seed
        Seed of the draw.

    Returns
    -------
    ndarray
        int64 (at most ``count``,), ascending rows.
    """
    generator = np.random.default_rng(seed)
    n = len(allowed)
    if n > 50 * count:  # try a few of millions, without a list of all
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

    All yes together weigh as much as all no (King and Zeng 2001, Political Analysis 9). Weak negatives are images drawn
    at random and used as a no of low weight. They represent most of the collection, about which answers to images
    chosen by a model say little. Before the first no, they are the only negatives.

    Parameters
    ----------
    vectors
        float16 or float32 ``(m, d)``. Vectors of the answered images.
    answers
        bool ``(m,)``. Whether the settled answer is yes.
    weak
        float16 or float32 ``(w, d)``. Vectors of weak negatives, see `draw_weak_negatives`. May be empty.
    seed
        Seed for solvers that use random numbers. The present solvers do not, so every seed gives the same model.
    weak_weight
        Weight of a weak negative relative to an answered no, 0 or more.
    directions
        float32 ``(k, d)``. Orthonormal rows, from `pipeline.learning.attribute_classifier.feature_directions`. The
        classifier is fitted in their subspace, which is faster, and mapped back to width ``d``. None fits it to the
        full vectors.

    Returns
    -------
    LinearModel
        A model for vectors of width ``d``, not calibrated (slope 1, offset 0). The same for the same arguments.

    Raises
    ------
    ParameterError
        If there is no yes or no negative, the arrays do not match, or vectors are not finite.
    """
    from sklearn.linear_model import LogisticRegression

    del seed
    n_yes, n_no = int(np.count_nonzero(answers)), int(np.count_nonzero(~answers))
    if vectors.ndim != 2 or weak.ndim != 2 or len(vectors) != len(answers) or weak.shape[1] != vectors.shape[1]:
        raise ParameterError(
            f"Vectors of shape {vectors.shape}, {len(answers)} answers and weak negatives of shape {weak.shape} do not "
            "match. Each vector needs one answer, and weak negatives need the same width."
        )
    if not n_yes:
        raise ParameterError(
            f"There is no yes among {n_no} answers, so training is not possible. Find one example (search, or select "
            "on the map) and answer yes."
        )
    other_side = n_no + weak_weight * len(weak)
    if not other_side > 0:
        raise ParameterError(
            f"There are {n_yes} answers of yes and no negatives. Answer no for an image, or pass weak negatives."
        )
    features = np.concatenate([np.asarray(vectors, np.float32), np.asarray(weak, np.float32)])
    if not np.isfinite(features).all():
        raise ParameterError("A vector to train on is not finite. Embed those images again.")
    if directions is not None:
        features = features @ directions.T
    truth = np.concatenate([np.asarray(answers, np.bool_), np.zeros(len(weak), np.bool_)])
    # Both sides weigh the same, and the sum of weights is the number of answers, so that C has its usual meaning.
    weights = np.full(len(truth), 0.5 * len(answers) / other_side)
    weights[: len(answers)][truth[: len(answers)]] = 0.5 * len(answers) / n_yes
    weights[len(answers) :] *= weak_weight
    used = weights > 0
    features, truth, weights = features[used], truth[used], weights[used]
    if not np.ptp(features, axis=0).any():  # identical images, so there is nothing to learn
        return LinearModel(np.zeros(vectors.shape[1], np.float32), 0.0)
    # The matrices are so small that BLAS threads mostly wait.
    with _thread_pools().limit(limits=1):
        # A step of Newton's method costs the square of the width. For large widths L-BFGS converges in less time.
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
    """Find the libraries with threads once, because the search takes as long as a fit."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
