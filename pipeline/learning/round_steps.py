"""The steps that a round takes, real or simulated: fit, calibrate, choose what to ask, cut. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.learning.calibration import calibrate
from pipeline.learning.cross_validation import FOLDS, group_folds, held_out_margins, too_few_answers
from pipeline.learning.linear_model import LinearModel
from pipeline.learning.query_strategies import Choice, Pool, Strategy
from pipeline.learning.round_cuts import PlacedBy
from pipeline.learning.training import draw_weak_negatives, train
from pipeline.statistics.validation_estimates import FEWEST, ValidationEstimates
from pipeline.statistics.validation_sampling import ValidationDraw, draw_validation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VALIDATION_SHARE", "HeldOut", "ValidationSample", "calibrated", "choose", "fit", "held_out"]

VALIDATION_SHARE = 0.25
"""Of the questions of a round, those drawn for validation."""


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSample:
    """The settled validation answers of an attribute.

    Parameters
    ----------
    rows
        int64 (m,).
    truth
        bool (m,): whether they are a yes.
    weights
        float64 (m,): how many images each stands for.
    """

    rows: NDArray[np.int64]
    truth: NDArray[np.bool_]
    weights: NDArray[np.float64]

    @property
    def says_enough(self) -> bool:
        """Whether there are enough of both answers to fit probabilities on."""
        yes = int(self.truth.sum())
        return min(yes, len(self.truth) - yes) >= FEWEST

    def estimates(self, scores: NDArray[np.float32]) -> ValidationEstimates:
        """Say what the answers tell of scores float32 (n,), one for each row of the collection."""
        return ValidationEstimates(scores[self.rows], self.truth, self.weights)


def fit(
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    rows: NDArray[np.int64],
    yes: NDArray[np.bool_],
    barred: NDArray[np.bool_],
    seed: int,
) -> LinearModel:
    """Train on answers, with weak negatives among the images that nobody answered.

    Parameters
    ----------
    vectors
        Reads vectors: rows int64 (k,) -> float32 (k, d).
    rows, yes
        int64 (m,) and bool (m,): the answered images and whether they are a yes; one yes at least.
    barred
        bool (n,): images that never train.
    seed
        Of the weak negatives.

    Returns
    -------
    LinearModel
        Not calibrated.
    """
    return train(vectors(rows), yes, vectors(_weak_negatives(rows, barred, seed)), seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Known answers, each judged by a classifier that was trained on no kin of it.

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
        """Give their scores on the scale of a model, float32 (m,), and which are a yes."""
        return model.probability(self.margins), self.yes


def held_out(
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    rows: NDArray[np.int64],
    yes: NDArray[np.bool_],
    families: NDArray[np.int64],
    barred: NDArray[np.bool_],
    seed: int,
) -> HeldOut | None:
    """Cross-validate what `fit` does, by families; only the vectors of answers and of weak negatives are read.

    Parameters
    ----------
    vectors, rows, yes, barred, seed
        As for `fit`.
    families
        int64 (m,): of the answered images; near-duplicates and images of one project share a number.

    Returns
    -------
    HeldOut or None
        None where fewer than five families have a yes, or a no.
    """
    if too_few_answers(yes.astype(np.int8), families):
        return None
    known, weak = vectors(rows), vectors(_weak_negatives(rows, barred, seed))

    def fit_and_apply(chosen: NDArray[np.bool_], others: NDArray[np.bool_]) -> NDArray[np.floating[Any]]:
        model = train(known[chosen], yes[chosen], weak, seed=seed)
        return known[others] @ model.weights + np.float32(model.intercept)

    return HeldOut(held_out_margins(group_folds(yes, families, FOLDS, seed), fit_and_apply), yes)


def calibrated(
    model: LinearModel, margins: NDArray[np.float32], sample: ValidationSample, known: HeldOut | None = None
) -> tuple[LinearModel, PlacedBy | None]:
    """Make probabilities of a model's margins float32 (n,), and say by which answers.

    By the validation answers where these say enough; until then by cross-validation of the known answers, at the share
    of yes among these; and where neither is possible the model stays as it is.
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
    kin: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    strategy: Strategy,
    validation: int,
    training: int,
    seed: int,
) -> tuple[ValidationDraw, Choice]:
    """Choose what a round asks; what validation takes, and its kin, are left to it.

    Validation looks among images that are no kin of what people answered to teach: these answers would teach no more
    from then on, and in a small collection rare positives would be lost as fast as they are found. Its figures are of
    images that the model has seen no kin of. Only where too few of these are left are all images open to it.

    Parameters
    ----------
    pool
        What the strategy may see, before validation takes its part.
    fresh
        bool (n,): may be drawn for validation.
    taught
        int64 (m,): rows that people answered to teach.
    kin
        Gives rows int64 (k,) -> rows int64 (at least k,): the same with their near-duplicates and projects.
    strategy
        Chooses what trains.
    validation, training
        How many of each are wanted.
    seed
        Of both.
    """
    apart = fresh.copy()
    apart[kin(taught)] = False
    open_rows = apart if np.count_nonzero(apart) >= validation else fresh
    drawn = draw_validation(pool.margins, open_rows, validation, seed=seed)
    allowed = pool.allowed.copy()
    allowed[kin(drawn.rows)] = False
    return drawn, strategy(replace(pool, allowed=allowed), training, seed)


def _weak_negatives(rows: NDArray[np.int64], barred: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    free = ~barred
    free[rows] = False
    return draw_weak_negatives(free, seed=seed)
