"""Locks exclude others, end with their process, and never harm a file of the same name."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.files import locks
from pipeline.files.locks import close_lock, lock, locked, open_lock, unlock

HOLD = """
import sys
from pathlib import Path
from pipeline.files.locks import lock, open_lock
file = open_lock(Path(sys.argv[1]))
lock(file, wait=False)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["the system waits", "we look again and again"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(locks, "WAITS", request.param == "the system waits")
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_a_lock_of_another_process_ends_with_that_process(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with open_lock(path) as file:
            with pytest.raises(BlockingIOError):
                lock(file, wait=False)
            holder.kill()
            lock(file)  # returns once the system has dropped the lock of the killed process
            with open_lock(path) as other, pytest.raises(BlockingIOError):
                lock(other, wait=False)


@pytest.mark.usefixtures("way")
def test_blocks_that_are_locked_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    counter.write_text("0")

    def count() -> None:
        for _ in range(50):
            with locked(counter):
                counter.write_text(str(int(counter.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "200"


def test_a_lock_that_was_released_is_free(tmp_path: Path) -> None:
    with open_lock(tmp_path / "a.lock") as one, open_lock(tmp_path / "a.lock") as other:
        lock(one)
        unlock(one)
        lock(other, wait=False)


def test_what_the_system_refuses_is_its_own_error(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "a.lock", os.O_RDWR | os.O_CREAT)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        lock(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        unlock(descriptor)


@pytest.mark.parametrize("removes_open", [True, False])
@pytest.mark.parametrize("remove", [True, False])
def test_a_lock_file_goes_only_where_it_is_to_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, remove: bool, removes_open: bool
) -> None:
    monkeypatch.setattr(locks, "REMOVES_OPEN", removes_open)
    path = tmp_path / "a.lock"
    file = open_lock(path)
    lock(file)
    close_lock(file, path, remove=remove)
    assert file.closed
    assert path.exists() is not remove


def test_where_open_files_stay_a_lock_file_that_another_has_opened_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "REMOVES_OPEN", False)
    path = tmp_path / "a.lock"
    file = open_lock(path)
    lock(file)

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        assert file.closed
        raise PermissionError(13, "The process cannot access the file", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    close_lock(file, path, remove=True)
    assert path.exists()
