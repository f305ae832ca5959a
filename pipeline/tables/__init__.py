"""Tables that people bring: one strict reader of CSV, JSON Lines and Parquet, one spelling of paths and of values.

Tables of images, of labels and of truth are all read here. A cell that could be read in two ways is refused, and the
error names its line.
"""

from __future__ import annotations

from pipeline.tables.answers import ALLOWED, answer_word, whole_number
from pipeline.tables.columns import ColumnUse, attribute_columns, column_names, ignored_sentence
from pipeline.tables.opening import open_table
from pipeline.tables.paths import path_below
from pipeline.tables.reading import KINDS, READ_KINDS, Row, Table, about_rows, kind_of

__all__ = [
    "ALLOWED",
    "KINDS",
    "READ_KINDS",
    "ColumnUse",
    "Row",
    "Table",
    "about_rows",
    "answer_word",
    "attribute_columns",
    "column_names",
    "ignored_sentence",
    "kind_of",
    "open_table",
    "path_below",
    "whole_number",
]
