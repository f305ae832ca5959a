"""Read and write small files of a collection, and phrase the errors of the disk. Uses the disk.

Only plain files are opened. Opening a pipe would wait forever, and a link may lead to a file that must not be written.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import CollectionError
from pipeline.files.system import BINARY, open_unfollowed
from pipeline.text.plain_text import json_text

__all__ = [
    "check_plain",
    "check_plain_descriptor",
    "check_plain_tree",
    "json_object",
    "new_plain_file",
    "read_json",
    "read_plain",
    "reason_of",
    "write_bytes",
    "write_json",
    "write_text",
    "writing",
]

LARGEST_JSON = 256 << 20
"""Bytes. The program writes no larger JSON file."""


def read_plain(path: Path, *, most: int = LARGEST_JSON) -> bytes:
    """Read a whole small file.

    Raises
    ------
    OSError
        If it cannot be read, is a folder, a pipe or a device, or is larger than `most` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | BINARY)
    with os.fdopen(descriptor, "rb") as file:
        check_plain_descriptor(descriptor, path)
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MB", str(path))
    return data


def read_json(path: Path, *, most: int = LARGEST_JSON) -> Any:
    """Read a JSON file.

    Raises
    ------
    OSError
        As `read_plain` does.
    ValueError
        If it holds no JSON, or JSON that is nested too deeply.
    """
    try:
        return json.loads(read_plain(path, most=most))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def check_plain(path: Path) -> None:
    """Refuse a pipe or a device before a library opens it and waits forever.

    Raises
    ------
    OSError
        If it is no plain file, or does not exist.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "what lies there is no plain file", str(path))


def check_plain_descriptor(descriptor: int, path: Path) -> None:
    """Refuse an open file that is a folder, a pipe or a device.

    Parameters
    ----------
    descriptor
        The open file.
    path
        Its path, for the error.

    Raises
    ------
    OSError
        If it is no plain file.
    """
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a folder lies there", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "what lies there is no plain file", str(path))


def check_plain_tree(folder: Path) -> None:
    """Refuse a folder that contains a pipe or a device: opening one would wait forever.

    Raises
    ------
    OSError
        If it contains one, or cannot be read.
    """
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                check_plain_tree(Path(entry.path))
            elif not _leads_to_file(Path(entry.path)):
                raise OSError(errno.EINVAL, f"{entry.name} is no plain file", entry.path)


def _leads_to_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode) or stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def json_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; return an empty one where the file holds none."""
    try:
        values = read_json(path)
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def write_json(path: Path, values: Any) -> None:
    """Write JSON as `write_bytes` does."""
    write_text(path, json_text(json.dumps(values, indent=1, ensure_ascii=False)))


def write_text(path: Path, text: str) -> None:
    """Write a small text in UTF-8 as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a small file to a temporary name, sync it to disk, and rename it."""
    temporary = path.with_name(f"{path.name}.tmp")
    descriptor = open_unfollowed(temporary, os.O_WRONLY | os.O_CREAT)
    with os.fdopen(descriptor, "wb") as file:
        check_plain_descriptor(descriptor, temporary)
        file.truncate()
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)


def new_plain_file(path: Path) -> tuple[Path, BinaryIO]:
    """Create a file with an unused name beside a path; return its path and the open file."""
    while True:
        temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
        try:
            descriptor = open_unfollowed(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            continue
        return temporary, os.fdopen(descriptor, "wb")


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn errors of the disk into a `CollectionError` that names a remedy."""
    try:
        yield
    except OSError as error:
        raise CollectionError(
            f"The collection cannot be written to {target} ({reason_of(error)}). "
            "Choose another place, or check permissions and free space."
        ) from error


def reason_of(error: BaseException) -> str:
    """Return the reason of an error of the disk, of Lance or of JSON in a few words; never empty."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).splitlines()
    return lines[0].split(", /")[0][:200] if lines else type(error).__name__  # Lance appends places in its source
