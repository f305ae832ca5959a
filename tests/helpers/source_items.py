"""Facts about items of a source that tests ask for."""

from __future__ import annotations

from pathlib import Path

from pipeline.images.locations import FileLocation
from pipeline.images.records import SourceItem

__all__ = ["file_of"]


def file_of(item: SourceItem) -> Path:
    """Return the file of an item that lies in a file of its own."""
    assert isinstance(item.location, FileLocation)
    return item.location.path
