from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.collection.writer import CollectionWriter
from pipeline.errors import (
    CollectionDamagedError,
    CollectionError,
    CollectionMissingError,
    CollectionVersionError,
    SourceError,
)
from pipeline.images.identity import image_id
from pipeline.images.thumbnails import decode_tile
from pipeline.progress import Progress
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from pipeline.taxonomy import Taxonomy
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.source_items import file_of
from tests.helpers.waiting import DEADLINE

NOTHING = Taxonomy("none", 1, ())


@pytest.fixture
def copy(collection_path: Path, tmp_path: Path) -> Path:
    """A collection that a test may damage."""
    target = tmp_path / "copy"
    shutil.copytree(collection_path, target)
    return target


def test_everything_is_aligned_to_ascending_ids(collection: Collection, drawn_source: Source) -> None:
    count = len(drawn_source.items)
    assert len(collection) == count
    assert np.all(np.diff(collection.image_ids) > 0)
    assert collection.embedding().shape == (count, FakeEmbedder().spec.dimensions)
    assert collection.scores.shape == (len(collection.scored), count)
    for item in drawn_source.items:
        row = collection.row_of(image_id(item.source_name, item.key))
        assert collection.record(row).source == item.key


def test_every_thumbnail_is_its_own_rows_picture(collection: Collection) -> None:
    rows = np.array([5, 3, 40, 3], np.int32)
    for row, data in zip(rows.tolist(), collection.tiles(rows, small=True), strict=True):
        colour = decode_tile(data, 32).reshape(-1, 3).astype(int)
        strongest = {"disc": 0, "stripes": 1, "square": 2}[collection.record(row).source.split("/")[1].split("-")[0]]
        drawn = colour[colour.min(axis=1) < 120]
        assert np.argmax(drawn.mean(axis=0)) == strongest


def test_vectors_are_of_unit_length(collection: Collection) -> None:
    lengths = np.linalg.norm(collection.embedding().astype(np.float32), axis=1)
    assert np.allclose(lengths, 1, atol=2e-3)


def test_known_answers_are_kept_with_unknown_apart(collection: Collection) -> None:
    known = collection.known("content_cat")
    assert {int(value) for value in known} == {-1, 0, 1}
    assert np.all(collection.known("content_dog") == -1)


def test_scores_tell_the_drawn_kinds_apart(collection: Collection) -> None:
    facts = {entry.name: entry for entry in collection.manifest.attributes}
    assert facts["content_cat"].average_precision is not None
    assert facts["content_cat"].average_precision > 0.9


def test_layouts_hold_their_population_and_nothing_else(collection: Collection) -> None:
    assert collection.manifest.layouts[0].name == "all-tsne"
    for facts in collection.manifest.layouts:
        layout = collection.layout(facts.name)
        assert np.isfinite(layout.positions).all(axis=1).sum() == facts.images


def test_files_that_are_no_images_are_rows_with_a_reason(tmp_path: Path, drawn_source: Source) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for item in drawn_source.items[:5]:
        shutil.copy(file_of(item), folder / file_of(item).name)
    (folder / "text.png").write_text("I am no image")
    (folder / "empty.jpg").touch()
    build_collection(open_source(folder), tmp_path / "out", FakeEmbedder(), NOTHING)
    opened = Collection(tmp_path / "out")
    assert (len(opened), opened.manifest.failed) == (5, 2)
    reasons = dict(opened.failures())
    assert reasons["text.png"].startswith("not_an_image")
    assert reasons["empty.jpg"].startswith("empty")


