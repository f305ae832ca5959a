"""A folder as a source of images: which of its files are taken up. An edge: it lists folders, and opens no image."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.schema import SourceItem

__all__ = ["IMAGE_SUFFIXES", "folder_items"]

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings of files that a folder source takes up, in lower case."""


def folder_items(root: Path, source_name: str) -> list[SourceItem]:
    """List the images of a folder and its subfolders.

    Raises
    ------
    SourceError
        If a folder cannot be read.
    """
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
