"""Read the crowd's answers from a BAM! release file, to replay them in simulations. An edge: it reads SQLite files.

Table ``crowd_labels`` holds the settled answers of the crowd: ``mid``, ``attribute``, and ``label`` as positive,
negative or unsure. Table ``crowd_raw_choices`` holds the answers of each annotator: ``assignment_id``, ``mid``,
``attribute``, and ``label`` as 1 or 0 (Wilber et al., "BAM! The Behance Artistic Media Dataset", ICCV 2017, and its
release of 2017-05-09). Files are not trusted: they are opened read-only, and nothing in them is executed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.values import UNKNOWN
from pipeline.errors import TableError
from pipeline.simulation.annotators import Votes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SUFFIXES", "read_crowd_labels", "read_crowd_votes"]

SUFFIXES = (".sqlite", ".sqlite3", ".db")
NAMES = {
    "crowd_labels": "SELECT DISTINCT attribute FROM crowd_labels ORDER BY 1",
    "crowd_raw_choices": "SELECT DISTINCT attribute FROM crowd_raw_choices ORDER BY 1",
}
CODES = {"positive": 1, "negative": 0}
FETCHED = 50_000


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
    TableError
        If the file cannot be read, or lacks the table ``crowd_labels`` or labels of a requested attribute.
    """
    with _opened(path, "crowd_labels with mid, attribute and label") as database:
        found = _attributes(database, "crowd_labels")
        missing = [name for name in attributes if name not in found]
        if missing:
            raise TableError(f"{path} has no crowd labels of {', '.join(missing)}. It has: {', '.join(found)}.")
        wanted = list(dict.fromkeys(attributes)) or found
        return {name: _column(database, image_ids, name) for name in wanted}


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
    TableError
        If the file cannot be read, or lacks the table ``crowd_raw_choices`` or votes on an attribute.
    """
    with _opened(path, "crowd_raw_choices with assignment_id, mid, attribute and label") as database:
        found = _attributes(database, "crowd_raw_choices")
        missing = [name for name in attributes if name not in found]
        if missing:
            raise TableError(
                f"{path} has no crowd votes on {', '.join(missing)}. It has: {', '.join(found) or 'none'}."
            )
        return {name: _votes(database, image_ids, name) for name in attributes}


def _check_table(database: sqlite3.Connection, path: Path, name: str) -> None:
    """Refuse a view with the name of the table, because reading a view may never end."""
    found = database.execute("SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE", (name,)).fetchone()
    if found and (found[0] != "table" or not str(found[1]).upper().startswith("CREATE TABLE")):
        raise TableError(f"{path}: {name} is no plain table, as in a BAM! release file. Use the original file.")


@contextmanager
def _opened(path: Path, needed: str) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise TableError(f"There is no file {path}. Use a BAM! release file, or a CSV or Parquet table.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            _check_table(database, path, needed.partition(" ")[0])
            yield database
    except sqlite3.Error as error:
        raise TableError(
            f"{path} cannot be read as a BAM! release file ({error}). It needs a table {needed}."
        ) from error


def _attributes(database: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[0]) for row in database.execute(NAMES[table])]


def _column(database: sqlite3.Connection, image_ids: NDArray[np.int64], name: str) -> NDArray[np.int8]:
    answers = np.full(len(image_ids), UNKNOWN, np.int8)
    cursor = database.execute("SELECT mid, label FROM crowd_labels WHERE attribute = ?", (name,))
    for places, labels in _read(cursor, image_ids, CODES):
        answers[places] = labels
    return answers


def _votes(database: sqlite3.Connection, image_ids: NDArray[np.int64], name: str) -> Votes:
    counts = np.zeros((2, len(image_ids)), np.int64)
    cursor = database.execute("SELECT mid, label FROM crowd_raw_choices WHERE attribute = ?", (name,))
    for places, labels in _read(cursor, image_ids, {1: 1, 0: 0}):
        np.add.at(counts, (labels, places), 1)
    return Votes(yes=counts[1], no=counts[0])


def _read(
    cursor: sqlite3.Cursor, image_ids: NDArray[np.int64], codes: Mapping[Any, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the rows of the collection's images in the file and their answers; other images are ignored."""
    while rows := cursor.fetchmany(FETCHED):
        usable = [(mid, codes[label]) for mid, label in rows if isinstance(mid, int) and label in codes]
        ids, labels = np.array(usable, np.int64).reshape(-1, 2).T
        places = np.minimum(np.searchsorted(image_ids, ids), max(len(image_ids) - 1, 0))
        here = image_ids[places] == ids if len(image_ids) else np.zeros(len(ids), np.bool_)
        yield places[here], labels[here]
