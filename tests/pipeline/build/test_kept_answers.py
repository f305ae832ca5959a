"""A build reports its effect on answers before it replaces anything, and never drops answers by mistake."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.build.kept_answers import kept_source_name
from pipeline.collection import Collection
from pipeline.collection.writer import CollectionWriter
from pipeline.errors import LostAnswersError, StoreMissingError
from pipeline.label_store import Value, new_action_id, open_label_store
from pipeline.sources.opening import open_source
from pipeline.taxonomy import Taxonomy
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder

BIRD = "content_bird"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of nine drawn pictures."""
    return (draw_images(tmp_path / "drawn", 9).parent / "images").rename(tmp_path / "photos")


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., list[str]]:
    """Builds a source as the command does; returns its sentences."""

    def run(source: Path, *, name: str | None = None, allowed: bool = False) -> list[str]:
        told: list[str] = []
        target = tmp_path / "collection"
        listed = open_source(source, name=name or kept_source_name(target))
        options = BuildOptions(replace=True, set_aside_answers=allowed)
        build_collection(listed, target, FakeEmbedder(), Taxonomy("none", 1, ()), options, say=told.append)
        return told

    return run


@pytest.fixture
def answered(tmp_path: Path, pictures: Path, build: Callable[..., list[str]]) -> Path:
    """The collection, with answers about its first four images."""
    build(pictures)
    collection = Collection(tmp_path / "collection")
    with open_label_store(collection) as store:
        ann = store.annotators.add("Ann")
        store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, ids_of(collection, 4), Value.YES)
    return collection.path


def ids_of(collection: Collection, count: int) -> list[int]:
    """Ids of the images whose names come first."""
    names = collection.sources().to_pylist()
    return [int(collection.image_ids[names.index(name)]) for name in sorted(names)[:count]]


def set_aside(path: Path) -> int:
    with open_label_store(Collection(path)) as store:
        return store.absent_images.set_aside().answers


def first(folder: Path) -> Path:
    return min(folder.iterdir())


def test_a_folder_with_another_name_keeps_its_source_and_every_answer(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    assert build(pictures.rename(pictures.with_name("photos-2026"))) == []
    assert Collection(answered).manifest.source_name == "photos"
    assert set_aside(answered) == 0


def test_so_does_a_table_of_the_same_files_and_the_folder_after_it(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    table = pictures / "list.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["file"], *([path.name] for path in sorted(pictures.glob("*.png")))])
    assert build(table) == []
    assert set_aside(answered) == 0
    table.unlink()
    assert build(pictures) == []
    assert set_aside(answered) == 0


def test_another_name_by_which_all_answers_lose_their_images_is_refused_before_anything_is_replaced(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    before = (answered / "collection.json").read_bytes()
    with pytest.raises(LostAnswersError, match=r"4 answers about 4 images .* give it the name 'photos' again"):
        build(pictures, name="other")
    assert (answered / "collection.json").read_bytes() == before
    assert set_aside(answered) == 0


def test_so_are_paths_that_all_begin_otherwise(answered: Path, pictures: Path, build: Callable[..., list[str]]) -> None:
    moved = pictures / "sub"
    moved.mkdir()
    for path in sorted(pictures.glob("*.png")):
        path.rename(moved / path.name)
    with pytest.raises(LostAnswersError, match=r"called like '\w+-00\d\.png', and are called like 'sub/disc-000\.png'"):
        build(pictures)
    assert set_aside(answered) == 0


def test_who_wants_it_sets_the_answers_aside_and_gets_them_back(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    told = build(pictures, name="other", allowed=True)
    assert "4 answers about 4 images" in told[0]
    assert set_aside(answered) == 4
    assert build(pictures, name="photos") == []
    assert set_aside(answered) == 0


def test_a_deleted_picture_is_said_and_built_without(
    answered: Path, pictures: Path, build: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = first(pictures).name
    first(pictures).unlink()
    said: list[str] = []
    monkeypatch.setattr(CollectionWriter, "publish", watched(CollectionWriter.publish, answered, said))
    told = build(pictures)
    assert f"1 answer about 1 image that the source does not have any more (for example {name})" in told[0]
    assert said == ["the old collection was still there"]
    assert set_aside(answered) == 1
    assert build(pictures) == [], "it is said once"


def watched(publish: Callable[[CollectionWriter], None], path: Path, said: list[str]) -> Callable[..., None]:
    """Note that a collection was there when it began to be replaced."""

    def instead(writer: CollectionWriter) -> None:
        if (path / "collection.json").exists():
            said.append("the old collection was still there")
        publish(writer)

    return instead


def test_a_picture_that_became_unreadable_is_said_and_its_answer_set_aside(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    data = first(pictures).read_bytes()
    first(pictures).write_bytes(b"no picture")
    told = build(pictures)
    assert "1 answer about 1 image that could not be read" in told[0]
    assert set_aside(answered) == 1
    first(pictures).write_bytes(data)
    assert build(pictures) == []
    assert set_aside(answered) == 0


def test_the_same_bytes_under_another_name_are_said(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    old = first(pictures).name
    first(pictures).rename(pictures / "zebra.png")
    told = build(pictures)
    assert f"still here under other names: {old} is now zebra.png" in told[1]
    assert set_aside(answered) == 1, "nothing is carried over by itself"


def test_a_picture_with_other_content_is_said_and_keeps_its_answer(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    name = first(pictures).name
    first(pictures).write_bytes((pictures / "stripes-008.png").read_bytes())
    told = build(pictures)
    assert len(told) == 1
    assert (
        f"1 answer is about files whose content changed since they were first asked about (for example {name})"
        in (told[0])
    )
    assert set_aside(answered) == 0


def test_answers_that_cannot_be_looked_at_stop_the_build(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    (answered / "labels.sqlite").rename(answered.with_name("elsewhere.sqlite"))
    with pytest.raises(StoreMissingError):
        build(pictures)


def test_what_a_vanishing_image_was_called_is_remembered_though_nobody_was_asked_about_it(
    answered: Path, pictures: Path, build: Callable[..., list[str]]
) -> None:
    collection = Collection(answered)
    image = int(collection.image_ids[collection.sources().to_pylist().index("stripes-008.png")])
    (pictures / "stripes-008.png").unlink()
    assert build(pictures) == [], "no answer is about it"
    with open_label_store(Collection(answered)) as store:
        assert store.absent_images.names([image])[image].file == "stripes-008.png"
