"""Bulk answers: label many images at once and check a sample of them before they are kept or undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.label_store import Annotator, Value, new_action_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CHECKED", "LabelledAtOnce", "label_at_once"]

CHECKED = 30
"""Size of a spot check. If none of these images is wrong, at most a tenth of all are (95 % confidence)."""


@dataclass(frozen=True, slots=True)
class LabelledAtOnce:
    """A bulk answer: its action, the batch of its spot check, images labelled and left out, and the title."""

    act: str
    check: str
    images: int
    left_out: int
    title: str


def label_at_once(
    services: Services, labels: LabelService, who: Annotator, attribute: str, rows: NDArray[np.int32], value: Value
) -> LabelledAtOnce:
    """Label images as one action that can be undone, and ask for a spot check; runs in a thread.

    Images reserved for validation, certification or audit, and near-duplicates of them, are left out.

    Raises
    ------
    LabelStoreError, ParameterError
        As `bulk_answer` of the label store; then nothing was labelled.
    """
    store = labels.store
    entry = store.attributes.find(attribute)
    ids = services.collection.image_ids[rows].tolist()
    receipt = store.answers.bulk_answer(new_action_id(), who.id, attribute, entry.definition.version, ids, value)
    batch = store.answers.spot_check(receipt.act.id, who.id, CHECKED, seed=receipt.act.sequence)
    left_out = len(receipt.left_out)
    return LabelledAtOnce(receipt.act.id, batch.id, len(ids) - left_out, left_out, entry.definition.title)
