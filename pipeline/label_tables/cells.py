"""Columns of the tables that labels travel in, and what one cell may hold. Pure.

A CSV file is opened in spreadsheets, which run a cell that begins like a formula. Cells of text that somebody typed are
therefore written with an apostrophe in front where they begin so, and read back without it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pipeline.label_store import Value

__all__ = [
    "ANSWERS",
    "CAPTIONS",
    "LABELS",
    "NOTHING",
    "Column",
    "ColumnKind",
    "csv_cell",
    "guarded",
    "plain_cell",
    "unguarded",
    "value_of",
]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
YES = frozenset({"yes", "y", "1", "true", "positive"})
NO = frozenset({"no", "n", "0", "false", "negative"})
UNSURE = frozenset({"unsure"})
NOTHING = frozenset({"", "open", "split"})
"""Cells that are no answer: empty, and the labels of an export that people have not settled."""


class ColumnKind(StrEnum):
    """What the cells of a column are."""

    ID = "id"  # 63 bits: a number in Parquet, quoted text in CSV, where spreadsheets would round it
    WORD = "word"  # text of the program's own
    TYPED = "typed"  # text that somebody typed, not to be trusted
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
"""One row an image, attribute and purpose."""

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
"""One row an answer, undone ones too, in the order of the log."""

CAPTIONS = (
    Column("image_id", ColumnKind.ID),
    Column("file", ColumnKind.TYPED),
    Column("text", ColumnKind.TYPED),
    Column("annotator_id", ColumnKind.WORD),
    Column("annotator", ColumnKind.TYPED),
    Column("at", ColumnKind.TIME),
)
"""One row a caption that was not undone, oldest first."""


def guarded(text: str) -> str:
    """Put an apostrophe in front of a text that a spreadsheet would take for a formula; `unguarded` takes it away.

    A text that already looks guarded gets one more, so that nothing is lost.
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """Give the text that `guarded` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text


def csv_cell(value: Any, kind: ColumnKind) -> Any:
    """Give a value as the `csv` module shall write it: texts are quoted, numbers are not, None is empty."""
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


def plain_cell(value: Any) -> str:
    """Give a cell of a Parquet file as the text that it would be in CSV; whole numbers have no point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def value_of(cell: str) -> Value | None:
    """Read an answer, whatever its capitals; None where the cell gives none.

    Raises
    ------
    ValueError
        If it is neither.
    """
    word = cell.strip().lower()
    if word in NOTHING:
        return None
    for value, words in ((Value.YES, YES), (Value.NO, NO), (Value.UNSURE, UNSURE)):
        if word in words:
            return value
    raise ValueError(cell)
