"""A label store in SQLite and in a real PostgreSQL: every test that takes `label_store` runs on both."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.engine import URL

from pipeline.build import BuildOptions, build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import (
    Annotator,
    Batch,
    Drawn,
    KnownImages,
    LabelStore,
    Page,
    Purpose,
    Reply,
    Value,
    new_action_id,
)
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.engines import postgresql_url
from pipeline.resources import asset
from pipeline.sources.source import Source
from tests.helpers.fake_embedder import FakeEmbedder

BIRD = "content_bird"
COUNT = 40
GROUPS = {5: 4, 6: 4, 11: 10}
"""Rows 4, 5 and 6 are near-duplicates of each other, and so are 10 and 11."""


class Clock:
    """A clock that advances only on request."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def rebuild(drawn_source: Source) -> Callable[[Path], None]:
    """Builds the drawn collection again in the place of the one at a path."""

    def build(path: Path) -> None:
        taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
        build_collection(drawn_source, path, FakeEmbedder(), taxonomy, BuildOptions(replace=True))

    return build


ALWAYS_ON_BOTH = {"test_opening.py", "test_queue.py", "test_draws.py", "test_migrations.py"}
"""Files whose tests run on PostgreSQL too by default; the others do so with ``--all``."""

MIGRATING = {"test_opening.py", "test_migrations.py"}
"""Files whose databases begin without tables; the others begin with a copy of those of this version."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        values = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if values.get("new_database") == "postgresql" and item.path.name not in ALWAYS_ON_BOTH:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Opens the same new database as often as it is called."""
    opened: list[Database] = []
    if request.param == "sqlite":
        if request.node.path.name not in MIGRATING:
            shutil.copyfile(request.getfixturevalue("empty_store"), tmp_path / "labels.sqlite")
        url, schema = URL.create("sqlite", database=str(tmp_path / "labels.sqlite")), None
    else:
        url, schema = postgresql_url(request.getfixturevalue("postgresql")), f"labels_{uuid.uuid4().hex}"

    def open_again() -> Database:
        database = Database(url, schema=schema)
        database.upgrade()
        opened.append(database)
        return database

    yield open_again
    for database in opened:
        database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def images() -> KnownImages:
    """Images 100, 110, ... 490; some are near-duplicates."""
    groups = np.arange(COUNT)
    for row, group in GROUPS.items():
        groups[row] = group
    return KnownImages(np.arange(COUNT, dtype=np.int64) * 10 + 100, groups)


@pytest.fixture
def label_store(new_database: Callable[[], Database], images: KnownImages, clock: Clock) -> LabelStore:
    return LabelStore(new_database(), images, "store", clock)


@pytest.fixture
def ann(label_store: LabelStore) -> Annotator:
    return label_store.annotators.add("Ann")


@pytest.fixture
def bo(label_store: LabelStore) -> Annotator:
    return label_store.annotators.add("Bo")


@pytest.fixture
def cy(label_store: LabelStore) -> Annotator:
    return label_store.annotators.add("Cy")


def image(row: int) -> int:
    """The id of the image in a row."""
    return row * 10 + 100


def draw(
    store: LabelStore, rows: list[int], purpose: Purpose = Purpose.TRAINING, attribute: str = BIRD, **more: object
) -> Batch:
    """Draw images by row, each with probability 0.5."""
    drawn = [Drawn(image(row), "uniform", 0.5) for row in rows]
    return store.batches.draw(attribute, 1, purpose, drawn, **more)  # type: ignore[arg-type]


def rows_of(page: Page | None) -> list[int]:
    """Rows of the images on a page, in its order; none where there is none."""
    return [] if page is None else [(item.image_id - 100) // 10 for item in page.items]


def say(store: LabelStore, page: Page | None, *values: Value) -> str:
    """Answer the first images of a page as one act; return the act's id."""
    assert page is not None
    action_id = new_action_id()
    items = page.items[: len(values)]
    replies = [Reply(item.draw_id, value, 1.0) for item, value in zip(items, values, strict=True)]
    store.answers.record(action_id, page.id, page.annotator_id, replies)
    return action_id
