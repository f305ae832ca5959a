"""A store of an earlier version is brought up to date with all it holds, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

from pipeline.collection import Collection
from pipeline.errors import StoreVersionError
from pipeline.label_store import (
    Annotator,
    Draft,
    KnownImages,
    LabelStore,
    Value,
    fork_store,
    move_store,
    new_action_id,
    open_label_store,
)
from pipeline.label_store.schema.database import MIGRATIONS, Database
from pipeline.label_store.schema.tables import metadata
from tests.pipeline.label_store.conftest import BIRD, Clock, rows_of, say

OLD = [
    "INSERT INTO store VALUES ('5bc1c0de-0000-4000-8000-000000000001', 1.0, '')",
    "INSERT INTO annotators VALUES ('ann', 'Ann', false, 1.0), ('bo', 'Bo', false, 2.0)",
    "INSERT INTO batches VALUES ('b1', 'content_bird', 1, 'training', '', 3.0, NULL)",
    "INSERT INTO draws (id, batch_id, position, image_id, attribute, purpose, reason, wanted, answered)"
    " VALUES (1, 'b1', 0, 110, 'content_bird', 'training', 'top', 1, 1),"
    " (2, 'b1', 1, 120, 'content_bird', 'training', 'top', 2, 0),"
    " (900, 'b1', 2, 130, 'content_bird', 'training', 'top', 1, 0)",
    "INSERT INTO pages VALUES ('p1', 'ann', 'b1', 4.0, 50.0)",
    "INSERT INTO leases VALUES ('p1', 1, 'ann', false), ('p1', 2, 'ann', true)",
    "INSERT INTO acts (sequence, id, annotator_id, at, kind, target) VALUES (1, 'a1', 'ann', 5.0, 'answer', NULL),"
    " (2, 'a2', 'bo', 6.0, 'caption', NULL), (3, 'a3', 'bo', 6.5, 'answer', NULL), (4, 'a4', 'bo', 7.0, 'undo', 3)",
    "INSERT INTO answers VALUES (1, 110, 'ann', 'content_bird', 1, 'training', 'yes', 1.5, 'p1', 1, 'top', NULL, ''),"
    " (3, 140, 'bo', 'content_bird', 1, 'training', 'no', 0, NULL, NULL, 'stroke', NULL, '')",
    "INSERT INTO captions VALUES (2, 110, 'Ein Ärger')",
]


@pytest.fixture
def old_database(new_database: Callable[[], Database]) -> Iterator[Database]:
    """A database of the first schema, with data."""
    made = new_database()
    database = Database(made.url, schema=None if made.sqlite else f"{made.schema}_old")
    if made.sqlite:
        made.close()
        database = Database(URL.create("sqlite", database=str(made.url.database).replace("labels", "old")))
    make_old(database)
    yield database
    database.close()


def make_old(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.writing() as connection:
        if database.schema:
            connection.execute(text(f'CREATE SCHEMA "{database.schema}"'))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OLD:
            connection.execute(text(statement))
        if not database.sqlite:
            connection.execute(text("SELECT setval(pg_get_serial_sequence('draws', 'id'), 900)"))
            connection.execute(text("SELECT setval(pg_get_serial_sequence('acts', 'sequence'), 4)"))


def check_old_data(store: LabelStore) -> None:
    """All data are kept, and new columns have their meaning."""
    assert [person.name for person in store.annotators.list_all()] == ["Ann", "Bo"]
    assert [(entry.image_id, entry.value, entry.survives) for entry in store.answers.log()] == [
        (110, Value.YES, True),
        (140, Value.NO, False),
    ]
    assert [caption.text for caption in store.captions.of_images([110])] == ["Ein Ärger"]
    assert store.captions.search(["ÄRG"]) == [110]
    assert len(store.secret) == 32
    assert len(set(store.secret)) > 8, "random bytes"


def test_a_first_store_keeps_all_it_holds(old_database: Database, images: KnownImages, clock: Clock) -> None:
    clock.now = 10.0
    assert old_database.revision() == "0001"
    old_database.upgrade()
    assert old_database.revision() == "0004"
    store = LabelStore(old_database, images, "store", clock)
    check_old_data(store)
    page = store.questions.next_page("ann", BIRD)
    assert (page.id if page else "", rows_of(page)) == ("p1", [2]), "a page in hand stays in hand"
    assert rows_of(store.questions.next_page("bo", BIRD)) == [2, 3], "two were asked of the one"
    say(store, page, Value.NO)
    assert store.questions.count_left(BIRD, "bo").batches[0].answered == 1
    store.answers.redo(new_action_id(), "bo", "a3")
    assert [stroke.act.id for stroke in store.answers.list_bulk_answers(BIRD)] == ["a3"]


def test_an_upgraded_database_has_the_tables_of_a_new_one(old_database: Database) -> None:
    old_database.upgrade()
    with old_database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": False}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_an_upgraded_database_counts_on_and_refuses_nonsense(old_database: Database) -> None:
    old_database.upgrade()
    added = (
        "INSERT INTO draws (batch_id, position, image_id, attribute, purpose, reason, wanted, answered)"
        " VALUES ('{}', 9, 999, 'content_bird', 'training', 'top', 1, 0) RETURNING id"
    )
    with old_database.writing() as connection:
        connection.execute(text("DELETE FROM draws WHERE id = 900"))
    with old_database.writing() as connection:
        assert connection.execute(text(added.format("b1"))).scalar() == 901, "an id is never given twice"
    for statement in (added.format("nowhere"), "DELETE FROM draws WHERE id = 1"):
        with pytest.raises(IntegrityError), old_database.writing() as connection:
            connection.execute(text(statement))


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    old_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.label_store.schema.database.KNOWN_REVISIONS", frozenset())
    with pytest.raises(StoreVersionError):
        old_database.upgrade()
    monkeypatch.undo()
    with old_database.writing() as connection:
        connection.execute(text("CREATE TABLE presence (x INTEGER)"))  # in the way of the migration's own
    with pytest.raises(Exception, match="presence"):
        old_database.upgrade()
    assert old_database.revision() == "0001"
    with old_database.writing() as connection:
        connection.execute(text("DROP TABLE presence"))
    old_database.upgrade()
    assert old_database.revision() == "0004"


@pytest.fixture
def old_collection(collection_path: Path, tmp_path: Path) -> Path:
    """A collection whose answers an earlier version kept."""
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    database = Database(URL.create("sqlite", database=str(path / "labels.sqlite")))
    make_old(database)
    database.close()
    return path


def test_opening_a_collection_upgrades_its_store_and_brings_its_attributes(old_collection: Path) -> None:
    collection = Collection(old_collection)
    with open_label_store(collection) as store:
        check_old_data(store)
        assert store.uuid == Collection(old_collection).manifest.label_store
        assert [entry.name for entry in store.attributes.list_all()] == list(collection.manifest.taxonomy.names)
        assert {entry.agree for entry in store.attributes.list_all()} == {2}, "two people answer here"


def test_a_store_moves_and_forks_with_what_is_new(old_collection: Path, tmp_path: Path, postgresql: str) -> None:
    ann = Annotator("ann", "Ann", authenticated=False)
    with open_label_store(Collection(old_collection)) as store:
        store.attributes.define(ann.id, "content_fish", Draft("fish", examples_yes=()), seen_version=0)
        store.attributes.set_archived(ann.id, "content_fish", True)
        store.annotators.heartbeat("w1", ann.id)
        kept = (
            store.attributes.list_all(),
            store.attributes.history("content_fish"),
            store.secret,
            store.state(),
            list(store.answers.log()),
        )
    copy = Path(shutil.copytree(old_collection, tmp_path / "copy"))
    fork_store(Collection(copy))
    with open_label_store(Collection(copy)) as forked:
        assert forked.attributes.list_all() == kept[0]
        assert forked.secret != kept[2], "who signs in at one is not signed in at the other"
    move_store(Collection(old_collection), postgresql)
    with open_label_store(Collection(old_collection), postgresql) as moved:
        assert (moved.attributes.list_all(), moved.attributes.history("content_fish")) == kept[:2]
        assert (moved.secret, moved.state(), list(moved.answers.log())) == kept[2:]
        assert moved.attributes.list_progress()[0].entry == kept[0][0]


def test_a_look_at_a_copys_original_does_not_change_it(old_collection: Path, tmp_path: Path) -> None:
    open_label_store(Collection(old_collection)).close()
    copy = Path(shutil.copytree(old_collection, tmp_path / "copy"))
    original = Database(URL.create("sqlite", database=str(old_collection / "labels.sqlite")))
    for file in old_collection.glob("labels.sqlite*"):
        file.unlink()
    make_old(original)
    with original.writing() as connection:
        uuid = Collection(copy).manifest.label_store
        connection.execute(text("UPDATE store SET uuid = :uuid"), {"uuid": uuid})
    with pytest.raises(Exception, match="two stores"):
        open_label_store(Collection(copy))
    assert original.revision() == "0001"
    original.close()
