"""A repair makes again what can be made from what is there, removes what a build left, and touches nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.growing.repair import Mendable, find_mendable, mend


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A collection that may be changed."""
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def test_a_whole_collection_needs_no_repair(path: Path) -> None:
    assert find_mendable(path) == Mendable((), ())


def test_lost_and_damaged_tables_are_made_again(path: Path) -> None:
    before = Collection(path)
    places = before.layout("all-umap").positions
    shutil.rmtree(path / "duplicates.lance")
    shutil.rmtree(path / "layouts/all-umap.lance")
    for file in (path / "captions.lance/data").iterdir():
        file.write_bytes(file.read_bytes()[:50])
    found = find_mendable(path)
    assert [name for name, _ in found.broken] == ["duplicates", "layout", "captions"]
    assert mend(path, found) == ("duplicates", "layout", "captions")
    after = Collection(path)
    assert np.array_equal(after.layout("all-umap").positions, places)
    assert np.array_equal(after.duplicates(), before.duplicates())
    assert find_mendable(path) == Mendable((), ())


def test_what_a_killed_build_left_goes_and_a_persons_file_stays(path: Path) -> None:
    shutil.copytree(path / "images.lance", path / "raw.lance")
    (path / "build.json").write_text('{"mine": 1}')
    (path / "raw.lance/mine.txt").write_text("mine")
    found = find_mendable(path)
    assert found.leftovers == ("raw.lance",)
    mend(path, found)
    assert [one.name for one in (path / "raw.lance").iterdir()] == ["mine.txt"]
    assert (path / "build.json").read_text() == '{"mine": 1}'
    assert len(Collection(path)) == 72
