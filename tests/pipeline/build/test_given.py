"""Collections of vectors, layouts and scores that were given: each value beside its own image, and no network run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from pyarrow import parquet

from explorer import build_collection
from pipeline.build import BuildOptions
from pipeline.build.given_parts import cards_for
from pipeline.collection import Collection
from pipeline.errors import ParameterError, SourceError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.given import Wanted, given_parts
from pipeline.images.identity import image_id
from pipeline.images.thumbnails import decode_tile
from pipeline.resources import asset
from pipeline.sources.table import TableReading, source_of_frame, table_of_frame
from tests.conftest import draw_images

COUNT = 60
KINDS = ("heron", "lighthouse", "teapot")


def vectors() -> NDArray[np.float32]:
    """Three groups of vectors; the first number of each is that of its row."""
    random = np.random.default_rng(0)
    found = random.normal(size=(COUNT, 8)) + 4 * np.eye(8)[np.arange(COUNT) % 3]
    return found.astype(np.float32)


def frame(**more: Any) -> pd.DataFrame:
    """A table without pictures whose rows are not in the order of their ids."""
    numbers = np.arange(COUNT)
    return pd.DataFrame(
        {
            "id": [f"n{(7 * number) % COUNT:03d}" for number in numbers],
            "kind": [KINDS[number % 3] for number in numbers],
            "x": numbers * 10.0,
            "y": numbers % 7,
            "p": numbers / COUNT,
            "logit": numbers - 20.0,
            **more,
        }
    )


def silent(_: str) -> None:
    """Ignore sentences."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    place = tmp_path_factory.mktemp("given") / "made"
    scores = {"content_bird": "p", "content_building": "logit"}
    build_collection(frame(), place, vectors=vectors(), layout=("x", "y"), scores=scores, say=silent)
    return Collection(place)


def rows_of(collection: Collection) -> list[int]:
    """Row of the table for each image."""
    numbers = {name: number for number, name in enumerate(frame()["id"])}
    return [numbers[collection.record(row).source] for row in range(len(collection))]


def test_the_vectors_of_each_image_are_its_own(made: Collection) -> None:
    given = vectors()[rows_of(made)].astype(np.float64)
    centred = given - given.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    assert np.allclose(made.embedding(), unit, atol=2e-3)
    spec = made.manifest.embedding
    assert (spec.backbone, spec.weights, spec.dimensions, made.manifest.dimensions) == ("given", "given: vectors", 8, 8)
    assert len(spec.weights_sha256) == 64


def test_the_places_keep_their_aspect(made: Collection) -> None:
    assert [(facts.name, facts.method) for facts in made.manifest.layouts] == [("all-given", "given")]
    rows = rows_of(made)
    wanted = frame()[["x", "y"]].to_numpy()[rows]
    found = made.layout("all-given").positions
    assert np.allclose((found - found[0]) * (wanted[:, 0].max() / 2), wanted - wanted[0], atol=1e-3)
    assert np.abs(found).max() == pytest.approx(1)


def test_scores_are_kept_on_their_own_scale(made: Collection) -> None:
    rows = np.array(rows_of(made))
    scores = dict(zip(made.scored, made.scores, strict=True))
    assert np.allclose(scores["content_bird"], rows / COUNT, atol=1e-6)
    assert np.allclose(scores["content_building"], rows / (COUNT - 1), atol=1e-6)
    bird, building = made.manifest.facts("content_bird"), made.manifest.facts("content_building")
    assert bird is not None
    assert building is not None
    assert (bird.threshold, bird.scale, bird.origin) == (0.5, None, "imported-1")
    assert building.scale is not None
    assert (building.scale.low, building.scale.high) == (-20, 39)
    assert building.scale.from_unit(building.threshold or 0) == pytest.approx(0, abs=1e-5)  # between no and yes


def test_images_share_cards_and_are_no_duplicates(made: Collection) -> None:
    assert made.manifest.thumbnails == len(KINDS)
    tiles = made.tiles([0, 1, 2])
    assert decode_tile(tiles[0], 256).shape == (256, 256, 3)
    assert made.manifest.failed == 0


