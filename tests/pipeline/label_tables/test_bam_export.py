"""A collection is exported as a BAM release, and scripts written for BAM read it like the release itself."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from explorer.cli.command import app
from pipeline.build.release_answers import record_choices
from pipeline.build.without_pictures import ReleaseOptions, build_release
from pipeline.collection import Collection
from pipeline.errors import ParameterError, TableError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import Drawn, LabelStore, Purpose, Reply, Value, fork_store, new_action_id, open_label_store
from pipeline.label_tables import export_bam
from pipeline.resources import asset
from pipeline.sources.bam_release import read_release
from pipeline.synthetic.bam_release import ReleaseSize, write_release
from tests.helpers.bam_script import TABLES, summary, tables_of

SIZE = ReleaseSize(modules=400, labels=600, choices=1400, captions=80)
BIRD = "content_bird"


def imported(file: Path, target: Path) -> Collection:
    release = read_release(file)
    build_release(release, target, load_taxonomy(asset("taxonomy/bam.toml")), ReleaseOptions(name="bam"))
    collection = Collection(target)
    with open_label_store(collection) as store:
        record_choices(store, collection, release)
    return collection


def exported(collection: Collection, target: Path, *, with_blind: bool = False) -> Path:
    with open_label_store(collection) as store:
        export_bam(collection, store, target, with_blind=with_blind)
    return target


def answer(store: LabelStore, person: str, purpose: Purpose, replies: dict[int, tuple[Value, float]]) -> None:
    probability = None if purpose is Purpose.TRAINING else 0.5
    drawn = [Drawn(image, "uniform", probability) for image in replies]
    batch = store.batches.draw(BIRD, 1, purpose, drawn, again=purpose is Purpose.TRAINING)
    page = store.questions.take_page(person, batch.id)
    answers = [Reply(item.draw_id, *replies[item.image_id]) for item in page.items]
    store.answers.record(new_action_id(), page.id, person, answers)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "bam.sqlite"
    write_release(path, SIZE, seed=4)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update modules set src = null, license = null, project_id = null where rowid = 1")
        database.execute("update modules set src = 'a \"quoted\" name', mature_content = null where rowid = 2")
        database.execute("update automatic_labels set content_dog = null where rowid = 3")
        database.execute(
            "update crowd_raw_hits set n_clicks = null, last_modified = '2016-07-01 10:00:00' where rowid = 1"
        )
        database.execute("update crowd_raw_hits set n_seconds = null, last_modified = 'yesterday' where rowid = 2")
        captions = (
            "insert into crowd_raw_captions select assignment_id, mid, attribute, ?, label from crowd_raw_captions"
        )
        database.execute(f"{captions} limit 5", ("two workers wrote of it",))
        database.execute("update crowd_raw_captions set assignment_id = 'no such hit', label = null where rowid = 7")
    return path


@pytest.fixture(scope="module")
def shared(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return imported(file, tmp_path_factory.mktemp("imported") / "collection")


@pytest.fixture
def collection(shared: Collection, tmp_path: Path) -> Collection:
    shutil.copytree(shared.path, tmp_path / "collection")
    fork_store(Collection(tmp_path / "collection"))
    return Collection(tmp_path / "collection")


@pytest.mark.slow
def test_a_release_that_is_imported_and_exported_has_equal_tables(
    file: Path, collection: Collection, tmp_path: Path
) -> None:
    there, back = tables_of(file), tables_of(exported(collection, tmp_path / "back.sqlite"))
    assert set(back) == set(TABLES)
    for table in TABLES:
        assert back[table] == there[table], table


@pytest.mark.slow
def test_an_export_that_is_imported_and_exported_again_has_equal_tables(collection: Collection, tmp_path: Path) -> None:
    first = exported(collection, tmp_path / "first.sqlite")
    again = imported(first, tmp_path / "again")
    np.testing.assert_array_equal(again.scores, collection.scores)
    assert tables_of(exported(again, tmp_path / "second.sqlite")) == tables_of(first)


def test_a_script_written_for_bam_reads_both_files_alike(file: Path, collection: Collection, tmp_path: Path) -> None:
    theirs, ours = summary(file), summary(exported(collection, tmp_path / "back.sqlite"))
    assert all(theirs.values())
    assert ours == theirs


def test_what_people_said_since_is_in_it(file: Path, collection: Collection, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        said = dict(database.execute("select mid, label from crowd_labels where attribute = ?", (BIRD,)).fetchall())
    asked = {mid for mid, label in said.items() if label == "unsure"}
    new = next(int(mid) for mid in collection.image_ids if int(mid) not in said)
    unsure = min(asked)
    with open_label_store(collection) as store:
        ann = store.annotators.add("Ann")
        answer(store, ann.id, Purpose.TRAINING, {new: (Value.YES, 2.0), unsure: (Value.UNSURE, 3.5)})
        store.captions.add(new_action_id(), ann.id, new, "=a bird, says Ann")
    before, after = tables_of(file), tables_of(exported(collection, tmp_path / "back.sqlite"))
    added = {table: [row for row in after[table][1] if row not in before[table][1]] for table in TABLES}
    assert added["crowd_labels"] == [(new, BIRD, "positive")]
    (choice,) = added["crowd_raw_choices"]
    assert choice[1:] == (new, BIRD, 1)
    hits = {row[0]: row for row in added["crowd_raw_hits"]}
    assert hits[choice[0]][1:5] == (BIRD, ann.id, None, 5.5)
    ((assignment, *caption),) = added["crowd_raw_captions"]
    assert caption == [new, None, "=a bird, says Ann", None]
    assert hits[assignment][2] == ann.id
    assert len(hits) == 2


def test_blind_answers_are_left_out_unless_they_are_requested(collection: Collection, tmp_path: Path) -> None:
    image = int(collection.image_ids[7])
    with open_label_store(collection) as store:
        ann = store.annotators.add("Ann")
        answer(store, ann.id, Purpose.AUDIT, {image: (Value.YES, 2.0)})
        done = export_bam(collection, store, tmp_path / "without.sqlite")
    assert done.blind == 1
    without, with_them = (
        tables_of(path)["crowd_raw_choices"][1]
        for path in (tmp_path / "without.sqlite", exported(collection, tmp_path / "with.sqlite", with_blind=True))
    )
    assert [row[1:] for row in with_them if row not in without] == [(image, BIRD, 1)]


def test_a_collection_of_pictures_is_exported_and_the_minimum_score_is_at_bams_cut(
    collection_path: Path, tmp_path: Path
) -> None:
    collection = Collection(collection_path)
    done = export_bam(collection, None, tmp_path / "pictures.sqlite")
    assert done.attributes == collection.scored
    with closing(sqlite3.connect(tmp_path / "pictures.sqlite")) as database:
        assert [mid for (mid,) in database.execute("select mid from modules order by mid")] == (
            collection.image_ids.tolist()
        )
        for name in done.attributes:
            facts = collection.manifest.facts(name)
            assert facts is not None
            passing = collection.image_ids[collection.scores_of(name) >= np.float32(facts.threshold or 0.5)]
            for query in (f"scores where {name} >= -1", f"automatic_labels where {name} = 'positive'"):
                found = [mid for (mid,) in database.execute(f"select mid from {query} order by mid")]  # noqa: S608
                assert found == passing.tolist()
            labels = dict(
                database.execute("select mid, label from crowd_labels where attribute = ?", (name,)).fetchall()
            )
            known = collection.known(name)
            assert labels == {
                int(collection.image_ids[row]): "positive" if known[row] else "negative"
                for row in np.flatnonzero(known >= 0)
            }
    if done.attributes:
        assert imported(tmp_path / "pictures.sqlite", tmp_path / "again").image_ids.tolist() == (
            collection.image_ids.tolist()
        )


@pytest.mark.parametrize("content", [b"mine", b"", None], ids=["a text", "nothing", "a release of BAM"])
def test_a_file_of_somebody_else_is_never_replaced(
    content: bytes | None, file: Path, collection: Collection, tmp_path: Path
) -> None:
    target = tmp_path / "mine.sqlite"
    if content is None:
        shutil.copy(file, target)
    else:
        target.write_bytes(content)
    before = target.read_bytes()
    with pytest.raises(TableError, match="no table that this program wrote"):
        export_bam(collection, None, target, replace=True)
    assert target.read_bytes() == before


def test_an_earlier_export_is_replaced_only_if_that_is_allowed(collection: Collection, tmp_path: Path) -> None:
    target = exported(collection, tmp_path / "bam.sqlite")
    before = target.read_bytes()
    with pytest.raises(TableError, match="exists already"):
        export_bam(collection, None, target)
    assert target.read_bytes() == before
    export_bam(collection, None, target, replace=True)
    assert len(tables_of(target)["modules"][1]) == SIZE.modules


def test_an_export_that_is_stopped_leaves_the_earlier_file_and_nothing_else(
    collection: Collection, tmp_path: Path
) -> None:
    target = exported(collection, tmp_path / "bam.sqlite")
    before = target.read_bytes()

    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_bam(collection, None, target, replace=True, progress=stop)
    assert target.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"bam.sqlite", "collection"}


def test_no_export_is_written_into_the_collection(collection: Collection) -> None:
    with pytest.raises(ParameterError, match="among the files of the collection"):
        export_bam(collection, None, collection.path / "bam.sqlite")


def test_the_command_writes_it_and_says_what_it_holds(collection: Collection, tmp_path: Path) -> None:
    target = tmp_path / "bam.sqlite"
    done = CliRunner().invoke(app, ["export", str(collection.path), "--bam", str(target)])
    assert done.exit_code == 0, done.output
    assert "Wrote 400 images with scores of 20 attributes, 600 labels of the crowd, 1,400 choices" in done.output
    neither = CliRunner().invoke(app, ["export", str(collection.path)])
    assert "Give either --out" in str(neither.exception)
