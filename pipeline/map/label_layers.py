"""Layers of the map from answers: one value for each image by label, agreement, person or time. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.consensus import AgreementRule, Label, fold_answers
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "AGREEMENT_NAMES",
    "LABEL_NAMES",
    "agreement_layer",
    "answered_images",
    "asked_layer",
    "label_layer",
    "person_layer",
    "time_layer",
]

LABEL_NAMES = ("yes", "no", "unsure", "split", "waits for another opinion")
"""Names of the values of `label_layer`."""

AGREEMENT_NAMES = ("people disagree", "several agree", "one answer")
"""Names of the values of `agreement_layer`."""

_ORDER = (Label.YES, Label.NO, Label.UNSURE, Label.SPLIT, Label.OPEN)


def label_layer(
    image_ids: NDArray[np.int64],
    answered: NDArray[np.int64],
    annotators: NDArray[np.int32],
    values: NDArray[np.int8],
    rule: AgreementRule,
) -> NDArray[np.int32]:
    """Return the label of each image.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending ids of the collection.
    answered, annotators, values
        (m,) each. Surviving answers in the order of the log, see `pipeline.annotation.consensus.fold_answers`.
    rule
        Number of people that must agree.

    Returns
    -------
    ndarray
        int32 (n,), position in `LABEL_NAMES`, -1 without answers. Answers to removed images are ignored.
    """
    labels = fold_answers(answered, annotators, values, rule)
    places = np.full(len(_ORDER), -1, np.int32)
    for place, label in enumerate(_ORDER):
        places[int(label) + 1] = place
    return _spread(image_ids, labels.image_ids, places[labels.labels.astype(np.int64) + 1], np.int32(-1))


def agreement_layer(
    image_ids: NDArray[np.int64],
    answered: NDArray[np.int64],
    annotators: NDArray[np.int32],
    values: NDArray[np.int8],
) -> NDArray[np.int32]:
    """Return the agreement on each image, from the last answer of each person.

    The result is int32 (n,), positions in `AGREEMENT_NAMES`, -1 without answers.
    """
    labels = fold_answers(answered, annotators, values, AgreementRule())
    counts = np.column_stack([labels.yes, labels.no, labels.unsure])
    kinds, people = (counts > 0).sum(axis=1), counts.sum(axis=1)
    places = np.where(kinds > 1, 0, np.where(people > 1, 1, 2)).astype(np.int32)
    return _spread(image_ids, labels.image_ids, places, np.int32(-1))


def person_layer(
    image_ids: NDArray[np.int64], answered: NDArray[np.int64], annotators: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return the person of each image's last answer, int32 (n,), numbers as in ``annotators``, -1 without answers."""
    return _spread(image_ids, answered, annotators, np.int32(-1))


def asked_layer(
    image_ids: NDArray[np.int64], asked: NDArray[np.int64], model_versions: Sequence[str]
) -> tuple[NDArray[np.int32], list[str]]:
    """Return the model that last selected each image for a question.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending ids of the collection.
    asked
        int64 (m,). Ids of the images in the order of their questions.
    model_versions
        Texts (m,). ``""`` for questions that were selected without a model.

    Returns
    -------
    codes : ndarray
        int32 (n,), positions in ``names``, -1 for an image without a question.
    names : list of str
        The models in the order of their first question.
    """
    names = list(dict.fromkeys(model_versions))
    places = {name: place for place, name in enumerate(names)}
    codes = np.fromiter((places[version] for version in model_versions), np.int32, len(model_versions))
    return _spread(image_ids, asked, codes, np.int32(-1)), names


def time_layer(
    image_ids: NDArray[np.int64], answered: NDArray[np.int64], at: NDArray[np.float64], now: float
) -> NDArray[np.float32]:
    """Return the hours since each image's last answer, float32 (n,), NaN without answers.

    Hours are never negative, even if the clock was set back.
    """
    hours = np.maximum((now - at) / 3600.0, 0.0).astype(np.float32)
    return _spread(image_ids, answered, hours, np.float32(np.nan))


def _spread(image_ids: NDArray[np.int64], ids: NDArray[np.int64], values: NDArray, empty: np.generic) -> NDArray:  # type: ignore[type-arg]
    """Put values at the rows of their images. The last of several values for one image stays."""
    if len(ids) != len(values):
        raise ParameterError(f"{len(ids)} images do not match {len(values)} values. Each image needs one value.")
    layer = np.full(len(image_ids), empty, values.dtype)
    if len(image_ids) and len(ids):
        rows = np.minimum(np.searchsorted(image_ids, ids), len(image_ids) - 1)
        known = image_ids[rows] == ids
        layer[rows[known]] = values[known]
    return layer


def answered_images(
    answered: NDArray[np.int64],
    annotators: NDArray[np.int32],
    values: NDArray[np.int8],
    rule: AgreementRule,
    *,
    label: int | None = None,
    person: int | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the images with given answers, newest last answer first.

    Parameters
    ----------
    answered, annotators, values
        (m,) each. Surviving answers in the order of the log.
    rule
        Number of people that must agree.
    label
        Position in `LABEL_NAMES` of the label that images must have. None for any label.
    person
        Number in ``annotators`` of a person that must have answered the images. None for any person.

    Returns
    -------
    image_ids : ndarray
        int64 (k,).
    labels : ndarray
        int32 (k,), the position of each image's label in `LABEL_NAMES`.
    """
    newest = np.unique(answered[::-1], return_index=True)
    ids, order = newest[0], np.argsort(newest[1], kind="stable")
    layer = label_layer(ids, answered, annotators, values, rule)
    wanted = np.ones(len(ids), bool) if label is None else layer == label
    if person is not None:
        wanted &= np.isin(ids, answered[annotators == person])
    order = order[wanted[order]]
    return ids[order], layer[order]
