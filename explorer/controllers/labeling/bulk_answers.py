"""Bulk answers: many images labelled at once, checked by a few of them, and kept or rolled back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.label_store import Annotator, Value, new_act_id

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CHECKED", "LabelledAtOnce", "label_at_once"]

CHECKED = 30
"""Images of a stroke that are looked at one by one: with none wrong, at most a tenth of all are (95 % confidence)."""


@dataclass(frozen=True, slots=True)
class LabelledAtOnce:
    """What a stroke did: its act, the batch of its spot check, images labelled and images left out, and the title."""

    act: str
    check: str
    images: int
    left_out: int
    title: str


def label_at_once(
    services: Services, labels: LabelService, who: Annotator, attribute: str, rows: NDArray[np.int32], value: Value
) -> LabelledAtOnce:
    """Label images as one act that can be undone, and have some of them looked at; runs in a thread.

    Images reserved for validation, certification or audit, and near-duplicates of them, are left out.

    Raises
    ------
    LabelStoreError, ParameterError
        As `pipeline.label_store.LabelStore.stroke`; then nothing was labelled.
    """
    store = labels.store
    entry = store.attributes.find(attribute)
    ids = services.collection.image_ids[rows].tolist()
    receipt = store.answers.bulk_answer(new_act_id(), who.id, attribute, entry.definition.version, ids, value)
    batch = store.answers.spot_check(receipt.act.id, who.id, CHECKED, seed=receipt.act.sequence)
    left_out = len(receipt.left_out)
    return LabelledAtOnce(receipt.act.id, batch.id, len(ids) - left_out, left_out, entry.definition.title)
