"""Tables that name no picture: identities by ids or rows, and no id that a spreadsheet rounded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.images.locations import NoLocation
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from pipeline.sources.table import TableReading, source_of_frame

WITHOUT = TableReading(without_pictures=True)


def opened(folder: Path, text: str, reading: TableReading = WITHOUT) -> Source:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return open_source(path, reading=reading)


def test_the_column_of_ids_is_the_identity(tmp_path: Path) -> None:
    source = opened(tmp_path, "ID,caption\n9007199254740993,one\n0012,two\n")
    assert [(item.key, item.caption) for item in source.items] == [("0012", "two"), ("9007199254740993", "one")]
    assert all(item.location == NoLocation() for item in source.items)
    assert source.lines is not None
    assert source.lines.to_pylist() == [3, 2]


def test_without_ids_it_is_the_row(tmp_path: Path) -> None:
    assert [item.key for item in opened(tmp_path, "caption\none\n\ntwo\n").items] == ["row-000000002", "row-000000004"]


@pytest.mark.parametrize("cell", ["1.23E+18", "1,23E+18", "1e18", "4.1e+5"])
def test_an_id_that_a_spreadsheet_rounded_is_refused_with_its_row(tmp_path: Path, cell: str) -> None:
    with pytest.raises(SourceError, match="line 3: the id in 'id' was rounded by a spreadsheet"):
        opened(tmp_path, f'id,caption\n7,one\n"{cell}",two\n')
    with pytest.raises(SourceError, match="row 2: the id in 'id' was rounded"):
        source_of_frame(pa.table({"id": [7.0, 1.23e18]}), tmp_path, "s", WITHOUT)


def test_an_id_that_is_missing_or_twice_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 3: the id in 'id' is empty"):
        opened(tmp_path, "id,caption\n7,one\n,two\n")
    with pytest.raises(SourceError, match="lines 2 and 4 both name '7'"):
        opened(tmp_path, "id,caption\n7,one\n8,two\n7,three\n")


def test_a_table_without_pictures_is_refused_unless_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no column 'file'"):
        opened(tmp_path, "id,caption\n7,one\n", TableReading())
