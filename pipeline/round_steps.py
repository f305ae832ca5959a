"""The steps that a round takes, real or simulated: fit, calibrate, choose what to ask, cut. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.calibration import calibrate
from pipeline.linear_model import LinearModel
from pipeline.query_strategies import Choice, Pool, Strategy
from pipeline.threshold_choice import ThresholdChoice, edge_below, threshold_for_targets
from pipeline.training import draw_weak_negatives, train
from pipeline.validation import ValidationDraw, draw_validation
from pipeline.validation_estimates import FEWEST, ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNCALIBRATED", "VALIDATION_SHARE", "ValidationSample", "calibrated", "choose", "cut_for", "fit"]

VALIDATION_SHARE = 0.25
"""Of the questions of a round, those drawn for validation."""
UNCALIBRATED = 0.5
"""Where the cut lies while validation cannot tell: the model's own boundary."""


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
    free = ~barred
    free[rows] = False
    weak = draw_weak_negatives(free, seed=seed)
    return train(vectors(rows), yes, vectors(weak), seed=seed)


def calibrated(model: LinearModel, margins: NDArray[np.float32], sample: ValidationSample) -> LinearModel:
    """Make probabilities of a model's margins float32 (n,) by the validation answers, where these say enough."""
    if not sample.says_enough:
        return model
    slope, offset = calibrate(margins[sample.rows], sample.truth, sample.weights)
    return model.calibrated(slope, offset) if slope > 0 else model


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


def cut_for(estimates: ValidationEstimates, precision: float) -> tuple[float, ThresholdChoice]:
    """Place the cut by an estimated precision, on an edge of the histogram of scores; and say how it was chosen."""
    choice = threshold_for_targets(estimates, precision=precision)
    return (UNCALIBRATED if choice.threshold is None else edge_below(choice.threshold)), choice
