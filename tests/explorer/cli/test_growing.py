"""``explorer add`` as a person runs it, with the weights that come with the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.cli.remedies import words_of
from explorer.composition import OpenCollections
from pipeline.collection import Collection
from pipeline.errors import BamExplorerError, ModelMismatchError, ParameterError
from tests.conftest import draw_images
from tests.explorer.cli.test_labels import run


def test_a_folder_is_built_and_grows(tmp_path: Path) -> None:
    first = draw_images(tmp_path / "first", 12).parent / "images"
    more = draw_images(tmp_path / "more", 6, seed=5).parent / "images"
    path = tmp_path / "collection"
    run("build", first, "--out", path, "--weights", "distilled")
    places = Collection(path).layout("all-tsne").positions
    with OpenCollections() as opened:
        assert len(opened.services(path).collection) == 12
        said = json.loads(run("add", path, more, "--name", "more", "--json"))
        assert said == {"added": 6, "failed": 0, "there": 0, "same_bytes": 0, "images": 18, "revision": 1}
        assert len(opened.services(path).collection) == 18
    grown = Collection(path)
    old = grown.added_in() == 0
    assert (grown.layout("all-tsne").positions[old] == places).all()
    assert json.loads(run("add", path, more, "--name", "more", "--json"))["there"] == 6
    table = more.parent / "table.csv"
    table.write_bytes(table.read_text("utf-8").replace("a disc", "café").encode("cp1252"))
    with pytest.raises(BamExplorerError, match="UTF-8") as refused:
        run("add", path, table, "--name", "listed")
    assert "--encoding" in words_of(refused.value)
    added = run("add", path, table, "--name", "listed", "--encoding", "cp1252", "--json")
    assert json.loads(added)["added"] == 6
    assert json.loads(run("refresh", path, table, "--name", "listed", "--encoding", "cp1252", "--json"))["new"] == []


def test_a_collection_of_other_vectors_cannot_grow(collection_path: Path, tmp_path: Path) -> None:
    folder = draw_images(tmp_path / "more", 2).parent / "images"
    with pytest.raises(ModelMismatchError, match="not from a network of this program"):
        run("add", collection_path, folder, "--name", "more")


def test_an_address_is_not_compared(collection_path: Path) -> None:
    with pytest.raises(ParameterError, match="s3://bucket/pictures is an address"):
        run("refresh", collection_path, "s3://bucket/pictures")
