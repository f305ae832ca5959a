"""The doctor finds each kind of damage, names it with a remedy, and changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from pipeline.collection import Collection
from pipeline.doctor import Finding, State, examine_collection, examine_machine


@pytest.fixture
def own(collection_path: Path, tmp_path: Path) -> Path:
    """A collection that may be damaged."""
    return Path(shutil.copytree(collection_path, tmp_path / "own"))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def bad(path: Path) -> list[Finding]:
    return [finding for finding in examine_collection(path) if finding.state is State.BAD]


def replace(path: Path, table: pa.Table) -> None:
    lance.write_dataset(table, str(path), mode="overwrite")


def test_a_sound_collection_has_no_bad_finding_and_is_not_changed(own: Path) -> None:
    before = tree(own)
    findings = list(examine_collection(own))
    assert [finding for finding in findings if finding.state is State.BAD] == []
    assert len(findings) == 12
    assert tree(own) == before


def _not_a_picture(own: Path) -> None:
    table = lance.dataset(str(own / "thumbnails.lance")).to_table()
    tiles = [b"no picture", *table["tile"].to_pylist()[1:]]
    replace(own / "thumbnails.lance", table.set_column(table.column_names.index("tile"), "tile", pa.array(tiles)))


def _not_finite(own: Path) -> None:
    collection = Collection(own)
    vectors = collection.embedding().copy()
    vectors[3, 0] = np.nan
    flat = pa.array(vectors.reshape(-1), pa.float16())
    column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    replace(own / collection.embedding_name, pa.table({"image_id": collection.image_ids, "vector": column}))


def _score_of_two(own: Path) -> None:
    collection = Collection(own)
    name = collection.scored[0]
    facts = collection.manifest.facts(name)
    assert facts is not None
    scores = collection.scores_of(name).copy()
    scores[0] = 2
    table = pa.table({"image_id": collection.image_ids, "score": scores})
    replace(own / "scores" / name / f"{facts.origin}.lance", table)


def _layout_without_a_place(own: Path) -> None:
    path = own / "layouts" / f"{Collection(own).manifest.layouts[0].name}.lance"
    table = lance.dataset(str(path)).to_table()
    x = [float("nan"), *table["x"].to_pylist()[1:]]
    replace(path, table.set_column(table.column_names.index("x"), "x", pa.array(x, pa.float32())))


def _cut_off(name: str) -> Callable[[Path], None]:
    def damage(own: Path) -> None:
        for file in (own / name).rglob("data/*.lance"):
            file.write_bytes(file.read_bytes()[:20])

    return damage


def _no_json(own: Path) -> None:
    (own / "collection.json").write_text("{")


def _broken_answers(own: Path) -> None:
    (own / "labels.sqlite").write_bytes(b"no database" * 200)
    values = json.loads((own / "collection.json").read_text())
    (own / "collection.json").write_text(json.dumps(values | {"label_store": "00000000-0000-4000-8000-000000000000"}))


@pytest.mark.parametrize(
    ("subject", "damage", "said"),
    [
        ("thumbnails", _not_a_picture, "1 thumbnails are no pictures, the first of images/"),
        ("vectors", _not_finite, "1 vectors hold numbers that are not finite"),
        ("scores", _score_of_two, "are not all between 0 and 1"),
        ("layouts", _layout_without_a_place, "places 71 images instead of 72"),
        ("thumbnails", _cut_off("thumbnails.lance"), "is damaged"),
        ("neighbours and duplicates", _cut_off("graph"), "is damaged"),
        ("captions", _cut_off("captions.lance"), "is damaged"),
        ("collection", _no_json, "cannot be read"),
        ("answers", _broken_answers, "labels.sqlite"),
    ],
)
def test_each_damage_is_named_with_a_remedy(own: Path, subject: str, damage: Callable[[Path], None], said: str) -> None:
    damage(own)
    before = tree(own)
    findings = bad(own)
    assert [finding.subject for finding in findings] == [subject]
    assert said in findings[0].words
    assert findings[0].remedy
    assert tree(own) == before


def test_a_folder_without_a_collection_says_so(tmp_path: Path) -> None:
    (finding,) = examine_collection(tmp_path / "nothing")
    assert (finding.subject, finding.state) == ("collection", State.BAD)


def test_what_an_interrupted_build_left_is_named(own: Path) -> None:
    (own.parent / f".{own.name}.building").mkdir()
    first = next(iter(examine_collection(own)))
    assert (first.subject, first.state) == ("unfinished build", State.NOTE)


def test_files_of_others_are_named(own: Path) -> None:
    (own / "diary.txt").write_text("mine")
    found = {finding.subject: finding.words for finding in examine_collection(own)}
    assert "did not write diary.txt" in found["other files"]


def test_the_machine_is_described(tmp_path: Path) -> None:
    found = {finding.subject: finding for finding in examine_machine(tmp_path / "not" / "there")}
    assert set(found) >= {"program", "packages", "processor", "GPU", "weights", "disk"}
    assert all(finding.state is not State.BAD for finding in found.values())
    assert str(tmp_path) in found["disk"].words
