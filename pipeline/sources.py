"""Sources of images: a folder, or a CSV table beside its images -> `SourceItem` rows. Opens no image."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.errors import SourceError, TaxonomyError
from pipeline.schema import SourceItem
from pipeline.taxonomy import GROUPS, attribute_from_name

__all__ = ["IMAGE_SUFFIXES", "Source", "open_source"]

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings of files that a folder source takes up, in lower case."""

_YES = frozenset({"1", "true", "yes", "y", "positive"})
_NO = frozenset({"0", "false", "no", "n", "negative"})
_MAX_CSV_CELL = 100_000  # characters; longer cells are a sign of a broken or hostile table


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
        One an image, sorted by key.
    attributes
        Attributes for which the source knows answers, in the order of its columns.
    """

    name: str
    root: Path
    items: tuple[SourceItem, ...]
    attributes: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Hash names, sizes, times and metadata, to tell whether the source changed. Reads no image."""
        digest = hashlib.sha256()
        for item in self.items:
            try:
                status = item.path.stat()
                size, time = status.st_size, status.st_mtime_ns
            except OSError:
                size, time = -1, -1
            facts = (item.source_name, item.key, size, time, item.caption, item.author, item.keywords, item.origin)
            digest.update(repr((*facts, item.license, item.project_id, sorted(item.labels.items()))).encode())
        return digest.hexdigest()


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
        If there is nothing at `path`, nothing to take up in it, or a table that breaks a rule.
    """
    if not path.exists():
        raise SourceError(f"{path} does not exist. Give a folder of images or a CSV table with a 'file' column.")
    if path.is_dir():
        source_name = name or path.resolve().name or "images"
        items = _folder_items(path, source_name)
        attributes: tuple[str, ...] = ()
    elif path.suffix.lower() == ".csv":
        source_name = name or path.stem
        items, attributes = _table_items(path, source_name)
    else:
        raise SourceError(f"{path} is neither a folder nor a .csv table. Give the folder that holds the images.")
    if not items:
        endings = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceError(
            f"There are no images in {path}. Files ending in {endings} are taken up, subfolders included."
        )
    root = path if path.is_dir() else path.parent
    return Source(source_name, root.resolve(), tuple(sorted(items, key=lambda item: item.key)), attributes)


def _folder_items(root: Path, source_name: str) -> list[SourceItem]:
    return [
        SourceItem(source_name=source_name, key=file.relative_to(root).as_posix(), path=file)
        for file in _image_files(root)
    ]


def _image_files(root: Path) -> Iterator[Path]:
    """Walk below `root`: no hidden names, no folder through a link, no file that a link takes from outside."""
    inside = root.resolve()

    def unreadable(error: OSError) -> None:
        raise SourceError(f"The folder {error.filename} cannot be read ({error.strerror}). Check its permissions.")

    for folder, folders, names in os.walk(root, onerror=unreadable, followlinks=False):
        folders[:] = sorted(entry for entry in folders if not entry.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if name.startswith(".") or file.suffix.lower() not in IMAGE_SUFFIXES:
                continue
            if file.is_symlink() and not file.resolve().is_relative_to(inside):
                continue
            yield file


def _table_items(path: Path, source_name: str) -> tuple[list[SourceItem], tuple[str, ...]]:
    csv.field_size_limit(_MAX_CSV_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or ())
            if "file" not in columns:
                found = ", ".join(columns[:10]) or "none"
                raise SourceError(f"{path} has no column 'file' (found: {found}). Add one with paths of images.")
            attributes = _attribute_columns(columns, path)
            items = [_table_item(row, path, source_name, attributes, reader.line_num) for row in reader]
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check the path and its permissions.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is not a CSV table in UTF-8: {error}. Save it again as CSV UTF-8.") from error
    return items, attributes


def _attribute_columns(columns: list[str], path: Path) -> tuple[str, ...]:
    names = tuple(column for column in columns if column.partition("_")[0] in GROUPS and "_" in column)
    for name in names:
        try:
            attribute_from_name(name)
        except TaxonomyError as error:
            raise SourceError(f"{path}: column {name!r}: {error}") from error
    return names


def _table_item(
    row: dict[str, str], path: Path, source_name: str, attributes: tuple[str, ...], line: int
) -> SourceItem:
    key = (row.get("file") or "").strip().replace("\\", "/")
    parts = PurePosixPath(key)
    if not key or parts.is_absolute() or ".." in parts.parts or "\0" in key:
        raise SourceError(f"{path}, line {line}: {key!r} is not a path below {path.parent}. Give relative paths only.")
    file = path.parent / parts
    if not file.resolve().is_relative_to(path.parent.resolve()):
        raise SourceError(f"{path}, line {line}: {key!r} leads out of {path.parent} through a link. Copy the file in.")
    return SourceItem(
        source_name=source_name,
        key=key,
        path=file,
        caption=_text(row, "caption"),
        author=_text(row, "author"),
        keywords=_text(row, "keywords"),
        origin=_text(row, "source"),
        license=_text(row, "licence") or _text(row, "license"),
        project_id=_project_id(_text(row, "project_id"), path, line),
        labels=_labels(row, attributes, path, line),
    )


def _text(row: dict[str, str], column: str) -> str:
    return (row.get(column) or "").strip()


def _project_id(text: str, path: Path, line: int) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) >= 2**63:
        raise SourceError(f"{path}, line {line}: project_id {text!r} is no whole number from 0 to 2^63 - 1.")
    return int(text)


def _labels(row: dict[str, str], attributes: tuple[str, ...], path: Path, line: int) -> dict[str, bool]:
    labels: dict[str, bool] = {}
    for name in attributes:
        text = _text(row, name).lower()
        if text in _YES:
            labels[name] = True
        elif text in _NO:
            labels[name] = False
        elif text:
            raise SourceError(f"{path}, line {line}: {name} is {text!r}; allowed are yes, no and nothing.")
    return labels
