"""Columns from EXIF: kept beside the images, after a process was killed too, and left out on request."""

from __future__ import annotations

import csv
import datetime
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo
from tests.pipeline.images.formats.test_exif import MODEL, PARIS, TAKEN, exif

COUNT = 100
"""Images of the killed build: its batches have 32."""


def photographs(folder: Path, count: int) -> Path:
    """Write photographs: each has a date of its own, each second one a camera, each third one a place."""
    folder.mkdir()
    for number in range(count):
        taken = f"2019:05:{number % 28 + 1:02} {number // 28:02}:00:00"
        camera = {MODEL: f"Camera {number % 4}"} if number % 2 else {}
        said = exif(camera, {TAKEN: taken}, PARIS if number % 3 == 0 else {})
        path = folder / f"{number:03}.jpg"
        if number % 5 == 0:
            path.write_bytes(encode(photo(24, 16, seed=number), "JPEG"))  # a picture without EXIF
        else:
            photo(24, 16, seed=number).save(path, "JPEG", exif=said.tobytes())
    return folder


def built(source: Path, target: Path, *, exif: bool = True) -> Collection:
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(source), target, FakeEmbedder(), taxonomy, BuildOptions(exif=exif))
    return Collection(target)


def columns_of(collection: Collection) -> tuple[object, pa.Table]:
    return collection.manifest.columns, collection.open_dataset("columns.lance").to_table().sort_by("image_id")


def test_date_camera_and_place_are_columns_of_their_images(tmp_path: Path) -> None:
    collection = built(photographs(tmp_path / "photos", 20), tmp_path / "made")
    assert [(facts.name, facts.kind, facts.known) for facts in collection.manifest.columns] == [
        ("date taken", "date", 16),
        ("camera", "category", 8),
        ("place", "place", 5),
    ]
    for row in range(len(collection)):
        number = int(collection.record(row).source.removesuffix(".jpg"))
        expected: dict[str, object] = {}
        if number % 5:
            expected["date taken"] = datetime.datetime(2019, 5, number + 1)  # noqa: DTZ001
            expected |= {"camera": f"Camera {number % 4}"} if number % 2 else {}
            expected |= {"place": "48.858222, 2.294500"} if number % 3 == 0 else {}
        assert {facts.name: value for facts, value in collection.own_values(row)} == expected
    assert not (collection.path / "exif.lance").exists()


def test_on_request_none_of_it_is_kept(tmp_path: Path) -> None:
    collection = built(photographs(tmp_path / "photos", 6), tmp_path / "made", exif=False)
    assert collection.manifest.columns == ()
    assert not [path for path in collection.path.rglob("*") if path.is_file() and b"48.858" in path.read_bytes()]
    assert not (collection.path / "columns.lance").exists()


def test_a_column_of_the_source_keeps_its_name(tmp_path: Path) -> None:
    folder = photographs(tmp_path / "photos", 6)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "Camera", "camera (exif)"])
        writer.writerows([path.name, "mine", "too"] for path in sorted(folder.glob("*.jpg")))
    collection = built(folder / "table.csv", tmp_path / "made")
    names = [facts.name for facts in collection.manifest.columns]
    assert names == ["Camera", "camera (exif)", "date taken", "camera (EXIF) (EXIF)", "place"]
    assert collection.own_values(0)[0][1] == "mine"


KILLED_WHILE_EMBEDDING = """
class Dying(FakeEmbedder):
    batches = 0
    def embed(self, batch):
        Dying.batches += 1
        if Dying.batches == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(batch)
embedder = Dying()
"""
KILLED_BEFORE_THE_IMAGES = """
append = CollectionWriter.append
def dying(self, name, table):
    if name == "images.lance" and self.last_id >= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    append(self, name, table)
CollectionWriter.append = dying
embedder = FakeEmbedder()
"""
BUILD = """
import os, signal, sys
from pathlib import Path
import pipeline.build.stage_list as stage_list
from pipeline.build import build_collection
from pipeline.collection.writer import CollectionWriter
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.helpers.fake_embedder import FakeEmbedder
{kill}
stage_list.COMMIT_EVERY = 32
source, target = map(Path, sys.argv[1:])
build_collection(open_source(source), target, embedder, load_taxonomy(asset("taxonomy/bam.toml")))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("kill", [KILLED_WHILE_EMBEDDING, KILLED_BEFORE_THE_IMAGES])
def test_a_killed_build_goes_on_and_knows_as_much(tmp_path: Path, kill: str) -> None:
    source, target = photographs(tmp_path / "photos", COUNT), tmp_path / "made"
    ended = subprocess.run(
        [sys.executable, "-c", BUILD.format(kill=kill), source, target], capture_output=True, text=True, check=False
    )
    assert ended.returncode == -9, ended.stderr
    committed = tmp_path / ".made.building" / "exif.lance"
    assert committed.exists()
    facts, table = columns_of(built(source, target))
    assert not committed.parent.exists()
    wanted, undisturbed = columns_of(built(source, tmp_path / "undisturbed"))
    assert facts == wanted
    assert table.equals(undisturbed)
