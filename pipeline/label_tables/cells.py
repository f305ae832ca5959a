"""Columns of the tables that labels travel in, and what one cell may hold. Pure.

A CSV file is opened in spreadsheets, which run a cell that begins like a formula. Cells of text that a person typed are
therefore written with an apostrophe in front where they begin so, and read back without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pipeline.label_store import Value
from pipeline.tables.answers import answer_word
from pipeline.text.formulas import guarded

__all__ = [
    "ANSWERS",
    "CAPTIONS",
    "LABELS",
    "Column",
    "ColumnKind",
    "csv_cell",
    "value_of",
]


class ColumnKind(StrEnum):
    """The type of the cells of a column."""

    ID = "id"  # 63 bits: a number in Parquet, quoted text in CSV, where spreadsheets would round it
    WORD = "word"  # text of the program's own
    TYPED = "typed"  # text that a person typed, not to be trusted
    COUNT = "count"
    NUMBER = "number"
    TIME = "time"  # seconds since 1970; ISO 8601 in UTC in CSV
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    kind: ColumnKind


LABELS = (
    Column("image_id", ColumnKind.ID),
    Column("file", ColumnKind.TYPED),
    Column("attribute", ColumnKind.WORD),
    Column("purpose", ColumnKind.WORD),
    Column("label", ColumnKind.WORD),
    Column("yes", ColumnKind.COUNT),
    Column("no", ColumnKind.COUNT),
    Column("unsure", ColumnKind.COUNT),
    Column("definition_version", ColumnKind.COUNT),
    Column("last_at", ColumnKind.TIME),
)
"""One row for each image, attribute and purpose."""

ANSWERS = (
    Column("sequence", ColumnKind.COUNT),
    Column("at", ColumnKind.TIME),
    Column("annotator_id", ColumnKind.WORD),
    Column("annotator", ColumnKind.TYPED),
    Column("image_id", ColumnKind.ID),
    Column("file", ColumnKind.TYPED),
    Column("attribute", ColumnKind.WORD),
    Column("definition_version", ColumnKind.COUNT),
    Column("purpose", ColumnKind.WORD),
    Column("value", ColumnKind.WORD),
    Column("seconds", ColumnKind.NUMBER),
    Column("reason", ColumnKind.TYPED),
    Column("probability", ColumnKind.NUMBER),
    Column("model_version", ColumnKind.TYPED),
    Column("page_id", ColumnKind.WORD),
    Column("draw_id", ColumnKind.COUNT),
    Column("survives", ColumnKind.TRUTH),
)
"""One row for each answer, also undone ones, in the order of the log."""

CAPTIONS = (
    Column("image_id", ColumnKind.ID),
    Column("file", ColumnKind.TYPED),
    Column("text", ColumnKind.TYPED),
    Column("annotator_id", ColumnKind.WORD),
    Column("annotator", ColumnKind.TYPED),
    Column("at", ColumnKind.TIME),
)
"""One row for each surviving caption, oldest first."""


def csv_cell(value: Any, kind: ColumnKind) -> Any:
    """Return a value for the `csv` module: texts are quoted, numbers are not, None is empty."""
    if value is None:
        return ""
    if kind is ColumnKind.TYPED:
        return guarded(value)
    if kind is ColumnKind.ID:
        return str(value)
    if kind is ColumnKind.TIME:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    if kind is ColumnKind.TRUTH:
        return "true" if value else "false"
    return value


def value_of(cell: str) -> Value | None:
    """Return the answer of a cell, in lower or upper case, or None for a cell without an answer.

    Raises
    ------
    ValueError
        If it is something else.
    """
    word = answer_word(cell)
    return Value(word) if word else None
