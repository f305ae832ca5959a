"""Places of a collection: none where a file that this program did not write would be lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.collection.own_files import foreign_files, remove_own
from pipeline.collection.target import check_place
from pipeline.errors import CollectionError, ErrorKind
from pipeline.sources.opening import open_source
from pipeline.taxonomy import Taxonomy
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder

NOTHING = Taxonomy("none", 1, ())
Build = Callable[..., None]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    draw_images(tmp_path / "photos", 3)
    return tmp_path / "photos"


@pytest.fixture
def build(photos: Path) -> Build:
    def work(place: Path, source: Path = photos, *, replace: bool = True) -> None:
        build_collection(open_source(source), place, FakeEmbedder(), NOTHING, BuildOptions(replace=replace))

    return work


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_is_no_collection_is_never_replaced(build: Build, tmp_path: Path) -> None:
    (tmp_path / "Documents").mkdir()
    (tmp_path / "Documents/thesis.txt").write_text("years of work")
    for name in ("collection.json", "build.json"):
        (tmp_path / "Documents" / name).write_text('{"format_version": 2, "info": "of another program"}')
    before = everything(tmp_path)
    with pytest.raises(CollectionError, match="is not a collection"):
        build(tmp_path / "Documents")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("where", ["photos", "photos/", "photos/../photos", "link", "photos/images", "photos/new", "."])
def test_a_place_that_is_holds_or_lies_in_the_source_is_refused(
    build: Build, photos: Path, tmp_path: Path, where: str
) -> None:
    (tmp_path / "link").symlink_to(photos)
    before = everything(tmp_path)
    with pytest.raises(CollectionError, match="the pictures"):
        build(tmp_path / where)
    assert everything(tmp_path) == before


def test_a_collection_that_holds_pictures_or_lies_among_them_is_not_replaced(
    build: Build, photos: Path, tmp_path: Path
) -> None:
    build(tmp_path / "out")
    for place, source in ((tmp_path / "out", tmp_path / "out/own"), (photos / "map", photos)):
        if not place.exists():
            shutil.copytree(tmp_path / "out", place)
        if not source.exists():
            shutil.copytree(photos, source)
        before = everything(tmp_path)
        with pytest.raises(CollectionError, match="the pictures"):
            build(place, source)
        assert everything(tmp_path) == before
        shutil.rmtree(tmp_path / "out/own", ignore_errors=True)


def test_a_collection_may_lie_beside_the_table_of_its_pictures(build: Build, photos: Path) -> None:
    build(photos / "map", photos / "table.csv", replace=False)
    build(photos / "map", photos / "table.csv", replace=True)
    assert len(Collection(photos / "map")) == 3


@pytest.mark.parametrize(
    "path",
    [
        *("my-labels.csv", "notes/a.txt", "images.lance/notes.txt", "scores/x/y.csv", "empty/", "scores/mine/"),
        *("models/mine.safetensors", "models/my-model-best.safetensors", "build.json"),
    ],
)
def test_own_files_in_a_collection_are_named_and_stay(build: Build, tmp_path: Path, path: str) -> None:
    build(tmp_path / "out")
    file = tmp_path / "out" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if path.endswith("/"):
        file.mkdir()
    else:
        file.write_text("mine")
    before = everything(tmp_path)
    for replace in (True, False):
        with pytest.raises(CollectionError, match=path.rstrip("/")) as told:
            build(tmp_path / "out", replace=replace)
        assert told.value.kind is not ErrorKind.PLACE_TAKEN, "what would be refused is not suggested"
    assert everything(tmp_path) == before


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x1bb", "a\x7fb", "a\udcffb", "a\0b"])
def test_a_place_that_cannot_be_written_below_is_refused_at_once(build: Build, tmp_path: Path, name: str) -> None:
    before = everything(tmp_path)
    with pytest.raises(CollectionError, match="cannot be the place of a collection"):
        build(tmp_path / name)
    assert everything(tmp_path) == before


def test_the_top_of_a_disk_is_no_place(build: Build) -> None:
    with pytest.raises(CollectionError, match="where a disk begins"):
        build(Path("/"))


@pytest.mark.parametrize("name", ["a:b", "file:out", "memory:out", "s3:out", "a%20b", "100%", "a#b", "a?b", "~", "-x"])
def test_any_other_name_is_a_name_and_no_address(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    build(Path(name))
    collection = Collection(Path(name))
    assert len(collection.embedding()) == len(collection) == 3
    assert collection.tiles([0])


def test_a_file_beside_that_is_called_as_a_builds_is_in_the_way(build: Build, tmp_path: Path) -> None:
    (tmp_path / ".out.building").mkdir()
    (tmp_path / ".out.building/build.json").write_text('{"scripts": "mine"}')
    before = everything(tmp_path)
    with pytest.raises(CollectionError, match="is in the way, and this program did not write it"):
        build(tmp_path / "out")
    assert everything(tmp_path) == before


def test_a_manifest_of_somebody_else_outlives_the_end_of_a_build_that_was_stopped(tmp_path: Path) -> None:
    left = tmp_path / ".out.building"
    left.mkdir()
    (left / "build.json").write_text('{"program_version": 1, "source": 1, "fingerprint": 1, "embedding": 1}')
    (left / "collection.json").write_text('{"stamps": "mine"}')
    assert remove_own(left) == ["collection.json"]
    assert (left / "collection.json").read_text() == '{"stamps": "mine"}'


def test_links_and_pipes_in_a_collection_are_nobodys_to_remove(build: Build, photos: Path, tmp_path: Path) -> None:
    build(tmp_path / "out")
    shutil.move(tmp_path / "out/thumbnails.lance", tmp_path / "elsewhere")
    (tmp_path / "out/thumbnails.lance").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "out/.changed")
    with pytest.raises(CollectionError, match=r"\.changed, thumbnails\.lance"):
        build(tmp_path / "out")
    assert everything(tmp_path / "elsewhere")


def test_own_files_among_what_is_kept_outlive_a_replacement(build: Build, tmp_path: Path) -> None:
    build(tmp_path / "out")
    kept = {"releases/readme.txt": "why", "rounds/content_cat/1.json": "{}", "labels.sqlite.backup": "a copy"}
    for path, text in kept.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_text(text)
    (tmp_path / "out/audits").mkdir()
    (tmp_path / "out/audits/link").symlink_to("nowhere")
    build(tmp_path / "out")
    assert {path: (tmp_path / "out" / path).read_text() for path in kept} == kept
    assert (tmp_path / "out/audits/link").readlink() == Path("nowhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "photos"]


def test_a_link_to_a_collection_stays_and_what_it_leads_to_is_replaced(build: Build, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    build(tmp_path / "disk/out")
    (tmp_path / "out").symlink_to(tmp_path / "disk/out")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    build(tmp_path / "out")
    assert (tmp_path / "out").is_symlink()
    assert len(Collection(tmp_path / "out")) == 3
    with pytest.raises(CollectionError, match="leads to itself"):
        build(tmp_path / "loop")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "loop", "out", "photos"]


@pytest.mark.parametrize("name", [".out.building", ".out.old", ".out.lock"])
@pytest.mark.parametrize("kind", ["file", "folder", "link", "pipe"])
def test_what_lies_beside_and_is_somebodys_is_in_the_way(build: Build, tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    beside = tmp_path / name
    if kind == "file":
        beside.write_text("mine")
    elif kind == "folder":
        shutil.copytree(tmp_path / "mine", beside)
    elif kind == "link":
        beside.symlink_to(tmp_path / "mine")
    else:
        os.mkfifo(beside)
    before = everything(tmp_path)
    with pytest.raises(CollectionError):
        build(tmp_path / "out")
    assert everything(tmp_path) == before
    assert os.path.lexists(beside)


def test_where_one_is_at_home_and_where_disks_begin_are_nobodys_to_replace(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "out")
    (tmp_path / "out/models").mkdir(exist_ok=True)
    for variable in ("HOME", "cwd"):
        with monkeypatch.context() as patch:
            if variable == "HOME":
                patch.setenv("HOME", str(tmp_path / "out"))
            else:
                patch.chdir(tmp_path / "out/models")
            with pytest.raises(CollectionError, match="cannot take its place"):
                check_place(tmp_path / "out", replace=True)
    for place in (Path("/"), Path("/proc")):
        with pytest.raises(CollectionError):
            check_place(place, replace=True)


def test_a_collection_is_not_built_into_another_one(build: Build, tmp_path: Path) -> None:
    build(tmp_path / "out")
    with pytest.raises(CollectionError, match="lies in the collection"):
        build(tmp_path / "out/releases/second")


def test_a_collection_holds_nothing_that_its_next_build_would_not_know(collection_path: Path) -> None:
    assert foreign_files(collection_path) == []
