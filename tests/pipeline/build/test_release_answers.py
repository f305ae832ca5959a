"""The choices of a BAM release become answers of their workers: to train with, once, and nobody can be one of them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.build.release_answers import record_choices
from pipeline.build.without_pictures import ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import Drawn, LabelStore, Purpose, Value, open_label_store
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.bam_release import BamRelease, read_release
from pipeline.synthetic.bam_release import ReleaseSize, write_release

SIZE = ReleaseSize(modules=300, labels=500, choices=1200, captions=40)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "bam.sqlite"
    write_release(path, SIZE, seed=2)
    return path


@pytest.fixture(scope="module")
def release(file: Path) -> BamRelease:
    return read_release(file)


@pytest.fixture
def collection(release: BamRelease, tmp_path: Path) -> Collection:
    build_release(release, tmp_path / "collection", load_taxonomy(asset("taxonomy/bam.toml")), ReleaseOptions())
    return Collection(tmp_path / "collection")


@pytest.fixture
def store(collection: Collection) -> Iterator[LabelStore]:
    with open_label_store(collection) as opened:
        yield opened


def choices_of(file: Path) -> list[tuple[str, int, str, int, float, int]]:
    """Worker, image, attribute, answer, seconds of the hit, and choices of the hit."""
    with sqlite3.connect(file) as database:
        found = database.execute(
            "select worker_id, mid, c.attribute, label, n_seconds, "
            "(select count(*) from crowd_raw_choices d where d.assignment_id = c.assignment_id) "
            "from crowd_raw_choices c join crowd_raw_hits using (assignment_id)"
        ).fetchall()
    database.close()
    return found


def test_every_choice_is_an_answer_of_its_worker(
    file: Path, release: BamRelease, collection: Collection, store: LabelStore
) -> None:
    receipt = record_choices(store, collection, release)
    assert (receipt.recorded, receipt.before, receipt.barred) == (SIZE.choices, 0, 0)
    names = {person.id: person.name for person in store.annotators.list_all()}
    logged = [
        (names[one.annotator_id], one.image_id, one.attribute, one.value, round(one.seconds, 6))
        for one in store.answers.log()
    ]
    expected = [
        (f"worker {worker}", mid, attribute, Value.YES if yes else Value.NO, round(seconds / shown, 6))
        for worker, mid, attribute, yes, seconds, shown in choices_of(file)
    ]
    assert sorted(logged) == sorted(expected)


def test_answers_train_and_nothing_is_said_of_their_draw(
    release: BamRelease, collection: Collection, store: LabelStore
) -> None:
    record_choices(store, collection, release)
    log = list(store.answers.log())
    assert {one.purpose for one in log} == {Purpose.TRAINING}
    assert {one.probability for one in log} == {None}
    assert [one.at for one in log] == sorted(one.at for one in log)
    assert not store.answers.list_bulk_answers("content_bird")
    assert set(store.answers.table("content_bird").origins) == {"import"}


def test_an_import_that_is_stopped_goes_on_and_records_nothing_twice(
    release: BamRelease, collection: Collection, store: LabelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.build.release_answers.AT_ONCE", 7)

    def stop(progress: Progress) -> None:
        if progress.done > SIZE.choices // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_choices(store, collection, release, progress=stop)
    there = len(list(store.answers.log()))
    assert 0 < there < SIZE.choices
    receipt = record_choices(store, collection, release)
    assert (receipt.recorded, receipt.before) == (SIZE.choices - there, there)
    assert record_choices(store, collection, release).recorded == 0
    assert len(list(store.answers.log())) == SIZE.choices


def test_workers_are_added_once_and_hostile_names_are_shown_as_numbers(store: LabelStore) -> None:
    names = ["A1", "a1", "\u202eevil", "x" * 500, "", "<b>", "worker A1"]
    ids = store.annotators.add_workers(names)
    assert store.annotators.add_workers(names) == ids
    shown = {person.id: person.name for person in store.annotators.list_all()}
    assert len(shown) == len(names)
    assert len(set(shown.values())) == len(names)
    assert shown[ids["A1"]] == "worker A1"
    assert all("\u202e" not in name and len(name) < 80 for name in shown.values())


def test_a_person_who_takes_a_workers_name_is_another_annotator(store: LabelStore) -> None:
    ids = store.annotators.add_workers(["A1"])
    person = store.annotators.add("worker A1")
    assert person.id != ids["A1"]
    assert person.name != "worker A1"


def test_images_that_are_kept_for_validation_get_no_training_answer(
    release: BamRelease, collection: Collection, store: LabelStore
) -> None:
    choices, answered = release.crowd.choices, defaultdict(list)
    for row, column in zip(choices.rows.tolist(), choices.columns.tolist(), strict=True):
        answered[release.attributes[column]].append(int(collection.image_ids[row]))
    attribute = max(answered, key=lambda name: len(answered[name]))
    image = answered[attribute][0]
    store.batches.draw(attribute, 1, Purpose.VALIDATION, [Drawn(image, "uniform", 0.5)])
    receipt = record_choices(store, collection, release)
    assert receipt.barred >= answered[attribute].count(image)
    assert image not in {one.image_id for one in store.answers.log(attribute)}
