"""Fit a calibrated linear classifier for each attribute on known answers, cross-validated by project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.values import UNKNOWN, YES
from pipeline.embedding.reduction import leading_directions
from pipeline.errors import ParameterError
from pipeline.learning.calibration import calibrate
from pipeline.learning.cross_validation import FOLDS, group_folds, held_out_margins, too_few_answers
from pipeline.learning.linear_model import LinearModel, probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "AttributeModel",
    "combine_scores",
    "feature_directions",
    "fit_attribute",
    "known_scores",
    "score_attribute",
    "score_attributes",
]

# Measured on 2,700 pictures x 1,280 features, 24 attributes, mean average precision: width 64 0.38, 128 0.41, 256 0.42;
# at width 256, C 0.3 0.410, C 1 0.421, C 3 0.420, C 10 0.409, C 100 0.374. Flat around 1, so C is not tuned.
FEATURE_WIDTH = 256
REGULARISATION = 1.0


@dataclass(frozen=True, slots=True)
class AttributeModel:
    """A linear classifier and the results of its cross-validation.

    Parameters
    ----------
    linear
        The classifier, calibrated on out-of-fold margins. Its probabilities estimate the share of yes among images
        like the known ones.
    n_yes, n_no
        Number of known answers used for the fit.
    average_precision
        Average precision of the pooled out-of-fold scores. It is pooled, because thresholds cut this ranking. A mean
        over folds would be too optimistic, because some folds have only one or two yes.
    average_precision_by_fold
        float64 ``(folds,)``. Average precision of each fold, to show the spread.
    prevalence
        Share of yes among the known answers, which is the average precision of a random ranking.
    known_rows
        int64 ``(m,)``. Rows with a known answer, ascending.
    out_of_fold_margins
        float32 ``(m,)``. Margin of each known row by the model that was not trained on its project.
    """

    linear: LinearModel
    n_yes: int
    n_no: int
    average_precision: float
    average_precision_by_fold: NDArray[np.float64]
    prevalence: float
    known_rows: NDArray[np.int64]
    out_of_fold_margins: NDArray[np.float32]


def feature_directions(vectors: NDArray[Any], *, width: int = FEATURE_WIDTH, seed: int) -> NDArray[np.float32]:
    """Return the subspace of an embedding in which classifiers are fitted fast.

    It is computed once from all images without the answers, so folds and attributes can share it without leaking a
    label. The weights are mapped back to the width of the embedding, so scoring does not need the subspace.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``. The stored embedding, which is already centred.
    width
        Dimensions to keep, at most ``d``.
    seed
        Seed of the sample of rows that is used for large collections.

    Returns
    -------
    ndarray
        float32 ``(min(width, d), d)``. Orthonormal rows.
    """
    return leading_directions(vectors, width, seed=seed)


def fit_attribute(
    vectors: NDArray[Any],
    answers: NDArray[np.int8],
    groups: NDArray[np.int64],
    *,
    folds: int = FOLDS,
    seed: int,
    directions: NDArray[np.float32] | None = None,
) -> AttributeModel:
    """Fit a logistic regression for one attribute, cross-validated by project and calibrated on out-of-fold margins.

    All yes together weigh as much as all no (class-balanced, King and Zeng 2001, Political Analysis 9), which only
    shifts the margin. Platt's sigmoid (Platt 1999, *Advances in Large Margin Classifiers*, with his smoothed targets)
    turns the margin back into a probability at the prevalence of the known answers. A project is never in two folds.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``. The stored embedding in ascending order of ``image_id``.
    answers
        int8 ``(n,)``. 1 yes, 0 no, -1 unknown.
    groups
        int64 ``(n,)``. ``project_id`` of each row. An image without a known project has a number to itself.
    folds
        Number of folds. There are fewer if fewer projects have a yes, or a no.
    seed
        Seed of the assignment of projects to folds.
    directions
        From `feature_directions`, to share it between attributes. None computes it here.

    Returns
    -------
    AttributeModel
        The same model for the same arguments.

    Raises
    ------
    ParameterError
        If there are too few answers (check `too_few_answers` first), ``folds`` is less than 2, or lengths differ.
    """
    from threadpoolctl import threadpool_limits

    if folds < 2 or not len(vectors) == len(answers) == len(groups):
        raise ParameterError(
            f"{len(vectors)} vectors, {len(answers)} answers, {len(groups)} groups and folds={folds} are not allowed. "
            "Each vector needs one answer and one group, and folds must be 2 or more. Pass arrays of the same images."
        )
    if reason := too_few_answers(answers, groups):
        raise ParameterError(reason)
    if directions is None:
        directions = feature_directions(vectors, seed=seed)
    rows = np.flatnonzero(answers != UNKNOWN)
    features = np.asarray(vectors[rows], dtype=np.float32) @ directions.T
    truth = answers[rows] == YES
    fold = group_folds(truth, groups[rows], folds, seed)

    def fit_and_apply(chosen: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.floating[Any]]:
        weights, intercept = _fit_logistic(features[chosen], truth[chosen])
        return features[others] @ weights + intercept

    # The matrices are so small that BLAS threads mostly wait. A fit takes 0.05 s with one thread, 0.24 s with two.
    with threadpool_limits(limits=1):
        margins = held_out_margins(fold, fit_and_apply)
        weights, intercept = _fit_logistic(features, truth)
    slope, offset = calibrate(margins, truth)
    by_fold = [_average_precision(margins[fold == f], truth[fold == f]) for f in range(int(fold.max()) + 1)]
    return AttributeModel(
        linear=LinearModel((weights @ directions).astype(np.float32), float(intercept), slope, offset),
        n_yes=int(truth.sum()),
        n_no=int((~truth).sum()),
        average_precision=_average_precision(margins, truth),
        average_precision_by_fold=np.array(by_fold),
        prevalence=float(truth.mean()),
        known_rows=rows.astype(np.int64),
        out_of_fold_margins=margins.astype(np.float32),
    )


def score_attribute(model: AttributeModel, vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return the scores of rows for one attribute.

    Parameters
    ----------
    model
        From `fit_attribute`.
    vectors
        float16 or float32 ``(n, d)``. It is read in blocks, so it can be a memory map.

    Returns
    -------
    ndarray
        float32 ``(n,)``. Probabilities from 0 to 1. For rows with a known answer see `combine_scores`.

    Raises
    ------
    ParameterError
        If the width differs from the model's, or a value is not finite.
    """
    return score_attributes([model], vectors)[:, 0]


