"""Random and mutated requests, raw parts of messages, and texts that no answer may hold; for all fuzzing."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tornado.websocket import WebSocketClosedError

from tests.helpers.protocol_client import DisconnectedError, ProtocolClient, open_channel

__all__ = ["Finding", "Watch", "fuzz_channel", "fuzz_requests", "junk", "leak_in"]

LONGEST_WAIT = 5.0
"""Longest wait of other visitors in seconds while one misbehaves."""

_LEAKS = re.compile(
    r"Traceback \(most recent|site-packages|File \\?\"|/(?:root|home|tmp|opt)/|\.py\b.{0,12}line \d|\beyJ[\w-]{20}|"
    + re.escape(str(Path.cwd()))
)
_TOKENS = [
    "/",
    "ws",
    "static",
    "js",
    "components",
    "autoload.js",
    "metadata",
    "..",
    "%2e",
    "%2e%2e%2f",
    "%00",
    "%ff",
    "\\",
    "?",
    "=",
    "&",
    "#",
    "bokeh-session-id",
    "bokeh-token",
    "bokeh-autoload-element",
    "bokeh-app-path",
    "theme",
    "'",
    '"',
    "<script>",
    "{}",
    "[]",
    "%0d%0aX:y",
    ";",
    "~",
    "*",
    "//",
    "favicon.ico",
    "admin",
    "liveness",
    "extensions/panel",
    "extensions/panel-material-ui",
    "http://evil/",
    "unittest.__main__",
    ".js",
    ".css",
    "%252e",
    "é",
]
_SEEDS = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: bokeh, x\r\n\r\n",
    b"POST /metadata HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde",
    b'GET /static/js/bokeh.min.js HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-10\r\nIf-None-Match: "x"\r\n\r\n',
)
_LINES = (
    b"\r\n",
    b"\r\n\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Range: bytes=-1\r\n",
    b"X: " + b"a" * 70_000 + b"\r\n",
    b"Host: \r\n",
    b"Origin: null\r\n",
    b"Sec-Fetch-Site: cross-site\r\n",
)


@dataclass
class Finding:
    """The result of a fuzz: answers by kind, and forbidden events."""

    kinds: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def look(self, answer: str, said: object) -> None:
        """Search an answer for forbidden texts."""
        found = leak_in(answer)
        if found:
            place = answer.find(found)
            self.leaks.append(f"{answer[max(0, place - 100) : place + 60]!r} after {str(said)[:200]}")


def leak_in(answer: str) -> str:
    """Return the traceback, the server's path or the token in an answer; empty if there is none."""
    found = _LEAKS.search(answer)
    return found[0] if found else ""


def fuzz_requests(address: str, count: int, seed: int) -> Finding:
    """Send random and mutated HTTP requests, one connection each, and read the answers."""
    generator = random.Random(seed)  # noqa: S311 -- repeatable, and no secret
    place, finding = urlsplit(address), Finding()
    assert place.hostname
    assert place.port
    for _ in range(count):
        request = _request(generator, place.netloc)
        begun = time.monotonic()
        try:
            whole = b"Connection: close\r\n" in request  # of another the server may wait for the rest
            with socket.create_connection((place.hostname, place.port), timeout=60 if whole else 0.5) as channel:
                channel.sendall(request)
                answer = b""
                while len(answer) < 4_000_000 and (more := channel.recv(65_536)):
                    answer += more
        except (ConnectionError, TimeoutError) as error:
            finding.kinds[type(error).__name__] += 1
            continue
        finding.slowest = max(finding.slowest, time.monotonic() - begun)
        code = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/") else "closed"
        finding.kinds[code] += 1
        page = code == "200" and b"<!DOCTYPE html>" in answer[:2_000]  # which holds the token of its own session
        if not page and not request.startswith(b"GET /static"):
            finding.look(answer[:200_000].decode("latin-1"), request[:200])
    return finding


def junk(generator: random.Random, depth: int = 0) -> Any:
    """Return a value that no page sends."""
    chance = generator.random()
    if depth > 4 or chance < 0.5:
        return generator.choice(_values())
    if chance < 0.75:
        return [junk(generator, depth + 1) for _ in range(generator.randint(0, 4))]
    keys = ["type", "id", "data", "entries", "name", "x", "row", "draws", "replies"]
    return {generator.choice(keys): junk(generator, depth + 1) for _ in range(generator.randint(0, 4))}


async def fuzz_channel(address: str, count: int, seed: int) -> Finding:
    """Send raw pieces of messages and malformed changes over channels of real pages."""
    generator = random.Random(seed)  # noqa: S311 -- repeatable, and no secret
    finding, sent = Finding(), 0
    while sent < count:
        try:
            channel = await open_channel(address)
        except DisconnectedError as error:
            finding.kinds["no page"] += 1
            finding.look(str(error), "a page")
            sent += 1
            continue
        for _ in range(40):
            sent += 1
            pieces = _pieces(generator)
            try:
                for piece in pieces:
                    await channel.write_message(piece, binary=isinstance(piece, bytes))
            except WebSocketClosedError:
                finding.kinds["closed"] += 1
                break
        channel.close(1000)
        while (answer := await channel.read_message()) is not None:
            finding.kinds["answers"] += 1
            finding.look(str(answer), "pieces")
        finding.kinds[f"code {channel.close_code}"] += 1
        finding.look(channel.close_reason or "", "pieces")
    return finding


