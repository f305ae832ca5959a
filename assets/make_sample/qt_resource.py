"""Read Qt resource files (.rcc), a tree of names and bytes."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMPRESSED, _FOLDER = 1, 2


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file's path within the resource, and its bytes."""
    raw = path.read_bytes()
    if raw[:4] != b"qres":
        raise ValueError(f"{path} is not a Qt resource file.")
    yield from _Reader(raw).walk(0, "")


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        version, self.tree, self.data, self.names = struct.unpack(">4I", raw[4:20])
        self.size = 22 if version >= 2 else 14

    def walk(self, node: int, parent: str) -> Iterator[tuple[str, bytes]]:
        at = self.tree + node * self.size
        name_at, flags = struct.unpack(">IH", self.raw[at : at + 6])
        path = f"{parent}/{self._name(name_at)}" if node else parent
        if flags & _FOLDER:
            count, first = struct.unpack(">II", self.raw[at + 6 : at + 14])
            for child in range(first, first + count):
                yield from self.walk(child, path)
            return
        (data_at,) = struct.unpack(">I", self.raw[at + 10 : at + 14])
        yield path, self._bytes(data_at, compressed=bool(flags & _COMPRESSED))

    def _name(self, offset: int) -> str:
        at = self.names + offset
        (length,) = struct.unpack(">H", self.raw[at : at + 2])
        return self.raw[at + 6 : at + 6 + 2 * length].decode("utf-16-be")

    def _bytes(self, offset: int, *, compressed: bool) -> bytes:
        at = self.data + offset
        (length,) = struct.unpack(">I", self.raw[at : at + 4])
        body = self.raw[at + 4 : at + 4 + length]
        return zlib.decompress(body[4:]) if compressed else body
