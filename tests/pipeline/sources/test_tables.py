"""Tables of every kind give the same source."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.errors import SourceError
from pipeline.sources import Source, open_source
from pipeline.sources.table import source_of_frame

ROWS: list[dict[str, Any]] = [
    {"file": "b.png", "caption": "two", "content_bird": "no", "year": 1902, "note": "x"},
    {"file": "a.png", "caption": "one", "content_bird": "yes", "year": 1901, "note": None},
    {"file": "c.png", "caption": "three", "content_bird": None, "year": None, "note": "z"},
]


def as_text(path: Path, separator: str) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ROWS[0].keys(), delimiter=separator)
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def as_lines(path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS), encoding="utf-8")
    return path


def as_parquet(path: Path) -> Path:
    parquet.write_table(pa.Table.from_pylist(ROWS), path)
    return path


def facts(source: Source) -> tuple[object, ...]:
    items = [(item.key, item.caption, item.labels) for item in source.items]
    columns = [(column.name, column.kind, column.values.to_pylist()) for column in source.columns]  # noqa: PD011
    return items, source.attributes, columns


@pytest.fixture
def expected(tmp_path: Path) -> tuple[object, ...]:
    return facts(open_source(as_text(tmp_path / "table.csv", ",")))


def test_the_csv_is_read_as_it_stands(expected: tuple[object, ...]) -> None:
    assert expected == (
        [
            ("a.png", "one", {"content_bird": True}),
            ("b.png", "two", {"content_bird": False}),
            ("c.png", "three", {}),
        ],
        ("content_bird",),
        [("year", "number", [1901, 1902, None]), ("note", "text", [None, "x", "z"])],
    )


def test_every_kind_of_file_gives_the_same_source(tmp_path: Path, expected: tuple[object, ...]) -> None:
    made = [
        as_text(tmp_path / "table.tsv", "\t"),
        as_lines(tmp_path / "table.jsonl"),
        as_lines(tmp_path / "table.NDJSON"),
        as_parquet(tmp_path / "table.parquet"),
    ]
    for path in made:
        assert facts(open_source(path)) == expected, path.name


def test_a_table_in_memory_gives_the_same_source(tmp_path: Path, expected: tuple[object, ...]) -> None:
    table = pa.Table.from_pylist(ROWS)
    frame = pd.DataFrame(ROWS, index=[7, 8, 9])
    for made in (table, frame, table.to_reader()):
        assert facts(source_of_frame(made, tmp_path, "table")) == expected


def test_columns_of_bytes_and_structures_are_named_and_not_kept(tmp_path: Path) -> None:
    table = pa.table({"file": ["a.png"], "raw": [b"\xff"], "box": [{"x": 1}], "kept": [1]})
    source = source_of_frame(table, tmp_path, "table")
    assert [column.name for column in source.columns] == ["kept"]
    assert source.ignored == "Not used: the columns 'raw', 'box'."


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ([1, 2], "frame=list cannot be read as a table"),
        (pa.table({"name": ["a"]}), "the table has no column 'file'"),
        (pa.table({"file": pa.array([], pa.string())}), "The table has no row"),
        (pa.table({"file": ["a.png", "a.png"]}), "rows 1 and 2 both name 'a.png'"),
        (pa.table({"file": ["../a.png"]}), r"the table, row 1: '\.\./a\.png' is not a path below"),
        (pa.table({"file": ["a.png"], "content_bird": ["perhaps"]}), "the table, row 1: content_bird is 'perhaps'"),
    ],
)
def test_a_wrong_table_in_memory_names_its_row(tmp_path: Path, frame: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        source_of_frame(frame, tmp_path, "table")
