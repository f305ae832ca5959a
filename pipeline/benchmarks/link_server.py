"""A web server whose links misbehave, for measurements and tests on this machine. Uses the network.

The first part of a path says how the answer behaves, the second is a number: ``/good/17`` is a picture, ``/stall/17``
never answers. Answers are written byte by byte, because a proper server would not lie about a length.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import sys
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable

import numpy as np
from PIL import Image

__all__ = ["BAD", "GOOD", "MisbehavingServer", "picture"]

GOOD = ("good", "chunked", "packed", "hop", "flaky", "limited", "drops-once")
"""Behaviours that send a picture, some of them only after the first request."""
BAD = {
    "missing": "not_found",
    "gone": "not_found",
    "forbidden": "forbidden",
    "teapot": "http_status",
    "broken": "server_error",
    "html": "html_page",
    "text": "not_a_picture",
    "empty": "empty",
    "drop": "incomplete",
    "close": "dropped",
    "garbage": "protocol",
    "headers": "protocol",
    "huge": "too_large",
    "endless": "too_large",
    "bomb": "too_large",
    "brotli": "encoding",
    "damaged": "encoding",
    "stall": "no_answer",
    "stall-body": "stalled",
    "drip": "too_slow",
    "loop": "too_many_redirects",
    "nowhere": "bad_redirect",
    "to-file": "scheme",
}
"""Behaviours that send no picture, and the reason that a fetch records."""

PAGE = b"<!DOCTYPE html>\n<html><head><title>Not here</title></head><body>The picture is gone.</body></html>"
ENDLESS = 1 << 34
DRIP, DRIP_SECONDS = 64, 0.1
"""Bytes that ``/drip`` sends at once, and the pause between two sends."""


def _jpeg() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    return stream.getvalue()


_JPEG = _jpeg()


def picture(number: int) -> bytes:
    """Return the JPEG of a number. Each number has another picture."""
    comment = f"picture {number}".encode()
    return _JPEG[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _JPEG[2:]


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(picture(0)) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(32))
    return packed + packer.flush()


class MisbehavingServer:
    """The server.

    Parameters
    ----------
    endless_bytes
        Bytes after which ``/endless`` ends, for programs without a limit of their own; 0 means never.

    Attributes
    ----------
    requests
        Number of requests for each path.
    headers
        The lines of the latest request's header.
    robots
        Content of ``/robots.txt``; without any there is no such file.
    connections
        Connections that were made.
    open_now, open_most
        Requests being answered, now and at most.
    redirect_to
        Where ``/elsewhere`` redirects to.
    """

    def __init__(self, endless_bytes: int = 0) -> None:
        self.requests: Counter[str] = Counter()
        self.headers: list[str] = []
        self.open_now = self.open_most = self.connections = 0
        self.redirect_to = ""
        self.robots = ""
        self._endless_bytes = endless_bytes
        self._packed_bomb = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.headers = head.splitlines()
                path = self.headers[0].split(" ")[1]
                self.requests[path] += 1
                self.open_now += 1
                self.open_most = max(self.open_most, self.open_now)
                try:
                    if not await self.answer(path, writer):
                        return
                    await writer.drain()
                finally:
                    self.open_now -= 1
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return
        finally:
            writer.close()

    async def answer(self, path: str, writer: asyncio.StreamWriter) -> bool:
        """Write one answer; return whether the connection stays open."""
        if path == "/robots.txt":
            return self._send(writer, 200 if self.robots else 404, self.robots.encode(), kind="text/plain")
        name, _, number = path.strip("/").partition("/")
        body = picture(int(number.split("?")[0] or 0)) if number.split("?")[0].isdigit() else picture(0)
        if found := _PLAIN.get(name):
            status, data, more = found
            return self._send(writer, status, data, more, kind="text/html")
        if known := getattr(self, "_" + name.replace("-", "_"), None):
            speak: Callable[[str, bytes, asyncio.StreamWriter], Awaitable[bool]] = known
            return await speak(path, body, writer)
        return self._send(writer, 404, b"")

    def _send(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, more: str = "", *, kind: str = "image/jpeg"
    ) -> bool:
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        writer.write(head.encode() + body)
        return True

    async def _good(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 200, body)

    async def _chunked(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 5000):
            piece = body[start : start + 5000]
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        writer.write(b"0\r\n\r\n")
        return True

    async def _packed(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 200, gzip.compress(body, 1), "Content-Encoding: gzip\r\n")

    async def _hop(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 302, b"", f"Location: /good/{path.rpartition('/')[2]}\r\n")

    async def _elsewhere(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 307, b"", f"Location: {self.redirect_to}\r\n")

    async def _loop(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 301, b"", f"Location: {path}\r\n")

    async def _flaky(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 500 if self.requests[path] == 1 else 200, body)

    async def _limited(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        first = self.requests[path] == 1
        return self._send(writer, 429 if first else 200, body, "Retry-After: 1\r\n" if first else "")

    async def _long_wait(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 503, b"", "Retry-After: 86400\r\n")

    async def _drops_once(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return await self._good(path, body, writer) if self.requests[path] > 1 else await self._drop(path, body, writer)

    async def _drop(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
        await writer.drain()
        return False

    async def _short_claim(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) - 1000) + body)
        return True

    async def _close(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return False

    async def _garbage(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"\x00\x01\x02 this is not HTTP at all\r\n\r\n")
        return False

    async def _headers(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        lines = b"".join(b"X-Filler-%d: %s\r\n" % (number, b"x" * 90) for number in range(4000))
        writer.write(b"HTTP/1.1 200 OK\r\n" + lines)
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return True

    async def _huge(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % ENDLESS + body)
        await asyncio.sleep(3600)
        return False

    async def _endless(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        sent = 0
        while not writer.is_closing() and (not self._endless_bytes or sent < self._endless_bytes):
            writer.write(bytes(1 << 16))
            sent += 1 << 16
            await writer.drain()
        return False

    async def _bomb(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        self._packed_bomb = self._packed_bomb or _bomb()
        return self._send(writer, 200, self._packed_bomb, "Content-Encoding: gzip\r\n")

    async def _brotli(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 200, body, "Content-Encoding: br\r\n")

    async def _damaged(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._send(writer, 200, gzip.compress(body, 1)[:20] + body, "Content-Encoding: gzip\r\n")

    async def _stall(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(3600)
        return False

    async def _stall_body(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2])
        await asyncio.sleep(3600)
        return False

    async def _drip(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for place in range(0, len(body), DRIP):
            if writer.is_closing():
                break
            writer.write(body[place : place + DRIP])
            await writer.drain()
            await asyncio.sleep(DRIP_SECONDS)
        return False


_PLAIN = {
    "missing": (404, PAGE, ""),
    "gone": (410, PAGE, ""),
    "forbidden": (403, PAGE, ""),
    "teapot": (418, PAGE, ""),
    "broken": (500, PAGE, ""),
    "html": (200, PAGE, ""),
    "text": (200, b"The picture is gone." * 30, ""),
    "empty": (200, b"", ""),
    "nowhere": (302, b"", ""),
    "to-file": (302, b"", "Location: file:///etc/passwd\r\n"),
}


async def _main() -> None:
    """Serve on a free port of this machine until the standard input ends; print the port first."""
    server = await asyncio.start_server(MisbehavingServer(endless_bytes=8 << 20).serve, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
