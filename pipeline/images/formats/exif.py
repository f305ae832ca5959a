"""Read a few fields of EXIF: the orientation, and when, with which camera and where a picture was taken. Pure.

EXIF is a TIFF without pixels (EXIF 2.32, chapter 4.5). Three directories of it are read, each once and up to a limit,
so a block that leads in a circle does no harm. A field that breaks a rule counts as absent.
"""

from __future__ import annotations

import datetime
import math
import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import Final

__all__ = ["NO_FACTS", "ExifFacts", "exif_facts", "orientation_of"]

_MOST_ENTRIES: Final = 1000
_MOST_CHARACTERS: Final = 100
"""Longer texts are cut."""

_FIRST_YEAR: Final = 1800
"""No photograph is older. Clocks that were never set write the year 0."""

_MAKE, _MODEL, _ORIENTATION, _EXIF, _GPS = 0x010F, 0x0110, 0x0112, 0x8769, 0x8825
_TAKEN, _DIGITIZED = 0x9003, 0x9004
_NORTH_OR_SOUTH, _LATITUDE, _EAST_OR_WEST, _LONGITUDE = 1, 2, 3, 4
_ASCII, _SHORT, _LONG, _RATIONAL, _DIRECTORY, _UTF_8 = 2, 3, 4, 5, 13, 129
_BIG_TIFF: Final = 43
_DATE = re.compile(r"(\d{4})[:/.-](\d\d)[:/.-](\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?", re.ASCII)
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """What EXIF says about how a picture was taken.

    Parameters
    ----------
    taken
        Date and time by the camera's clock, without a zone; None where unknown.
    camera
        Make and model, the make once; ``""`` where unknown.
    place
        Latitude and longitude in degrees, as ``48.858222, 2.294500``; ``""`` where unknown.
    """

    taken: datetime.datetime | None = None
    camera: str = ""
    place: str = ""


NO_FACTS: Final = ExifFacts()


def orientation_of(exif: bytes) -> int:
    """Read the orientation (EXIF 2.32, tag 0x0112) from a block of EXIF, with or without its preamble.

    Returns
    -------
    int
        1 to 8; 1 (upright) if the tag is absent or out of range, or the block is damaged.
    """
    block = _Block.of(exif)
    value = block.number(block.first().get(_ORIENTATION)) if block is not None else None
    return value if value is not None and 1 <= value <= 8 else 1


def exif_facts(exif: bytes) -> ExifFacts:
    """Read date, camera and place from a block of EXIF, with or without its preamble, or from a whole TIFF.

    The date is that of the picture (tag 0x9003), else that of its digital copy (0x9004). The date of the last change is
    not read. A place without a hemisphere, outside the earth, or at 0, 0 (as written without satellites) counts as
    absent.

    Parameters
    ----------
    exif
        The block. It may be of any length and hold anything.
    """
    block = _Block.of(exif)
    if block is None:
        return NO_FACTS
    first = block.first()
    inner, gps = block.below(first.get(_EXIF)), block.below(first.get(_GPS))
    return ExifFacts(
        taken=_date(block.text(inner.get(_TAKEN))) or _date(block.text(inner.get(_DIGITIZED))),
        camera=_camera(block.text(first.get(_MAKE)), block.text(first.get(_MODEL))),
        place=_place(
            block.degrees(gps.get(_LATITUDE), block.text(gps.get(_NORTH_OR_SOUTH)), "NS", 90),
            block.degrees(gps.get(_LONGITUDE), block.text(gps.get(_EAST_OR_WEST)), "EW", 180),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a directory: type, number of values, and the offset of the entry's own four bytes."""

    kind: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class _Block:
    """A block of EXIF and its byte order."""

    data: bytes
    order: str

    @classmethod
    def of(cls, exif: bytes) -> _Block | None:
        """Return a block; None for bytes that are none, and for BigTIFF, whose entries are wider."""
        data = exif.removeprefix(b"Exif\0\0")
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        block = None if order is None else cls(data, order)
        return None if block is None or block.read("H", 2) == (_BIG_TIFF,) else block

    def read(self, form: str, at: int) -> tuple[int, ...]:
        """Return numbers at an offset; none where the block ends before them."""
        try:
            return struct.unpack_from(f"{self.order}{form}", self.data, at)
        except struct.error:
            return ()

    def first(self) -> dict[int, _Entry]:
        return self._entries(self.read("I", 4))

    def below(self, entry: _Entry | None) -> dict[int, _Entry]:
        """Return the entries of the directory that an entry points to."""
        if entry is None or entry.kind not in {_LONG, _DIRECTORY} or entry.count != 1:
            return {}
        return self._entries(self.read("I", entry.at))

    def _entries(self, pointer: tuple[int, ...]) -> dict[int, _Entry]:
        found: dict[int, _Entry] = {}
        for at in pointer:
            for number in range(min(sum(self.read("H", at)), _MOST_ENTRIES)):
                entry = self.read("HHI", at + 2 + 12 * number)
                if not entry:
                    break
                found.setdefault(entry[0], _Entry(entry[1], entry[2], at + 10 + 12 * number))
        return found

    def number(self, entry: _Entry | None) -> int | None:
        """Return a single whole number."""
        if entry is None or entry.kind not in {_SHORT, _LONG} or entry.count != 1:
            return None
        found = self.read("H" if entry.kind == _SHORT else "I", entry.at)
        return found[0] if found else None

    def text(self, entry: _Entry | None) -> str:
        """Return a text on one line, up to its first NUL, without control characters."""
        if entry is None or entry.kind not in {_ASCII, _UTF_8}:
            return ""
        start = (entry.at,) if entry.count <= 4 else self.read("I", entry.at)
        data = b"".join(self.data[at : at + min(entry.count, 8 * _MOST_CHARACTERS)] for at in start)
        return _cleaned(data.partition(b"\0")[0])

    def degrees(self, entry: _Entry | None, sign: str, signs: str, most: int) -> float | None:
        """Return degrees from up to three fractions (degrees, minutes, seconds) and the letter of the hemisphere."""
        sign = sign.upper()[:1]
        if entry is None or entry.kind != _RATIONAL or not 1 <= entry.count <= 3 or not sign or sign not in signs:
            return None
        found = [self.read("II", at + 8 * part) for at in self.read("I", entry.at) for part in range(entry.count)]
        if not found or any(len(pair) < 2 or not pair[1] for pair in found):
            return None
        parts = [above / below for above, below in found]
        value = math.fsum(part / divisor for part, divisor in zip(parts, (1, 60, 3600), strict=False))
        if value > most or any(part > 60 for part in parts[1:]):
            return None
        return -value if sign == signs[1] else value


def _cleaned(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    kept = "".join(" " if unicodedata.category(one) in {"Cc", "Cf", "Zl", "Zp"} else one for one in text)
    return " ".join(kept.split())[:_MOST_CHARACTERS].strip()


def _date(text: str) -> datetime.datetime | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        date = datetime.datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None
    return date if date.year >= _FIRST_YEAR else None


def _camera(make: str, model: str) -> str:
    """Return make and model; the model alone if it begins with a word of the make."""
    words = _WORDS.findall(model.casefold())
    doubled = bool(words) and words[0] in _WORDS.findall(make.casefold())
    return model if doubled else f"{make} {model}".strip()


def _place(latitude: float | None, longitude: float | None) -> str:
    if latitude is None or longitude is None:
        return ""
    rounded = round(latitude, 6) + 0.0, round(longitude, 6) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{rounded[0]:.6f}, {rounded[1]:.6f}" if any(rounded) else ""
