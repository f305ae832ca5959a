"""Datasets of Hugging Face, written by their own library and read without it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.build.picture_stage import bring_pictures
from pipeline.errors import SourceError
from pipeline.limits import Limits
from pipeline.sources import Source, open_source
from pipeline.sources.reading import read_location
from pipeline.tables.typed_columns import ColumnKind
from tests.helpers.image_files import encode, photo

WRITE = """
import sys
from pathlib import Path
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Sequence, Value

place = Path(sys.argv[1])
files = sorted(str(file) for file in (place / "pictures").glob("*.png"))
features = Features({
    "image": Image(), "label": ClassLabel(names=["a cat", "dog"]), "text": Value("string"),
    "tags": Sequence(ClassLabel(names=["old", "new"])), "year": Value("int64"),
})
def made(files, start):
    count = len(files)
    return Dataset.from_dict({
        "image": files, "label": [[0, 1, -1][(start + n) % 3] for n in range(count)],
        "text": [f"caption {start + n}" for n in range(count)],
        "tags": [[0, 1][: (start + n) % 3] for n in range(count)],
        "year": [1990 + start + n for n in range(count)],
    }, features=features)
train, test = made(files[:4], 0), made(files[4:], 4)
train.save_to_disk(place / "one", num_shards=2)
DatasetDict({"train": train, "test": test}).save_to_disk(place / "splits")
nameless = train.map(lambda row: {"image": {"bytes": Path(row["image"].filename).read_bytes(), "path": None}})
nameless.save_to_disk(place / "nameless")
(place / "hub" / "data").mkdir(parents=True)
from datasets.table import embed_table_storage
for split, rows, count in (("train", train, 2), ("test", test, 1)):
    for number in range(count):
        shard = rows.shard(count, number, contiguous=True).with_format("arrow").map(embed_table_storage, batched=True)
        shard.to_parquet(place / "hub" / "data" / f"{split}-{number:05d}-of-{count:05d}.parquet")
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders and shards by the real library, in a process of its own; nothing here loads it."""
    pytest.importorskip("datasets")
    place = tmp_path_factory.mktemp("datasets")
    (place / "pictures").mkdir()
    for number in range(6):
        (place / "pictures" / f"{number}.png").write_bytes(picture(number))
    environment = {
        "HF_HOME": str(place / "cache"),
        "HF_HUB_OFFLINE": "1",
        "PATH": "",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }
    subprocess.run([sys.executable, "-c", WRITE, str(place)], check=True, env=environment, capture_output=True)
    return place


def picture(seed: int) -> bytes:
    return encode(photo(40, 30, seed=seed), "PNG")


def contents(source: Source, folder: Path) -> dict[str, bytes]:
    return {item.key: read_location(item.location, Limits()) for item in bring_pictures(source, folder).items}


def column(source: Source, name: str) -> Any:
    return next(one for one in source.columns if one.name == name)


@pytest.mark.parametrize("place", ["one", "hub/data/train-00000-of-00002.parquet"])
def test_a_saved_dataset_and_a_shard_are_read_with_classes_and_captions(
    written: Path, place: str, tmp_path: Path
) -> None:
    source = open_source(written / place)
    count = 4 if place == "one" else 2
    assert contents(source, tmp_path) == {f"{number}.png": picture(number) for number in range(count)}
    assert [item.caption for item in source.items] == [f"caption {number}" for number in range(count)]
    label = column(source, "label")
    assert (label.kind, label.values.to_pylist()) == (ColumnKind.CATEGORY, ["a cat", "dog", None, "a cat"][:count])
    assert column(source, "year").values.to_pylist() == [1990, 1991, 1992, 1993][:count]
    assert column(source, "tags").values.to_pylist()[1] == "old"
    assert "The column 'text' is read as the caption." in source.notes


@pytest.mark.parametrize("place", ["splits", "hub"])
def test_splits_become_a_column_and_part_of_the_keys(written: Path, place: str, tmp_path: Path) -> None:
    source = open_source(written / place)
    expected = {f"{'train' if number < 4 else 'test'}/{number}.png": picture(number) for number in range(6)}
    assert contents(source, tmp_path) == expected
    assert column(source, "split").values.to_pylist() == ["test"] * 2 + ["train"] * 4
    assert [item.caption for item in source.items] == [f"caption {number}" for number in (4, 5, 0, 1, 2, 3)]


def test_pictures_without_names_have_the_numbers_of_their_rows(written: Path, tmp_path: Path) -> None:
    source = open_source(written / "nameless")
    assert contents(source, tmp_path) == {f"row-{number:09d}": picture(number) for number in range(4)}


def test_the_library_is_not_loaded(written: Path) -> None:
    code = "import sys; from pathlib import Path; from pipeline.sources import open_source; "
    code += "open_source(Path(sys.argv[1])); assert 'datasets' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, str(written / "one")], check=True)


def saved(folder: Path, state: object, **columns: object) -> Path:
    """A small folder as ``save_to_disk`` writes it, with a state of the test's own."""
    folder.mkdir()
    (folder / "dataset_info.json").write_text("{}")
    (folder / "state.json").write_text(json.dumps(state))
    table = pa.table(columns or {"image": [{"bytes": picture(0), "path": "a.png"}]})
    with pa.ipc.new_stream(folder / "data.arrow", table.schema) as stream:
        stream.write_table(table)
    return folder


GOOD = {"_data_files": [{"filename": "data.arrow"}]}


@pytest.mark.parametrize(
    ("state", "columns", "words"),
    [
        ({"_data_files": [{"filename": "../out.arrow"}]}, {}, "leads out of its folder"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, {}, "which is no file of this folder"),
        ({"_data_files": [{}]}, {}, "is damaged"),
        ({"_data_files": []}, {}, "names no file of data"),
        ({**GOOD, "_indices_data_files": [{"filename": "data.arrow"}]}, {}, "holds a selection of rows"),
        (GOOD, {"text": ["a"]}, "has no column of pictures"),
        (GOOD, {name: [{"bytes": b"", "path": ""}] for name in "ab"}, r"several columns of pictures \(a, b\)"),
    ],
)
def test_a_folder_that_is_no_whole_dataset_is_refused(
    state: object, columns: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=words):
        open_source(saved(tmp_path / "d", state, **columns))


def test_a_damaged_file_and_a_link_out_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "d", GOOD)
    data = (folder / "data.arrow").read_bytes()
    (folder / "data.arrow").write_bytes(data[:200])
    with pytest.raises(SourceError, match="cannot be read as a file of a dataset"):
        open_source(folder)
    (folder / "data.arrow").unlink()
    (tmp_path / "outside.arrow").write_bytes(data)
    (folder / "data.arrow").symlink_to(tmp_path / "outside.arrow")
    with pytest.raises(SourceError, match="which is no file of this folder"):
        open_source(folder)


def test_a_picture_that_is_empty_is_a_row_with_its_reason(tmp_path: Path) -> None:
    pictures = [{"bytes": None, "path": "a.png"}, {"bytes": picture(1), "path": "b.png"}]
    source = bring_pictures(open_source(saved(tmp_path / "d", GOOD, image=pictures)), tmp_path / "p")
    assert [type(item.location).__name__ for item in source.items] == ["NoLocation", "FileLocation"]
