"""A foreign file of answers: nothing in it runs, and no file that it names is touched."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.collection import Collection
from pipeline.errors import LabelStoreError, StoreConflictError, StoreUnavailableError, StoreVersionError
from pipeline.label_store import Value, fork_store, new_action_id, open_label_store
from tests.pipeline.label_store.conftest import BIRD

ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r"


@pytest.fixture(scope="module")
def answered(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a real collection with one answer."""
    place = Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("answered") / "collection"))
    with open_label_store(Collection(place)) as store:
        ann = store.annotators.add("Ann")
        store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [int(store.images.image_ids[0])], Value.YES)
        store.database.close()
    (place / "labels.sqlite").replace(place.parent / "labels.sqlite")  # so that each test's copy is the only one
    return place


@pytest.fixture
def path(answered: Path, tmp_path: Path) -> Path:
    """A copy of that collection for changes. Tests share the files that a store never touches."""

    def copied(source: str, target: str) -> None:
        (os.link if ".lance" in source else shutil.copy2)(source, target)

    place = Path(shutil.copytree(answered, tmp_path / "collection", copy_function=copied))
    shutil.copy2(answered.parent / "labels.sqlite", place)
    return place


def change(path: Path, script: str) -> bytes:
    """Change the file as another tool would; return its bytes."""
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        connection.executescript(f"PRAGMA foreign_keys = OFF; {script}; PRAGMA wal_checkpoint(TRUNCATE)")
    return (path / "labels.sqlite").read_bytes()


def refused(path: Path) -> str:
    with pytest.raises(LabelStoreError) as caught:
        open_label_store(Collection(path)).close()
    return str(caught.value)


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON answers BEGIN UPDATE answers SET value = 'no'; END", "trigger 't'"),
        ("CREATE TRIGGER t AFTER UPDATE ON store BEGIN DELETE FROM answers; END", "trigger 't'"),
        ("CREATE TRIGGER t BEFORE INSERT ON acts BEGIN SELECT RAISE(IGNORE); END", "trigger 't'"),
        (f"ALTER TABLE annotators RENAME TO others; CREATE VIEW annotators AS {ENDLESS}", "view 'annotators'"),
        (f"CREATE VIEW unused AS {ENDLESS}", "view 'unused'"),
        ("CREATE VIRTUAL TABLE words USING fts5(text)", "virtual table 'words'"),
        ("DROP TABLE captions", "lacks the table 'captions'"),
        ("ALTER TABLE presence ADD COLUMN more TEXT", "other columns in the table 'presence'"),
        ("ALTER TABLE presence ADD COLUMN twice TEXT AS (doing || doing)", "other columns in the table 'presence'"),
        ("CREATE UNIQUE INDEX one ON answers (image_id)", "other keys in the table 'answers'"),
        ("CREATE INDEX by_text ON captions (abs(image_id))", "other indexed columns in the table 'captions'"),
        ("CREATE INDEX by_case ON captions (text COLLATE NOCASE)", "could drop or change answers"),
        ("DELETE FROM alembic_version", "names 0 versions"),
        ("INSERT INTO alembic_version VALUES ('0002')", "names 2 versions"),
        ("DROP TABLE alembic_version", "no version of this program"),
        (
            "INSERT INTO store (uuid, created, home, secret) SELECT 'x', created, home, secret FROM store",
            "two identities",
        ),
        ("UPDATE store SET secret = '00'", "secret for signing"),
        ("UPDATE store SET secret = 'z' || substr(secret, 2)", "secret for signing"),
        ("UPDATE definitions SET counts = '{'", "counts are no list"),
        ("UPDATE definitions SET counts = '" + "[" * 9_000 + "'", "counts are no list"),
        ("UPDATE definitions SET examples_yes = '[\"a\"]'", "examples_yes are no list"),
        ("UPDATE definitions SET counts_not = '[1]'", "counts_not are no list"),
        ("UPDATE attribute_settings SET agree = 1000000000", "people must agree"),
        ("UPDATE attribute_settings SET gold_share = 5", "outside what is allowed"),
        ("UPDATE attribute_settings SET gold_test = -1", "outside what is allowed"),
        ("UPDATE attribute_settings SET bar_answers = 'many'", "outside what is allowed"),
        (
            "UPDATE attribute_settings SET attribute = '../../elsewhere' WHERE position = 0",
            "an attribute named '../../elsewhere'",
        ),
    ],
)
def test_a_file_that_this_program_did_not_write_so_is_refused_and_left_as_it_is(
    path: Path, script: str, named: str
) -> None:
    before = change(path, script)
    said = refused(path)
    assert named in said
    assert "It was not changed." in said
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (path / "labels.sqlite").read_bytes() == before


