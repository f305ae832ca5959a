"""Find the pages of a TIFF 6 or BigTIFF, and check the directory of one before a decoder follows it. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pipeline.errors import ImageError
from pipeline.images.formats.contents import Contents, too_costly

__all__ = ["MOST_PAGES", "is_camera_raw", "tiff_contents", "tiff_page_count"]

MOST_PAGES: Final = 10_000
"""Maximum number of pages of one file that become images."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MOST_ENTRIES = 4096
_MOST_DIRECTORIES: Final = 40_000
"""Directories that are followed: every page may have some smaller versions."""

_MOST_PARTS = 16
_KIND, _PHOTOMETRIC, _PARTS, _DNG_VERSION = 254, 262, 330, 50_706
_SENSOR = frozenset({32_803, 34_892})
"""Values of the tag for colours of the data of a sensor (TIFF/EP, DNG 1.7): a colour filter array, linear raw."""

_REDUCED, _MASK = 1, 4
_MOST_VALUES = {
    258: 1000,  # bits of each sample
    273: 300_000,  # offsets of strips
    277: 1,
    279: 300_000,
    320: 3 * 65_536,  # palette
    324: 300_000,  # offsets of tiles
    325: 300_000,
    338: 1000,
    339: 1000,
}


@dataclass(frozen=True, slots=True)
class _Layout:
    """Byte order and width of the offsets of one file."""

    order: str
    big: bool

    @classmethod
    def of(cls, data: bytes) -> _Layout:
        return cls("<" if data[:2] == b"II" else ">", data[2:4] in {b"+\0", b"\0+"})

    def first(self, data: bytes) -> int:
        """Return the offset of the first directory."""
        return int(struct.unpack_from(f"{self.order}Q", data, 8)[0] if self.big else self.word(data, 4))

    def beginning_at(self, data: bytes, offset: int) -> bytes:
        """Return the file with another directory as its first one."""
        start = 8 if self.big else 4
        pointer = struct.pack(f"{self.order}{'Q' if self.big else 'I'}", offset)
        return data[:start] + pointer + data[start + len(pointer) :]

    def entries(self, data: bytes, at: int) -> tuple[int, int, int]:
        """Return the number of entries of a directory, the offset of the first one, and the bytes of each."""
        count = struct.unpack_from(f"{self.order}{'Q' if self.big else 'H'}", data, at)[0]
        return int(count), at + (8 if self.big else 2), 20 if self.big else 12

    def word(self, data: bytes, at: int) -> int:
        return int(struct.unpack_from(f"{self.order}I", data, at)[0])

    def entry(self, data: bytes, at: int) -> tuple[int, int, int, int]:
        """Return tag, type and number of values of an entry, and its first value or the offset of its values."""
        tag, kind, values = struct.unpack_from(f"{self.order}HH{'Q' if self.big else 'I'}", data, at)
        place = at + (12 if self.big else 8)
        form = {3: "H", 16: "Q", 18: "Q"}.get(kind, "I")
        wide = values * _SIZES.get(kind, 1) > (8 if self.big else 4)
        form = ("Q" if self.big else "I") if wide else form
        return int(tag), int(kind), int(values), int(struct.unpack_from(f"{self.order}{form}", data, place)[0])

    def following(self, data: bytes, at: int) -> int:
        """Return the offset of the directory after this one; 0 if it is the last."""
        count, start, step = self.entries(data, at)
        return int(struct.unpack_from(f"{self.order}{'Q' if self.big else 'I'}", data, start + count * step)[0])

    def tags(self, data: bytes, at: int) -> dict[int, tuple[int, int]]:
        """Return number of values and first value, or their offset, of the tags of a directory."""
        count, start, step = self.entries(data, at)
        found = (self.entry(data, start + step * number) for number in range(min(count, _MOST_ENTRIES)))
        return {tag: (values, value) for tag, _, values, value in found}


def tiff_contents(data: bytes, page: int = 1) -> Contents:
    """Check the directory of one page, and return a file whose first page it is.

    Parameters
    ----------
    data
        The file.
    page
        From 1. Smaller versions of a page and masks are no pages of their own.

    Raises
    ------
    ImageError
        Reason ``too_costly`` if the values together are longer than the file, or far too many; ``damaged`` if there
        is no such page.
    """
    layout = _Layout.of(data)
    if page > 1:
        offsets = _pages(data)
        if page > len(offsets):
            message = f"The file has {len(offsets):,} pages that can be read, so there is no page {page:,}."
            raise ImageError(message, reason="damaged")
        data = layout.beginning_at(data, offsets[page - 1])
    try:
        count, at, step = layout.entries(data, layout.first(data))
        total = 0
        for _ in range(min(count, _MOST_ENTRIES)):
            tag, kind, values = struct.unpack_from(f"{layout.order}HH{'Q' if layout.big else 'I'}", data, at)
            at += step
            if values > _MOST_VALUES.get(tag, values):
                raise too_costly(f"{values:,} values of tag {tag}")
            total += values * _SIZES.get(kind, 0)
    except (struct.error, OverflowError):
        return Contents(data, exif=data)  # truncated: the decoder reports it
    if count > _MOST_ENTRIES or total > 2 * len(data) + 65_536:
        raise too_costly("its directory claims more than the file holds")
    return Contents(data, exif=data)


def tiff_page_count(data: bytes) -> int:
    """Return the number of pages of a TIFF, at least 1, also if it is damaged."""
    return max(1, len(_pages(data)))


def is_camera_raw(data: bytes) -> bool:
    """Return whether a TIFF holds the data of a camera's sensor, or is a digital negative (DNG)."""
    layout = _Layout.of(data)
    try:
        tags = layout.tags(data, layout.first(data))
        if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC, (1, 0))[1] in _SENSOR:
            return True
        return any(layout.tags(data, at).get(_PHOTOMETRIC, (1, 0))[1] in _SENSOR for at in _parts(layout, data, tags))
    except (struct.error, OverflowError):
        return False


def _parts(layout: _Layout, data: bytes, tags: dict[int, tuple[int, int]]) -> list[int]:
    """Return the offsets of the directories below a directory (TIFF Technical Note 1)."""
    count, value = tags.get(_PARTS, (0, 0))
    if count <= 1:
        return [value] * count
    form = "Q" if layout.big else "I"
    return [int(at) for at in struct.unpack_from(f"{layout.order}{min(count, _MOST_PARTS)}{form}", data, value)]


def _pages(data: bytes) -> list[int]:
    """Return the offsets of the directories of the pages, in order; stops at damage, at a circle and at the limits."""
    layout = _Layout.of(data)
    found: list[int] = []
    seen: set[int] = set()
    try:
        at = layout.first(data)
        while at and at not in seen and len(seen) < _MOST_DIRECTORIES and len(found) <= MOST_PAGES:
            seen.add(at)
            following = layout.following(data, at)
            if len(seen) == 1 or not layout.tags(data, at).get(_KIND, (1, 0))[1] & (_REDUCED | _MASK):
                found.append(at)
            at = following
    except (struct.error, OverflowError):
        pass
    return found
