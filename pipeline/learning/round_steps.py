"""Steps of a real or simulated round: fit, calibrate, and choose the next questions. No input or output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.learning.calibration import calibrate
from pipeline.learning.cross_validation import FOLDS, group_folds, held_out_margins, too_few_answers
from pipeline.learning.linear_model import LinearModel
from pipeline.learning.query_strategies import Choice, Pool, Strategy
from pipeline.learning.round_threshold import PlacedBy
from pipeline.learning.training import draw_weak_negatives, train
from pipeline.statistics.validation_estimates import FEWEST, ValidationEstimates
from pipeline.statistics.validation_sampling import ValidationDraw, draw_validation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VALIDATION_SHARE", "HeldOut", "ValidationSample", "calibrated", "choose", "fit", "held_out"]

VALIDATION_SHARE = 0.25
"""Share of a round's questions that are drawn for validation."""


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSample:
    """The settled validation answers of an attribute.

    Parameters
    ----------
    rows
        int64 (m,).
    truth
        bool (m,). Whether each answer is yes.
    weights
        float64 (m,). Number of images that each answer stands for.
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.bool_]
    weights: NDArray[np.float64]

    @property
    def says_enough(self) -> bool:
        """Whether there are enough yes and no to fit probabilities."""
        yes = int(self.truth.sum())
        return min(yes, len(self.truth) - yes) >= FEWEST

    def estimates(self, scores: NDArray[np.float32]) -> ValidationEstimates:
        """Return the estimates of these answers for ``scores``, float32 (n,), one for each row of the collection."""
        return ValidationEstimates(scores[self.rows], self.truth, self.weights)


def fit(
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    rows: NDArray[np.int64],
    yes: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    seed: int,
) -> LinearModel:
    """Train on answers and on weak negatives from the unanswered images.

    Parameters
    ----------
    vectors
        Reads vectors, from rows int64 (k,) to float32 (k, d).
    rows, yes
        int64 (m,) and bool (m,). The answered images and whether each answer is yes, at least one.
    barred
        bool (n,). Images that are never used for training.
    seed
        Seed of the weak negatives.

    Returns
    -------
    LinearModel
        A model that is not calibrated.
    """
    return train(vectors(rows), yes, vectors(_weak_negatives(rows, barred, seed)), seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Known answers with margins, each by a classifier that was not trained on related images.

    Parameters
    ----------
    margins
        float64 (m,).
    yes
        bool (m,).
    """

    margins: NDArray[np.float64]
    yes: NDArray[np.bool_]

    def judged(self, model: LinearModel) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the answers' scores on the scale of a model, float32 (m,), and whether each answer is yes."""
        return model.probability(self.margins), self.yes


def held_out(
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    rows: NDArray[np.int64],
    yes: NDArray[np.bool_],
    related_groups: NDArray[np.int64],
    barred: NDArray[np.bool_],
    seed: int,
) -> HeldOut | None:
    """Cross-validate `fit` by groups of related images. Only vectors of answers and weak negatives are read.

    Parameters
    ----------
    vectors, rows, yes, barred, seed
        As for `fit`.
    related_groups
        int64 (m,). Group of each answered image. Near-duplicates and images of one project share a number.

    Returns
    -------
    HeldOut or None
        None if fewer than five groups have a yes, or a no.
    """
    if too_few_answers(yes.astype(np.int8), related_groups):
        return None
    known, weak = vectors(rows), vectors(_weak_negatives(rows, barred, seed))

    def fit_and_apply(chosen: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.floating[Any]]:
        model = train(known[chosen], yes[chosen], weak, seed=seed)
        return known[others] @ model.weights + np.float32(model.intercept)

    return HeldOut(held_out_margins(group_folds(yes, related_groups, FOLDS, seed), fit_and_apply), yes)


def calibrated(
    model: LinearModel, margins: NDArray[np.float32], sample: ValidationSample, known: HeldOut | None = None
) -> tuple[LinearModel, PlacedBy | None]:
    """Return the calibrated model, and the method that calibrated it or None.

    ``margins`` are those of the model, float32 (n,). The validation answers calibrate the model if there are enough.
    Otherwise cross-validation of the known answers does, at their share of yes. If neither is possible, the model does
    not change.
    """
    if sample.says_enough:
        slope, offset = calibrate(margins[sample.rows], sample.truth, sample.weights)
        if slope > 0:
            return model.calibrated(slope, offset), PlacedBy.VALIDATION
    if known is not None:
        slope, offset = calibrate(known.margins, known.yes)
        if slope > 0:
            return model.calibrated(slope, offset), PlacedBy.CROSS_VALIDATION
    return model, None


def choose(
    pool: Pool,
    fresh: NDArray[np.bool_],
    taught: NDArray[np.int64],
    with_related: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    strategy: Strategy,
    validation: int,
    training: int,
    seed: int,
) -> tuple[ValidationDraw, Choice]:
    """Choose the questions of a round. Validation images and their related images are excluded from training.

    Validation images are drawn from images without related training answers. Otherwise these answers could no longer
    train, and a small collection would lose rare positives as fast as people find them. So the validation figures are
    of images unrelated to the training images. All images are candidates only if too few of these are left.

    Parameters
    ----------
    pool
        Pool of the strategy, before the validation images are removed.
    fresh
        bool (n,). Images that can be drawn for validation.
    taught
        int64 (m,). Rows with training answers.
    with_related
        Returns rows int64 (k,) together with their related images, int64 (at least k,).
    strategy
        Chooses the training images.
    validation, training
        Number of images wanted of each kind.
    seed
        Seed of both choices.
    """
    apart = fresh.copy()
    apart[with_related(taught)] = False
    open_rows = apart if np.count_nonzero(apart) >= validation else fresh
    drawn = draw_validation(pool.margins, open_rows, validation, seed=seed)
    allowed = pool.allowed.copy()
    allowed[with_related(drawn.rows)] = False
    return drawn, strategy(replace(pool, allowed=allowed), training, seed)


def _weak_negatives(rows: NDArray[np.int64], barred: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    free = ~barred
    free[rows] = False
    return draw_weak_negatives(free, seed=seed)
