"""The images of a collection and their scores as rows of a BAM release. Reads files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.errors import CollectionDamagedError
from pipeline.sources.bam_tables import LABEL_WORDS, POSITIVE_CUT, labels_of_scores

__all__ = [
    "AT_ONCE",
    "automatic_rows",
    "bam_attributes",
    "module_rows",
    "score_rows",
    "scores_for_bam",
    "stored_scores",
]

AT_ONCE: Final = 20_000
EPSILON: Final = 1e-7
"""Least distance of a probability from 0 and 1, so that its log-odds are finite."""

Row = tuple[Any, ...]
Automatic = Callable[[int, int], list[Any]]


def bam_attributes(collection: Collection) -> tuple[str, ...]:
    """Return the attributes that get a column: those with scores, in the taxonomy's order."""
    return collection.scored


def module_rows(collection: Collection) -> Iterator[list[Row]]:
    """Yield the rows of ``modules`` in blocks: id, project, link, mature flag, licence.

    ``src`` is the link that the source has for the image, else the page it comes from, else its path.
    """
    names = ["image_id", "project_id", "source", "origin", "mature_content", "license"]
    dataset = collection.open_dataset("images.lance")
    table: pa.Table = collection.guarded(lambda: dataset.to_table(columns=names, filter="status = 'ok'"))
    if not np.array_equal(table["image_id"].to_numpy(), collection.image_ids):
        table = table.sort_by("image_id")
    for batch in table.to_batches(AT_ONCE):
        mids, projects, sources, origins, mature, licences = (column.to_pylist() for column in batch.columns)
        links = map(_link, mids, sources, origins)
        yield list(zip(mids, projects, links, mature, (one or None for one in licences), strict=True))


def _link(mid: int, source: str, origin: str | None) -> str | None:
    if source == f"module {mid}":
        return None
    if origin and origin.startswith(("http://", "https://")) and not source.startswith(("http://", "https://")):
        return origin
    return source


def stored_scores(collection: Collection, name: str) -> NDArray[np.float32]:
    """Return the newest scores of an attribute on their own scale, float32 (n,)."""
    facts = collection.manifest.facts(name)
    if facts is None:
        raise KeyError(name)
    dataset = collection.open_dataset(f"scores/{name}/{facts.origin}.lance")
    table: pa.Table = collection.guarded(lambda: dataset.to_table(columns=["image_id", "score"]))
    if not np.array_equal(table["image_id"].to_numpy(), collection.image_ids):
        table = table.sort_by("image_id")
    if not np.array_equal(table["image_id"].to_numpy(), collection.image_ids):
        raise CollectionDamagedError(
            f"The collection {collection.path} is damaged: the scores of {name} and the images do not name the same "
            "ids. Restore it from a copy, or build it again."
        )
    stored: NDArray[np.float32] = np.asarray(table["score"].to_numpy(), np.float32)
    return stored


def scores_for_bam(collection: Collection, name: str) -> NDArray[np.float32]:
    """Return the newest scores of an attribute on a scale as BAM's, float32 (n,).

    Scores that were imported stay as they are. A probability becomes its log-odds, moved so that the attribute's
    minimum score is at BAM's positive cut.
    """
    facts, stored = collection.manifest.facts(name), stored_scores(collection, name)
    if facts is None or facts.scale is not None:
        return stored
    threshold = 0.5 if facts.threshold is None else facts.threshold
    moved = _log_odds(stored) - _log_odds(np.array([threshold]))[0] + POSITIVE_CUT
    found: NDArray[np.float32] = moved.astype(np.float32)
    # Rounding must not move an image over the minimum.
    passing = stored >= np.float32(threshold)
    found[passing] = np.maximum(found[passing], np.float32(POSITIVE_CUT))
    found[~passing] = np.minimum(found[~passing], np.nextafter(np.float32(POSITIVE_CUT), np.float32(-np.inf)))
    return found


def _log_odds(values: NDArray[Any]) -> NDArray[np.float64]:
    safe = np.clip(np.asarray(values, np.float64), EPSILON, 1 - EPSILON)
    odds: NDArray[np.float64] = np.log(safe / (1 - safe))
    return odds


def score_rows(mids: NDArray[np.int64], scores: NDArray[np.float32]) -> Iterator[list[Row]]:
    """Yield the rows of ``scores`` in blocks, from scores (a, n)."""
    for start in range(0, len(mids), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        yield list(zip(mids[part].tolist(), *scores[:, part].tolist(), strict=True))


def automatic_rows(collection: Collection, names: tuple[str, ...], scores: NDArray[np.float32]) -> Iterator[list[Row]]:
    """Yield the rows of ``automatic_labels`` in blocks.

    Scores that were imported keep the labels that came with them, and have none where none came. The others are divided
    by BAM's two cuts.
    """
    columns = [_automatic(collection, name, scores[place]) for place, name in enumerate(names)]
    mids = collection.image_ids
    for start in range(0, len(mids), AT_ONCE):
        stop = min(start + AT_ONCE, len(mids))
        yield list(zip(mids[start:stop].tolist(), *(column(start, stop) for column in columns), strict=True))


def _automatic(collection: Collection, name: str, scores: NDArray[np.float32]) -> Automatic:
    """Return a function that returns the labels of some rows."""
    if collection.manifest.scale(name) is None:
        codes, words = labels_of_scores(scores), list[str | None](LABEL_WORDS)
    elif f"automatic {name}" in collection.metadata_columns:
        found, texts = collection.categories(f"automatic {name}")
        codes, words = found.astype(np.int8), list[str | None](texts)
    else:
        return lambda start, stop: list(itertools.repeat(None, stop - start))
    known = [*words, None]  # -1 is the last one: no label
    return lambda start, stop: [known[code] for code in codes[start:stop].tolist()]
