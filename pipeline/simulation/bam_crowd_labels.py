"""The crowd's answers of a BAM release, to replay them in simulations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import UNKNOWN
from pipeline.errors import SourceError
from pipeline.simulation.annotators import Votes
from pipeline.sources.bam_crowd import crowd_attributes, read_choices, read_labels
from pipeline.sources.bam_tables import LABEL_WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SUFFIXES", "read_crowd_labels", "read_crowd_votes"]

SUFFIXES = (".sqlite", ".sqlite3", ".db")
CODES = np.array([{"positive": 1, "negative": 0}.get(word, UNKNOWN) for word in LABEL_WORDS], np.int8)
"""The answer for each code of a label."""


def read_crowd_labels(
    path: Path, image_ids: NDArray[np.int64], attributes: Sequence[str] = ()
) -> dict[str, NDArray[np.int8]]:
    """Read the settled answers of the crowd.

    Parameters
    ----------
    path
        The release file.
    image_ids
        int64 (n,), ascending: the ids of the collection. Labels of other images are ignored, because many addresses
        of the file no longer answer and no collection holds all images.
    attributes
        Attributes to read; empty for all that have labels in the file.

    Returns
    -------
    dict
        Attribute -> int8 (n,): 1 positive, 0 negative, -1 unsure or not asked.

    Raises
    ------
    SourceError
        If the file cannot be read, or lacks the table ``crowd_labels`` or labels of a requested attribute.
    """
    names = _wanted(path, "crowd_labels", attributes, "crowd labels of")
    labels = read_labels(path, image_ids, names)
    answers = np.full((len(names), len(image_ids)), UNKNOWN, np.int8)
    answers[labels.columns, labels.rows] = CODES[labels.values]
    return dict(zip(names, answers, strict=True))


def read_crowd_votes(path: Path, image_ids: NDArray[np.int64], attributes: Sequence[str]) -> dict[str, Votes]:
    """Count the votes of the single annotators of the crowd on each image.

    Parameters
    ----------
    path
        The release file.
    image_ids
        int64 (n,), ascending: the ids of the collection. Votes on other images are ignored.
    attributes
        Attributes to read.

    Returns
    -------
    dict
        Attribute -> votes of yes and of no on each image of the collection.

    Raises
    ------
    SourceError
        If the file cannot be read, or lacks the table ``crowd_raw_choices`` or votes on an attribute.
    """
    names = _wanted(path, "crowd_raw_choices", attributes, "crowd votes on")
    choices = read_choices(path, image_ids, names)
    counts = np.zeros((2, len(names), len(image_ids)), np.int64)
    np.add.at(counts, (choices.yes.astype(np.int64), choices.columns, choices.rows), 1)
    return {name: Votes(yes=counts[1, place], no=counts[0, place]) for place, name in enumerate(names)}


def _wanted(path: Path, table: str, attributes: Sequence[str], what: str) -> list[str]:
    """Return the attributes to read, all of which the table has."""
    if not path.is_file():
        raise SourceError(f"There is no file {path}. Use a BAM! release file, or a CSV or Parquet table.")
    found = crowd_attributes(path, table)
    missing = [name for name in attributes if name not in found]
    if missing:
        raise SourceError(f"{path} has no {what} {', '.join(missing)}. It has: {', '.join(found) or 'none'}.")
    return list(dict.fromkeys(attributes)) or list(found)
