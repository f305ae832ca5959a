"""A table of truth for simulations: which image shows what. An edge: it reads CSV and Parquet files.

One row an image, named by ``file`` (its path below the root of the source) or ``image_id``, and one column an attribute
with 1 and 0, yes and no. An empty cell, and one of unsure, is unknown: the image takes no part in that attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.collection import Collection
from pipeline.crowd_labels import SUFFIXES, read_crowd_labels
from pipeline.errors import TableError
from pipeline.label_store import Value
from pipeline.label_tables.cells import unguarded, value_of
from pipeline.label_tables.file_names import FileNames
from pipeline.label_tables.files import read_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_truth_table"]

NAMED = 3
"""Wrong rows that an error names."""
CODES = {Value.YES: 1, Value.NO: 0}
UNKNOWN = -1


def read_truth_table(path: Path, collection: Collection, attributes: Sequence[str] = ()) -> dict[str, NDArray[np.int8]]:
    """Read a table of truth.

    Parameters
    ----------
    path
        Ends in .csv or .parquet; or a BAM! release file, whose crowd labels are read (`pipeline.crowd_labels`).
    collection
        Whose images it tells about; it need not tell about all.
    attributes
        Columns to read; none given: all but ``file`` and ``image_id``.

    Returns
    -------
    dict
        Attribute -> int8 (n,), rows in ascending order of ``image_id``: 1 yes, 0 no, -1 unknown.

    Raises
    ------
    ParameterError
        If the file ends otherwise.
    TableError
        If it cannot be read, has no column that names images or none of an attribute asked for, names images that the
        collection does not hold or one image twice, or has a cell that is no answer.
    """
    if path.suffix.lower() in SUFFIXES:
        return read_crowd_labels(path, collection.image_ids, attributes)
    names, rows = read_rows(path)
    key = next((name for name in ("image_id", "file") if name in names), None)
    if key is None:
        raise TableError(f"{path} has neither a column 'file' nor 'image_id'. Name the images by one of them.")
    columns = [name for name in names if name not in {"image_id", "file"}]
    missing = [name for name in attributes if name not in columns]
    if missing:
        raise TableError(f"{path} has no column {', '.join(missing)}. It has: {', '.join(columns) or 'none'}.")
    wanted = list(dict.fromkeys(attributes)) or columns
    if not wanted:
        raise TableError(f"{path} has no column of an attribute. Add one of 0 and 1 for each.")
    keys: list[str] = []
    answers: list[list[int]] = []
    for line, cells in rows:
        keys.append(cells[key].strip() if key == "image_id" else unguarded(cells[key]))
        answers.append([_code(path, line, name, cells[name]) for name in wanted])
    places = _places(path, collection, key, keys)
    table = np.full((len(wanted), len(collection)), UNKNOWN, np.int8)
    if keys:
        table[:, places] = np.array(answers, np.int8).T
    return dict(zip(wanted, table, strict=True))


def _code(path: Path, line: int, column: str, cell: str) -> int:
    try:
        value = value_of(cell)
    except ValueError:
        raise TableError(
            f"{path}, line {line}, {column}: {cell[:40]!r} is no answer. Allowed are 1, 0, yes, no, unsure and nothing."
        ) from None
    return UNKNOWN if value is None else CODES.get(value, UNKNOWN)


def _places(path: Path, collection: Collection, key: str, keys: list[str]) -> NDArray[np.int64]:
    files = FileNames(collection)
    if key == "file":
        places = files.find(keys)
    else:
        wrong = [text for text in keys if not text.isdecimal() or int(text) >= 2**63]
        if wrong:
            raise TableError(f"{path} has the image_id {wrong[0][:40]!r}. Ids are whole numbers; leave no cell empty.")
        places = files.rows([int(text) for text in keys])
    unknown = [keys[row] for row in np.flatnonzero(places < 0)]
    if unknown:
        raise TableError(
            f"{path} names {len(unknown):,} images that {collection.path} does not hold: {_some(unknown)}. Take those "
            "rows out, or build the collection of the same source."
        )
    values, counts = np.unique(places, return_counts=True)
    twice = values[counts > 1]
    if twice.size:
        named = [keys[int(np.flatnonzero(places == row)[0])] for row in twice[:NAMED]]
        named += [""] * (twice.size - len(named))
        raise TableError(f"{path} names {twice.size:,} images more than once: {_some(named)}. Leave one row of each.")
    return places


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:80] or "(empty)" for name in names[:NAMED])
    return shown + (" ..." if len(names) > NAMED else "")
