"""Read members of zip and tar archives in place, each up to a limit. Uses the disk.

An archive is a hostile file: a member may claim any size and any name. No member is unpacked to disk, so its name leads
nowhere, and bytes are counted as they come, so that a small member cannot grow without limit.
"""

from __future__ import annotations

import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from pipeline.errors import ImageError
from pipeline.files.reading import check_bytes
from pipeline.images.locations import MemberLocation, RemoteMemberLocation
from pipeline.storage.reading import read_remote_member
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from pipeline.limits import Limits

__all__ = ["BROKEN", "member_size", "read_member", "read_member_head"]

BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
)
"""Errors of Python's archive modules for damaged, encrypted and unknown content."""

MOST_OPEN = 16
"""Zip archives that stay open, so that their directory is read once."""

_Key = tuple[str, int, int]


class _OpenArchives:
    """Zip archives that are open for reading, shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._archives: LRUCache[_Key, zipfile.ZipFile] = LRUCache(MOST_OPEN)

    def get(self, path: Path) -> zipfile.ZipFile:
        """Return an open archive. Its members can be read by several threads at once."""
        status = path.stat()
        key = (str(path), status.st_size, status.st_mtime_ns)
        with self._lock:
            archive = self._archives.get(key)
            if archive is None:
                archive = self._archives[key] = zipfile.ZipFile(path)  # one that falls out closes with its last reader
            return archive


_OPEN = _OpenArchives()


def read_member(location: MemberLocation | RemoteMemberLocation, limits: Limits) -> bytes:
    """Return the bytes of a member.

    Parameters
    ----------
    location
        The member.
    limits
        Only ``max_bytes`` is used.

    Raises
    ------
    ImageError
        Reasons ``missing``, ``permission``, ``too_large``, ``unreadable``.
    """
    if isinstance(location, RemoteMemberLocation):
        return read_remote_member(location, limits.max_bytes, limits)
    with _said_of(location):
        if location.offset >= 0:
            check_bytes(location.size, limits)
            with location.archive.open("rb") as file:
                file.seek(location.offset)
                data = file.read(location.size)
            if len(data) < location.size:
                raise EOFError("the archive ends inside it")
            return data
        with _OPEN.get(location.archive).open(location.name) as member:
            data = member.read(limits.max_bytes + 1)
    check_bytes(len(data), limits)  # the directory of the archive may understate the size
    return data


def read_member_head(location: MemberLocation | RemoteMemberLocation, count: int) -> bytes:
    """Return the first bytes of a member, at most `count` of them.

    Raises
    ------
    ImageError
        As in `read_member`.
    """
    if isinstance(location, RemoteMemberLocation):
        return read_remote_member(location, count)
    with _said_of(location):
        if location.offset >= 0:
            with location.archive.open("rb") as file:
                file.seek(location.offset)
                return file.read(min(count, location.size))
        with _OPEN.get(location.archive).open(location.name) as member:
            return member.read(count)


def member_size(location: MemberLocation) -> int:
    """Return the number of bytes of a member as its archive states it; 0 where it cannot be read."""
    if location.offset >= 0:
        return location.size
    try:
        return _OPEN.get(location.archive).getinfo(location.name).file_size
    except (*BROKEN, KeyError):
        return 0


@contextmanager
def _said_of(location: MemberLocation) -> Iterator[None]:
    """Turn errors about an archive into an `ImageError` about the member."""
    name, archive = plain(location.name), plain(location.archive.name)
    try:
        yield
    except ImageError:
        raise
    except (FileNotFoundError, NotADirectoryError, KeyError) as error:
        raise ImageError(
            f"{name} is not in {archive} any more; put the archive back as it was.", reason="missing"
        ) from error
    except PermissionError as error:
        raise ImageError(
            f"{archive} may not be read by this user; change its permissions.", reason="permission"
        ) from error
    except BROKEN as error:
        reason_given = str(error).partition("\n")[0][:80] or type(error).__name__
        raise ImageError(
            f"{name} in {archive} cannot be read ({plain(reason_given)}); pack the archive again.", reason="unreadable"
        ) from error
