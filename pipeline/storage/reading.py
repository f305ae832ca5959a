"""Read images in other storage: whole objects, and members of archives by range. Uses the network.

A member is as hostile as one of an archive on the disk: bytes are counted while they are unpacked.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pipeline.errors import ImageError, StorageError
from pipeline.files.reading import check_bytes
from pipeline.images.locations import RemoteLocation, RemoteMemberLocation
from pipeline.storage.addresses import stored_address
from pipeline.storage.objects import StoredObject
from pipeline.storage.stores import read_object, store_of
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from pipeline.limits import Limits

__all__ = ["read_remote", "read_remote_member"]

_HEADER: Final = struct.Struct("<4s5H3I2H")
"""Header of a member of a zip archive (APPNOTE 6.3.10, section 4.3.7)."""
_MARK: Final = b"PK\x03\x04"
_STORED, _DEFLATED = 0, 8
_EXTRA: Final = 512
"""Bytes of the extra field that are requested with the header and the name; a longer one costs a request."""
_REASONS: Final = frozenset({"missing", "permission", "changed"})


def read_remote(location: RemoteLocation, limits: Limits) -> bytes:
    """Return the bytes of an object.

    Parameters
    ----------
    location
        The object. If it has a tag, only the bytes with this tag are returned.
    limits
        Only ``max_bytes`` is used.

    Raises
    ------
    ImageError
        Reasons ``missing``, ``permission``, ``too_large``, ``changed``, ``unreadable``.
    """
    with _said():
        stored = StoredObject(stored_address(location.address), location.size, location.tag)
        if location.size < 0:
            found = store_of(stored.address).facts(stored.address)
            if found is None:
                raise StorageError(f"{stored.address} is not there any more.", reason="missing")
            stored = found
        check_bytes(stored.size, limits)
        count = stored.size if stored.size >= 0 else limits.max_bytes + 1
        data = store_of(stored.address).read(stored, 0, count)
        if len(data) < stored.size:
            raise StorageError(f"{stored.address} ends at byte {len(data):,}.", reason="unreadable")
    check_bytes(len(data), limits)
    return data


def read_remote_member(location: RemoteMemberLocation, count: int, limits: Limits | None = None) -> bytes:
    """Return the first bytes of a member of an archive.

    Parameters
    ----------
    location
        The member.
    count
        Number of bytes.
    limits
        If given, the whole member is returned, or refused if it has more bytes than ``max_bytes``.

    Raises
    ------
    ImageError
        As in `read_remote`.
    """
    with _said():
        stored = StoredObject(stored_address(location.archive), -1, location.tag)
        if limits is not None:
            check_bytes(location.size, limits)  # of a member of a zip archive, its packed size
        if location.packing == "tar":
            return read_object(stored, location.offset, min(count, location.size))
        packed, method = _packed(stored, location, count if limits is None else None)
        data = _unpacked(location, packed, method, count + 1)
    if limits is not None:
        check_bytes(len(data), limits)
        return data
    return data[:count]


def _packed(stored: StoredObject, location: RemoteMemberLocation, most: int | None) -> tuple[bytes, int]:
    """Return the packed bytes of a member of a zip archive, at most about `most`, and how they are packed."""
    size = location.size if most is None else min(location.size, most + 65_536)
    name = len(location.name.encode("utf-8", "surrogateescape"))
    begun = store_of(stored.address).read(stored, location.offset, _HEADER.size + name + _EXTRA + size)
    if len(begun) < _HEADER.size or begun[:4] != _MARK:
        raise StorageError(f"{_member(location)}: its header is damaged.", reason="unreadable")
    fields = _HEADER.unpack_from(begun)
    data = _HEADER.size + fields[9] + fields[10]
    packed = begun[data : data + size]
    if len(packed) < size:
        packed += read_object(stored, location.offset + data + len(packed), size - len(packed))
    return packed, int(fields[3])


def _unpacked(location: RemoteMemberLocation, packed: bytes, method: int, most: int) -> bytes:
    if method == _STORED:
        return packed[:most]
    if method != _DEFLATED:
        raise StorageError(f"{_member(location)} is packed in a way that is not read.", reason="unreadable")
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error as error:
        raise StorageError(f"{_member(location)} cannot be unpacked.", reason="unreadable") from error


def _member(location: RemoteMemberLocation) -> str:
    return f"{plain(location.name)} in {plain(location.archive)}"


@contextmanager
def _said() -> Iterator[None]:
    """Turn errors of storage into an `ImageError`."""
    try:
        yield
    except StorageError as error:
        reason = error.reason if error.reason in _REASONS else "unreadable"
        raise ImageError(str(error), reason=reason) from error
