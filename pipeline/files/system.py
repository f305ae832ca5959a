"""What Linux, macOS and Windows do differently with files, behind one function each. Uses the disk.

Every function has one behaviour on all systems. Where a system lacks a call, a plain fallback does the same in more
than one step. The constants in capitals name what the running system can do, and tests switch them off.

Python never hands a descriptor that it opened to a child process, so no flag for that is needed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from pathlib import Path

__all__ = [
    "BINARY",
    "exchange_folders",
    "link_entry",
    "move_folder",
    "open_unfollowed",
    "read_at",
    "remove_file",
    "set_modified",
]

BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Flags for `os.open`: Windows would change line ends, and opening a pipe elsewhere would wait for a writer."""

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
"""Flag that refuses a link; 0 on Windows."""
POSITIONED_READ = hasattr(os, "pread")
"""Whether a read can name its position; False on Windows."""
LINKS_A_LINK = os.link in os.supports_follow_symlinks
"""Whether a hard link to a symbolic link can be made; False on Windows."""
SETS_TIME_OF_OPEN_FILE = os.utime in os.supports_fd
"""Whether the time of an open file can be set through its descriptor; False on Windows."""
REMOVES_READ_ONLY = sys.platform != "win32"
"""Whether a read-only file can be removed from a folder that may be written; False on Windows."""

_AT_FDCWD, _EXCHANGE = -100, 2
_CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def open_unfollowed(path: Path, flags: int) -> int:
    """Open a file for bytes, never through a symbolic link and never waiting at a pipe.

    Parameters
    ----------
    path
        The file. Its folder may be reached through links.
    flags
        As for `os.open`: ``O_RDWR | O_CREAT`` and the like.

    Returns
    -------
    int
        The descriptor; the caller closes it.

    Raises
    ------
    OSError
        If the path is a link, or the file cannot be opened.
    """
    if not NO_FOLLOW:
        _refuse_link(path)
    descriptor = os.open(path, flags | BINARY | NO_FOLLOW, 0o666)
    if not NO_FOLLOW:
        try:
            _refuse_link(path)  # a link may have taken the place since the check
        except OSError:
            os.close(descriptor)
            raise
    return descriptor


def read_at(descriptor: int, size: int, position: int) -> bytes:
    """Read bytes at a position of an open file; fewer only where the file ends.

    Without positioned reads the file's own position moves, so no other thread may use the descriptor.
    """
    if sys.platform != "win32" and POSITIONED_READ:
        return os.pread(descriptor, size, position)
    os.lseek(descriptor, position, os.SEEK_SET)
    return os.read(descriptor, size)


def set_modified(descriptor: int, path: Path, nanoseconds: int) -> None:
    """Set when an open file was last changed.

    Parameters
    ----------
    descriptor, path
        The open file and its path. The path is used only where a descriptor cannot be.
    nanoseconds
        Since 1970.
    """
    os.utime(descriptor if SETS_TIME_OF_OPEN_FILE else path, ns=(nanoseconds, nanoseconds))


def link_entry(source: Path, target: Path) -> None:
    """Give a file a second name. A symbolic link is linked itself, not the file that it leads to.

    Raises
    ------
    OSError
        If the target exists, or the file system has no hard links.
    """
    if LINKS_A_LINK:
        os.link(source, target, follow_symlinks=False)
    elif source.is_symlink():
        target.symlink_to(source.readlink())
    else:
        os.link(source, target)


def remove_file(path: Path) -> None:
    """Remove a file or a link, also one that is read-only.

    On Windows a read-only file loses that mark first, and with it every other name of the same file.
    """
    try:
        path.unlink()
    except PermissionError:
        if REMOVES_READ_ONLY or path.is_symlink():
            raise
        path.chmod(stat.S_IREAD | stat.S_IWRITE)
        path.unlink()


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder; an empty folder at the target gives way, anything else there stays.

    Raises
    ------
    OSError
        If the target is a file or holds something.
    """
    try:
        source.rename(target)
    except FileExistsError:  # Windows does not rename over an empty folder
        target.rmdir()
        source.rename(target)


def exchange_folders(one: Path, other: Path) -> bool:
    """Swap two folders in one step, so that both names are there at every moment.

    Returns
    -------
    bool
        False where the system or the file system cannot; then nothing has changed.

    Raises
    ------
    OSError
        If the disk refuses for another reason.
    """
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