def test_failed_images_and_any_order_on_disk_shift_no_row(collection_path: Path, tmp_path: Path) -> None:
    copy, whole = tmp_path / "copy", Collection(collection_path)
    shutil.copytree(collection_path, copy)
    table = lance.dataset(str(copy / "images.lance")).to_table()
    failed = {**table.slice(3, 1).to_pylist()[0], "image_id": int(whole.image_ids[5]) + 1, "status": "failed"}
    mixed = pa.concat_tables([table.slice(40), pa.Table.from_pylist([failed], table.schema), table.slice(0, 40)])
    shutil.rmtree(copy / "images.lance")
    lance.write_dataset(mixed, str(copy / "images.lance"))
    manifest = json.loads((copy / "collection.json").read_text())
    (copy / "collection.json").write_text(json.dumps(manifest | {"failed": 1}))
    opened = Collection(copy)
    assert np.array_equal(opened.image_ids, whole.image_ids)
    assert np.array_equal(opened.known("content_cat"), whole.known("content_cat"))
    for row in range(len(whole)):
        assert opened.record(row) == whole.record(row)
        assert opened.known_of(row) == whole.known_of(row)
    assert len(opened.failures()) == 1


def test_answers_of_one_image_are_those_of_its_row(collection: Collection) -> None:
    names = ("content_cat", "media_pen_ink")
    columns = {name: collection.known(name) for name in names}
    for row in range(len(collection)):
        expected = {name: bool(column[row]) for name, column in columns.items() if column[row] >= 0}
        assert collection.known_of(row) == expected
    with pytest.raises(IndexError):
        collection.record(len(collection))
    with pytest.raises(IndexError):
        collection.known_of(-1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_few_images_make_a_collection_too(tmp_path: Path, drawn_source: Source, count: int) -> None:
    few = Source("few", drawn_source.root, drawn_source.items[:count])
    build_collection(few, tmp_path / "out", FakeEmbedder(), NOTHING)
    opened = Collection(tmp_path / "out")
    assert len(opened) == count
    assert np.isfinite(opened.layout("all-umap").positions).all()


def test_no_usable_image_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.png").write_text("no image")
    with pytest.raises(SourceError, match="None of the 1 files"):
        build_collection(open_source(folder), tmp_path / "out", FakeEmbedder(), NOTHING)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts"]


class StoppedError(Exception):
    """Raised by progress, as Ctrl-C would."""


def test_a_stopped_build_is_no_collection_and_goes_on_to_the_same_result(
    tmp_path: Path, drawn_source: Source, collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.build.stage_list.COMMIT_EVERY", 16)
    monkeypatch.setattr("pipeline.build.image_stage._DEFAULT_BATCH", 16)
    target, embedder, seen = tmp_path / "out", FakeEmbedder(), []

    def stop_half_way(progress: Progress) -> None:
        if progress.done >= 40:
            raise StoppedError

    with pytest.raises(StoppedError):
        build_collection(drawn_source, target, embedder, collection.manifest.taxonomy, progress=stop_half_way)
    with pytest.raises(CollectionMissingError):
        Collection(target)
    build_collection(drawn_source, target, embedder, collection.manifest.taxonomy, progress=seen.append)
    reading = [entry for entry in seen if entry.stage.startswith("Reading")]
    assert reading[0].done >= 16, "what was committed is not read again"
    resumed = Collection(target)
    assert np.array_equal(resumed.embedding(), collection.embedding())
    assert np.array_equal(resumed.scores, collection.scores)


def test_a_discarded_build_is_gone_though_a_thread_was_still_writing(tmp_path: Path) -> None:
    writer = CollectionWriter(tmp_path / "out", {"synthetic": {}, "attempt": 1})
    stop, busy = threading.Event(), threading.Event()
    data = writer.folder / "raw.lance/data"
    data.mkdir(parents=True)

    def write_on() -> None:
        number = 0
        while not stop.is_set() and writer.folder.exists():
            number += 1
            try:
                (data / f"{number:024x}.lance").touch()
            except FileNotFoundError:  # the folder is removed, also for a library's thread
                return
            busy.set()

    thread = threading.Thread(target=write_on)
    thread.start()
    assert busy.wait(DEADLINE)
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    writer.discard()
    thread.join()
    timer.cancel()
    assert list(tmp_path.iterdir()) == []


def test_an_existing_collection_is_replaced_only_when_allowed(tmp_path: Path, drawn_source: Source) -> None:
    few = Source("few", drawn_source.root, drawn_source.items[:4])
    build_collection(few, tmp_path / "out", FakeEmbedder(), NOTHING)
    with pytest.raises(CollectionError, match="exists already"):
        build_collection(few, tmp_path / "out", FakeEmbedder(), NOTHING)
    fewer = Source("few", drawn_source.root, drawn_source.items[:3])
    build_collection(fewer, tmp_path / "out", FakeEmbedder(), NOTHING, BuildOptions(replace=True))
    assert len(Collection(tmp_path / "out")) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path, drawn_source: Source) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CollectionError, match=r"cannot be written .* Choose another place"):
        build_collection(drawn_source, tmp_path / "file" / "out", FakeEmbedder(), NOTHING)


