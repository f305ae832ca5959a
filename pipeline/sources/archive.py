"""Archives as sources of images: a zip, a tar, and a folder of WebDataset shards. Reads lists and unpacks nothing.

WebDataset (https://github.com/webdataset/webdataset) packs samples into tar files. Members of one sample share the part
of their name before the first dot after the last slash: ``0001.jpg``, ``0001.txt``, ``0001.json``, ``0001.cls``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pipeline.errors import ImageError, SourceError
from pipeline.images.formats.detection import HEAD_BYTES, format_of
from pipeline.images.records import SourceItem
from pipeline.limits import Limits
from pipeline.sources.archive_files import ArchiveFile, Member, members_of
from pipeline.sources.archive_reading import BROKEN, read_member, read_member_head
from pipeline.sources.folder import IMAGE_SUFFIXES
from pipeline.sources.left_out import (
    BAD_NAME,
    HIDDEN,
    NO_PICTURE,
    RAW_ENDINGS,
    UNREADABLE,
    LeftOut,
    format_by_ending,
    reason_of_format,
)
from pipeline.sources.source import Source, SourceColumn
from pipeline.tables.typed_columns import typed_from_texts, with_classes
from pipeline.text.plain_text import plain

__all__ = ["ARCHIVE_SUFFIXES", "PACKED_SUFFIXES", "read_archive", "read_shards", "shards_of", "source_of_archives"]

ARCHIVE_SUFFIXES = (".zip", ".tar")
"""Endings of archives that are read in place, in lower case."""

PACKED_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar")
"""Endings of archives that would have to be unpacked from their beginning for every image."""

_SIDE_LIMITS: Final = Limits(max_bytes=10_000_000)
_CAPTIONS: Final = ("caption", "text", "txt")
"""Fields of a sample's JSON that hold its caption, the first first."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A regular file in an archive: its name as a path below the archive, and the place of its bytes."""

    name: str
    location: Member


@dataclass(slots=True)
class _Listing:
    """The content of one archive while it is listed."""

    pictures: list[_Member] = field(default_factory=list)
    sides: dict[str, dict[str, _Member]] = field(default_factory=dict)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def read_archive(path: Path, name: str) -> Source:
    """List the images of a zip or tar archive.

    Parameters
    ----------
    path
        The archive.
    name
        Name of the source.

    Returns
    -------
    Source
        Keys are the names of members. Texts, classes and JSON fields of WebDataset samples are captions and columns.

    Raises
    ------
    SourceError
        If the archive is damaged, or has two members of one name.
    """
    return replace(source_of_archives([ArchiveFile(path)], name, many=False), root=path.parent.resolve())


def read_shards(folder: Path, name: str) -> Source:
    """List the images of a folder of WebDataset shards.

    Parameters
    ----------
    folder
        Folder that holds tar files, see `shards_of`.
    name
        Name of the source.

    Returns
    -------
    Source
        Keys are the shard's name, a slash, and the member's name.

    Raises
    ------
    SourceError
        As in `read_archive`.
    """
    archives = [ArchiveFile(path) for path in shards_of(folder)]
    return replace(source_of_archives(archives, name, many=True), root=folder.resolve())


def shards_of(folder: Path) -> list[Path]:
    """Return the tar files of a folder, sorted by name; no link that leads out of it, and no pipe."""
    inside = folder.resolve()
    return sorted(path for path in folder.glob("*.tar") if path.is_file() and path.resolve().is_relative_to(inside))


def source_of_archives(archives: Sequence[ArchiveFile], name: str, *, many: bool) -> Source:
    """List the images of archives; the root of the source is not set.

    Parameters
    ----------
    archives
        At least one.
    name
        Name of the source.
    many
        Whether keys begin with the name of the archive.

    Raises
    ------
    SourceError
        As in `read_archive`.
    """
    items: list[SourceItem] = []
    left_out: Counter[tuple[str, str]] = Counter()
    samples: list[dict[str, str]] = []
    for archive in archives:
        listing = _list(archive)
        prefix = f"{archive.name}/" if many else ""
        texts = {stem: _sample(sides) for stem, sides in listing.sides.items()}
        for member in listing.pictures:
            sample = texts.get(_stem(member.name), {})
            caption = sample.get("", "")
            items.append(SourceItem(name, f"{prefix}{member.name}", member.location, caption=caption))
            samples.append({key: value for key, value in sample.items() if key})
        stems = {_stem(member.name) for member in listing.pictures}
        for stem, sides in listing.sides.items():
            for ending in sides if stem not in stems else ():
                listing.left_out[f".{ending}", NO_PICTURE] += 1
        left_out += listing.left_out
    if not items:
        named = ", ".join(plain(archive.name) for archive in archives[:3])
        raise SourceError(f"There are no images in {named}. Pack pictures in it.")
    found = sorted(left_out.items(), key=lambda entry: (-entry[1], entry[0]))
    entries = tuple(LeftOut(plain(ending), reason, count) for (ending, reason), count in found)
    return Source(name, Path(), tuple(items), left_out=entries, columns=_columns(samples))


