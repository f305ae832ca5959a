"""Read the original files of a collection's images where they are still in place and unchanged. Uses the disk.

A collection works without them: they only make an image sharper when it fills the screen. No file is read outside the
folders or addresses that the images came from, none whose bytes have changed since, and none that needs more memory
than `LIMITS` allows at the size shown.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.compute as pc
from PIL import Image

from pipeline.collection import Collection
from pipeline.errors import ImageError, ParameterError, StorageError
from pipeline.images.decoding import decode_rgb
from pipeline.images.locations import (
    FileLocation,
    Location,
    RemoteLocation,
    RemoteMemberLocation,
    file_behind,
    location_from_text,
    page_of,
)
from pipeline.images.pages import picture_sha256
from pipeline.limits import Limits
from pipeline.sources.reading import read_location
from pipeline.storage import stored_address

__all__ = ["LIMITS", "MAX_SIDE", "Original", "PictureFacts", "original_location", "picture_facts", "read_original"]

MAX_SIDE = 2048
"""Longest side that is returned, in pixels."""

LIMITS: Final = Limits(max_bytes=150_000_000, max_memory=400_000_000)
"""Limits for decoding one original."""

_UNDECODABLE = re.compile(r"\\udc([89a-f][0-9a-f])")


@dataclass(frozen=True, slots=True)
class Original:
    """An original ready for a browser, or the reason why there is none.

    Parameters
    ----------
    picture
        WebP; ``b""`` where there is none.
    note
        The reason where the original exists but takes too much memory; otherwise "".
    """

    picture: bytes = b""
    note: str = ""


def original_location(collection: Collection, row: int) -> Location | None:
    """Return the place of the bytes that an image was built from.

    Parameters
    ----------
    collection
        The collection. Its manifest names the folder that it was built from.
    row
        The image.

    Returns
    -------
    Location or None
        In a file inside that folder when all links are followed; None where there is none.
    """
    if not collection.manifest.source_root:
        return None
    stored = collection.stored_location(row)
    if stored:
        return _elsewhere(collection, stored)
    source = collection.record(row).source
    # A name that is not UTF-8 is stored with its bytes as escapes. The hash decides whether this is the file.
    path = _inside(collection, source) or _inside(collection, _UNDECODABLE.sub(_as_stored, source))
    return None if path is None else FileLocation(path)


def read_original(collection: Collection, row: int, longest_side: int = MAX_SIDE) -> Original:
    """Read an original, upright, in sRGB, decoded no larger than needed.

    Parameters
    ----------
    collection, row
        The image.
    longest_side
        In pixels, at most `MAX_SIDE`. A smaller original keeps its size.

    Returns
    -------
    Original
        Empty where the original is missing, changed or unreadable; with a note where it takes too much memory.
    """
    location = original_location(collection, row)
    if location is None:
        return Original()
    record, side = collection.record(row), max(1, min(longest_side, MAX_SIDE))
    longer, shorter = max(record.width, record.height, 1), max(min(record.width, record.height), 1)
    try:
        data = read_location(location, LIMITS)
        page = page_of(location)
        if picture_sha256(data, page) != record.sha256:
            return Original()
        pixels = decode_rgb(data, limits=LIMITS, min_side=-(-side * shorter // longer), page=page).rgb
    except ImageError as error:
        if error.reason not in {"too_large", "too_costly"}:
            return Original()
        size = f"{record.width:,} x {record.height:,} pixels"
        return Original(note=f"The original ({size}) takes too much memory to be shown here: this is its preview.")
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=88, method=2)
    return Original(buffer.getvalue())


def _elsewhere(collection: Collection, stored: str) -> Location | None:
    """Return a stored location whose file lies inside the source's folder; None for any other."""
    root = Path(collection.manifest.source_root)
    try:
        location = location_from_text(stored, root)
    except ParameterError:
        return None
    if isinstance(location, RemoteLocation | RemoteMemberLocation):
        roots = [collection.manifest.source_root, *(added.root for added in collection.manifest.added)]
        return location if any(_is_below(location, one) for one in roots) else None
    file = file_behind(location)
    return location if file is not None and _inside(collection, str(file)) is not None else None


def _is_below(location: RemoteLocation | RemoteMemberLocation, root: str) -> bool:
    """Return whether a stored address lies below that of the source."""
    text = location.address if isinstance(location, RemoteLocation) else location.archive
    try:
        return stored_address(root).holds(stored_address(text))
    except StorageError:
        return False


def _inside(collection: Collection, source: str) -> Path | None:
    """Return a file of one of the folders of the sources; `source` is a path below the first one, or absolute."""
    first = Path(collection.manifest.source_root)
    for root in (first, *(Path(added.root) for added in collection.manifest.added)):
        try:
            whole_root = root.resolve(strict=True)
            path = (first / source).resolve(strict=True)
            if path.is_file() and path.is_relative_to(whole_root):
                return path
        except (OSError, ValueError, RuntimeError):
            continue
    return None


def _as_stored(found: re.Match[str]) -> str:
    return chr(0xDC00 + int(found[1], 16))


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Pictures and cards of a collection.

    Parameters
    ----------
    shown
        Images that show their picture.
    waiting
        Images that show a card and have a link that was not tried yet.
    without
        Images that show a card and have no link.
    failures
        Source and ``reason: sentence`` of each image whose link gave no picture.
    """

    shown: int
    waiting: int
    without: int
    failures: tuple[tuple[str, str], ...]

    @property
    def reasons(self) -> dict[str, int]:
        """Number of failures by reason, the most frequent first."""
        return dict(Counter(error.partition(": ")[0] for _, error in self.failures).most_common())


def picture_facts(collection: Collection) -> PictureFacts | None:
    """Return what is known of the pictures; None where every image has its picture since the collection was built."""
    dataset = collection.open_dataset("images.lance")
    if collection.manifest.thumbnails is None or "location" not in dataset.schema.names:
        return None
    table = collection.guarded(lambda: dataset.to_table(columns=["location", "error"], filter="status = 'ok'"))
    link = pc.fill_null(pc.starts_with(table["location"], '["link"'), False)
    none = pc.fill_null(pc.starts_with(table["location"], '["none"'), False)
    failed = pc.and_(link, pc.not_equal(pc.coalesce(table["error"], ""), ""))
    names = collection.guarded(
        lambda: dataset.to_table(
            columns=["source", "error"], filter="status = 'ok' and error != '' and starts_with(location, '[\"link\"')"
        )
    )
    links, without, failures = (pc.sum(mask).as_py() or 0 for mask in (link, none, failed))
    return PictureFacts(
        shown=table.num_rows - links - without,
        waiting=links - failures,
        without=without,
        failures=tuple(zip(names["source"].to_pylist(), names["error"].to_pylist(), strict=True)),
    )
