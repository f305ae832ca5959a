"""Tables of truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.collection import Collection
from pipeline.errors import ParameterError, TableError
from pipeline.simulation.truth_table import read_truth_table


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_files_or_ids_name_the_images_and_empty_is_unknown(collection: Collection, tmp_path: Path) -> None:
    files, ids = collection.sources().to_pylist(), collection.image_ids.tolist()
    by_file = table(tmp_path / "a.csv", "file,x,y", f"{files[3]},1,", f"{files[0]},no,unsure", f"{files[5]},0,YES")
    truth = read_truth_table(by_file, collection)
    assert truth.keys() == {"x", "y"}
    assert truth["x"].dtype == np.int8
    assert {row: truth["x"][row] for row in (0, 3, 5)} == {0: 0, 3: 1, 5: 0}
    assert {row: truth["y"][row] for row in (0, 3, 5)} == {0: -1, 3: -1, 5: 1}
    assert (truth["x"] >= 0).sum() == 3
    by_id = pa.table({"image_id": [ids[3], ids[0], ids[5]], "x": [True, False, False], "y": [None, None, 1.0]})
    parquet.write_table(by_id, tmp_path / "a.parquet")
    again = read_truth_table(tmp_path / "a.parquet", collection)
    for name in truth:
        assert np.array_equal(again[name], truth[name])


def test_only_attributes_asked_for_are_read_and_each_once(collection: Collection, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "file,x,y", f"{collection.sources()[0].as_py()},1,what")
    assert list(read_truth_table(path, collection, ["x", "x"])) == ["x"]
    with pytest.raises(TableError, match=r"no column z\. It has: x, y"):
        read_truth_table(path, collection, ["z"])
    with pytest.raises(TableError, match="line 2, y: 'what' is no answer"):
        read_truth_table(path, collection)


def test_unknown_images_are_named(collection: Collection, tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "file,x", *(f"no/{number}.png,1" for number in range(9)))
    with pytest.raises(
        TableError, match=r"names 9 images that .* does not hold: 'no/0.png', 'no/1.png', 'no/2.png' \.\.\."
    ):
        read_truth_table(path, collection)
    path = table(tmp_path / "b.csv", "image_id,x", "17,1")
    with pytest.raises(TableError, match="does not hold: '17'"):
        read_truth_table(path, collection)


def test_images_named_twice_are_named(collection: Collection, tmp_path: Path) -> None:
    first = collection.sources()[0].as_py()
    with pytest.raises(TableError, match=f"1 images more than once: {first}. Leave one row"):
        read_truth_table(table(tmp_path / "a.csv", "file,x", f"{first},1", f"{first},0"), collection)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["x,y", "1,0"], "neither a column 'file' nor 'image_id'"),
        (["file", "a.png"], "no column of an attribute"),
        (["file,x,x", "a.png,1,0"], "two columns 'x'"),
        (["image_id,x", "first,1"], "Ids are whole numbers"),
        ([""], "neither a column"),
    ],
)
def test_tables_of_another_shape_are_told(collection: Collection, tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_truth_table(table(tmp_path / "a.csv", *lines), collection)


def test_a_file_that_is_missing_or_no_table_is_told(collection: Collection, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        read_truth_table(tmp_path / "no.csv", collection)
    with pytest.raises(ParameterError, match=r"does not end in \.csv, \.parquet"):
        read_truth_table(tmp_path / "a.txt", collection)


def test_a_table_without_rows_says_nothing(collection: Collection, tmp_path: Path) -> None:
    truth = read_truth_table(table(tmp_path / "a.csv", "file,x"), collection)
    assert (truth["x"] == -1).all()


def test_columns_that_are_no_attributes_are_passed_over_and_named(collection: Collection, tmp_path: Path) -> None:
    file, told = collection.sources()[0].as_py(), list[str]()
    text = ["file,caption,project_id,notes,content_cat,content_cat@5", f"{file},a cat,7,blurry,1.0,0.0"]
    truth = read_truth_table(table(tmp_path / "a.csv", *text), collection, tell=told.append)
    assert truth.keys() == {"content_cat", "content_cat@5"}
    assert told == ["Not used: the columns 'caption', 'project_id', 'notes'."]
    plain = read_truth_table(table(tmp_path / "b.csv", "file,caption,disc", f"{file},a cat,1"), collection)
    assert plain.keys() == {"disc"}
    with pytest.raises(TableError, match=r"line 1, column 'Content_Cat': .* Write content_cat, if that is meant"):
        read_truth_table(table(tmp_path / "c.csv", "file,Content_Cat", f"{file},1"), collection)


def test_images_are_found_by_any_spelling_of_their_path(collection: Collection, tmp_path: Path) -> None:
    names = collection.sources().to_pylist()[:4]
    root = collection.manifest.source_root
    spelled = [f"./{names[0]}", names[1].replace("/", "\\"), f"{root}/{names[2]}", names[3].replace("/", "//")]
    truth = read_truth_table(table(tmp_path / "a.csv", "file,disc", *(f"{name},1" for name in spelled)), collection)
    assert truth["disc"][:4].tolist() == [1, 1, 1, 1]
    with pytest.raises(TableError, match=r"more than once.*lines 2 and 3 are about one image"):
        read_truth_table(table(tmp_path / "b.csv", "file,disc", f"{names[0]},1", f"./{names[0]},0"), collection)
    with pytest.raises(TableError, match=r"is an address, and nothing is downloaded.*line 2"):
        read_truth_table(table(tmp_path / "c.csv", "file,disc", "https://example.org/a.png,1"), collection)
