"""Kinds of columns: a text becomes a number or a date only if every cell is one, and no digit is lost."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tables.typed_columns import ColumnKind, kind_of_texts, typed_from_arrow, typed_from_texts

NUMBER, TEXT, CATEGORY = ColumnKind.NUMBER, ColumnKind.TEXT, ColumnKind.CATEGORY


def at(year: int, month: int, day: int, hour: int = 0) -> datetime.datetime:
    """Return a time without a zone, as columns hold it."""
    return datetime.datetime(year, month, day, hour, tzinfo=datetime.UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4", ".5", ""], NUMBER),
        (["1", "nan", "null", "N/A"], NUMBER),
        (["1", "two"], TEXT),
        (["007", "008"], TEXT),  # a name with zeros before it
        (["9007199254740993"], TEXT),  # more digits than floating point holds
        (["1,5"], TEXT),
        (["0x1f"], TEXT),
        (["inf"], TEXT),
        (["1999-12-31", "2000-01-01T10:00:00Z"], ColumnKind.DATE),
        (["1999:12:31 10:11:12"], ColumnKind.DATE),  # as cameras write it
        (["1999-02-30"], TEXT),
        (["48.85, 2.35", "-33.9;151.2", ""], ColumnKind.PLACE),
        (["91.0, 0.0"], TEXT),
        (["oil", "ink", "oil", "ink"], CATEGORY),
        (["one", "two", "three", "four"], TEXT),
        ([], TEXT),
        (["", ""], TEXT),
    ],
)
def test_a_column_has_the_kind_of_all_its_cells(cells: list[str], kind: ColumnKind) -> None:
    assert kind_of_texts(cells) is kind


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_come_back_as_they_were_written(numbers: list[float]) -> None:
    kind, values = typed_from_texts([repr(number) for number in numbers])
    assert kind is NUMBER
    assert values.to_pylist() == numbers


@given(st.lists(st.text()))
def test_no_text_is_lost(cells: list[str]) -> None:
    kind, values = typed_from_texts(cells)
    assert len(values) == len(cells)
    if kind in {TEXT, CATEGORY}:
        assert values.to_pylist() == [cell.strip() or None for cell in cells]


def test_a_time_with_a_zone_is_stored_in_utc() -> None:
    _, values = typed_from_texts(["2020-06-01T12:00:00+02:00"])
    assert values.to_pylist() == [at(2020, 6, 1, 10)]


def test_a_number_too_large_is_missing() -> None:
    assert typed_from_texts(["1e999", "1"])[1].to_pylist() == [None, 1.0]


@pytest.mark.parametrize(
    ("array", "kind", "values"),
    [
        (pa.array([1, None]), NUMBER, [1, None]),
        (pa.array([2**60]), NUMBER, [2**60]),
        (pa.array([2**64 - 1], pa.uint64()), NUMBER, [2**64 - 1]),
        (pa.array([1.5, float("nan"), float("inf")]), NUMBER, [1.5, None, None]),
        (pa.array([Decimal("1.25")]), NUMBER, [1.25]),
        (pa.array([True, False, None]), CATEGORY, ["yes", "no", None]),
        (pa.array(["007", ""]), TEXT, ["007", None]),  # a typed text is never read as a number
        (pa.array(["a", "a", "b"]).dictionary_encode(), TEXT, ["a", "a", "b"]),
        (pa.array([datetime.date(2020, 1, 2)]), ColumnKind.DATE, [at(2020, 1, 2)]),
        (pa.array([["a", "b"], []]), TEXT, ["a; b", ""]),
    ],
)
def test_a_typed_column_keeps_its_type(array: pa.Array, kind: ColumnKind, values: list[object]) -> None:
    found = typed_from_arrow(pa.chunked_array([array]))
    assert found is not None
    assert (found[0], found[1].to_pylist()) == (kind, values)


@pytest.mark.parametrize("array", [pa.array([b"x"]), pa.array([{"a": 1}]), pa.array([[1, 2]]), pa.nulls(2)])
def test_bytes_and_structures_are_not_kept(array: pa.Array) -> None:
    assert typed_from_arrow(array) is None


def test_a_time_in_another_zone_becomes_utc() -> None:
    noon = datetime.datetime(2020, 6, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    found = typed_from_arrow(pa.array([noon], pa.timestamp("ns", "Europe/Berlin")))
    assert found is not None
    assert found[1].to_pylist() == [at(2020, 6, 1, 10)]
