"""JSON Lines: one object a line, every damage is named by its line, and types are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import TableError
from pipeline.tables import open_table
from pipeline.tables.arrow_tables import plain_cell

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(), st.lists(st.text(), max_size=3))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "table.jsonl"
    path.write_bytes(data)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    return [row for _, row in open_table(path)]


@given(values=st.lists(PLAIN, min_size=1, max_size=6))
def test_a_value_is_read_as_it_would_stand_in_csv(values: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = [json.dumps({"n": number, "value": value}) for number, value in enumerate(values)]
    path = written(tmp_path_factory.mktemp("lines"), "\n".join(lines).encode())
    assert rows_of(path) == [{"n": str(n), "value": plain_cell(value)} for n, value in enumerate(values)]


def test_keys_may_be_missing_and_come_late(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, b'{"a": 1}\n\n{"b": "x", "a": null}\n'))
    assert table.names == ("a", "b")
    assert list(table) == [(1, {"a": "1", "b": ""}), (3, {"a": "", "b": "x"})]


def test_objects_are_in_no_row_and_are_named(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, b'{"a": 1, "box": [1, 2]}\n{"a": 2, "box": null, "meta": {"x": 1}}\n'))
    assert (table.names, table.unread) == (("a",), ("box", "meta"))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2, None], "int64"),
        ([1, 2.5], "double"),
        ([True, None], "bool"),
        (["1", "2"], "string"),
        ([1, "two"], "string"),
        ([2**64], "string"),
    ],
)
def test_a_column_has_the_type_of_its_values(tmp_path: Path, cells: list[Any], kind: str) -> None:
    lines = "\n".join(json.dumps({"x": cell, "row": "a"}) for cell in cells)
    column = open_table(written(tmp_path, lines.encode())).typed("x")
    assert column is not None
    assert str(column.type) == kind
    assert [plain_cell(value) for value in column.to_pylist()] == [plain_cell(cell) for cell in cells]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "line 2 is no JSON object"),
        (b"[1]", r"line 2 is no JSON object: '\[1\]'"),
        (b'{"a": 1, "a": 2}', "a key comes twice"),
        (b'{"a": "\xff"}', "line 2 is not UTF-8: it holds the byte 0xFF"),
        (b"[" * 100_000, "line 2 is no JSON object"),
        (b'{"a": 1} {"a": 2}', "line 2 is no JSON object"),
    ],
)
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    path = written(tmp_path, b'{"a": 1}\n' + line + b"\n")
    with pytest.raises(TableError, match=said):
        open_table(path)


def test_two_keys_that_differ_in_capitals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="two columns"):
        open_table(written(tmp_path, b'{"File": 1}\n{"file": 2}\n'))


def test_numbers_that_are_none_are_missing(tmp_path: Path) -> None:
    column = open_table(written(tmp_path, b'{"x": NaN}\n{"x": 1.5}\n{"x": -Infinity}\n')).typed("x")
    assert column is not None
    assert column.to_pylist() == [None, 1.5, None]
