"""Read a table of truth for simulations: the attributes that each image shows. An edge: it reads CSV and Parquet.

The table has one row per image, named by ``file`` (its path below the root of the source) or ``image_id``, and one
column per attribute with 1 and 0, or yes and no. An empty cell or "unsure" means unknown: the image is not used for
that attribute.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import UNKNOWN
from pipeline.collection import Collection
from pipeline.errors import ErrorKind, TableError
from pipeline.label_tables.cells import ANSWERS, LABELS
from pipeline.label_tables.file_names import FileNames
from pipeline.label_tables.row_images import KEYS, find_images
from pipeline.simulation.bam_crowd_labels import SUFFIXES, read_crowd_labels
from pipeline.tables import (
    ALLOWED,
    ColumnUse,
    Row,
    Table,
    answer_word,
    attribute_columns,
    ignored_sentence,
    open_table,
    whole_number,
)
from pipeline.tables.columns import KNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_truth_table"]

NAMED = 3
"""Wrong rows that an error names."""
CODES = {"yes": 1, "no": 0}
NO_ATTRIBUTES = KNOWN.union(column.name for column in (*LABELS, *ANSWERS))
"""Columns of other tables that are not attributes."""


def read_truth_table(
    path: Path,
    collection: Collection,
    attributes: Sequence[str] = (),
    *,
    tell: Callable[[str], None] | None = None,
) -> dict[str, NDArray[np.int8]]:
    """Read a table of truth.

    Parameters
    ----------
    path
        A .csv or .parquet file, or a BAM! release file with crowd labels (`pipeline.simulation.bam_crowd_labels`).
    collection
        The collection of the images. The table may lack some of them.
    attributes
        Columns to read. If empty, columns with names of attributes such as ``content_bird`` are read, also with a
        suffix after ``@``. If there are none, all columns except those of other tables, such as ``file``, are read.
    tell
        Called with sentences about how the table was read, such as the columns that are not used.

    Returns
    -------
    dict
        Attribute -> int8 (n,), rows in ascending order of ``image_id``: 1 yes, 0 no, -1 unknown.

    Raises
    ------
    ParameterError
        If the file has another ending.
    SourceError
        If a release file cannot be read or lacks the labels.
    TableError
        If the file cannot be read, lacks a column that names images or one of a requested attribute, names an image
        twice or one that the collection does not hold, or has a cell that is not an answer.
    """
    if path.suffix.lower() in SUFFIXES:
        return read_crowd_labels(path, collection.image_ids, attributes)
    table = open_table(path)
    if not set(KEYS) & set(table.names):
        raise TableError(f"{path} has neither a column 'file' nor 'image_id'. Name the images by one of them.")
    uses = _columns(table, attributes)
    rows = list(table)
    answers = [[_code(table, line, name, cells[name]) for name in uses.attributes] for line, cells in rows]
    places = _places(table, collection, rows)
    truth = np.full((len(uses.attributes), len(collection)), UNKNOWN, np.int8)
    if rows:
        truth[:, places] = np.array(answers, np.int8).T
    for sentence in (*table.form(), ignored_sentence(uses.ignored)):
        if tell is not None and sentence:
            tell(sentence)
    return dict(zip(uses.attributes, truth, strict=True))


def _columns(table: Table, asked: Sequence[str]) -> ColumnUse:
    """Return the columns of attributes."""
    others = [name for name in table.names if name not in KEYS]
    missing = [name for name in asked if name not in others]
    if missing:
        raise TableError(f"{table.path} has no column {', '.join(missing)}. It has: {', '.join(others) or 'none'}.")
    wanted = tuple(dict.fromkeys(asked))
    if not wanted:
        parts = {name: name.partition("@")[0] for name in others}
        named = set(attribute_columns(parts.values(), (), table.header_place).attributes)
        wanted = tuple(name for name, part in parts.items() if part in named)
    if not wanted:
        wanted = tuple(name for name in others if name not in NO_ATTRIBUTES)
    if not wanted:
        raise TableError(f"{table.path} has no column of an attribute. Add one of 0 and 1 for each.")
    return ColumnUse(wanted, tuple(name for name in others if name not in wanted))


def _code(table: Table, line: int, column: str, cell: str) -> int:
    try:
        return CODES.get(answer_word(cell), UNKNOWN)
    except ValueError:
        raise TableError(
            f"{table.place(line)}, {column}: {cell[:40]!r} is no answer. {ALLOWED} If {column} is no attribute, "
            "name those that are.",
            kind=ErrorKind.UNCLEAR_COLUMN,
            column=column,
        ) from None


def _places(table: Table, collection: Collection, rows: Sequence[Row]) -> NDArray[np.int64]:
    """Return the rows of the collection, each once."""
    lines = [line for line, _ in rows]
    if "file" not in table.names:
        for line, cells in rows:
            _check_id(table, line, cells["image_id"])
    found = find_images(rows, FileNames(collection), guards=table.unit == "line")
    if found.unknown:
        unknown = [words for _, words in found.unknown]
        raise TableError(
            f"{table.path} names {len(unknown):,} images that {collection.path} does not hold: {_some(unknown)} "
            f"(the first in {table.unit} {lines[found.unknown[0][0]]}). Remove these rows, or build the collection "
            "from the same source."
        )
    if found.two_images:
        raise TableError(f"{table.place(lines[found.two_images[0]])}: image_id and file name two images. Correct one.")
    order = np.argsort(found.rows, kind="stable")
    again = np.flatnonzero(np.diff(found.rows[order]) == 0)
    if again.size:
        count = len(np.unique(found.rows[order][again]))
        first, second = lines[int(order[again[0]])], lines[int(order[again[0] + 1])]
        twice = [rows[int(order[place])][1] for place in again]
        named = _some(list(dict.fromkeys((cells.get("file") or cells.get("image_id", ""))[:80] for cells in twice)))
        raise TableError(
            f"{table.path} names {count:,} images more than once: {named}. Leave one row of each; "
            f"{table.unit}s {first} and {second} are about one image."
        )
    return found.rows


def _check_id(table: Table, line: int, cell: str) -> None:
    try:
        number = whole_number(cell)
    except ValueError:
        number = None
    if number is None:
        raise TableError(
            f"{table.place(line)} has the image_id {cell[:40]!r}. Ids are whole numbers; leave no cell empty."
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
