"""The release file of a synthetic collection has BAM's own shape, and is true of the collection."""

from __future__ import annotations

import sqlite3
from urllib.parse import urlsplit

import numpy as np
import pytest

from pipeline.collection import Collection
from tests.pipeline.synthetic.conftest import BAM_COLUMNS, SPEC


def test_the_release_file_has_bams_tables_columns_and_keys(release: sqlite3.Connection) -> None:
    scores = [("mid", "int", 0), *((name, "real", 0) for name in BAM_COLUMNS)]
    labels = [("mid", "int", 0), *((name, "text", 0) for name in BAM_COLUMNS)]
    expected = {
        "modules": [
            ("mid", "int", 1),
            ("project_id", "int", 0),
            ("src", "text", 0),
            ("mature_content", "boolean", 0),
            ("license", "text", 0),
        ],
        "scores": scores,
        "automatic_labels": labels,
        "crowd_labels": [("mid", "int", 1), ("attribute", "text", 2), ("label", "text", 0)],
        "crowd_raw_hits": [
            ("assignment_id", "text", 0),
            ("attribute", "text", 0),
            ("worker_id", "text", 0),
            ("n_clicks", "int", 0),
            ("n_seconds", "real", 0),
            ("last_modified", "text", 0),
        ],
        "crowd_raw_choices": [
            ("assignment_id", "text", 0),
            ("mid", "int", 0),
            ("attribute", "text", 0),
            ("label", "bool", 0),
        ],
        "crowd_raw_captions": [
            ("assignment_id", "text", 0),
            ("mid", "int", 0),
            ("attribute", "text", 0),
            ("caption", "text", 0),
            ("label", "bool", 0),
        ],
    }
    found = {}
    for (table,) in release.execute("select name from sqlite_master where type = 'table'").fetchall():
        columns = release.execute(f"pragma table_info({table})").fetchall()
        found[table] = [(name, kind.lower(), key) for _, name, kind, _, _, key in columns]
    assert found == expected


def test_rows_of_the_release_file_refer_to_each_other(opened: Collection, release: sqlite3.Connection) -> None:
    mids = [mid for (mid,) in release.execute("select mid from modules order by mid")]
    assert mids == opened.image_ids.tolist()
    for table in ("scores", "automatic_labels"):
        assert [mid for (mid,) in release.execute(f"select mid from {table}")] == mids  # noqa: S608
    for table in ("crowd_labels", "crowd_raw_choices", "crowd_raw_captions"):
        strangers = f"select count(*) from {table} where mid not in (select mid from modules)"  # noqa: S608
        assert release.execute(strangers).fetchone() == (0,)
    lost = (
        "select count(*) from {} c left join crowd_raw_hits h using (assignment_id, attribute) "
        "where h.worker_id is null"
    )
    for table in ("crowd_raw_choices", "crowd_raw_captions"):
        assert release.execute(lost.format(table)).fetchone() == (0,)
    assert release.execute("select count(*) - count(distinct assignment_id) from crowd_raw_hits").fetchone() == (0,)
    unchosen = (
        "select count(*) from crowd_raw_captions t left join crowd_raw_choices c using (assignment_id, mid, attribute) "
        "where c.label is not t.label"
    )
    assert release.execute(unchosen).fetchone() == (0,)
    unlabelled = (
        "select count(*) from crowd_raw_choices c left join crowd_labels l using (mid, attribute) where l.label is null"
    )
    assert release.execute(unlabelled).fetchone() == (0,)


def test_automatic_labels_are_scores_cut_where_bams_users_cut(release: sqlite3.Connection) -> None:
    scores = np.array(release.execute("select * from scores").fetchall())[:, 1:].astype(np.float64)
    labels = np.array([row[1:] for row in release.execute("select * from automatic_labels").fetchall()])
    assert np.median(scores) < -5
    assert scores.max() > 1, "unbounded"
    assert np.array_equal(labels == "positive", scores >= -1)
    assert np.array_equal(labels == "negative", scores <= -7)
    assert set(np.unique(labels)) == {"positive", "unsure", "negative"}


def test_scores_of_the_release_rank_as_those_of_the_collection(opened: Collection, release: sqlite3.Connection) -> None:
    scores = np.array(release.execute("select content_people from scores").fetchall())[:, 0]
    ranked = opened.scores[opened.scored.index("content_people")][np.argsort(scores)]
    assert np.all(np.diff(ranked) >= -1e-6)


def test_a_share_of_urls_is_dead_and_no_url_leads_anywhere(opened: Collection, release: sqlite3.Connection) -> None:
    sources = [source for (source,) in release.execute("select src from modules order by mid")]
    hosts = [urlsplit(source).hostname or "" for source in sources]
    assert {host.split(".", 1)[1] for host in hosts} == {"example.org", "example.invalid"}
    dead = np.mean([host.endswith(".invalid") for host in hosts])
    assert dead == pytest.approx(SPEC.dead_urls, abs=0.06)
    assert opened.record(42).source == sources[42]
