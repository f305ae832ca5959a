"""A BAM release is read as it is written; every wrong row costs one sentence, and only that row."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources.bam_crowd import LONGEST_CAPTION
from pipeline.sources.bam_release import BamRelease, is_sqlite, read_release
from pipeline.sources.bam_tables import LABEL_WORDS
from pipeline.synthetic.bam_release import VARIANTS, ReleaseSize, write_release

SIZE = ReleaseSize(modules=300, labels=400, choices=850, captions=60)
CROWD_TABLES = ("crowd_labels", "crowd_raw_hits", "crowd_raw_choices", "crowd_raw_captions")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("release") / "bam.sqlite"
    write_release(path, SIZE, seed=3)
    return path


@pytest.fixture
def release(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copy(written, tmp_path / "bam.sqlite"))


def change(path: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement, values)
    database.close()


def rebuilt(path: Path, table: str, columns: str) -> None:
    """Give a table other declared columns without keys, as a foreign program would."""
    change(
        path,
        f"alter table {table} rename to old",
        f"create table {table} ({columns})",
        f"insert into {table} select * from old",  # noqa: S608 -- names of this file
        "drop table old",
    )


def first_mid(path: Path) -> int:
    with sqlite3.connect(path) as database:
        found = database.execute("select mid from modules order by rowid limit 1").fetchone()[0]
    database.close()
    return int(found)


def said(found: BamRelease) -> str:
    return "\n".join(found.notes)


def check_equal(path: Path, found: BamRelease) -> None:
    """Compare with what a plain query says."""
    database = sqlite3.connect(path)
    modules = database.execute("select * from modules order by mid").fetchall()
    assert found.mids.tolist() == [row[0] for row in modules]
    assert found.projects.tolist() == [row[1] for row in modules]
    assert found.links.to_pylist() == [row[2] for row in modules]
    assert found.mature.to_pylist() == [bool(row[3]) for row in modules]
    assert found.licences.to_pylist() == [row[4] for row in modules]
    scores = np.array(database.execute("select * from scores order by mid").fetchall(), np.float64)[:, 1:]
    np.testing.assert_array_equal(found.scores, scores.astype(np.float32).T)
    words = np.array(database.execute("select * from automatic_labels order by mid").fetchall(), object)[:, 1:]
    np.testing.assert_array_equal(np.array(LABEL_WORDS, object)[found.automatic], words.T)
    labels = found.crowd.labels
    read = {
        (found.mids[row], found.attributes[column], LABEL_WORDS[value])
        for row, column, value in zip(labels.rows, labels.columns, labels.values, strict=True)
    }
    assert read == set(database.execute("select mid, attribute, label from crowd_labels"))
    hits, choices = found.crowd.hits, found.crowd.choices
    assignments = hits.assignments.to_pylist()
    made = [
        (assignments[hit], found.mids[row], found.attributes[column], int(yes))
        for hit, row, column, yes in zip(choices.hits, choices.rows, choices.columns, choices.yes, strict=True)
    ]
    assert made == database.execute("select assignment_id, mid, attribute, label from crowd_raw_choices").fetchall()
    kept = list(zip(assignments, hits.workers.to_pylist(), hits.clicks.tolist(), hits.seconds.tolist(), strict=True))
    query = "select assignment_id, worker_id, n_clicks, n_seconds from crowd_raw_hits"
    assert kept == database.execute(query).fetchall()
    captions = list(
        zip(found.mids[found.crowd.captions.rows].tolist(), found.crowd.captions.texts.to_pylist(), strict=True)
    )
    assert captions == database.execute("select mid, caption from crowd_raw_captions").fetchall()
    database.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), modules=st.integers(1, 200), share=st.floats(0, 1))
def test_a_release_is_read_as_it_is_written(
    seed: int, modules: int, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "bam.sqlite"
    labels = round(share * modules * 4)
    size = ReleaseSize(modules, labels, 2 * labels + labels // 3, min(labels, modules) // 4)
    write_release(path, size, seed=seed)
    found = read_release(path)
    assert found.notes == ()
    check_equal(path, found)


def test_the_same_seed_writes_the_same_release(tmp_path: Path) -> None:
    write_release(tmp_path / "one.sqlite", SIZE, seed=5)
    write_release(tmp_path / "two.sqlite", SIZE, seed=5)
    one, two = read_release(tmp_path / "one.sqlite"), read_release(tmp_path / "two.sqlite")
    np.testing.assert_array_equal(one.scores, two.scores)
    assert one.crowd.hits.workers.equals(two.crowd.hits.workers)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_written_small(variant: str, tmp_path: Path) -> None:
    size = VARIANTS[variant].scaled(500)
    write_release(tmp_path / "bam.sqlite", size)
    found = read_release(tmp_path / "bam.sqlite")
    assert len(found.mids) == 500
    assert len(found.crowd.labels.rows) == size.labels
    assert len(found.crowd.choices.rows) == size.choices
    assert len(found.crowd.captions.rows) == size.captions


def test_rows_in_another_order_give_the_same_columns(release: Path) -> None:
    before = read_release(release)
    change(
        release,
        "create table other as select * from scores order by content_bird",
        "delete from scores",
        "insert into scores select * from other",
        "drop table other",
    )
    np.testing.assert_array_equal(read_release(release).scores, before.scores)


def test_it_is_recognised_by_its_first_bytes(written: Path, tmp_path: Path) -> None:
    renamed = Path(shutil.copy(written, tmp_path / "picture.jpg"))
    assert is_sqlite(renamed)
    (tmp_path / "bam.sqlite").write_bytes(b"SQLite format 2\0")
    assert not is_sqlite(tmp_path / "bam.sqlite")
    assert not is_sqlite(tmp_path)


def test_reading_changes_nothing(release: Path) -> None:
    before = release.read_bytes()
    release.chmod(0o400)
    read_release(release)
    assert release.read_bytes() == before
    assert [path.name for path in release.parent.iterdir()] == [release.name]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("drop table scores", "without the table scores"),
        ("drop table modules", "without the table modules"),
        ("alter table modules rename column src to url", "modules lacks the column src"),
        ("alter table scores rename column mid to id", "scores lacks the column mid"),
        ("alter table crowd_labels rename column label to word", "crowd_labels lacks the column label"),
        ("delete from scores", "no image with scores"),
        ("delete from modules", "no row in modules with a usable mid"),
    ],
)
def test_a_lacking_table_or_column_is_refused_by_name(release: Path, statement: str, words: str) -> None:
    change(release, statement)
    with pytest.raises(SourceError, match=words):
        read_release(release)


@pytest.mark.parametrize("table", CROWD_TABLES)
def test_a_file_without_a_crowd_table_is_read_and_says_so(release: Path, table: str) -> None:
    change(release, f"drop table {table}")
    assert f"no table {table}" in said(read_release(release))


def test_more_tables_and_columns_are_named(release: Path) -> None:
    change(release, "create table extra (a)", "alter table modules add column colour text")
    words = said(read_release(release))
    assert "not read: extra" in words
    assert "Columns of modules that are not read: colour" in words


def test_attributes_that_are_not_there_are_named(written: Path) -> None:
    assert "no column for content_zebra" in said(read_release(written, expected=("content_bird", "content_zebra")))


@pytest.mark.parametrize("value", ["1.23E+18", "12a", 1.5, b"12"])
@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("modules", "mid, project_id, src, mature_content, license"),
        ("crowd_labels", "mid, attribute, label"),
    ],
)
def test_ids_that_are_no_whole_numbers_are_refused_or_left_out_with_their_row(
    release: Path, table: str, columns: str, value: object
) -> None:
    rebuilt(release, table, columns)
    change(release, f"update {table} set mid = ? where rowid = 7", values=(value,))  # noqa: S608 -- names of this file
    if table == "modules":
        with pytest.raises(SourceError, match="row 7 of modules has the mid"):
            read_release(release)
    else:
        assert f"1 row of {table} have a mid that is no whole number" in said(read_release(release))


def test_ids_that_a_spreadsheet_rounded_are_refused(release: Path) -> None:
    change(release, "update modules set mid = 1230000000000000000 where rowid = 7")
    with pytest.raises(SourceError, match="row 7 of modules has the mid 1230000000000000000, which a spreadsheet"):
        read_release(release)


@pytest.mark.parametrize("value", [None, -5])
def test_modules_without_a_usable_id_are_left_out(release: Path, value: int | None) -> None:
    change(release, "update modules set mid = ? where rowid = 7", values=(value,))
    found = read_release(release)
    assert len(found.mids) == SIZE.modules - 1
    assert "1 row of modules have no mid, or a negative one, and were left out (the first: row 7)" in said(found)


def test_a_repeated_id_keeps_its_first_row(release: Path) -> None:
    rebuilt(release, "modules", "mid, project_id, src, mature_content, license")
    mid = first_mid(release)
    change(release, "insert into modules values (?, 1, 'https://other.example/', 0, null)", values=(mid,))
    found = read_release(release)
    assert len(found.mids) == SIZE.modules
    assert found.links[0].as_py() != "https://other.example/"
    assert f"1 row of modules repeat a mid; the first row of each was kept (the first: mid {mid})" in said(found)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 1e39, None, "many"])
def test_scores_that_are_no_finite_numbers_are_left_out_with_their_image(release: Path, value: object) -> None:
    mid = first_mid(release)
    change(release, "update scores set media_comic = ? where mid = ?", values=(value, mid))
    found = read_release(release)
    assert mid not in found.mids
    assert np.isfinite(found.scores).all()
    assert f"no finite number; these images were left out (the first: mid {mid})" in said(found)


def test_labels_with_unknown_words_are_left_out(release: Path) -> None:
    change(release, "update crowd_labels set label = 'perhaps' where rowid in (1, 2)")
    found = read_release(release)
    assert len(found.crowd.labels.rows) == SIZE.labels - 2
    assert "2 rows of crowd_labels have a label that is not positive, unsure or negative" in said(found)


def test_choices_of_images_that_are_not_there_are_counted(release: Path) -> None:
    change(release, "update crowd_raw_choices set mid = 5 where rowid <= 3")
    found = read_release(release)
    assert len(found.crowd.choices.rows) == SIZE.choices - 3
    assert "3 rows of crowd_raw_choices are about images that are not in modules" in said(found)
    assert "(the first: mid 5)" in said(found)


def test_choices_without_their_hit_and_answers_that_are_none_are_counted(release: Path) -> None:
    change(
        release,
        "update crowd_raw_choices set assignment_id = 'nobody' where rowid = 1",
        "update crowd_raw_choices set label = 7 where rowid = 2",
        "update crowd_raw_choices set attribute = 'content_zebra' where rowid = 3",
    )
    words = said(read_release(release))
    assert "1 row of crowd_raw_choices belong to a hit that is not in crowd_raw_hits" in words
    assert "1 row of crowd_raw_choices hold neither yes (1) nor no (0)" in words
    assert "1 row of crowd_raw_choices are about an attribute that has no column in scores" in words


def test_text_that_is_no_utf8_is_named(release: Path) -> None:
    mid = first_mid(release)
    change(release, "update modules set src = cast(x'68ff' as text), license = cast(x'ff' as text) where rowid = 1")
    change(release, "update crowd_raw_captions set caption = cast(x'6162ff' as text) where rowid = 1")
    found = read_release(release)
    assert found.links[0].as_py() is None
    assert found.crowd.captions.texts[0].as_py() == "ab\ufffd"
    assert f"src that is no UTF-8 text; the images were kept without it (the first: mid {mid})" in said(found)
    assert "1 row of crowd_raw_captions hold a caption that is no UTF-8 text" in said(found)


def test_a_caption_of_ten_megabytes_is_cut(release: Path) -> None:
    change(release, "update crowd_raw_captions set caption = ? where rowid = 1", values=("long " * 2_000_000,))
    found = read_release(release)
    assert len(found.crowd.captions.texts[0].as_py()) == LONGEST_CAPTION
    assert "1 row of crowd_raw_captions hold a caption of more than 5,000 characters, which was cut" in said(found)


def test_a_view_in_the_place_of_a_table_is_none(release: Path) -> None:
    change(release, "alter table modules rename to hidden", "create view modules as select * from hidden")
    with pytest.raises(SourceError, match="without the table modules"):
        read_release(release)


def test_a_damaged_file_is_one_sentence(written: Path, tmp_path: Path) -> None:
    data = bytearray(written.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    (tmp_path / "bam.sqlite").write_bytes(data)
    with pytest.raises(SourceError, match="cannot be read as an SQLite database"):
        read_release(tmp_path / "bam.sqlite")


def test_a_file_that_is_cut_off_is_one_sentence(written: Path, tmp_path: Path) -> None:
    data = written.read_bytes()
    (tmp_path / "bam.sqlite").write_bytes(data[: len(data) // 2])
    with pytest.raises(SourceError, match="cannot be read as an SQLite database"):
        read_release(tmp_path / "bam.sqlite")
