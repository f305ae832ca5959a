"""A collection and its store: one belongs to the other, is never replaced by an empty one, and never there twice."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pipeline.collection import Collection
from pipeline.errors import (
    LabelStoreError,
    ParameterError,
    StoreConflictError,
    StoreMissingError,
    StoreUnavailableError,
    StoreVersionError,
)
from pipeline.label_store import LabelStore, Value, fork_store, move_store, new_action_id, open_label_store
from pipeline.label_store.schema.database import MIGRATIONS, Database
from pipeline.label_store.schema.engines import keep_write_ahead_log, postgresql_url
from pipeline.label_store.schema.tables import REVISION, metadata
from tests.helpers.power_cut import PowerCut, power_cut
from tests.pipeline.label_store.conftest import BIRD


@pytest.fixture
def path(collection_path: Path, tmp_path: Path) -> Path:
    """A copy of a real collection without answers."""
    return Path(shutil.copytree(collection_path, tmp_path / "collection"))


def say_yes(store: LabelStore, row: int = 0) -> None:
    ann = store.annotators.add("Ann")
    store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [int(store.images.image_ids[row])], Value.YES)


def begin(path: Path) -> None:
    """Record a first answer about a collection."""
    with open_label_store(Collection(path)) as store:
        say_yes(store)


def answers(path: Path, url: str | None = None) -> int:
    with open_label_store(Collection(path), url) as store:
        return len(list(store.answers.log()))


def test_a_store_is_made_on_first_use_and_found_again(path: Path) -> None:
    store = open_label_store(Collection(path))
    say_yes(store)
    store.close()
    assert (path / "labels.sqlite").exists()
    assert Collection(path).manifest.label_store == store.uuid
    assert answers(path) == 1


@pytest.mark.slow
def test_a_store_in_postgresql_leaves_only_its_uuid_in_the_collection(path: Path, postgresql: str) -> None:
    store = open_label_store(Collection(path), postgresql)
    say_yes(store)
    store.close()
    assert not list(path.glob("labels*"))
    assert "postgresql" not in (path / "collection.json").read_text(encoding="utf-8")
    assert answers(path, postgresql) == 1


def test_one_database_serves_many_collections(path: Path, tmp_path: Path, postgresql: str) -> None:
    other = Path(shutil.copytree(path, tmp_path / "other"))
    first, second = (open_label_store(Collection(each), postgresql) for each in (path, other))
    say_yes(first)
    assert first.uuid != second.uuid
    assert (len(list(first.answers.log())), len(list(second.answers.log()))) == (1, 0)
    first.close()
    second.close()


def test_two_who_open_it_first_at_once_get_one_store(path: Path, postgresql: str) -> None:
    for url in (None, postgresql):
        fresh = Path(shutil.copytree(path, path.with_name(f"fresh{url is None}")))
        with ThreadPoolExecutor(4) as pool:
            opened = list(pool.map(lambda _, fresh=fresh, url=url: open_label_store(Collection(fresh), url), range(4)))
        assert len({store.uuid for store in opened}) == 1
        for store in opened:
            store.close()


def test_many_who_open_a_new_file_at_once_all_get_it(tmp_path: Path) -> None:
    """SQLite refuses a second one that asks for its log at the same moment, without waiting."""
    barrier = threading.Barrier(6)

    def first(place: Path) -> str:
        with closing(sqlite3.connect(place)) as connection:
            barrier.wait()
            keep_write_ahead_log(connection)
            return str(connection.execute("PRAGMA journal_mode").fetchone()[0])

    with ThreadPoolExecutor(6) as pool:
        for number in range(40):
            assert set(pool.map(first, [tmp_path / f"{number}.sqlite"] * 6)) == {"wal"}


def test_a_lost_store_is_not_replaced_by_an_empty_one(path: Path, postgresql: str) -> None:
    begin(path)
    (path / "labels.sqlite").rename(path.parent / "labels.sqlite")
    with pytest.raises(StoreMissingError, match=r"set BAM_EXPLORER_LABELS_URL; else restore labels.sqlite"):
        open_label_store(Collection(path))
    with pytest.raises(StoreMissingError, match="does not hold"):
        open_label_store(Collection(path), postgresql)
    assert not (path / "labels.sqlite").exists()


def test_a_copy_beside_its_original_is_two_stores_with_one_uuid(path: Path, tmp_path: Path) -> None:
    begin(path)
    copy = Path(shutil.copytree(path, tmp_path / "copy"))
    with pytest.raises(StoreConflictError, match=r"two stores with the identity .*make this copy independent"):
        open_label_store(Collection(copy))
    identity = fork_store(Collection(copy))
    assert identity != Collection(path).manifest.label_store
    assert answers(copy) == answers(path) == 1


def test_a_moved_collection_keeps_its_store(path: Path, tmp_path: Path) -> None:
    begin(path)
    moved = path.rename(tmp_path / "moved")
    assert answers(moved) == 1


def test_a_file_and_a_database_are_two_stores(path: Path, postgresql: str) -> None:
    begin(path)
    with pytest.raises(StoreConflictError, match=r"move the answers there"):
        open_label_store(Collection(path), postgresql)
    copy = path.parent / "kept.sqlite"
    shutil.copy(path / "labels.sqlite", copy)
    move_store(Collection(path), postgresql)
    shutil.copy(copy, path / "labels.sqlite")
    with pytest.raises(StoreConflictError, match="two stores with the identity"):
        open_label_store(Collection(path), postgresql)


def test_a_store_moves_with_all_it_holds_and_counts_on(path: Path, postgresql: str) -> None:
    store = open_label_store(Collection(path))
    say_yes(store, 0)
    say_yes(store, 1)
    before = list(store.answers.log())
    store.close()
    move_store(Collection(path), postgresql)
    assert [file.name for file in path.glob("labels*")] == ["labels.sqlite.moved"]
    moved = open_label_store(Collection(path), postgresql)
    assert list(moved.answers.log()) == before
    say_yes(moved, 2)
    assert len(list(moved.answers.log())) == 3
    moved.close()
    with pytest.raises(StoreMissingError, match="nothing to move"):
        move_store(Collection(path), postgresql)


def test_a_move_leaves_the_copy_of_an_earlier_one(path: Path, postgresql: str) -> None:
    begin(path)
    for name in ("labels.sqlite.moved", "labels.sqlite.moved-2"):
        (path / name).write_text(f"{name} of an earlier move")
    move_store(Collection(path), postgresql)
    assert (path / "labels.sqlite.moved").read_text() == "labels.sqlite.moved of an earlier move"
    assert (path / "labels.sqlite.moved-2").read_text() == "labels.sqlite.moved-2 of an earlier move"
    assert (path / "labels.sqlite.moved-3").read_bytes().startswith(b"SQLite format 3")


def test_a_move_killed_at_any_step_is_ended_when_it_is_asked_again(path: Path, postgresql: str) -> None:
    begin(path)
    deaths, last = 0, 0
    while True:
        with power_cut(last) as steps, suppress(PowerCut):
            move_store(Collection(path), postgresql)
        if not steps.dead:
            break
        deaths, last = deaths + 1, last + 1
        assert {"labels.sqlite", "labels.sqlite.moved"} & {each.name for each in path.iterdir()}
    assert deaths > 4
    assert answers(path, postgresql) == 1
    assert not (path / "labels.sqlite").exists()


def test_a_database_with_other_answers_is_never_taken_for_an_ended_move(path: Path, postgresql: str) -> None:
    begin(path)
    with power_cut() as steps, suppress(PowerCut):
        move_store(Collection(path), postgresql)
    (path / "labels.sqlite.moved").rename(path / "labels.sqlite")
    assert steps.done
    begin(path)
    with pytest.raises(StoreConflictError, match="two stores"):
        move_store(Collection(path), postgresql)
    assert answers(path) == 2


def test_the_file_of_another_collection_is_refused(path: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(path, tmp_path / "other"))
    for each in (path, other):
        open_label_store(Collection(each)).close()
    shutil.copy(other / "labels.sqlite", path / "labels.sqlite")
    with pytest.raises(StoreConflictError, match="belongs to another collection"):
        open_label_store(Collection(path))


def test_a_newer_schema_is_refused(path: Path, postgresql: str) -> None:
    for url in (None, postgresql):
        fresh = Path(shutil.copytree(path, path.with_name(f"newer{url is None}")))
        store = open_label_store(Collection(fresh), url)
        with store.database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        store.close()
        with pytest.raises(StoreVersionError, match=r"newer version \(schema 9999.*Install a newer bam-explorer"):
            open_label_store(Collection(fresh), url)


def test_a_damaged_file_is_said_in_words_and_left_alone(path: Path) -> None:
    (path / "labels.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(LabelStoreError, match="is damaged"):
        open_label_store(Collection(path))
    assert (path / "labels.sqlite").read_bytes().startswith(b"no database")


def test_a_database_that_does_not_answer_is_said_in_words_without_its_password(path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="does not answer") as caught:
        open_label_store(Collection(path), "postgresql://ann:secret@127.0.0.1:9/labels")
    assert "secret" not in str(caught.value)
    assert Collection(path).manifest.label_store == ""


@pytest.mark.parametrize("url", ["mysql://a:secret@b/c", "sqlite:///x.sqlite", "no url"])
def test_only_postgresql_is_taken_as_a_url(path: Path, url: str) -> None:
    with pytest.raises(ParameterError, match=r"postgresql://user@host/database") as caught:
        open_label_store(Collection(path), url)
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_answers_survive_that_their_collection_is_built_again(path: Path, rebuild: Callable[[Path], None]) -> None:
    store = open_label_store(Collection(path))
    say_yes(store)
    rebuild(path)
    say_yes(store, 1)  # a server that was running writes on
    store.close()
    assert answers(path) == 2
    assert Collection(path).manifest.label_store == store.uuid


def test_the_migrations_make_the_tables_that_the_program_uses(new_database: Callable[[], Database]) -> None:
    database = new_database()
    with database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": False}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == REVISION


def test_every_answer_in_sqlite_is_synced(new_database: Callable[[], Database]) -> None:
    database = new_database()
    with database.reading() as connection:
        if database.sqlite:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
            assert connection.execute(text("SHOW fsync")).scalar() == "on"


def test_the_log_cannot_hold_nonsense(new_database: Callable[[], Database]) -> None:
    """Even past this program: the database itself refuses."""
    database = new_database()
    if not database.sqlite:
        assert postgresql_url("postgresql://x/y").drivername == "postgresql+psycopg"
        return
    connection = sqlite3.connect(str(database.url.database))
    connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO acts (id, annotator_id, at, kind) VALUES ('a', 'nobody', 0, 'answer')")
    connection.close()