def test_a_card_names_no_attribute_whose_score_is_too_low(tmp_path: Path) -> None:
    scores = {"content_bird": "p", "content_building": "logit"}
    table = frame().drop(columns="kind").assign(p=[0.9, 0.1, 0.1] * 20, logit=[-3.0, 5.0, -3.0] * 20)
    source = source_of_frame(table, tmp_path, "s", TableReading(without_pictures=True))
    given = given_parts(source, table_of_frame(table), Wanted(scores=scores))
    cards = cards_for(source, given, load_taxonomy(asset("taxonomy/bam.toml")).restricted_to(scores))
    rows = {image_id("s", name): row for row, name in enumerate(table["id"])}
    said = [(rows[one] % 3, cards.titles[owner].text) for one, owner in zip(cards.ids, cards.owners, strict=True)]
    assert set(said) == {(0, "bird"), (1, "building"), (2, "unclear")}


def test_used_columns_are_not_kept_twice(made: Collection) -> None:
    assert [facts.name for facts in made.manifest.columns] == ["id", "kind"]


@pytest.mark.parametrize("way", ["npz", "ids", "column", "npy"])
def test_every_way_of_giving_vectors_gives_the_same(made: Collection, way: str, tmp_path: Path) -> None:
    table, array, told = frame(), vectors(), list[str]()
    shuffled = np.random.default_rng(1).permutation(COUNT)
    given: dict[str, Any]
    if way == "npz":
        np.savez(tmp_path / "v.npz", ids=table["id"].to_numpy("U")[shuffled], vectors=array[shuffled])
        given = {"vectors": tmp_path / "v.npz"}
    elif way == "ids":
        given = {"vectors": array[shuffled], "ids": list(table["id"][shuffled])}
    elif way == "column":
        path = tmp_path / "t.parquet"
        lists = pa.FixedSizeListArray.from_arrays(pa.array(array.reshape(-1)), 8)
        parquet.write_table(pa.table(table).append_column("v", lists), path, row_group_size=17)
        table, given = path, {"vectors": "v", "name": "images"}
    else:
        np.save(tmp_path / "v.npy", array.astype(np.float16))
        given = {"vectors": str(tmp_path / "v.npy")}
    build_collection(table, tmp_path / "made", say=told.append, layout=("x", "y"), **given)
    found = Collection(tmp_path / "made")
    assert np.array_equal(found.image_ids, made.image_ids)
    assert np.allclose(found.embedding(), made.embedding(), atol=4e-3)
    how = {"npz": "by id: the column 'id'", "ids": "by id", "column": "by row", "npy": "by order"}[way]
    assert any(f"60 vectors of 8 dimensions matched {how}" in sentence for sentence in told)
    assert not list(tmp_path.glob("tmp*"))


def test_a_picture_where_there_is_one_and_a_card_where_not(tmp_path: Path) -> None:
    path = draw_images(tmp_path / "source", 6)
    text = path.read_text(encoding="utf-8").splitlines()
    names = [line.partition(",")[0] for line in text[1:]]
    (path.parent / names[1]).unlink()
    (path.parent / names[4]).unlink()
    (path.parent / names[2]).write_bytes(b"no picture")
    told: list[str] = []
    build_collection(path, tmp_path / "made", vectors=vectors()[:6], say=told.append)
    found = Collection(tmp_path / "made")
    assert "2 of 6 images have no picture, so cards stand in for them." in told
    assert (len(found), found.manifest.failed) == (5, 1)
    sizes = {found.record(row).source: found.record(row).width for row in range(5)}
    assert [name for name in names if sizes.get(name) == 0] == [names[1], names[4]]
    tiles = dict(zip(sizes, found.tiles(range(5)), strict=True))
    assert len(set(tiles.values())) == 5


