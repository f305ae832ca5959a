"""Locks between processes, on files that are opened with care. Uses the disk.

The system drops a lock when its process ends, however it ends. A lock file is never emptied: another program may
have written a file of the same name. So this module opens a file first and then locks its descriptor.
portalocker locks descriptors on Linux, macOS and Windows.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.files.small_files import check_plain_descriptor, writing
from pipeline.files.system import open_unfollowed

__all__ = ["close_lock", "lock", "locked", "open_lock", "unlock"]

WAITS = sys.platform != "win32"
"""Whether the system wakes a process when a lock is free; Windows looks once a second and gives up after ten."""
PAUSE_SECONDS = 0.01
REMOVES_OPEN = sys.platform != "win32"
"""Whether a file that is open can be removed; False on Windows."""


def open_lock(path: Path) -> BinaryIO:
    """Open a file to lock. It is created where there is none, and its content stays.

    Raises
    ------
    OSError
        If it cannot be opened, or is a link, a folder, a pipe or a device.
    """
    descriptor = open_unfollowed(path, os.O_RDWR | os.O_CREAT)
    try:
        check_plain_descriptor(descriptor, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "r+b", buffering=0)


def lock(file: BinaryIO | int, *, wait: bool = True) -> None:
    """Lock an open file for this process alone, until `unlock`, until it is closed, or until the process ends.

    Parameters
    ----------
    file
        The open file, or its descriptor. Two descriptors of one file exclude each other in one process too.
    wait
        Whether to wait for another holder.

    Raises
    ------
    BlockingIOError
        If another holder has the lock and `wait` is False.
    OSError
        If the system cannot lock the file.
    """
    from portalocker import AlreadyLocked, LockException, LockFlags
    from portalocker import lock as lock_file

    flags = LockFlags.EXCLUSIVE if wait and WAITS else LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING
    while True:
        try:
            lock_file(file, flags)
        except AlreadyLocked as error:
            if not wait:
                raise BlockingIOError("another holder has the lock") from error
            time.sleep(PAUSE_SECONDS)
        except LockException as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise OSError(str(error)) from error
        else:
            return


def unlock(file: BinaryIO | int) -> None:
    """Release a lock that `lock` took.

    Raises
    ------
    OSError
        If the system refuses.
    """
    from portalocker import LockException
    from portalocker import unlock as unlock_file

    try:
        unlock_file(file)
    except LockException as error:
        raise OSError(str(error)) from error


def close_lock(file: BinaryIO, path: Path, *, remove: bool) -> None:
    """Release a lock by closing its file.

    Parameters
    ----------
    file
        The locked file.
    path
        Its path.
    remove
        Whether to remove the file first. A process that waits for the lock must then check that its file is still
        there.
        Where open files cannot be removed, it is removed afterwards, unless another process has opened it.
    """
    with file:
        if remove and REMOVES_OPEN:
            path.unlink(missing_ok=True)
    if remove and not REMOVES_OPEN:
        with suppress(PermissionError):
            path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of a block that reads a small file and writes it again."""
    with writing(path.parent):
        file = open_lock(path.with_name(f".{path.name}.lock"))
    with file:
        lock(file)
        yield
