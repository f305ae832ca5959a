"""Export a collection as a file with the tables of a BAM release, which scripts written for BAM read. An edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from pipeline.collection import Collection
from pipeline.errors import ErrorKind, ParameterError
from pipeline.files.paths import is_within
from pipeline.label_store import LabelStore, Purpose
from pipeline.label_tables.bam_answers import Since, answers_since, caption_rows, choice_rows, hit_rows, label_rows
from pipeline.label_tables.bam_images import (
    automatic_rows,
    bam_attributes,
    module_rows,
    score_rows,
    scores_for_bam,
)
from pipeline.label_tables.bam_writing import new_bam_file
from pipeline.label_tables.exporting import BLIND
from pipeline.progress import Progress, ProgressCallback

__all__ = ["BamExported", "export_bam"]

STAGE: Final = "Writing the BAM file"


@dataclass(frozen=True, slots=True)
class BamExported:
    """What was written.

    Parameters
    ----------
    rows
        Table -> number of rows.
    attributes
        Attributes with scores, the columns of ``scores`` and ``automatic_labels``.
    blind, unsure, absent
        Numbers of answers that were left out; see `pipeline.label_tables.bam_answers.Since`.
    """

    rows: dict[str, int]
    attributes: tuple[str, ...]
    blind: int
    unsure: int
    absent: int


def export_bam(
    collection: Collection,
    store: LabelStore | None,
    target: Path,
    *,
    with_blind: bool = False,
    replace: bool = False,
    progress: ProgressCallback | None = None,
) -> BamExported:
    """Write images, scores and everything that people said to a new SQLite file.

    Parameters
    ----------
    collection
        Imported from a BAM release, or built from pictures.
    store
        Its answers; None where there are none.
    target
        The file. It gets its name when it is whole.
    with_blind
        Whether answers of certifications and audits are included.
    replace
        Whether an earlier export at `target` may be replaced. No other file ever is.
    progress
        Called with the number of rows of images written; may raise to stop.

    Raises
    ------
    ParameterError
        If `target` lies among the files of the collection.
    TableError
        If the file exists and must not be replaced, or cannot be written.
    """
    if target.parent.resolve() == collection.path.resolve() or is_within(target.parent, collection.path):
        raise ParameterError(
            f"{target} lies among the files of the collection itself. Choose another place.", kind=ErrorKind.OTHER_PLACE
        )
    names, mids = bam_attributes(collection), collection.image_ids
    rows: dict[str, int] = {}
    with new_bam_file(target, names, replace=replace) as writer:
        blind: frozenset[Purpose] = frozenset() if with_blind else BLIND
        since = Since() if store is None else answers_since(collection, store, blind)
        scores = np.empty((len(names), len(mids)), np.float32)
        for place, name in enumerate(names):
            scores[place] = scores_for_bam(collection, name)
        tables: dict[str, Iterator[list[tuple[Any, ...]]]] = {
            "modules": module_rows(collection),
            "scores": score_rows(mids, scores),
            "automatic_labels": automatic_rows(collection, names, scores),
            "crowd_labels": label_rows(collection, since),
            "crowd_raw_hits": hit_rows(collection, since),
            "crowd_raw_choices": choice_rows(collection, since),
            "crowd_raw_captions": caption_rows(collection, since),
        }
        images = 3 * len(mids)
        for table, blocks in tables.items():
            rows[table] = 0
            for block in blocks:
                rows[table] += writer.add(table, block)
                if progress is not None:
                    progress(Progress(STAGE, min(sum(rows.values()), images), images, "rows"))
    return BamExported(rows, names, since.blind, since.unsure, since.absent)
