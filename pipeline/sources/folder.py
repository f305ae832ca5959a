"""A folder as a source of images: the files to use, and the files left out with reasons. Reads the disk.

The first bytes of a file decide its format. A file with the ending of an image is listed without being opened, so that
a damaged one becomes a row with a reason. Any other file is opened and listed if it is an image. Drawings and the pages
of documents are listed only on request; a document is then read to count its pages.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from pipeline.errors import ImageError, SourceError
from pipeline.files.reading import read_bytes, read_head
from pipeline.images.formats.detection import HEAD_BYTES, format_of
from pipeline.images.formats.tiff import MOST_PAGES
from pipeline.images.locations import FileLocation, PageLocation
from pipeline.images.pages import count_pages, page_key
from pipeline.images.records import SourceItem
from pipeline.limits import Limits
from pipeline.sources.left_out import (
    HIDDEN,
    LINK_NOWHERE,
    LINK_OUT,
    LINKED_FOLDER,
    MANY_PAGES,
    NO_FILE,
    RAW_ENDINGS,
    UNREADABLE,
    LeftOut,
    format_by_ending,
    reason_of_format,
)
from pipeline.text.plain_text import plain

__all__ = ["IMAGE_SUFFIXES", "FolderListing", "OnRequest", "list_folder"]

_PICTURE_NAMES = "apng avif bmp dib gif j2k jfif jif jp2 jpe jpeg jpg mpo pbm pgm pjp pjpeg png pnm ppm tif tiff webp"
IMAGE_SUFFIXES = frozenset(f".{name}" for name in _PICTURE_NAMES.split())
"""Endings of files that are listed without being opened, in lower case."""


@dataclass(frozen=True, slots=True)
class OnRequest:
    """What becomes images only on request.

    Parameters
    ----------
    pages
        Each page of a PDF and of a TIFF is an image of its own. Otherwise a TIFF is its first page.
    svg
        Drawings in SVG are images.
    """

    pages: bool = False
    svg: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What was requested: some of ``pages`` and ``svg``."""
        return tuple(name for name, asked in (("pages", self.pages), ("svg", self.svg)) if asked)

    @property
    def formats(self) -> frozenset[str]:
        """The formats that were requested."""
        return frozenset({form for form, asked in (("PDF", self.pages), ("SVG", self.svg)) if asked})


@dataclass(frozen=True, slots=True)
class FolderListing:
    """The content of a folder.

    Parameters
    ----------
    items
        Its images.
    left_out
        All other files, counted by ending and reason, the largest count first.
    """

    items: list[SourceItem]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class _Walk:
    """One walk below a folder."""

    root: Path
    inside: str
    wanted: OnRequest
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)

    def leave_out(self, name: str, reason: str) -> None:
        self.left_out[_ending(name), reason] += 1


def list_folder(root: Path, source_name: str, wanted: OnRequest | None = None) -> FolderListing:
    """List the images of a folder and its subfolders.

    Leave out hidden names, folders behind links, and links to files outside the folder.

    Parameters
    ----------
    root
        The folder.
    source_name
        Name of the source, part of every identity.
    wanted
        What becomes images only on request; nothing by default.

    Raises
    ------
    SourceError
        If a folder cannot be read.
    """
    walk = _Walk(root, os.path.realpath(root), wanted or OnRequest())
    items = [item for file in _image_files(walk) for item in _items(walk, file, source_name)]
    found = sorted(walk.left_out.items(), key=lambda entry: (-entry[1], entry[0]))
    return FolderListing(items, tuple(LeftOut(plain(ending), reason, count) for (ending, reason), count in found))


def _items(walk: _Walk, file: Path, source_name: str) -> Iterator[SourceItem]:
    """Yield the images of a file: itself, or its pages if they are wanted."""
    key = file.relative_to(walk.root).as_posix()
    document, count = _pages(file) if walk.wanted.pages else (False, 1)
    if not document:  # the first page of a TIFF is the file itself, with or without pages
        yield SourceItem(source_name=source_name, key=key, location=FileLocation(file))
    if count > MOST_PAGES:
        walk.left_out[_ending(file.name), MANY_PAGES] += count - MOST_PAGES
    for page in range(1 if document else 2, min(count, MOST_PAGES) + 1):
        yield SourceItem(source_name=source_name, key=page_key(key, page), location=PageLocation(file, page))


def _pages(file: Path) -> tuple[bool, int]:
    """Return whether a file is a document in PDF, and the number of its pages."""
    try:
        form = format_of(read_head(file, HEAD_BYTES))
        if form not in {"TIFF", "PDF"}:
            return _ending(file.name) == ".pdf" and not form, 1
        return form == "PDF", count_pages(read_bytes(file, Limits()), Limits())
    except ImageError:  # it fails with its reason when it is read
        return _ending(file.name) == ".pdf", 1


def _image_files(walk: _Walk) -> Iterator[Path]:
    folders = [walk.root]
    while folders:
        folder = folders.pop()
        deeper = []
        for entry in _entries(folder):
            if entry.name.startswith("."):
                walk.leave_out("", HIDDEN)
            elif entry.is_dir(follow_symlinks=False):
                deeper.append(folder / entry.name)
            elif _is_image(walk, entry):
                yield folder / entry.name
        folders.extend(reversed(deeper))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(
            f"The folder {plain(str(folder))} cannot be read ({error.strerror}). Check its permissions."
        ) from error


def _is_image(walk: _Walk, entry: os.DirEntry[str]) -> bool:
    reason = _of_link(walk, entry) if entry.is_symlink() else ""
    if not reason:
        ending = _ending(entry.name)
        if ending in IMAGE_SUFFIXES:
            return True
        reason = _of_content(walk.wanted, entry, ending)
    if reason:
        walk.leave_out(entry.name, reason)
    return not reason


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()


def _of_link(walk: _Walk, entry: os.DirEntry[str]) -> str:
    """Return why a link is not followed; "" if it leads to a file inside."""
    try:
        status = entry.stat()
    except (OSError, ValueError):
        return LINK_NOWHERE
    place = os.path.realpath(entry.path)
    if os.path.commonpath([walk.inside, place]) != walk.inside:
        return LINK_OUT
    return LINKED_FOLDER if stat.S_ISDIR(status.st_mode) else ""


def _of_content(wanted: OnRequest, entry: os.DirEntry[str], ending: str) -> str:
    """Return why a file without the ending of a picture is left out; "" for a picture that can be read."""
    try:
        if not entry.is_file():
            return NO_FILE
        form = format_of(read_head(Path(entry.path), HEAD_BYTES))
    except ImageError as error:
        return NO_FILE if error.reason == "not_a_file" else UNREADABLE
    if form == "TIFF" and ending in RAW_ENDINGS:
        form = "camera raw"
    form = form or format_by_ending(ending)  # a damaged file, or a drawing behind long comments
    return reason_of_format(form, wanted.formats)
