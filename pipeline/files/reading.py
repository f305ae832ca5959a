"""Read files of a user's folder: regular files only, up to a limit, without waiting at a pipe. Uses the disk."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ImageError
from pipeline.files.system import BINARY
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from pipeline.limits import Limits

__all__ = ["check_bytes", "read_bytes", "read_head"]

_NO_FILE = {errno.ENXIO, errno.EISDIR, errno.EOPNOTSUPP, errno.ENODEV}
"""Error numbers of opening a socket, a folder, or a device without a driver."""


def read_bytes(path: Path, limits: Limits) -> bytes:
    """Read one file after checking its size.

    Parameters
    ----------
    path
        A regular file. Links are followed.
    limits
        Only ``max_bytes`` is used.

    Returns
    -------
    bytes
        The whole file.

    Raises
    ------
    ImageError
        Reasons ``missing``, ``permission``, ``not_a_file``, ``too_large``, ``unreadable``.
    """
    with _said_of(path):
        # Checked before the file is opened, because opening some devices has an effect.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _no_file(path)
        with _opened(path) as descriptor, os.fdopen(os.dup(descriptor), "rb") as file:
            check_bytes(os.fstat(descriptor).st_size, limits)
            data = file.read(limits.max_bytes + 1)
    check_bytes(len(data), limits)  # the file may have grown since
    return data


def read_head(path: Path, count: int) -> bytes:
    """Read the first bytes of a file that was regular when its folder was listed.

    Raises
    ------
    ImageError
        Reasons as in `read_bytes`, except ``too_large``.
    """
    with _said_of(path), _opened(path) as descriptor:
        return os.read(descriptor, count)


def check_bytes(size: int, limits: Limits) -> None:
    """Refuse a file that is too large.

    Raises
    ------
    ImageError
        Reason ``too_large``.
    """
    if size > limits.max_bytes:
        message = f"The file has {size:,} bytes, more than the {limits.max_bytes:,} allowed; use a smaller version."
        raise ImageError(message, reason="too_large")


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a file and check that it is regular: a pipe may have replaced it. `BINARY` avoids waiting there."""
    descriptor = os.open(path, os.O_RDONLY | BINARY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _no_file(path)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """Turn errors of the file system into an `ImageError` about the file."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{plain(path.name)} is not there any more; put it back or take it out of the source."
        raise ImageError(message, reason="missing") from error
    except PermissionError as error:
        message = f"{plain(path.name)} may not be read by this user; change its permissions."
        raise ImageError(message, reason="permission") from error
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _no_file(path) from error
        if error.errno == errno.ELOOP:
            message = f"{plain(path.name)} is a link that leads to itself; put the file there or take the link out."
            raise ImageError(message, reason="missing") from error
        message = f"{plain(path.name)} cannot be read ({error.strerror}); copy it to a healthy disk."
        raise ImageError(message, reason="unreadable") from error
    except ValueError as error:
        message = f"{plain(path.name)} is no name that a file can have; rename it."
        raise ImageError(message, reason="unreadable") from error


def _no_file(path: Path) -> ImageError:
    message = f"{plain(path.name)} is a folder, a pipe or a device, not a picture file; name a regular file."
    return ImageError(message, reason="not_a_file")
