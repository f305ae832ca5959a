"""The settled answers from which a round trains and by which it is validated. Reads the label store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.consensus import Label, agreement_rule
from pipeline.errors import ArchivedError, ErrorKind, RoundError
from pipeline.label_store import LabelStore, Purpose
from pipeline.learning.round_steps import ValidationSample
from pipeline.statistics.validation_sampling import combined_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["TrainingAnswers", "training_answers", "validation_sample"]

MOST_KNOWN = 5_000
"""Answers of the source that train at most, drawn by chance: more teach a linear classifier little.

Half of them are for each of yes and no, and what one side cannot fill is the other's: rare ones are not lost.
"""


def validation_sample(store: LabelStore, attribute: str) -> ValidationSample:
    """Read the settled validation answers of an attribute, each with its weight; absent images are set aside.

    Absent images may be dropped: the rest of a random draw is a random draw of the rest, with the same chances.

    Raises
    ------
    LabelStoreError
        If they cannot be read.
    """
    labels = store.answers.labels(attribute, Purpose.VALIDATION, agreement_rule(store.attributes.find(attribute).agree))
    settled = labels.settled & store.images.present(labels.image_ids)
    ids, truth = labels.image_ids[settled], labels.labels[settled] == Label.YES
    drawn, numbers, chances = store.batches.probabilities(attribute, Purpose.VALIDATION)
    weights = combined_weights(numbers, chances)
    order = np.argsort(drawn, kind="stable")
    places = order[np.searchsorted(drawn, ids, sorter=order)] if len(ids) else np.empty(0, np.int64)
    return ValidationSample(store.images.rows(ids.tolist()), truth, weights[places])


@dataclass(frozen=True, slots=True, eq=False)
class TrainingAnswers:
    """The training answers of an attribute, and the images that training may not ask.

    Parameters
    ----------
    rows
        int64 (m,): images with a settled answer; those that came with the source last.
    yes
        bool (m,): whether it is a yes.
    from_source
        Number of answers that came with the source.
    closed
        bool (n,): asked or answered already, or known by the source.
    barred
        bool (n,): excluded from training.
    """

    rows: NDArray[np.int64]
    yes: NDArray[np.bool_]
    from_source: int
    closed: NDArray[np.bool_]
    barred: NDArray[np.bool_]


def training_answers(
    collection: Collection, store: LabelStore, attribute: str, *, from_source: bool, seed: int
) -> TrainingAnswers:
    """Return the training answers of an attribute; answers about absent images are left out.

    Parameters
    ----------
    collection, store, attribute
        The attribute, and where it is labelled.
    from_source
        Whether answers from the source train the model, where no annotator has answered.
    seed
        Seed of the subsample of these answers, taken if there are more than the limit.

    Raises
    ------
    RoundError
        If there is no positive example.
    ArchivedError, LabelStoreError, CollectionError
        If the attribute is archived, or store or collection cannot be read.
    """
    entry = store.attributes.find(attribute)
    if entry.archived:
        raise ArchivedError(f"{attribute} is archived and takes no rounds. Restore it from the archive first.")
    labels = store.answers.labels(attribute, Purpose.TRAINING, agreement_rule(entry.agree))
    settled = labels.settled & store.images.present(labels.image_ids)
    rows = store.images.rows(labels.image_ids[settled].tolist())
    yes = labels.labels[settled] == Label.YES
    closed, barred = np.zeros((2, len(collection)), np.bool_)
    closed[store.images.rows_here(np.unique(store.batches.asked_images(attribute)[0]))] = True
    barred[store.images.rows_here(store.batches.barred_images(attribute))] = True
    # Images drawn for validation since the labels were read are excluded, too.
    rows, yes = rows[~barred[rows]], yes[~barred[rows]]
    known_rows = np.empty(0, np.int64)
    if from_source:
        known = collection.known(attribute)
        known_rows = np.flatnonzero((known >= 0) & ~closed & ~barred)
        closed |= known >= 0
        known_rows = _some(known_rows, known[known_rows] == 1, MOST_KNOWN, seed)
        rows, yes = np.concatenate([rows, known_rows]), np.concatenate([yes, known[known_rows] == 1])
    if not yes.any():
        count = f"{len(rows):,} answer{'s' if len(rows) > 1 else ''}, all no" if len(rows) else "no settled answers"
        raise RoundError(
            f'No positive examples for "{entry.definition.title}" yet ({count}). '
            "Label at least one positive image, then train again.",
            kind=ErrorKind.NO_POSITIVES,
            attribute=attribute,
            negatives=len(rows),
        )
    return TrainingAnswers(rows, yes, len(known_rows), closed, barred)


def _some(rows: NDArray[np.int64], yes: NDArray[np.bool_], most: int, seed: int) -> NDArray[np.int64]:
    """Draw at most `most` rows, half yes and half no where there are enough of both."""
    if len(rows) <= most:
        return rows
    generator = np.random.default_rng(seed)
    sides = (rows[yes], rows[~yes])
    n_yes = max(min(len(sides[0]), most // 2), most - len(sides[1]))
    drawn = [
        generator.choice(side, count, replace=False) for side, count in zip(sides, (n_yes, most - n_yes), strict=True)
    ]
    return np.sort(np.concatenate(drawn))
