"""Read the bytes of an image, wherever its source keeps them. Uses the disk, the network and what readers use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import ImageError
from pipeline.files.reading import read_bytes
from pipeline.images.locations import (
    FileLocation,
    Location,
    MemberLocation,
    NoLocation,
    PageLocation,
    RemoteLocation,
    RemoteMemberLocation,
)
from pipeline.sources.archive_reading import member_size, read_member
from pipeline.storage.reading import read_remote

if TYPE_CHECKING:
    from pipeline.limits import Limits

__all__ = ["LocationReader", "location_size", "read_location", "register_reader"]


@dataclass(frozen=True, slots=True)
class LocationReader:
    """The functions that read one kind of location. Both may be called from many threads at once.

    Parameters
    ----------
    read
        Returns the bytes of a location, at most ``limits.max_bytes`` of them; raises `ImageError` otherwise.
    size
        Returns the number of bytes without reading them; 0 where it is not known.
    """

    read: Callable[[Any, Limits], bytes]
    size: Callable[[Any], int]


def read_location(location: Location, limits: Limits) -> bytes:
    """Return the bytes of an image.

    Parameters
    ----------
    location
        Where they lie.
    limits
        Only ``max_bytes`` is used.

    Raises
    ------
    ImageError
        Reasons as in `pipeline.files.reading.read_bytes`, and ``no_picture`` where there are no bytes.
    """
    return _reader(location).read(location, limits)


def location_size(location: Location) -> int:
    """Return the number of bytes of an image without reading them; 0 where it is not known."""
    return _reader(location).size(location)


def register_reader(kind: type[Any], reader: LocationReader) -> None:
    """Add or replace the reader of one kind of location, e.g. of a source of your own.

    Parameters
    ----------
    kind
        The class of the locations.
    reader
        Reads them.
    """
    _READERS[kind] = reader


def _reader(location: Location) -> LocationReader:
    reader = _READERS.get(type(location))
    if reader is None:
        raise ImageError(
            f"No reader is registered for {type(location).__name__}. Register one, or fetch the pictures first.",
            reason="unreadable",
        )
    return reader


def _size_of_file(location: FileLocation | PageLocation) -> int:
    try:
        return location.path.stat().st_size
    except (OSError, ValueError):  # it fails with its reason when it is read
        return 0


def _no_picture(location: NoLocation, limits: Limits) -> bytes:
    raise ImageError(location.words, reason=location.reason)


_READERS: Final[dict[type[Any], LocationReader]] = {
    FileLocation: LocationReader(lambda location, limits: read_bytes(location.path, limits), _size_of_file),
    MemberLocation: LocationReader(read_member, member_size),
    PageLocation: LocationReader(lambda location, limits: read_bytes(location.path, limits), _size_of_file),
    RemoteLocation: LocationReader(read_remote, lambda location: max(location.size, 0)),
    RemoteMemberLocation: LocationReader(read_member, lambda location: max(location.size, 0)),
    NoLocation: LocationReader(_no_picture, lambda _: 0),
}