def _take(listing: _Listing, member: _Member) -> None:
    """Add a member to the list, as an image, as a side file of one, or as left out."""
    path = PurePosixPath(member.name)
    ending = path.suffix.lower()
    if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        listing.left_out["", HIDDEN] += 1
    elif ending in IMAGE_SUFFIXES:
        listing.pictures.append(member)
    elif ending in {".txt", ".json", ".cls", ".caption", ".text"}:
        sides = listing.sides.setdefault(_stem(member.name), {})
        sides[ending.removeprefix(".")] = member
    else:
        reason = _of_content(member, ending)
        if reason:
            listing.left_out[ending, reason] += 1
        else:
            listing.pictures.append(member)


def _of_content(member: _Member, ending: str) -> str:
    """Return why a member without the ending of a picture is left out; "" for a picture that can be read."""
    try:
        form = format_of(read_member_head(member.location, HEAD_BYTES))
    except ImageError:
        return UNREADABLE
    if form == "TIFF" and ending in RAW_ENDINGS:
        form = "camera raw"
    return reason_of_format(form or format_by_ending(ending))


def _list(archive: ArchiveFile) -> _Listing:
    """List the regular files of an archive; refuse a damaged one and a name that comes twice."""
    listing = _Listing()
    seen: set[str] = set()
    try:
        for location in members_of(archive):
            name = _below(location.name)
            if not name:
                listing.left_out["", BAD_NAME] += 1
                continue
            if name in seen:
                raise SourceError(
                    f"{archive.shown} has two members named {plain(name)!r}. Pack it again with one of each name."
                )
            seen.add(name)
            _take(listing, _Member(name, location))
    except BROKEN as error:
        reason = plain(str(error).partition("\n")[0][:80]) or type(error).__name__
        raise SourceError(f"{archive.shown} cannot be read as an archive ({reason}). Pack it again.") from error
    return listing


def _below(name: str) -> str:
    """Return the name of a member as a path below its archive; "" for a name that leads elsewhere."""
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name
    return "" if outside else path.as_posix().removeprefix("./")


def _stem(name: str) -> str:
    """Return the name of the sample that a member belongs to."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.partition('.')[0]}"


def _sample(sides: dict[str, _Member]) -> dict[str, str]:
    """Return the texts beside an image by column; the caption has the name ""."""
    sample: dict[str, str] = {}
    for ending, member in sides.items():
        text = _text(member)
        if ending == "json":
            sample = _fields(text) | sample
        elif ending == "cls":
            sample["class"] = text.strip()
        else:
            sample[""] = text.strip()
    return sample


def _fields(text: str) -> dict[str, str]:
    """Return the plain fields of a sample's JSON object; lists and objects are no columns."""
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    plain_values = {key: value for key, value in values.items() if isinstance(value, str | int | float) and key}
    caption = next((str(plain_values.pop(key)) for key in _CAPTIONS if key in plain_values), None)
    fields = {key: _written(value) for key, value in plain_values.items()}
    return fields | ({"": caption} if caption is not None else {})


def _written(value: str | float) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _text(member: _Member) -> str:
    try:
        return read_member(member.location, _SIDE_LIMITS).decode("utf-8-sig", "replace")
    except ImageError as error:
        raise SourceError(f"The text beside an image cannot be read. {error}") from error


def _columns(samples: list[dict[str, str]]) -> tuple[SourceColumn, ...]:
    """Return a typed column for every field of the samples, in the order in which they first come."""
    names = dict.fromkeys(name for sample in samples for name in sample)
    typed = {name: typed_from_texts([sample.get(name, "") for sample in samples]) for name in names}
    return tuple(SourceColumn(name, *with_classes(name, *found)) for name, found in typed.items())
