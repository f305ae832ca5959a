"""The tables of a collection that keep what the crowd of a BAM release said, row by row. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.sources.bam_release import BamRelease
from pipeline.sources.bam_tables import LABEL_WORDS

__all__ = ["CROWD_TABLES", "caption_table", "choice_table", "hit_table", "label_table"]


def hit_table(release: BamRelease) -> pa.Table:
    """Return ``hits.lance``: what is known of each page that a worker answered."""
    hits = release.crowd.hits
    return pa.table(
        {
            "assignment_id": hits.assignments,
            "worker_id": hits.workers,
            "attribute": _attributes(release, hits.columns),
            "clicks": pa.array(hits.clicks, mask=hits.clicks < 0),
            "seconds": pa.array(hits.seconds, mask=~np.isfinite(hits.seconds)),
            "at": pa.array(hits.times, mask=~np.isfinite(hits.times)),
            "last_modified": hits.modified,
        }
    )


def choice_table(release: BamRelease) -> pa.Table:
    """Return ``crowd_choices.lance``: each answer of a worker, with the row of its hit in ``hits.lance``."""
    choices = release.crowd.choices
    return pa.table(
        {
            "hit": pa.array(choices.hits),
            "image_id": pa.array(release.mids[choices.rows]),
            "attribute": _attributes(release, choices.columns),
            "yes": pa.array(choices.yes),
        }
    )


def caption_table(release: BamRelease) -> pa.Table:
    """Return ``crowd_captions.lance``: each caption with the assignment on which its worker wrote it."""
    captions = release.crowd.captions
    return pa.table(
        {
            "assignment_id": captions.assignments,
            "image_id": pa.array(release.mids[captions.rows]),
            "attribute": _attributes(release, captions.columns),
            "caption": captions.texts,
            "yes": pa.array(captions.answers == 1, mask=captions.answers < 0),
        }
    )


def label_table(release: BamRelease) -> pa.Table:
    """Return ``crowd_labels.lance``: each label of the crowd, also the unsure ones."""
    labels = release.crowd.labels
    return pa.table(
        {
            "image_id": pa.array(release.mids[labels.rows]),
            "attribute": _attributes(release, labels.columns),
            "label": pa.DictionaryArray.from_arrays(pa.array(labels.values), pa.array(LABEL_WORDS)),
        }
    )


def _attributes(release: BamRelease, columns: NDArray[np.int32]) -> Any:
    """Return names of attributes; null for -1."""
    return pa.DictionaryArray.from_arrays(pa.array(columns, mask=columns < 0), pa.array(release.attributes))


CROWD_TABLES: Final = {
    "hits.lance": hit_table,
    "crowd_choices.lance": choice_table,
    "crowd_captions.lance": caption_table,
    "crowd_labels.lance": label_table,
}
"""Each dataset, and the function that returns its rows."""
