"""Differences of systems with files: each fallback does the same as the call that it replaces.

Windows is not needed. Each test runs with the capability of this system and without it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.files import system
from pipeline.files.small_files import write_json
from pipeline.files.system import (
    exchange_folders,
    link_entry,
    move_folder,
    open_unfollowed,
    read_at,
    remove_file,
    set_modified,
)

CAPABILITIES = {"NO_FOLLOW": 0, "POSITIONED_READ": False, "LINKS_A_LINK": False, "SETS_TIME_OF_OPEN_FILE": False}


@pytest.fixture(params=["as this system", "as Windows"], autouse=True)
def abilities(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "as Windows":
        for name, value in CAPABILITIES.items():
            monkeypatch.setattr(system, name, value)


def test_a_link_is_never_opened(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    (tmp_path / "link").symlink_to(letter)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for name in ("link", "dangling"):
        with pytest.raises(OSError, match="symbolic link"):
            open_unfollowed(tmp_path / name, os.O_RDWR | os.O_CREAT)
    assert letter.read_text() == "dear"
    assert not (tmp_path / "nothing").exists()


def test_a_link_that_takes_the_place_of_a_file_while_it_is_opened_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, place = tmp_path / "letter.txt", tmp_path / "place"
    letter.write_text("dear")
    place.write_text("ours")
    really = os.open

    def swap(path: Path, flags: int, mode: int) -> int:
        place.unlink()
        place.symlink_to(letter)
        return really(path, flags, mode)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(OSError, match="symbolic link"):
        open_unfollowed(place, os.O_RDWR)


def test_small_files_are_written_and_never_through_a_link(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"lines": "one\ntwo"})
    assert b"\r" not in (tmp_path / "a.json").read_bytes()
    (tmp_path / "b.json.tmp").symlink_to(tmp_path / "a.json")
    with pytest.raises(OSError, match="symbolic link"):
        write_json(tmp_path / "b.json", {})


def test_bytes_are_read_at_their_position(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(100)))
    with path.open("rb", buffering=0) as file:
        assert read_at(file.fileno(), 4, 10) == bytes([10, 11, 12, 13])
        assert read_at(file.fileno(), 3, 0) == bytes([0, 1, 2])
        assert read_at(file.fileno(), 10, 97) == bytes([97, 98, 99])
        assert read_at(file.fileno(), 10, 200) == b""


def test_the_time_of_an_open_file_is_set(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        set_modified(file.fileno(), tmp_path / "a", 1_700_000_000_000_000_000)
    assert (tmp_path / "a").stat().st_mtime_ns == 1_700_000_000_000_000_000


def test_a_second_name_is_of_the_same_file_and_of_a_link_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    (tmp_path / "link").symlink_to("file")
    link_entry(tmp_path / "file", tmp_path / "file-2")
    link_entry(tmp_path / "link", tmp_path / "link-2")
    assert (tmp_path / "file-2").samefile(tmp_path / "file")
    assert (tmp_path / "link-2").readlink() == Path("file")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            link_entry(tmp_path / name, tmp_path / "file-2")


def as_windows_renames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a rename fail over everything that is there, as on Windows."""
    really = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if os.path.lexists(target):
            raise FileExistsError(17, "Cannot create a file when that file already exists", str(target))
        return really(self, target)

    monkeypatch.setattr(Path, "rename", rename)


@pytest.mark.parametrize("windows", [False, True])
def test_a_folder_takes_the_place_of_an_empty_one_and_of_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, windows: bool
) -> None:
    if windows:
        as_windows_renames(monkeypatch)
    for name in ("one", "two", "three", "empty", "full"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "empty/file").unlink()
    (tmp_path / "plain").write_text("mine")
    move_folder(tmp_path / "one", tmp_path / "new")
    move_folder(tmp_path / "two", tmp_path / "empty")
    for taken in ("full", "plain"):
        with pytest.raises(OSError, match=r"\w"):
            move_folder(tmp_path / "three", tmp_path / taken)
    texts = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert texts == {
        "new/file": "one",
        "empty/file": "two",
        "three/file": "three",
        "full/file": "full",
        "plain": "mine",
    }


def test_two_folders_are_swapped_or_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    swapped = exchange_folders(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "one" / ("two" if swapped else "one")).exists()
    monkeypatch.setattr(system.sys, "platform", "darwin")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert exchange_folders(tmp_path / "one", tmp_path / "two") is False
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


def test_a_read_only_file_is_removed_where_the_system_minds_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.parquet"
    path.touch()
    path.chmod(0o444)
    really = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if not self.stat().st_mode & 0o200:
            raise PermissionError(13, "Access is denied", str(self))
        really(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    monkeypatch.setattr(system, "REMOVES_READ_ONLY", True)
    with pytest.raises(PermissionError):
        remove_file(path)
    monkeypatch.setattr(system, "REMOVES_READ_ONLY", False)
    remove_file(path)
    assert not path.exists()
