"""Locations: the place where the bytes of an image lie, as a value that can be stored as text. Pure.

A source names a location for each image and opens nothing. `pipeline.sources.reading` reads the bytes of any location,
so the stages of a build never know which source an image came from.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Final

from pipeline.errors import ParameterError

__all__ = [
    "CellLocation",
    "FileLocation",
    "LinkLocation",
    "Location",
    "MemberLocation",
    "NoLocation",
    "PageLocation",
    "RemoteCellLocation",
    "RemoteLocation",
    "RemoteMemberLocation",
    "file_behind",
    "location_from_text",
    "location_text",
    "page_of",
]


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A file on this machine.

    Parameters
    ----------
    path
        The file. Relative to the source's root in a stored location.
    """

    path: Path


@dataclass(frozen=True, slots=True)
class MemberLocation:
    """A member of an archive (zip or tar) on this machine.

    Parameters
    ----------
    archive
        The archive. Relative to the source's root in a stored location.
    name
        The member's name in the archive.
    offset, size
        The place of its bytes in a tar archive; -1 for a zip archive, which has a directory of its own.
    """

    archive: Path
    name: str
    offset: int = -1
    size: int = -1


@dataclass(frozen=True, slots=True)
class CellLocation:
    """A cell of bytes in a Parquet table on this machine.

    Parameters
    ----------
    table
        The Parquet file. Relative to the source's root in a stored location.
    column
        Path of the column in the file's schema, with dots for fields of a structure, e.g. ``image.bytes``.
    row
        Row in the file, from 0.
    """

    table: Path
    column: str
    row: int


@dataclass(frozen=True, slots=True)
class RemoteLocation:
    """An object in other storage.

    Parameters
    ----------
    address
        With its protocol, without a query, e.g. ``s3://bucket/a.jpg``.
    tag
        Its tag (ETag) when it was listed; "" for none.
    size
        Number of bytes; -1 if unknown.
    """

    address: str
    tag: str = ""
    size: int = -1


@dataclass(frozen=True, slots=True)
class RemoteMemberLocation:
    """A member of an archive in other storage.

    Parameters
    ----------
    archive
        Address of the archive.
    name
        The member's name in the archive.
    offset, size
        The place and number of its bytes; for a zip archive where its own header begins, and its packed size.
    tag
        Tag of the archive when it was listed; "" for none.
    packing
        ``"tar"`` or ``"zip"``.
    """

    archive: str
    name: str
    offset: int
    size: int
    tag: str
    packing: str


@dataclass(frozen=True, slots=True)
class RemoteCellLocation:
    """A cell of bytes in a Parquet table in other storage. It has to be copied before it can be read.

    Parameters
    ----------
    table
        Address of the table.
    column, row
        As in `CellLocation`.
    """

    table: str
    column: str
    row: int


@dataclass(frozen=True, slots=True)
class PageLocation:
    """A page of a document (PDF or TIFF) on this machine.

    Parameters
    ----------
    path
        The document. Relative to the source's root in a stored location.
    page
        From 1.
    """

    path: Path
    page: int


@dataclass(frozen=True, slots=True)
class LinkLocation:
    """A link, which has to be fetched before it can be read.

    Parameters
    ----------
    url
        ``http`` or ``https``.
    """

    url: str


@dataclass(frozen=True, slots=True)
class NoLocation:
    """No bytes anywhere.

    Parameters
    ----------
    reason, words
        Why, as `pipeline.errors.ImageError` has it. They are not stored.
    """

    reason: str = field(default="no_picture", compare=False)
    words: str = field(default="The source names no picture for this image.", compare=False)


Location = (
    FileLocation
    | MemberLocation
    | CellLocation
    | RemoteLocation
    | RemoteMemberLocation
    | RemoteCellLocation
    | PageLocation
    | LinkLocation
    | NoLocation
)

_KINDS: Final[dict[str, type[Location]]] = {
    "file": FileLocation,
    "member": MemberLocation,
    "cell": CellLocation,
    "remote": RemoteLocation,
    "remote_member": RemoteMemberLocation,
    "remote_cell": RemoteCellLocation,
    "page": PageLocation,
    "link": LinkLocation,
    "none": NoLocation,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}
_FIELDS: Final[dict[str, tuple[type, ...]]] = {
    "file": (str,),
    "member": (str, str, int, int),
    "cell": (str, str, int),
    "remote": (str, str, int),
    "remote_member": (str, str, int, int, str, str),
    "remote_cell": (str, str, int),
    "page": (str, int),
    "link": (str,),
    "none": (),
}


def location_text(location: Location, root: Path) -> str:
    """Return the stored form of a location: a JSON array of its kind and its fields.

    Parameters
    ----------
    location
        Any location.
    root
        The source's root. Paths below it are stored relative to it, so that a moved source is found again.

    Returns
    -------
    str
        E.g. ``["member", "pictures.zip", "a/1.jpg", -1, -1]``.
    """
    values = () if isinstance(location, NoLocation) else astuple(location)
    values = tuple(_relative(value, root) if isinstance(value, Path) else value for value in values)
    return json.dumps([_NAMES[type(location)], *values], ensure_ascii=True)


def location_from_text(text: str, root: Path) -> Location:
    """Return the location of a stored form; the opposite of `location_text`.

    Parameters
    ----------
    text
        As `location_text` returns it.
    root
        Folder that relative paths begin at.

    Raises
    ------
    ParameterError
        If `text` is no such form. A path that leads out of `root` is not refused here but where it is read.
    """
    try:
        values = json.loads(text)
        name, fields = values[0], values[1:]
        kinds = _FIELDS[name]
        good = len(fields) == len(kinds) and all(type(field) is kind for field, kind in zip(fields, kinds, strict=True))
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        good = False
    if not good:
        raise ParameterError(f"location={text[:80]!r} is not a stored location. Build the collection again.")
    if name in {"file", "member", "cell", "page"}:
        fields = [root / fields[0], *fields[1:]]
    return _KINDS[name](*fields)


def file_behind(location: Location) -> Path | None:
    """Return the file on this machine that holds a location's bytes; None where no file does."""
    match location:
        case FileLocation() | PageLocation():
            return location.path
        case MemberLocation():
            return location.archive
        case CellLocation():
            return location.table
        case _:
            return None


def page_of(location: Location) -> int:
    """Return the page that an image is, from 1; 0 for an image that is the whole file."""
    return location.page if isinstance(location, PageLocation) else 0


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
