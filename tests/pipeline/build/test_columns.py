"""The source's own columns: kept with their types, shown, and usable as colours."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder

COUNT = 8
YEARS = [1900 + number for number in range(COUNT)]


def built(table: Path, target: Path) -> Collection:
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(table), target, FakeEmbedder(), taxonomy, BuildOptions())
    return Collection(target)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table with columns of its own, its rows in another order than the names of the files."""
    path = draw_images(tmp_path / "source", COUNT)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {"Year.made": str(YEARS[number]), "width": "wide" if number % 2 else "narrow", "day": "2020-01-02"}
        row |= {'room"<b>': "" if number else "one"}
    (path.parent / rows[3]["file"]).write_bytes(b"no picture")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows[::-1])
    return path


def test_every_column_is_kept_beside_its_image(table: Path, tmp_path: Path) -> None:
    collection = built(table, tmp_path / "made")
    assert [(facts.name, facts.kind, facts.known) for facts in collection.manifest.columns] == [
        ("Year.made", "number", COUNT - 1),
        ("width", "category", COUNT - 1),
        ("day", "date", COUNT - 1),
        ('room"<b>', "text", 1),
    ]
    for row in range(len(collection)):
        number = int(collection.record(row).source.removesuffix(".png").rpartition("-")[2])
        values = {facts.name: value for facts, value in collection.own_values(row)}
        assert values["Year.made"] == YEARS[number]
        assert values["width"] == ("wide" if number % 2 else "narrow")
        assert values["day"].isoformat() == "2020-01-02T00:00:00"
        assert ('room"<b>' in values) is (number == 0)


def test_a_column_is_a_colour_and_hides_none_of_ours(table: Path, tmp_path: Path) -> None:
    collection = built(table, tmp_path / "made")
    kinds = collection.metadata_columns
    assert (kinds["Year.made"], kinds["width"], kinds["width (source)"], kinds["day"]) == (
        "number",
        "number",
        "text",
        "number",
    )
    assert sorted(collection.numbers("Year.made").tolist()) == sorted(set(YEARS) - {YEARS[3]})
    assert np.array_equal(collection.numbers("width"), [96.0] * (COUNT - 1))
    codes, texts = collection.categories("width (source)")
    assert {texts[code] for code in codes} == {"wide", "narrow"}


def test_the_columns_of_parquet_keep_their_types(table: Path, tmp_path: Path) -> None:
    with table.open(newline="", encoding="utf-8") as file:
        rows = [{"file": row["file"], "code": f"00{number}"} for number, row in enumerate(csv.DictReader(file))]
    columns = pa.Table.from_pylist(rows).append_column("big", pa.array([2**60 + number for number in range(COUNT)]))
    parquet.write_table(columns, table.with_suffix(".parquet"))
    collection = built(table.with_suffix(".parquet"), tmp_path / "made")
    kinds = {facts.name: facts.kind for facts in collection.manifest.columns}
    assert kinds == {"code": "text", "big": "number"}
    found = {value for row in range(len(collection)) for facts, value in collection.own_values(row)}
    assert 2**60 in found, "no digit is lost"
    assert "007" in found


def test_a_source_without_columns_writes_none(drawn_table: Path, tmp_path: Path) -> None:
    collection = built(drawn_table, tmp_path / "made")
    assert collection.manifest.columns == ()
    assert not (collection.path / "columns.lance").exists()
    assert collection.own_values(0) == []
