"""Write what is known about new images to the datasets of a collection, in an update. Uses the disk."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.build.columns import COLUMNS
from pipeline.learning.linear_model import LinearModel, probabilities
from pipeline.search.caption_index import CAPTIONS, TERMS, TEXT, WORDS
from pipeline.tables.typed_columns import ColumnFacts, ColumnKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline.collection.updating import CollectionUpdate
    from pipeline.growing.staging import Staged

__all__ = ["append_scores", "extend_captions", "extend_columns", "extend_thumbnails"]

THUMBNAIL_BLOCK = 2048
"""Thumbnails that are copied at once: about 100 MB."""

_WORDS_OF = {ColumnKind.CATEGORY: "text", ColumnKind.TEXT: "text"}
"""Kinds that hold the same type: a few categories may become many."""


def extend_thumbnails(update: CollectionUpdate, staged: Staged) -> None:
    """Copy the thumbnails of the stage in blocks."""
    names = ["image_id", "small", "tile", "preview"]
    for batch in staged.writer.batches("thumbnails.lance", names, THUMBNAIL_BLOCK):
        update.append("thumbnails.lance", pa.Table.from_batches([batch]))


def extend_captions(update: CollectionUpdate, staged: Staged) -> None:
    """Add the texts of new images to the index of words."""
    if not staged.captions.num_rows or not update.exists(CAPTIONS):
        return
    names = update.dataset(CAPTIONS).schema.names
    update.append(CAPTIONS, staged.captions.select([name for name in staged.captions.column_names if name in names]))
    update.index_text(CAPTIONS, TERMS if TERMS in names else TEXT)
    if update.exists(WORDS):
        counts: Counter[str] = Counter()
        for table in (update.dataset(WORDS).to_table(), staged.words):
            counts.update(dict(zip(table["word"].to_pylist(), table["count"].to_pylist(), strict=True)))
        words = sorted(counts)
        numbers = pa.array([counts[word] for word in words], pa.int64())
        update.overwrite(WORDS, pa.table({"word": pa.array(words, pa.string()), "count": numbers}))


def extend_columns(
    update: CollectionUpdate, staged: Staged, facts: tuple[ColumnFacts, ...], old_ids: NDArray[np.int64]
) -> tuple[ColumnFacts, ...]:
    """Add the columns of new images; return the facts about all columns.

    A column with the name and the kind of one that is there continues it. All others are new, and null in the images
    that were there.
    """
    if not facts and not staged.facts:
        return ()
    known = list(facts)
    table = {"image_id": pa.array(staged.ids, pa.int64())}
    there = update.dataset(COLUMNS).schema if facts else None
    for one in staged.facts:
        values = staged.columns[one.field].combine_chunks()  # type: ignore[index]  # there are facts, so there are columns
        place = _continued(known, one, values, there)
        if place is None:
            field = f"c{1 + max((int(entry.field[1:]) for entry in known), default=-1)}"
            known.append(replace(one, field=field))
        else:
            field = known[place].field
            known[place] = replace(
                known[place], known=known[place].known + one.known, kind=_wider(known[place].kind, one.kind)
            )
            values = values.cast(there.field(field).type)  # type: ignore[union-attr]  # only known columns continue
        table[field] = values
    if not facts:
        first: dict[str, pa.Array] = {"image_id": pa.array(old_ids, pa.int64())}
        first |= {name: pa.nulls(len(old_ids), values.type) for name, values in table.items() if name != "image_id"}
        update.overwrite(COLUMNS, pa.table(first))
    update.append(COLUMNS, pa.table(table))
    return tuple(known)


def _continued(known: list[ColumnFacts], one: ColumnFacts, values: pa.Array, schema: pa.Schema | None) -> int | None:
    """Return the place of the known column that a new one continues, or None."""
    if schema is None:
        return None
    for place, entry in enumerate(known):
        same_kind = _WORDS_OF.get(ColumnKind(entry.kind), entry.kind) == _WORDS_OF.get(ColumnKind(one.kind), one.kind)
        if entry.name != one.name or not same_kind or entry.field not in schema.names:
            continue
        try:
            values.cast(schema.field(entry.field).type)
        except pa.ArrowException:
            continue
        return place
    return None


def _wider(one: str, other: str) -> str:
    return one if one == other else ColumnKind.TEXT.value


def append_scores(
    update: CollectionUpdate, name: str, model: LinearModel, ids: NDArray[np.int64], vectors: NDArray[np.float16]
) -> NDArray[np.float32]:
    """Score new images with the model whose scores a dataset holds.

    Parameters
    ----------
    update
        The update.
    name
        The dataset of the scores.
    model
        The model that computed them.
    ids, vectors
        int64 (m,) and float16 (m, d): the new images and their stored vectors.

    Returns
    -------
    ndarray
        float32 (m,): their probabilities.
    """
    scores: NDArray[np.float32] = probabilities([model], vectors)[:, 0]
    update.take_over(name)
    update.append(name, pa.table({"image_id": pa.array(ids, pa.int64()), "score": pa.array(scores, pa.float32())}))
    return scores
