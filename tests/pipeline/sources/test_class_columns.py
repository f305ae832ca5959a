"""Columns `label` and `class` are categories in every kind of source; `caption` is the caption."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.sources import Source, open_source
from tests.helpers.image_files import encode, photo

NAMES = ["tench, Tinca tinca", "stingray", "great white shark, white shark, man-eater", "1.5, 2.5 metres"]
PICTURE = encode(photo(20, 16, seed=1), "PNG")
Write = Callable[[Path, list[dict[str, Any]]], Path]


def as_csv(folder: Path, rows: list[dict[str, Any]]) -> Path:
    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder / "t.csv"


def as_lines(folder: Path, rows: list[dict[str, Any]]) -> Path:
    (folder / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return folder / "t.jsonl"


def as_parquet(folder: Path, rows: list[dict[str, Any]]) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), folder / "t.parquet")
    return folder / "t.parquet"


def as_shard(folder: Path, rows: list[dict[str, Any]]) -> Path:
    with tarfile.open(folder / "t.tar", "w") as archive:
        for row in rows:
            stem = row["file"].removesuffix(".png")
            fields = {key: value for key, value in row.items() if key not in {"file", "class"}}
            files = {".png": PICTURE, ".json": json.dumps(fields).encode(), ".cls": str(row["class"]).encode()}
            for ending, data in files.items():
                info = tarfile.TarInfo(f"{stem}{ending}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return folder / "t.tar"


everywhere = pytest.mark.parametrize("write", [as_csv, as_lines, as_parquet, as_shard])


def columns_of(source: Source) -> dict[str, tuple[str, list[Any]]]:
    return {column.name: (column.kind, column.values.to_pylist()) for column in source.columns}


@everywhere
def test_names_with_commas_are_classes_and_the_caption_is_the_caption(write: Write, tmp_path: Path) -> None:
    rows = [
        {"file": f"{number}.png", "caption": f"no. {number}", "label": NAMES[number % 4], "class": number % 3}
        for number in range(9)
    ]
    source = open_source(write(tmp_path, rows))
    assert [item.caption for item in source.items] == [f"no. {number}" for number in range(9)]
    assert not source.attributes
    assert columns_of(source) == {
        "label": ("category", [NAMES[number % 4] for number in range(9)]),
        "class": ("category", [str(number % 3) for number in range(9)]),
    }


@everywhere
def test_a_class_that_is_there_once_is_a_class_too(write: Write, tmp_path: Path) -> None:
    rows = [{"file": f"{number}.png", "label": NAMES[number], "class": number} for number in range(3)]
    assert {kind for kind, _ in columns_of(open_source(write(tmp_path, rows))).values()} == {"category"}


@everywhere
def test_fractions_and_hundreds_of_single_texts_are_no_classes(write: Write, tmp_path: Path) -> None:
    rows = [{"file": f"{n}.png", "label": n + 0.5, "class": f"a sentence, number {n}"} for n in range(300)]
    columns = columns_of(open_source(write(tmp_path, rows)))
    assert (columns["label"][0], columns["class"][0]) == ("number", "text")


def test_hundreds_of_single_numbers_keep_their_type(tmp_path: Path) -> None:
    columns = columns_of(open_source(as_parquet(tmp_path, [{"file": f"{n}.png", "label": n} for n in range(300)])))
    kind, values = columns["label"]
    assert kind == "number"
    assert sorted(values) == list(range(300))
