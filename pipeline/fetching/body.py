"""Receive the body of an answer: unpack it within limits, look at its first bytes, write it. Uses the disk.

Nothing that the header says is trusted. Bytes are counted as they are received and again as they are unpacked, in small
steps, so that a bomb is noticed at the limit and not after it. A page in place of a picture is noticed at its first
bytes, before a file is made.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import FetchError, LinkError
from pipeline.fetching.reasons import Reason
from pipeline.files.small_files import reason_of
from pipeline.files.system import open_unfollowed
from pipeline.images.formats.detection import HEAD_BYTES, format_of
from pipeline.text.plain_text import plain

__all__ = ["PictureBody", "unpacker"]

STEP = 64 * 1024
"""Bytes that are unpacked at a time."""
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|title|script|meta)[\s>]",
    re.IGNORECASE | re.DOTALL,
)


class Unpacker:
    """Pass bytes through."""

    def unpacked(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes."""
        if data:
            yield data

    def ended(self) -> bool:
        """Return whether the end of the packed bytes was received."""
        return True


class _Zlib(Unpacker):
    """Unpack gzip or deflate, a step at a time."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window) if window > 0 else None

    def unpacked(self, data: bytes) -> Iterator[bytes]:
        """Yield what the bytes unpack to, in pieces of at most `STEP` bytes; raise `zlib.error` for damaged ones."""
        while data:
            if self._stream is None:  # "deflate" is meant to have a zlib header, and some servers leave it out
                self._window = zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS
                self._stream = zlib.decompressobj(self._window)
            elif self._stream.eof:
                self._stream = zlib.decompressobj(self._window)  # gzip allows one packed part after another
            if piece := self._stream.decompress(data, STEP):
                yield piece
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
        while self._stream is not None and not self._stream.eof and (piece := self._stream.decompress(b"", STEP)):
            yield piece  # what zlib still holds back

    def ended(self) -> bool:
        return self._stream is not None and self._stream.eof


def unpacker(encoding: str) -> Unpacker:
    """Return what unpacks an answer.

    Parameters
    ----------
    encoding
        The header ``Content-Encoding``.

    Raises
    ------
    LinkError
        Reason ``encoding`` for anything but gzip and deflate: requests ask for unpacked answers, and a picture is not
        smaller when it is packed again.
    """
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return Unpacker()
    if name in {"gzip", "x-gzip"}:
        return _Zlib(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Zlib(0)
    message = f"The answer is packed as {plain(name)[:60]}, which was not asked for."
    raise LinkError(message, reason=Reason.ENCODING)


class PictureBody:
    """A picture as it is received.

    Parameters
    ----------
    part
        The file to write. It is made when the first bytes have turned out to be a picture's.
    most
        Largest number of bytes, packed and unpacked.
    encoding
        The header ``Content-Encoding``.

    Attributes
    ----------
    size
        Bytes so far, unpacked.
    image_format
        Format of the picture; "" until enough bytes are there.

    Raises
    ------
    LinkError
        As `unpacker`.
    """

    def __init__(self, part: Path, most: int, encoding: str) -> None:
        self.size = 0
        self.image_format = ""
        self._part = part
        self._most = most
        self._unpacker = unpacker(encoding)
        self._received = 0
        self._head = b""
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes in.

        Raises
        ------
        LinkError
            Reasons ``too_large``, ``encoding``, ``html_page`` and ``not_a_picture``.
        FetchError
            If the disk refuses.
        """
        self._received += len(data)
        if self._received > self._most:
            raise _too_large(self._most, "")
        try:
            for piece in self._unpacker.unpacked(data):
                self._take(piece)
        except zlib.error as error:
            raise LinkError(f"The answer cannot be unpacked ({error}).", reason=Reason.ENCODING) from None

    def finish(self) -> bytes:
        """Close the file; return the SHA-256 of the picture.

        Raises
        ------
        LinkError
            As `feed`, and ``empty`` and ``incomplete``.
        """
        if self._received == 0:
            raise LinkError("The answer is empty.", reason=Reason.EMPTY)
        if not self._unpacker.ended():
            raise LinkError("The packed answer ends in the middle.", reason=Reason.INCOMPLETE)
        if self.size == 0:
            raise LinkError("The answer is empty.", reason=Reason.EMPTY)
        if self._file is None:
            self._begin()
        self.close()
        return self._hash.digest()

    def close(self) -> None:
        """Close the file, if one is open."""
        if self._file is not None:
            with _of_disk(self._part):
                self._file.close()
            self._file = None

    def _take(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._most:
            raise _too_large(self._most, " when it is unpacked")
        self._hash.update(piece)
        if self._file is not None:
            with _of_disk(self._part):
                self._file.write(piece)
            return
        self._head += piece
        if len(self._head) >= HEAD_BYTES:
            self._begin()

    def _begin(self) -> None:
        """Look at the first bytes, and make the file if they are a picture's."""
        self.image_format = format_of(self._head[:HEAD_BYTES])
        if not self.image_format:
            if _HTML.match(self._head):
                message = "The answer is a page, not a picture; hosts send such a page when the picture is gone."
                raise LinkError(message, reason=Reason.HTML_PAGE)
            raise LinkError("The answer begins like no picture.", reason=Reason.NOT_A_PICTURE)
        with _of_disk(self._part):
            self._file = os.fdopen(open_unfollowed(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb")
            self._file.write(self._head)
        self._head = b""


class _of_disk:  # noqa: N801 -- reads as a phrase; a class costs a third of a generator for every piece
    """Turn errors of the disk into a `FetchError`: they are no failure of the link."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise FetchError(
                f"{self._path.parent} cannot be written ({reason_of(error)}). "
                "What was fetched is kept. Free space or check permissions, and fetch again."
            ) from error


def _too_large(most: int, when: str) -> LinkError:
    return LinkError(f"The answer has more than the {most:,} bytes allowed{when}.", reason=Reason.TOO_LARGE)
