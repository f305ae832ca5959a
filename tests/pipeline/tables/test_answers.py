"""One vocabulary of answers and numbers for all tables."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tables import answer_word, whole_number
from pipeline.tables.arrow_tables import plain_cell


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        (["yes", "Y", " YES ", "1", "1.0", "1.00", "1.", "true", "True", "positive", "\ufeffyes\u00a0"], "yes"),
        (["no", "N", "0", "0.0", "-0.0", "0.", "FALSE", "negative", "\u200bno"], "no"),
        (["unsure", "Unsure"], "unsure"),
        (["", " ", "\u00a0", "nan", "NaN", "open", "split"], ""),
    ],
)
def test_each_word_is_read_whatever_its_capitals_and_spaces(cells: list[str], word: str) -> None:
    assert {cell: answer_word(cell) for cell in cells} == dict.fromkeys(cells, word)


@pytest.mark.parametrize(
    "cell", ["maybe", "2", "-1", "0.5", "1.5", "1,0", "01", "1e0", "yes no", "none", "?", "ja", "\u0661"]
)
def test_any_other_word_is_refused_and_never_taken_for_no(cell: str) -> None:
    with pytest.raises(ValueError, match=re.escape(cell)):
        answer_word(cell)


@given(st.sampled_from([True, False, 1, 0, 1.0, 0.0, -0.0, None, math.nan, "yes", "No", "unsure", ""]))
def test_a_parquet_cell_is_read_as_the_csv_cell_of_the_same_value(value: object) -> None:
    written = "" if value is None else str(value)
    assert answer_word(plain_cell(value)) == answer_word(written)


@pytest.mark.parametrize(
    ("cell", "number"),
    [("3", 3), ("3.0", 3), (" 3 ", 3), ("'3", 3), ("007", 7), ("", None), ("NaN", None), (str(2**63 - 1), 2**63 - 1)],
)
def test_whole_numbers_are_read_as_pandas_and_spreadsheets_write_them(cell: str, number: int | None) -> None:
    assert whole_number(cell) == number


@pytest.mark.parametrize(
    "cell",
    ["-3", "3.5", "3e2", "1.23E+18", "1,23E+18", "1,000", "x", str(2**63), "9007199254740993.0", "\u0663", "3 4"],
)
def test_a_number_that_is_none_or_was_rounded_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match=re.escape(cell)):
        whole_number(cell)


@given(st.integers(0, 2**53 - 1))
def test_a_whole_float_is_the_number_it_was(number: int) -> None:
    assert whole_number(plain_cell(float(number))) == number == whole_number(f"{number}.0")
