"""The crowd's answers in a BAM! release file, to be replayed in simulations. An edge: it reads SQLite files.

Table ``crowd_labels`` holds what the crowd settled on: ``mid``, ``attribute``, and ``label`` as positive, negative or
unsure; ``crowd_raw_choices`` what each of its annotators had said: ``assignment_id``, ``mid``, ``attribute``, and
``label`` as 1 or 0 (Wilber et al., "BAM! The Behance Artistic Media Dataset", ICCV 2017, and its release of
2017-05-09). Files come from anywhere: they are opened for reading alone, and nothing of them is run.
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
        int64 (n,), ascending: the collection's. What the file says of other images is passed over: many of its
        addresses no longer answer, so that no collection holds them all.
    attributes
        Which ones; none given: all that the file has labels of.

    Returns
    -------
    dict
        Attribute -> int8 (n,): 1 positive, 0 negative, -1 unsure or never asked.

    Raises
    ------
    TableError
        If it cannot be read, has no table ``crowd_labels``, or no label of an attribute asked for.
    """
    with _opened(path, "crowd_labels with mid, attribute and label") as database:
        found = _attributes(database, "crowd_labels")
        missing = [name for name in attributes if name not in found]
        if missing:
            raise TableError(f"{path} has no crowd labels of {', '.join(missing)}. It has: {', '.join(found)}.")
        wanted = list(dict.fromkeys(attributes)) or found
        return {name: _column(database, image_ids, name) for name in wanted}


def read_crowd_votes(path: Path, image_ids: NDArray[np.int64], attributes: Sequence[str]) -> dict[str, Votes]:
    """Count what the single annotators of the crowd said of each image.

    Parameters
    ----------
    path
        The release file.
    image_ids
        int64 (n,), ascending: the collection's. Votes on other images are passed over.
    attributes
        Which ones.

    Returns
    -------
    dict
        Attribute -> votes of yes and of no on each image of the collection.

    Raises
    ------
    TableError
        If it cannot be read, has no table ``crowd_raw_choices``, or no vote on an attribute.
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
    """Refuse a view of the table's name: reading one may never end."""
    found = database.execute("SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE", (name,)).fetchone()
    if found and (found[0] != "table" or not str(found[1]).upper().startswith("CREATE TABLE")):
        raise TableError(f"{path}: {name} is no plain table, as it is in a BAM! release file. Give the file as it is.")


@contextmanager
def _opened(path: Path, needed: str) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise TableError(f"There is no file {path}. Give a BAM! release file, or a CSV or Parquet table.")
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
    for places, said in _read(cursor, image_ids, CODES):
        answers[places] = said
    return answers


def _votes(database: sqlite3.Connection, image_ids: NDArray[np.int64], name: str) -> Votes:
    counts = np.zeros((2, len(image_ids)), np.int64)
    cursor = database.execute("SELECT mid, label FROM crowd_raw_choices WHERE attribute = ?", (name,))
    for places, said in _read(cursor, image_ids, {1: 1, 0: 0}):
        np.add.at(counts, (said, places), 1)
    return Votes(yes=counts[1], no=counts[0])


def _read(
    cursor: sqlite3.Cursor, image_ids: NDArray[np.int64], codes: Mapping[Any, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Give the rows of images that are here, and what was said of each; what else the file says is passed over."""
    while rows := cursor.fetchmany(FETCHED):
        usable = [(mid, codes[label]) for mid, label in rows if isinstance(mid, int) and label in codes]
        ids, said = np.array(usable, np.int64).reshape(-1, 2).T
        places = np.minimum(np.searchsorted(image_ids, ids), max(len(image_ids) - 1, 0))
        here = image_ids[places] == ids if len(image_ids) else np.zeros(len(ids), np.bool_)
        yield places[here], said[here]
