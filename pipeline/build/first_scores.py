"""First scores of a collection: one classifier for each attribute, trained on the answers of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.collection.manifest import AttributeFacts
from pipeline.images.records import SourceItem
from pipeline.learning.attribute_classifier import (
    AttributeModel,
    combine_scores,
    feature_directions,
    fit_attribute,
    known_scores,
    score_attributes,
)
from pipeline.learning.cross_validation import too_few_answers
from pipeline.learning.thresholds import threshold_for_precision
from pipeline.progress import Progress, ProgressCallback
from pipeline.taxonomy import Taxonomy

__all__ = ["ORIGIN", "FirstScores", "is_first", "score_known_attributes"]

ORIGIN = "model-1"
"""Name of the first scores. Those that are made again have a higher number."""
PRECISION = 0.9
"""Precision that default minimums aim at, as in BAM!. It is a point estimate, not a guarantee."""


@dataclass(frozen=True, slots=True)
class FirstScores:
    """Scores of the attributes with enough answers.

    Parameters
    ----------
    names
        The a scored attributes, in the taxonomy's order.
    scores
        float32 (a, n): calibrated probabilities; known images have theirs from models that had not seen their project.
    known
        int8 (a, n): 1 yes, 0 no, -1 unknown.
    thresholds
        float32 (a,): default minimums.
    facts
        Facts about every attribute of the taxonomy, scored or not.
    models
        Arrays to store of each scored attribute's model.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float32]
    known: NDArray[np.int8]
    thresholds: NDArray[np.float32]
    facts: tuple[AttributeFacts, ...]
    models: dict[str, dict[str, NDArray[Any]]]


def is_first(origin: str) -> bool:
    """Return whether scores are first scores, by the name of their version: no round or release file made them."""
    return origin.startswith(ORIGIN.removesuffix("1"))


def score_known_attributes(
    items: Sequence[SourceItem],
    vectors: NDArray[np.float16],
    taxonomy: Taxonomy,
    ids: NDArray[np.int64],
    *,
    seed: int,
    progress: ProgressCallback,
) -> FirstScores:
    """Train, calibrate and cross-validate a classifier for each attribute, and score every image.

    Parameters
    ----------
    items
        n images' metadata, rows by ascending id.
    vectors
        float16 (n, d), the stored embedding, same order.
    taxonomy
        Attributes to score. One with too few answers gets no scores, and a note says so.
    ids
        int64 (n,), ascending.
    seed
        Seed for the assignment of projects to folds.
    progress
        Called after each attribute.
    """
    stage, names = "Training first scores", taxonomy.names
    if not names:
        empty = np.empty((0, len(items)))
        return FirstScores((), empty.astype(np.float32), empty.astype(np.int8), np.empty(0, np.float32), (), {})
    known = np.array([[_known(item, name) for item in items] for name in names], np.int8)
    groups = _groups(items, ids)
    directions = feature_directions(vectors, seed=seed)
    models: dict[str, AttributeModel] = {}
    reasons: dict[str, str] = {}
    for done, (name, answers) in enumerate(zip(names, known, strict=True)):
        progress(Progress(stage, done, len(names), "attributes", name))
        reasons[name] = too_few_answers(answers, groups)
        if not reasons[name]:
            models[name] = fit_attribute(vectors, answers, groups, seed=seed, directions=directions)
    raw = score_attributes(list(models.values()), vectors)
    scores = np.empty((len(models), len(items)), np.float32)
    for row, model in enumerate(models.values()):
        scores[row] = combine_scores(model, raw[:, row])
    progress(Progress(stage, len(names), len(names), "attributes", ""))
    facts = tuple(_facts(name, known[row], models.get(name), reasons[name]) for row, name in enumerate(names))
    return FirstScores(
        names=tuple(models),
        scores=scores,
        known=known[[names.index(name) for name in models]],
        thresholds=np.array([entry.threshold for entry in facts if entry.threshold is not None], np.float32),
        facts=facts,
        models={name: _arrays(model) for name, model in models.items()},
    )


def _known(item: SourceItem, name: str) -> int:
    answer = item.labels.get(name)
    return -1 if answer is None else int(answer)


def _groups(items: Sequence[SourceItem], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the project of each image; an image without one gets its own negative number."""
    own = (-1 - ids).tolist()
    return np.array(
        [own[row] if item.project_id is None else item.project_id for row, item in enumerate(items)], np.int64
    )


def _facts(name: str, answers: NDArray[np.int8], model: AttributeModel | None, reason: str) -> AttributeFacts:
    yes, no = int(np.count_nonzero(answers == 1)), int(np.count_nonzero(answers == 0))
    if model is None:
        return AttributeFacts(name, yes, no, note=reason)
    estimate = threshold_for_precision(known_scores(model), answers[model.known_rows] == 1, precision=PRECISION)
    return AttributeFacts(
        name,
        yes,
        no,
        average_precision=min(1.0, float(model.average_precision)),
        threshold=float(estimate.threshold),
        precision=float(estimate.precision),
        recall=float(estimate.recall),
        origin=ORIGIN,
        note=estimate.reason,
    )


def _arrays(model: AttributeModel) -> dict[str, NDArray[Any]]:
    return {
        "weights": model.linear.weights,
        "intercept": np.array([model.linear.intercept]),
        "calibration": np.array([model.linear.slope, model.linear.offset]),
    }
