"""The kinds of a source's own columns, and their cells as typed arrays. Pure.

A CSV file has only text, so its kinds are recognised, and a column becomes a number or a date only if every cell that
is not empty is one. A table with types keeps them: a text that looks like a number stays text.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "MOST_CATEGORIES",
    "ColumnFacts",
    "ColumnKind",
    "kind_of_texts",
    "typed_from_arrow",
    "typed_from_texts",
    "with_classes",
]

MOST_CATEGORIES = 256
"""A text column with more different values is text, not a category."""

CLASS_NAMES = frozenset({"label", "class"})
"""Names of columns of classes, in small letters."""

EXACT = 2**53
"""Whole numbers from here on lose digits as floating point."""


class ColumnKind(StrEnum):
    """The kinds of columns."""

    NUMBER = "number"
    CATEGORY = "category"
    TEXT = "text"
    DATE = "date"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """Facts about one column of a source.

    Parameters
    ----------
    name
        Its name in the source, or the name of the fact that was read from the pictures.
    field
        Its name in ``columns.lance``.
    kind
        A `ColumnKind`.
    known
        Number of images with a value.
    """

    name: str
    field: str
    kind: str
    known: int


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_PADDED = re.compile(r"[+-]?0\d")
_PLACE = re.compile(r"([+-]?\d{1,2}\.\d+)\s*[,;]\s*([+-]?\d{1,3}\.\d+)")  # 1,5 is no place
_DATE = re.compile(r"\d{4}[-:]\d{2}[-:]\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
_EMPTY = frozenset({"", "nan", "null", "none", "na", "n/a"})


def kind_of_texts(cells: Sequence[str]) -> ColumnKind:
    """Return the kind of a column of texts.

    Parameters
    ----------
    cells
        Trimmed texts. Empty ones, and words such as ``nan`` and ``null``, count as missing where all others are numbers
        or dates.

    Returns
    -------
    ColumnKind
        Text where nothing is known. Numbers with leading zeros and whole numbers with more than 15 digits are names,
        not numbers, so they stay text.
    """
    filled = [cell for cell in cells if cell.lower() not in _EMPTY]
    if not filled:
        return ColumnKind.TEXT
    if all(_is_number(cell) for cell in filled):
        return ColumnKind.NUMBER
    if all(_date(cell) is not None for cell in filled):
        return ColumnKind.DATE
    if all(_is_place(cell) for cell in filled):
        return ColumnKind.PLACE
    return _kind_of_words([cell for cell in cells if cell])


def typed_from_texts(cells: Sequence[str]) -> tuple[ColumnKind, pa.Array]:
    """Return the kind of a column of texts, and its cells as an Arrow array.

    Parameters
    ----------
    cells
        n texts, as a CSV file holds them.

    Returns
    -------
    kind
        See `kind_of_texts`.
    array
        n values: float64 for numbers, timestamp in microseconds (UTC where the cell has a time zone) for dates, string
        otherwise. Missing values are null.
    """
    trimmed = [cell.strip() for cell in cells]
    kind = kind_of_texts(trimmed)
    if kind is ColumnKind.NUMBER:
        return kind, pa.array([_number(cell) for cell in trimmed], pa.float64())
    if kind is ColumnKind.DATE:
        return kind, pa.array([_date(cell) for cell in trimmed], pa.timestamp("us"))
    return kind, pa.array([cell or None for cell in trimmed], pa.string())


def typed_from_arrow(column: pa.ChunkedArray | pa.Array) -> tuple[ColumnKind, pa.Array] | None:
    """Return the kind of a typed column, and its cells in the form that is stored.

    Parameters
    ----------
    column
        n values of any Arrow type.

    Returns
    -------
    tuple or None
        As in `typed_from_texts`. None for types that are not kept, such as bytes and structures.
    """
    array = _one_array(column)
    kind = array.type
    found: tuple[ColumnKind, pa.Array] | None = None
    if pa.types.is_boolean(kind):
        found = ColumnKind.CATEGORY, pc.if_else(array, "yes", "no").cast(pa.string())
    elif pa.types.is_integer(kind):
        found = ColumnKind.NUMBER, array if kind == pa.uint64() else array.cast(pa.int64())
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = array.cast(pa.float64())
        found = ColumnKind.NUMBER, pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        found = ColumnKind.DATE, _naive(array)
    elif _is_text(kind):
        texts = array.cast(pa.string())
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
        found = _dated(texts) or (_kind_of_words(texts), texts)
    elif (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_text(kind.value_type):
        found = ColumnKind.TEXT, pc.binary_join(array.cast(pa.list_(pa.string())), "; ")
    return found


def with_classes(name: str, kind: ColumnKind, values: pa.Array) -> tuple[ColumnKind, pa.Array]:
    """Return a column as a category if its name says that it holds classes: ``label`` or ``class``.

    Such a column holds whole numbers or names, also names with commas. Whole numbers become texts.

    Parameters
    ----------
    name
        Name of the column. Capitals do not matter.
    kind, values
        As `typed_from_texts` or `typed_from_arrow` returns them.

    Returns
    -------
    kind, values
        Unchanged for another name, for other kinds, for fractions, and for more than 256 texts that are each there
        once or twice.
    """
    if name.casefold() not in CLASS_NAMES or kind not in {ColumnKind.NUMBER, ColumnKind.TEXT}:
        return kind, values
    whole = values
    if pa.types.is_floating(values.type):
        if not pc.all(pc.equal(values, pc.trunc(values))).as_py() or pc.any(pc.greater(pc.abs(values), EXACT)).as_py():
            return kind, values
        whole = values.cast(pa.int64())
    different, known = pc.count_distinct(whole).as_py(), len(values) - values.null_count
    if different > MOST_CATEGORIES and different * 2 > known:
        return kind, values
    return ColumnKind.CATEGORY, whole.cast(pa.string())


def _dated(texts: pa.Array) -> tuple[ColumnKind, pa.Array] | None:
    """Return texts that are all dates as dates; None for others."""
    first = next((value for value in texts.to_pylist() if value), "")
    if _date(first.strip()) is None:
        return None
    typed = typed_from_texts([value or "" for value in texts.to_pylist()])
    return typed if typed[0] is ColumnKind.DATE else None


def _one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _naive(array: pa.Array) -> pa.Array:
    """Return times in microseconds without a zone; times with a zone are in UTC already."""
    zone = getattr(array.type, "tz", None)
    if zone is not None:
        array = array.cast(pa.timestamp("us", "UTC"), safe=False)
        return array.cast(pa.int64()).cast(pa.timestamp("us"))
    return array.cast(pa.timestamp("us"), safe=False)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _kind_of_words(cells: Any) -> ColumnKind:
    """Return whether words repeat often enough to be categories."""
    array = cells if isinstance(cells, pa.Array) else pa.array(cells, pa.string())
    array = array.drop_null()
    different = pc.count_distinct(array).as_py()
    few = different <= MOST_CATEGORIES and different * 2 <= len(array)
    return ColumnKind.CATEGORY if few and len(array) else ColumnKind.TEXT


def _is_number(cell: str) -> bool:
    if _NUMBER.fullmatch(cell) is None or _PADDED.match(cell) is not None:
        return False
    whole = re.fullmatch(r"[+-]?\d+", cell) is not None
    return not (whole and abs(int(cell)) >= EXACT) if len(cell) < 40 else False


def _number(cell: str) -> float | None:
    if cell.lower() in _EMPTY:
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _date(cell: str) -> datetime.datetime | None:
    """Return a date of ISO 8601 or of EXIF; None for a missing or impossible one."""
    if _DATE.fullmatch(cell) is None:
        return None
    text = f"{cell[:10].replace(':', '-')}{cell[10:]}"
    try:
        found = datetime.datetime.fromisoformat(text)
        return found.astimezone(datetime.UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        return None


def _is_place(cell: str) -> bool:
    found = _PLACE.fullmatch(cell)
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180
