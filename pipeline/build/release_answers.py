"""From the hits and choices of a BAM release into the label store, as answers of their workers. An edge."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.label_store import HitAnswers, HitReceipt, LabelStore, Value
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.bam_release import BamRelease

__all__ = ["HitReceipt", "record_choices"]

STAGE: Final = "Recording the workers' answers"
AT_ONCE: Final = 1_000
"""Hits of one transaction, about 34,000 answers."""


def record_choices(
    store: LabelStore, collection: Collection, release: BamRelease, *, progress: ProgressCallback | None = None
) -> HitReceipt:
    """Record each choice as an answer of its worker, to train with. Run again, it records what is missing.

    Parameters
    ----------
    store
        Store of the collection.
    collection
        Built from the release.
    release
        Its hits become logged actions, their choices become answers with the hit's seconds divided among them. Where a
        hit answers an image twice, the last answer counts.
    progress
        Called after each transaction; may raise to stop. What was recorded stays.

    Returns
    -------
    HitReceipt
        Numbers of answers.

    Raises
    ------
    LabelStoreError
        If the store cannot be written.
    """
    hits, total = release.crowd.hits, len(release.crowd.choices.rows)
    used = np.unique(release.crowd.choices.hits)
    names = hits.workers.take(used).to_pylist()
    annotators = store.annotators.add_workers(dict.fromkeys(names))
    receipt, done, pending, held = HitReceipt(), 0, list[HitAnswers](), 0
    for page, count in _pages(release, collection, annotators, store.uuid):
        pending.append(page)
        held += count
        if len(pending) == AT_ONCE:
            receipt += store.answers.record_hits(pending)
            done, held, pending = done + held, 0, []
            if progress is not None:
                progress(Progress(STAGE, done, total, "answers"))
    if pending:
        receipt += store.answers.record_hits(pending)
    if progress is not None:
        progress(Progress(STAGE, total, total, "answers"))
    return receipt


def _pages(
    release: BamRelease, collection: Collection, annotators: dict[str, str], store_id: str
) -> Iterator[tuple[HitAnswers, int]]:
    """Yield each hit and attribute with its answers, and the number of its choices, in the order of their time."""
    hits, choices, now = release.crowd.hits, release.crowd.choices, time.time()
    times = np.where(np.isfinite(hits.times), hits.times, now)
    width = len(release.attributes)
    pages = choices.hits.astype(np.int64) * width + choices.columns
    order = np.lexsort((np.arange(len(pages)), pages, times[choices.hits]))
    starts = np.flatnonzero(np.diff(pages[order], prepend=-1))
    assignments, workers = hits.assignments.to_pylist(), hits.workers.to_pylist()
    shown: NDArray[np.int64] = np.bincount(choices.hits, minlength=len(times))
    stops = np.append(starts, len(order))[1:]  # nothing at all where nobody chose
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        part = order[start:stop]
        hit, column = int(choices.hits[part[0]]), int(choices.columns[part[0]])
        images = collection.image_ids[choices.rows[part]].tolist()
        values_by_image = dict(
            zip(images, (Value.YES if yes else Value.NO for yes in choices.yes[part].tolist()), strict=True)
        )
        seconds = float(hits.seconds[hit]) / int(shown[hit])
        name = release.attributes[column]
        words = f"{store_id}\0{assignments[hit]}\0{name}"
        yield (
            HitAnswers(
                id=hashlib.sha256(words.encode()).hexdigest()[:32],
                annotator_id=annotators[workers[hit]],
                attribute=name,
                answers=values_by_image,
                at=float(times[hit]),
                seconds=seconds if np.isfinite(seconds) else 0.0,
            ),
            len(part),
        )