def test_nothing_there_is_told_apart_from_damage(tmp_path: Path) -> None:
    with pytest.raises(CollectionMissingError, match="does not exist"):
        Collection(tmp_path / "nowhere")
    with pytest.raises(CollectionMissingError, match=r"no collection\.json"):
        Collection(tmp_path)


@pytest.mark.parametrize(
    "name", ["images.lance", "thumbnails.lance", "layouts/all-tsne.lance", "embeddings/fake.lance"]
)
def test_a_missing_part_is_noticed_on_opening(copy: Path, name: str) -> None:
    shutil.rmtree(copy / name)
    with pytest.raises(CollectionDamagedError, match="Restore it from a copy"):
        Collection(copy)


def test_a_cut_off_file_is_an_error_not_a_crash(copy: Path) -> None:
    for file in (copy / "thumbnails.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CollectionDamagedError):
        Collection(copy).tiles([0])


@pytest.mark.parametrize("text", ["{", "[]", '{"format_version": 2}', '{"format_version": 2, "embedding": 3}'])
def test_a_broken_manifest_is_damage(copy: Path, text: str) -> None:
    (copy / "collection.json").write_text(text)
    with pytest.raises(CollectionDamagedError):
        Collection(copy)


def test_a_newer_format_asks_for_a_newer_program(copy: Path) -> None:
    values = json.loads((copy / "collection.json").read_text())
    (copy / "collection.json").write_text(json.dumps(values | {"format_version": 99}))
    with pytest.raises(CollectionVersionError, match="Install a newer"):
        Collection(copy)


def test_scores_written_since_are_read_without_opening_anew(collection_path: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(collection_path, tmp_path / "grown"))
    opened = Collection(place)
    before = opened.scores
    assert not opened.refresh_scores(), "nothing was written"
    name, ids = opened.scored[0], opened.image_ids
    other = np.linspace(0, 1, len(ids), dtype=np.float32)
    lance.write_dataset(pa.table({"image_id": ids, "score": other}), str(place / f"scores/{name}/model-2.lance"))
    manifest = json.loads((place / "collection.json").read_text())
    next(facts for facts in manifest["attributes"] if facts["name"] == name)["origin"] = "model-2"
    (place / "collection.json").write_text(json.dumps(manifest))
    assert opened.refresh_scores()
    assert np.array_equal(opened.scores[0], other)
    assert np.array_equal(opened.scores[1:], before[1:])


def test_what_people_made_of_a_collection_outlives_its_being_built_again(
    drawn_source: Source, collection_path: Path, tmp_path: Path
) -> None:
    place = Path(shutil.copytree(collection_path, tmp_path / "again"))
    release = place / "releases/content_cat/1/release.json"
    report = place / "rounds/content_cat/1.json"
    for file in (release, report):
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        file.chmod(0o444)
    taxonomy = Collection(place).manifest.taxonomy
    build_collection(drawn_source, place, FakeEmbedder(), taxonomy, BuildOptions(seed=5, replace=True))
    assert Collection(place).manifest.images == 72
    assert release.read_text() == report.read_text() == "{}"
    assert not list(place.glob("scores/*/round-*"))