@pytest.mark.parametrize(
    ("change", "given", "words"),
    [
        ({"x": ["a"] * COUNT}, {}, "row 1: 'x' is 'a', which is no number"),
        ({"x": [np.nan] + [1.0] * (COUNT - 1)}, {}, r"row 1: 'x' is (nan|empty)"),
        ({"y": [np.inf] * COUNT}, {}, "row 1: 'y' is inf. Give a finite number"),
        ({"x": 3, "y": 4}, {}, r"all 60 images are at the place \[3.0, 4.0\]"),
        ({"y": [1e300] * COUNT}, {}, "row 1: the place .* is too far out"),
        ({"p": [0.5] + [None] * (COUNT - 1)}, {}, "row 2: 'p' is empty"),
        ({"p": [-np.inf] + [0.5] * (COUNT - 1)}, {}, "row 1: 'p' is -inf"),
        ({}, {"layout": ("x", "why")}, r"has no column 'why' for the layout\. Did you mean 'y'\? There are: 'id'"),
        ({}, {"layout": ("x", "X")}, "layout='x' twice"),
        ({}, {"scores": {"content_bird": "logits"}}, "no column 'logits' .* Did you mean 'logit'"),
        ({}, {"scores": {"Bird": "p"}}, "Scores of 'Bird': 'Bird' is not the name of an attribute"),
        ({}, {"vectors": "kind"}, r"the column 'kind' holds (large_)?string\. Allowed are lists of float16"),
        ({"v": [[1, 2]] * COUNT}, {"vectors": "v"}, r"the column 'v' holds list<.*int64>\. Allowed"),
        (
            {"v": [[1.0, 2.0]] * 9 + [[1.0]] * 51},
            {"vectors": "v"},
            "row 10: the vector in 'v' has 1 numbers, and those",
        ),
        ({"v": [[1.0, 2.0]] * 9 + [None] * 51}, {"vectors": "v"}, "row 10 has no vector in 'v'"),
        ({"v": [[1.0, 2.0]] * 9 + [[1.0, np.nan]] * 51}, {"vectors": "v"}, "row 10: number 2 of the vector is nan"),
        ({"v": [[1.0, 2.0]] * 9 + [[0.0, 0.0]] * 51}, {"vectors": "v"}, "row 10: all numbers of the vector are 0"),
        ({}, {"vectors": np.ones((59, 8))}, "vectors has 59 vectors, and the table has 60 rows"),
        ({"id": ["a"] * COUNT}, {}, "rows 1 and 2 both name 'a'"),
        ({}, {"vectors": vectors(), "ids": ["a"] * COUNT}, "row 1 .*the id 'a' is there already"),
        ({}, {"vectors": vectors(), "ids": ["a"]}, "has 60 vectors and 1 ids beside them"),
    ],
)
def test_bad_input_is_refused_with_its_row(
    change: dict[str, Any], given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    options = {"vectors": vectors(), "layout": ("x", "y"), "scores": {"content_bird": "p"}} | given
    with pytest.raises((SourceError, ParameterError), match=words):
        build_collection(frame(**change), tmp_path / "made", say=silent, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("idle", [{"backbone": "resnet18"}, {"weights": Path("w")}, {"offline": True}])
def test_options_that_do_nothing_are_refused(idle: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"no network is run, and {next(iter(idle))} would do nothing"):
        build_collection(frame(), tmp_path / "made", vectors=vectors(), options=BuildOptions(**idle))


def test_a_folder_needs_ids_beside_the_vectors(tmp_path: Path) -> None:
    folder = draw_images(tmp_path / "source", 6).parent
    (folder / "source.csv").unlink(missing_ok=True)
    with pytest.raises(SourceError, match="have no order of their own"):
        build_collection(folder, tmp_path / "made", vectors=vectors()[:6], say=silent)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    build_collection(folder, tmp_path / "made", vectors=vectors()[:6], ids=names, say=silent)
    assert len(Collection(tmp_path / "made")) == 6
    with pytest.raises(ParameterError, match=r"is no table\. A layout and scores are columns of it"):
        build_collection(folder, tmp_path / "other", vectors=vectors()[:6], ids=names, layout=("x", "y"), say=silent)


PROGRAM = """
import json, sys
import pyarrow as pa, numpy as np
from explorer import build_collection
table = pa.table({"caption": [f"number {n}" for n in range(30)]})
build_collection(table, sys.argv[1], vectors=np.random.default_rng(0).normal(size=(30, 4)))
print(json.dumps([name for name in sys.modules if name in ("torch", "torchvision")]))
"""


def test_no_network_is_even_imported(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "made")], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == []
