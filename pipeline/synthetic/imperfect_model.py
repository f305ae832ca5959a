"""An imperfect model of each attribute: a calibrated ridge classifier, trained on images outside the collection.

Pure. Only the stated difficulty and the number of training images decide how good its scores are. The truth of the
collection does not leak into them, and near-duplicates get almost equal scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.collection.manifest import AttributeFacts
from pipeline.learning.thresholds import threshold_for_precision
from pipeline.synthetic.catalogue import Catalogue
from pipeline.synthetic.random_streams import CHUNK, Purpose, stream
from pipeline.synthetic.sampling import YES, draw_images, normalised
from pipeline.synthetic.spec import SyntheticSpec

__all__ = ["NEGATIVE_CUT", "ORIGIN", "POSITIVE_CUT", "ImperfectModel", "bam_scores", "probabilities", "train_model"]

ORIGIN: Final = "model-1"
POSITIVE_CUT, NEGATIVE_CUT = -1.0, -7.0
"""Usual thresholds on the scores of BAM: positive above the first, surely negative below the second."""

STRETCH = 1.4  # a probability of one half is a score of -1, and 1.4 % is -7
RIDGE = 1e-3
NEWTON_STEPS = 30
SMALLEST_STEP = 1e-9
PRECISION = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class ImperfectModel:
    """Linear classifiers with their calibration and their figures on a held-out draw.

    Parameters
    ----------
    weights
        float32 (d, a).
    intercepts, slopes, offsets
        float64 (a,): the logit of an attribute's probability is ``slope * (v @ weights + intercept) + offset``.
    facts
        Average precision, threshold, precision and recall of each attribute; no known answers yet.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float64]
    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]
    facts: tuple[AttributeFacts, ...]

    def logits(self, vectors: NDArray[np.float16]) -> NDArray[np.float32]:
        """Return calibrated logits, float32 (m, a), of stored vectors (m, d)."""
        margins = vectors.astype(np.float32) @ self.weights
        return (margins * self.slopes + (self.intercepts * self.slopes + self.offsets)).astype(np.float32)


def train_model(spec: SyntheticSpec, catalogue: Catalogue) -> ImperfectModel:
    """Train on one half of a separate draw; calibrate and evaluate on the other half."""
    vectors, truth = _training_images(spec, catalogue)
    half = len(vectors) // 2
    weights, intercepts = _ridge(vectors[:half].astype(np.float32), truth[:half])
    margins = vectors[half:].astype(np.float32) @ weights + intercepts
    fits = [_platt(margins[:, column], truth[half:, column]) for column in range(truth.shape[1])]
    slopes, offsets = np.array(fits, np.float64).T
    scores = probabilities((margins * slopes + offsets).astype(np.float32))
    facts = tuple(_facts(name, scores[:, column], truth[half:, column], half) for column, name in enumerate(spec.names))
    return ImperfectModel(weights.astype(np.float32), intercepts, slopes, offsets, facts)


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert logits to probabilities of the same shape."""
    return _sigmoid(logits).astype(np.float32)


def bam_scores(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert logits to scores as in BAM's release: unbounded, mostly negative, higher is more certain."""
    return np.float32(STRETCH) * logits + np.float32(POSITIVE_CUT)


def _training_images(spec: SyntheticSpec, catalogue: Catalogue) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    vectors, truth = [], []
    for place, start in enumerate(range(0, spec.training_images, CHUNK)):
        rng = stream(spec.seed, Purpose.TRAINING, place)
        drawn = draw_images(spec, catalogue, rng, min(CHUNK, spec.training_images - start))
        vectors.append(normalised(drawn.vectors))
        truth.append(drawn.kinds == YES)
    return np.concatenate(vectors), np.concatenate(truth)


def _ridge(vectors: NDArray[np.float32], truth: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit ridge regression to all attributes at once: weights (d, a) and intercepts (a,)."""
    targets = truth.astype(np.float64)
    mean, share = vectors.mean(axis=0, dtype=np.float64), targets.mean(axis=0)
    moments = (vectors.T @ vectors).astype(np.float64) / len(vectors) - np.outer(mean, mean)
    cross = (vectors.T @ truth.astype(np.float32)).astype(np.float64) / len(vectors) - np.outer(mean, share)
    moments[np.diag_indices_from(moments)] += RIDGE * np.trace(moments) / len(moments)
    weights = np.asarray(np.linalg.solve(moments, cross), np.float64)
    intercepts: NDArray[np.float64] = share - mean @ weights
    return weights, intercepts


def _platt(margins: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit Platt's sigmoid by Newton's method; smoothed targets keep it finite (Platt 1999, section 2.2)."""
    yes, no = int(truth.sum()), int((~truth).sum())
    targets = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    scale = float(margins.std()) or 1.0
    columns = np.column_stack([margins / scale, np.ones(len(margins))])
    share = float(targets.mean())
    answer = np.array([0.0, np.log(share / (1 - share))])

    def loss(at: NDArray[np.float64]) -> float:
        logits = columns @ at
        return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))

    for _ in range(NEWTON_STEPS):
        chance = _sigmoid(columns @ answer)
        curvature = columns.T @ (columns * (chance * (1 - chance))[:, None]) + 1e-9 * len(margins) * np.eye(2)
        step = np.linalg.solve(curvature, columns.T @ (targets - chance))
        while loss(answer + step) > loss(answer) and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2  # Newton's full step overshoots when yes is rare
        answer = answer + step
    return float(max(answer[0], 0.0)) / scale, float(answer[1])


def _sigmoid(values: NDArray[Any]) -> NDArray[Any]:
    from scipy.special import expit

    result: NDArray[Any] = expit(values)
    return result


def _facts(name: str, scores: NDArray[np.float32], truth: NDArray[np.bool_], held_out: int) -> AttributeFacts:
    estimate = threshold_for_precision(scores, truth, precision=PRECISION)
    note = f"A synthetic attribute, scored by a ridge classifier and measured on {held_out:,} other synthetic images. "
    return AttributeFacts(
        name=name,
        known_yes=0,
        known_no=0,
        average_precision=_average_precision(scores, truth) if truth.any() else None,
        threshold=min(1.0, estimate.threshold),
        precision=estimate.precision,
        recall=estimate.recall,
        origin=ORIGIN,
        note=note + estimate.reason,
    )


def _average_precision(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Return the average precision: the mean of the precision at the rank of each yes."""
    found = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(found) / np.arange(1, len(found) + 1)
    return float(precision[found].mean())