class Watch:
    """Another visitor, who uses the map meanwhile and measures the time of each answer.

    It runs in a thread and with connections of its own; ``with`` begins and ends it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.waits: list[float] = []
        self.trouble = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=120)

    def _run(self) -> None:

        try:
            asyncio.run(self._look())
        except Exception as error:  # noqa: BLE001 -- the thread reports it to the test
            self.trouble = f"{type(error).__name__}: {error}"

    async def _look(self) -> None:
        client = await ProtocolClient.open(self._address, "LabelTab")
        while not self._over.is_set():
            begun = time.monotonic()
            await client.say("LabelTab", {"type": "hello", "token": ""})
            await client.hear(lambda message: message.get("type") == "who", 120.0)
            self.waits.append(time.monotonic() - begun)
            await asyncio.sleep(0.2)
        client.close()


def _values() -> list[Any]:
    numbers = [0, -1, 1, 2**31, 2**63, 2**70, 1e308, float("nan"), float("inf"), -0.0]
    texts = ["", "a", "../../etc/passwd", "\u202e", "\x00", "9" * 400, "yes", "content_cat", "x" * 10_000]
    array = {"type": "ndarray", "array": {"type": "bytes", "data": "AAAA"}, "shape": [10**9], "dtype": "float64"}
    made = {"type": "object", "name": "Plot", "id": "zz"}
    return [
        None,
        True,
        False,
        *numbers,
        *texts,
        [],
        {},
        [[]],
        {"type": "map", "entries": []},
        array,
        {"id": "p1"},
        made,
    ]


def _request(generator: random.Random, host: str) -> bytes:
    if generator.random() < 0.4:
        return _mutated(generator, generator.choice(_SEEDS))
    ends = ["", "/", "?", "&", "="]
    path = "/" + "".join(generator.choice(_TOKENS) + generator.choice(ends) for _ in range(generator.randint(1, 6)))
    method = generator.choice(["GET"] * 8 + ["POST", "HEAD", "PUT", "OPTIONS"])
    more = ["", "Range: bytes=5-3\r\n", "Origin: http://evil\r\n", f"Cookie: {'a=b;' * generator.randint(1, 200)}\r\n"]
    more += ["Accept-Encoding: gzip\r\n", "If-Modified-Since: nonsense\r\n", "Host: evil.example\r\n"]
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{generator.choice(more)}\r\n"
    return head.encode("utf-8")


def _mutated(generator: random.Random, seed: bytes) -> bytes:
    data = bytearray(seed)
    for _ in range(generator.randint(1, 8)):
        chance, place = generator.random(), generator.randrange(len(data)) if data else 0
        if chance < 0.3 and data:
            data[place] = generator.randrange(256)
        elif chance < 0.5:
            data[place:place] = generator.randbytes(generator.randint(1, 20))
        elif chance < 0.7:
            del data[place : place + generator.randint(1, 15)]
        elif chance < 0.85:
            data[place:place] = data[: generator.randint(1, 40)]
        else:
            data[place:place] = generator.choice(_LINES)
    return bytes(data)


def _pieces(generator: random.Random) -> list[str | bytes]:
    kinds = ["PATCH-DOC", "PULL-DOC-REQ", "PUSH-DOC", "SERVER-INFO-REQ", "OK", "ERROR", "ACK", "NOPE"]
    head: dict[str, Any] = {"msgid": "1", "msgtype": generator.choice(kinds)}
    if generator.random() < 0.3:
        head["num_buffers"] = generator.choice([0, 1, -1, 10**9, "x"])
    header, value = json.dumps(head), json.dumps(junk(generator))
    change = json.dumps({"msgid": "1", "msgtype": "PATCH-DOC"})
    if generator.random() < 0.5:
        return [change, "{}", json.dumps({"events": [_event(generator)]})]
    choices: list[list[str | bytes]] = [
        [header, "{}", "{}"],
        [header, "{}", value],
        [value, "{}", "{}"],
        ["{"],
        ["", "", ""],
        [header, "[]", "[]"],
        ["[" * 3_000 + "]" * 3_000, "{}", "{}"],
        [header, "{}", "[" * 50_000],
        ["nul\0"],
        [header] * 4,
        [os.urandom(generator.randint(1, 2_000))],
        [change, "{}", json.dumps({"events": [{"kind": "ModelChanged"}] * 2_000})],
    ]
    return generator.choice(choices)


def _event(generator: random.Random) -> Any:
    names = ["status", "dark", "rows", "esm", "items", "size", "visible", "tags", "name", "js_property_callbacks", "x"]
    model = {"id": generator.choice(["p1001", "p1100", "p1306", "nope", "", 7])}
    return generator.choice(
        [
            {"kind": "ModelChanged", "model": model, "attr": generator.choice(names), "new": junk(generator)},
            {"kind": "RootAdded", "model": junk(generator)},
            {"kind": "RootRemoved", "model": model},
            {"kind": "TitleChanged", "title": junk(generator)},
            {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": junk(generator)},
            {"kind": "MessageSent", "msg_type": "ipywidgets_bokeh", "msg_data": junk(generator)},
            {"kind": "ColumnDataChanged", "model": model, "attr": "data", "data": junk(generator), "cols": None},
            {"kind": "Nope"},
            junk(generator),
        ]
    )