def test_rows_are_never_dropped_by_a_rule_of_the_table(path: Path) -> None:
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'answers'").fetchone()
    other = sql.replace("CREATE TABLE answers", "CREATE TABLE copied").rstrip().removesuffix(")")
    steps = (
        other + ", UNIQUE (image_id) ON CONFLICT REPLACE)",
        "INSERT INTO copied SELECT * FROM answers",
        "DROP TABLE answers",
        "ALTER TABLE copied RENAME TO answers",
    )
    change(path, "; ".join(steps))
    assert "could drop or change answers" in refused(path)


@pytest.mark.parametrize(("version", "error"), [("<script>", StoreVersionError), ("0001", LabelStoreError)])
def test_a_version_that_is_not_the_files_own_changes_nothing(
    path: Path, version: str, error: type[LabelStoreError]
) -> None:
    before = change(path, f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608
    with pytest.raises(error):
        open_label_store(Collection(path)).close()
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (path / "labels.sqlite").read_bytes() == before


def test_a_table_of_a_persons_own_beside_the_programs_harms_nobody(path: Path) -> None:
    change(path, "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
    with open_label_store(Collection(path)) as store:
        assert len(list(store.answers.log())) == 1


def test_a_database_that_the_file_names_as_its_home_is_not_written(path: Path, tmp_path: Path) -> None:
    victim = tmp_path / "elsewhere" / "labels.sqlite"
    victim.parent.mkdir()
    with closing(sqlite3.connect(victim)) as connection:
        connection.executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    before, others = victim.read_bytes(), set(victim.parent.iterdir())
    change(path, f"UPDATE store SET home = '{victim}'")  # noqa: S608
    with open_label_store(Collection(path)) as store:
        assert len(list(store.answers.log())) == 1
    assert victim.read_bytes() == before
    assert set(victim.parent.iterdir()) == others


@pytest.mark.parametrize("home", ["labels.sqlite", "other.db", "nul\x00", "x" * 5_000])
def test_a_home_that_is_a_pipe_or_no_path_blocks_nobody(path: Path, tmp_path: Path, home: str) -> None:
    (tmp_path / "pipes").mkdir()
    for name in ("labels.sqlite", "other.db"):
        os.mkfifo(tmp_path / "pipes" / name)
    with closing(sqlite3.connect(path / "labels.sqlite")) as connection:
        connection.execute("UPDATE store SET home = ?", [str(tmp_path / "pipes" / home)])
        connection.commit()
    with open_label_store(Collection(path)) as store:
        assert len(list(store.answers.log())) == 1


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _link_out(file: Path) -> None:
    file.rename(file.parent.parent / "outside.sqlite")
    file.symlink_to(file.parent.parent / "outside.sqlite")


def _link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def _linked_log(file: Path) -> None:
    file.with_name("labels.sqlite-wal").symlink_to(file.parent.parent / "outside")


@pytest.mark.parametrize("make", [_pipe, _folder, _link_out, _link_to_itself, _linked_log])
def test_what_is_no_plain_file_is_refused_at_once(path: Path, make: Callable[[Path], None]) -> None:
    make(path / "labels.sqlite")
    assert "plain file" in refused(path)
    if make is not _linked_log:
        with pytest.raises(LabelStoreError, match="plain file"):
            fork_store(Collection(path))


@pytest.mark.parametrize(
    "content", [b"SQLite format 3\0" + bytes(range(256)) * 20, b"no database at all", b"\0" * 4096]
)
def test_bytes_that_are_no_database_are_refused_and_kept(path: Path, content: bytes) -> None:
    (path / "labels.sqlite").write_bytes(content)
    refused(path)
    assert (path / "labels.sqlite").read_bytes() == content


def test_a_lock_file_that_is_a_link_or_a_pipe_is_neither_followed_nor_waited_for(path: Path) -> None:
    turn, outside = path / ".labels.sqlite.turn", path.parent / "outside"
    outside.write_bytes(b"somebody's own")
    turn.unlink(missing_ok=True)
    turn.symlink_to(outside)
    with pytest.raises(StoreUnavailableError), open_label_store(Collection(path)) as store:
        store.annotators.add("Bo")
    assert outside.read_bytes() == b"somebody's own"
    turn.unlink()
    os.mkfifo(turn)
    with open_label_store(Collection(path)) as store:
        store.annotators.add("Bo")


def test_a_copy_beside_its_original_is_still_noticed(path: Path, tmp_path: Path) -> None:
    open_label_store(Collection(path)).close()
    copied = Path(shutil.copytree(path, tmp_path / "copied"))
    with pytest.raises(StoreConflictError, match="two stores with the identity"):
        open_label_store(Collection(copied))
