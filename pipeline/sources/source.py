"""Sources of images: a folder, or a CSV table beside its images. Lists `SourceItem` rows and opens no image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.images.records import SourceItem
from pipeline.sources.folder import IMAGE_SUFFIXES, list_folder
from pipeline.sources.left_out import LeftOut, told_left_out
from pipeline.sources.table import TableSource, read_source_table

__all__ = ["Source", "open_source", "source_name"]


@dataclass(frozen=True, slots=True)
class Source:
    """A source that has been listed.

    Parameters
    ----------
    name
        Part of every identity.
    root
        Folder that the keys are relative to.
    items
        One for each image, sorted by key.
    attributes
        Attributes with answers in the source, in the order of its columns.
    notes
        Notes about how a table was read, one sentence each.
    ignored
        A note about its unused columns; empty where there are none.
    is_table
        Whether a table lists the images. Otherwise they are all images below `root`.
    left_out
        Files of a folder that were left out, with the reasons.
    """

    name: str
    root: Path
    items: tuple[SourceItem, ...]
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: str = ""
    is_table: bool = False
    left_out: tuple[LeftOut, ...] = ()

    def fingerprint(self) -> str:
        """Return a hash of names, sizes, times and metadata that shows changes of the source. Reads no image."""
        digest = hashlib.sha256()
        for item in self.items:
            try:
                status = item.path.stat()
                size, time = status.st_size, status.st_mtime_ns
            except (OSError, ValueError):
                size, time = -1, -1
            facts = (item.source_name, item.key, size, time, item.caption, item.author, item.keywords, item.origin)
            digest.update(repr((*facts, item.license, item.project_id, sorted(item.labels.items()))).encode())
        return digest.hexdigest()


def source_name(path: Path) -> str:
    """Return the default name of a folder or table as a source."""
    return (path.resolve().name or "images") if path.is_dir() else path.stem


def open_source(path: Path, *, name: str | None = None) -> Source:
    """List a folder of images (with its subfolders) or a CSV table with a ``file`` column.

    Parameters
    ----------
    path
        A folder, or a ``.csv`` file whose ``file`` column is relative to the folder it lies in.
    name
        Name of the source; the folder's or the table's own name by default. It is part of every identity.

    Raises
    ------
    SourceError
        If `path` does not exist, holds no images, or is a table that breaks a rule.
    """
    try:
        return _open_source(path, name)
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, a link to itself, a disk that fails
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be read ({reason}). Check the path and its permissions.") from error


def _open_source(path: Path, name: str | None) -> Source:
    left_out: tuple[LeftOut, ...] = ()
    if not path.exists():
        raise SourceError(f"{path} does not exist. Give a folder of images or a CSV table with a 'file' column.")
    if path.is_dir():
        named = name or source_name(path)
        listing = list_folder(path, named)
        read, left_out = TableSource(listing.items), listing.left_out
    elif path.suffix.lower() == ".csv":
        named = name or source_name(path)
        read = read_source_table(path, named)
    else:
        raise SourceError(f"{path} is neither a folder nor a .csv table. Give the folder that holds the images.")
    if not read.items and not path.is_dir():
        raise SourceError(f"{path} has no row below its header. Add a row for each image.")
    if not read.items:
        endings = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceError(
            f"There are no images in {path}. Files ending in {endings} are taken up, and any others that are such "
            f"pictures, subfolders included. {' '.join(told_left_out(left_out))}".rstrip()
        )
    root = path if path.is_dir() else path.parent
    items = tuple(sorted(read.items, key=lambda item: item.key))
    is_table = not path.is_dir()
    return Source(named, root.resolve(), items, read.attributes, read.notes, read.ignored, is_table, left_out)