def score_attributes(models: Sequence[AttributeModel], vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return the scores of rows for several attributes in one pass over the vectors.

    Parameters
    ----------
    models
        One for each attribute.
    vectors
        float16 or float32 ``(n, d)``. It is read in blocks, so it can be a memory map.

    Returns
    -------
    ndarray
        float32 ``(n, len(models))``. Probabilities from 0 to 1.

    Raises
    ------
    ParameterError
        If a width differs from a model's, or a value is not finite.
    """
    return probabilities([model.linear for model in models], vectors)


def known_scores(model: AttributeModel) -> NDArray[np.float32]:
    """Return the out-of-fold scores of the known rows, by models that were not trained on their project.

    Parameters
    ----------
    model
        From `fit_attribute`.

    Returns
    -------
    ndarray
        float32 ``(m,)``. Calibrated out-of-fold scores in the order of ``model.known_rows``.
    """
    return model.linear.probability(model.out_of_fold_margins)


def combine_scores(model: AttributeModel, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replace the scores of known rows by their out-of-fold scores, because the model was trained on these rows.

    Parameters
    ----------
    model
        From `fit_attribute`.
    scores
        float32 ``(n,)``. From `score_attribute` on the rows that the model was fitted on.

    Returns
    -------
    ndarray
        float32 ``(n,)``. A new array.

    Raises
    ------
    ParameterError
        If there are too few scores for the model's rows.
    """
    if len(model.known_rows) and len(scores) <= model.known_rows[-1]:
        raise ParameterError(
            f"{len(scores)} scores are too few, because the model knows row {model.known_rows[-1]}. Pass the scores "
            "of the images that it was fitted on."
        )
    combined = np.array(scores, dtype=np.float32)
    combined[model.known_rows] = known_scores(model)
    return combined


def _fit_logistic(features: NDArray[np.float32], truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    if not np.ptp(features, axis=0).any():  # identical images, so there is nothing to learn
        return np.zeros(features.shape[1]), 0.0
    # newton-cholesky is fastest with few dimensions and more rows, because it takes only a few exact steps.
    model = LogisticRegression(C=REGULARISATION, class_weight="balanced", solver="newton-cholesky")
    model.fit(features.astype(np.float64), truth)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def _average_precision(scores: NDArray[Any], truth: NDArray[np.bool_]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, scores))
