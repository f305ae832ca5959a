"""A BAM! release file's settled crowd answers, replayed as truth."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import SourceError
from pipeline.simulation.bam_crowd_labels import read_crowd_labels, read_crowd_votes

IDS = np.array([3, 7, 2**62], np.int64)


VOTES = [
    ("one", 3, 1),
    ("two", 3, 1),
    ("three", 3, 0),
    ("one", 7, 0),
    ("one", 5, 1),  # of an image that the collection lacks
    ("two", 7, "maybe"),
    ("two", "x", None),
]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    path = tmp_path / "release.sqlite"
    rows = [
        (3, "content_bird", "positive"),
        (7, "content_bird", "unsure"),
        (2**62, "content_bird", "negative"),
        (5, "content_bird", "positive"),  # of an image that the collection lacks
        (7, "content_cat", "positive"),
        (3, "content_cat", "'; DROP TABLE crowd_labels; --"),
    ]
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE crowd_labels (mid INT, attribute TEXT, label TEXT)")
        database.executemany("INSERT INTO crowd_labels VALUES (?, ?, ?)", rows)
        database.execute("CREATE TABLE crowd_raw_choices (assignment_id TEXT, mid INT, attribute TEXT, label BOOL)")
        database.executemany("INSERT INTO crowd_raw_choices VALUES (?, ?, 'content_bird', ?)", VOTES)
        database.commit()
    return path


def test_labels_are_given_in_the_order_of_the_collection(release: Path) -> None:
    truth = read_crowd_labels(release, IDS)
    assert {name: values.tolist() for name, values in truth.items()} == {
        "content_bird": [1, -1, 0],
        "content_cat": [-1, 1, -1],
    }


def test_only_what_is_asked_for_is_read(release: Path) -> None:
    assert list(read_crowd_labels(release, IDS, ["content_cat"])) == ["content_cat"]
    with pytest.raises(SourceError, match="no crowd labels of content_dog"):
        read_crowd_labels(release, IDS, ["content_dog"])


def test_every_single_vote_is_counted_and_what_is_none_is_passed_over(release: Path) -> None:
    votes = read_crowd_votes(release, IDS, ["content_bird"])["content_bird"]
    assert (votes.yes.tolist(), votes.no.tolist()) == ([2, 0, 0], [1, 1, 0])
    with pytest.raises(SourceError, match=r"no crowd votes on content_cat\. It has: content_bird"):
        read_crowd_votes(release, IDS, ["content_cat"])


def test_a_file_of_settled_labels_alone_has_no_votes(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE crowd_labels (mid INT, attribute TEXT, label TEXT)")
        database.commit()
    with pytest.raises(SourceError, match="crowd_raw_choices"):
        read_crowd_votes(path, IDS, ["content_bird"])


def test_a_collection_without_images_has_no_labels(release: Path) -> None:
    assert all(not len(values) for values in read_crowd_labels(release, IDS[:0]).values())


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\x00 and then nonsense"])
def test_another_file_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.sqlite"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"other\.sqlite (cannot be read as an SQLite|has no table crowd_labels)"):
        read_crowd_labels(path, IDS)
    with pytest.raises(SourceError, match="There is no file"):
        read_crowd_labels(tmp_path / "gone.sqlite", IDS)


@pytest.mark.parametrize("name", ["crowd_labels", "Crowd_Labels"])
def test_a_view_that_never_ends_is_refused_and_not_read(tmp_path: Path, name: str) -> None:
    with closing(sqlite3.connect(tmp_path / "release.sqlite")) as database:
        endless = "WITH RECURSIVE n(mid) AS (SELECT 1 UNION ALL SELECT mid FROM n) SELECT mid, 'x' AS attribute FROM n"
        database.execute(f"CREATE VIEW {name} AS {endless}")
    with pytest.raises(SourceError, match="has no table crowd_labels"):
        read_crowd_labels(tmp_path / "release.sqlite", np.arange(3))


def test_nothing_is_written_beside_the_file(release: Path) -> None:
    before = release.read_bytes()
    read_crowd_labels(release, IDS)
    assert [path.name for path in release.parent.iterdir()] == [release.name]
    assert release.read_bytes() == before
