"""What is recorded as arrived is whole and on the disk, whenever the process ends."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.benchmarks.link_server import picture
from pipeline.errors import FetchError
from pipeline.fetching import Link, LinkState, Reason, link_records, picture_path, write_link_table
from pipeline.fetching.journal import Journal
from pipeline.fetching.records import Arrival, Failure


def arrival(journal: Journal, key: int, url: str = "http://a.example/x") -> Arrival:
    """Write a received file; give its outcome."""
    part = journal.parts / f"{key:016x}"
    part.write_bytes(picture(key))
    digest = hashlib.sha256(picture(key)).digest()
    return Arrival(Link(key, url), part, len(picture(key)), digest, "JPEG", 200, 1, 0.5)


def failure(key: int, told: str = "The host has no such picture.", url: str = "http://a.example/x") -> Failure:
    return Failure(Link(key, url), Reason.NOT_FOUND, told, 404, 1, 0.25)


KEYS = [0, 1, 4095, 4096, 2**63 - 1]


def test_pictures_and_failures_are_recorded_by_key(tmp_path: Path) -> None:
    with Journal(tmp_path / "into") as journal:
        journal.commit([failure(7), *(arrival(journal, key) for key in reversed(KEYS))])
        found = list(link_records(tmp_path / "into"))
        assert not list(journal.parts.iterdir())
    assert [record.key for record in found] == sorted([*KEYS, 7])
    for record in found:
        if record.key == 7:
            assert (record.state, record.reason, record.status) == (LinkState.FAILED, "not_found", 404)
        else:
            data = picture_path(tmp_path / "into", record.key).read_bytes()
            assert data == picture(record.key)
            assert record.sha256 == hashlib.sha256(data).hexdigest()
            assert (record.size, record.image_format) == (len(data), "JPEG")
    assert list(link_records(tmp_path / "into")) == found, "the record is readable after the run too"


def test_names_on_the_disk_come_from_keys_alone(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.commit([arrival(journal, 0xABC, "http://a.example/../../etc/passwd")])
    assert picture_path(tmp_path, 0xABC) == tmp_path / "pictures" / "abc" / "0000000000000abc"
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {name for name in files if "links" not in name} == {"pictures/abc/0000000000000abc"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_another_user_can_read_the_record_of_a_folder_that_is_closed_to_them(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        Path(place).chmod(0o755)
        into = Path(place) / "into"
        with Journal(into) as journal:
            journal.commit([arrival(journal, 1)])
        os.seteuid(65534)
        try:
            assert [record.key for record in link_records(into)] == [1]
        finally:
            os.seteuid(0)


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


def killed_before_renaming(journal: Journal) -> None:
    def place(files: object) -> None:
        raise Killed

    journal._place = place  # type: ignore[method-assign]


def killed_amid_renaming(journal: Journal) -> None:
    whole = journal._place

    def place(files: list[tuple[int, Path]]) -> None:  # type: ignore[override]
        whole(files[: len(files) // 2])
        raise Killed

    journal._place = place  # type: ignore[method-assign, assignment]


def killed_after_renaming(journal: Journal) -> None:
    whole = journal._place

    def place(files: list[tuple[int, Path]]) -> None:
        whole(files)
        raise Killed

    journal._place = place  # type: ignore[method-assign, assignment]


@pytest.mark.parametrize("moment", [killed_before_renaming, killed_amid_renaming, killed_after_renaming])
def test_a_kill_amid_a_commit_loses_nothing(moment: Callable[[Journal], None], tmp_path: Path) -> None:
    with pytest.raises(Killed), Journal(tmp_path) as journal:  # noqa: PT012 -- the kill is within the context
        moment(journal)
        journal.commit([arrival(journal, key) for key in KEYS])
    assert not list(link_records(tmp_path)), "nothing is promised yet"
    with Journal(tmp_path) as journal:
        links = [Link(key, "http://a.example/x") for key in KEYS]
        assert {key: known.state for key, known in journal.known(links).items()} == dict.fromkeys(KEYS, "arrived")
        assert not list(journal.parts.iterdir())
    assert [record.key for record in link_records(tmp_path)] == KEYS
    for key in KEYS:
        assert picture_path(tmp_path, key).read_bytes() == picture(key)


def test_a_file_that_is_not_what_the_row_promised_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(Killed), Journal(tmp_path) as journal:  # noqa: PT012 -- the kill is within the context
        killed_before_renaming(journal)
        journal.commit([arrival(journal, key) for key in (1, 2)])
    part = tmp_path / "parts" / f"{1:016x}"
    part.write_bytes(bytes(part.stat().st_size))  # what a power cut may leave
    with Journal(tmp_path):
        pass
    assert [record.key for record in link_records(tmp_path)] == [2]
    assert not picture_path(tmp_path, 1).exists()


def test_what_was_being_received_is_removed_at_the_next_start(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        arrival(journal, 5)
    with Journal(tmp_path) as journal:
        assert not list(journal.parts.iterdir())
        assert not journal.known([Link(5, "http://a.example/x")])


def test_a_picture_whose_file_is_gone_or_cut_counts_as_missing(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.commit([arrival(journal, key) for key in (1, 2, 3)])
        picture_path(tmp_path, 1).unlink()
        picture_path(tmp_path, 2).write_bytes(b"cut")
        assert list(journal.known([Link(key, "http://a.example/x") for key in (1, 2, 3)])) == [3]


def test_a_failure_removes_the_picture_of_an_earlier_address(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.commit([arrival(journal, 1)])
        journal.commit([failure(1)])
    assert not picture_path(tmp_path, 1).exists()
    assert [record.state for record in link_records(tmp_path)] == [LinkState.FAILED]


def test_only_one_process_fetches_into_a_folder(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(FetchError, match="Another process is fetching"), Journal(tmp_path):
        pass
    with Journal(tmp_path):
        pass


def test_a_folder_with_other_files_of_these_names_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "links.sqlite").execute("create table other (a)")
    with pytest.raises(FetchError, match="not a record of links"), Journal(tmp_path):
        pass
    (tmp_path / "links.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(FetchError, match="cannot be read"), Journal(tmp_path):
        pass
    with pytest.raises(FetchError, match="cannot be read"):
        list(link_records(tmp_path / "nowhere"))


def test_a_record_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "links.sqlite", isolation_level=None)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(FetchError, match="newer version"), Journal(tmp_path):
        pass


def test_the_table_is_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        formula = '=HYPERLINK("http://a.example")'
        journal.commit([failure(2**63 - 1, url=formula), arrival(journal, 3), failure(4, url="http://\ud800/")])
    assert write_link_table(tmp_path, tmp_path / "table.csv") == 3
    rows = list(csv.DictReader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8"))))
    assert [row["key"] for row in rows] == ["3", "4", str(2**63 - 1)]
    assert rows[2]["url"] == f"'{formula}"
    assert rows[0]["image_format"] == "JPEG"
    assert rows[2]["reason"] == "not_found"
    assert rows[2]["at"].endswith("+00:00")
    assert write_link_table(tmp_path, tmp_path / "table.csv", state=LinkState.FAILED) == 2
    with pytest.raises(FetchError, match="cannot be written"):
        write_link_table(tmp_path, tmp_path / "nowhere" / "table.csv")
    assert not list(tmp_path.glob(".table*"))
