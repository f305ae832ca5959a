"""Only regular files are read, only up to a limit, and never with a wait."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from pipeline.errors import ImageError
from pipeline.files import reading as file_reading
from pipeline.files.reading import read_bytes, read_head
from pipeline.limits import Limits


def test_the_whole_file_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a picture \N{SNOWMAN}.png"
    path.write_bytes(b"content")
    assert read_bytes(path, Limits()) == b"content"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "none.png", tmp_path / "file" / "none.png"):
        with pytest.raises(ImageError) as caught:
            read_bytes(path, Limits())
        assert caught.value.reason == "missing"
        assert "none.png" in str(caught.value)


def test_the_size_is_checked_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(10**12)  # sparse: reading it would take all memory
    with pytest.raises(ImageError, match=r"1,000,000,000,000 bytes") as caught:
        read_bytes(path, Limits())
    assert caught.value.reason == "too_large"


def test_folders_and_pipes_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path, tmp_path / "pipe.png"):
        with pytest.raises(ImageError) as caught:
            read_bytes(path, Limits())
        assert caught.value.reason == "not_a_file"


def test_it_is_said_that_permission_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "private.png"
    path.write_bytes(b"x")
    path.chmod(0)
    superuser = os.geteuid() == 0  # root may read everything, so become another user for a moment
    if superuser:
        os.seteuid(65534)
    try:
        with pytest.raises(ImageError) as caught:
            read_bytes(path, Limits())
    finally:
        if superuser:
            os.seteuid(0)
    assert caught.value.reason == "permission"


def test_a_name_no_file_can_have_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        read_bytes(tmp_path / ("x" * 5000), Limits())
    assert caught.value.reason == "unreadable"


def reason(path: Path) -> str:
    with pytest.raises(ImageError) as caught:
        read_bytes(path, Limits())
    assert str(caught.value).isprintable()
    return caught.value.reason


def test_sockets_and_devices_are_no_files(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.png"))
        assert reason(tmp_path / "socket.png") == "not_a_file"
    (tmp_path / "device.png").symlink_to("/dev/zero")
    assert reason(tmp_path / "device.png") == "not_a_file"


def test_links_that_lead_nowhere_or_to_themselves_are_missing(tmp_path: Path) -> None:
    (tmp_path / "self.png").symlink_to("self.png")
    (tmp_path / "one.png").symlink_to("other.png")
    (tmp_path / "other.png").symlink_to("one.png")
    (tmp_path / "gone.png").symlink_to("nothing.png")
    assert {reason(path) for path in tmp_path.iterdir()} == {"missing"}


@pytest.mark.parametrize("take", [lambda path: read_bytes(path, Limits()), lambda path: read_head(path, 9)])
def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    take: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"x")
    opened = os.open

    def swap(place: Path, flags: int) -> int:
        place.unlink()
        os.mkfifo(place)
        return opened(place, flags)

    monkeypatch.setattr(file_reading.os, "open", swap)
    caught: list[ImageError] = []

    def read() -> None:
        try:
            take(path)  # type: ignore[operator]
        except ImageError as error:
            caught.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(30)
    assert not reader.is_alive()
    assert [error.reason for error in caught] == ["not_a_file"]


@pytest.mark.parametrize("name", ["\x1b[31mred.png", "two\nlines.png", "\u202egnp.exe", os.fsdecode(b"\xff\xfe.png")])
def test_no_name_gets_into_a_sentence_as_it_is(name: str, tmp_path: Path) -> None:
    assert reason(tmp_path / name) == "missing"


def test_the_beginning_of_a_file_is_read_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(b"beginning")
        file.truncate(10**12)
    assert read_head(path, 9) == b"beginning"
    (tmp_path / "short").write_bytes(b"x")
    assert read_head(tmp_path / "short", 9) == b"x"
