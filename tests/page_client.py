"""A browser's page without a browser: speaks the page's own channel, asks for views, takes frames. Few cycles each."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.request import urlopen

from tornado.websocket import WebSocketClientConnection, websocket_connect

__all__ = ["PageClient"]

MOST_BYTES = 64_000_000


class PageClient:
    """One session with a served map; made by `open`, which loads the page as a browser does."""

    def __init__(self, socket: WebSocketClientConnection, canvas: str, properties: dict[str, Any]) -> None:
        self._socket = socket
        self._canvas = canvas
        self._writing = asyncio.Lock()  # the fragments of two messages must not mix
        self.properties = properties
        self.serial = 0
        self.asked = self.answered = 0
        self.bytes = 0

    @classmethod
    async def open(cls, address: str) -> PageClient:
        """Load the page, connect, and find the map in the document."""
        with urlopen(address, timeout=60) as answer:  # noqa: S310 -- a server of ours on this machine
            found = re.search(r'"token":"([^"]+)"', answer.read().decode())
        assert found is not None, "the page holds the token of its session"
        socket = await websocket_connect(
            f"{address.replace('http', 'ws', 1)}ws", subprotocols=["bokeh", found[1]], max_message_size=MOST_BYTES
        )
        await _read(socket)  # ACK
        await _write(socket, "PULL-DOC-REQ", {})
        _, document, _ = await _read(socket)
        model = next(entry for entry in _models(document) if entry["attributes"].get("class_name") == "MapCanvas")
        return cls(socket, model["id"], model["attributes"]["data"]["attributes"])

    async def send(self, message: dict[str, Any]) -> None:
        """Send what the map's component would send by ``model.send_msg``."""
        values = {"type": "map", "entries": [["model", {"id": self._canvas}], ["data", _map(message)]]}
        data = {"type": "event", "name": "data_event", "values": values}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        async with self._writing:
            await _write(self._socket, "PATCH-DOC", {"events": [event]})

    async def ask(self, x: float, y: float, half: float, *, width: int = 1116, height: int = 822) -> int:
        """Ask for a square view's frame around a place of the layout; give the request's id."""
        self.asked += 1
        wide = half * width / height
        view = {"x0": x - wide, "y0": y - half, "x1": x + wide, "y1": y + half, "width": width, "height": height}
        await self.send({"type": "view", "id": self.asked, "fresh": self.asked == 1, "dpr": 1} | view)
        return self.asked

    async def frame(self) -> dict[str, Any]:
        """Wait for the next frame, say that it was seen, and give what came with it but the picture's bytes."""
        while True:
            kind, content, sizes = await _read(self._socket)
            self.bytes += sum(sizes)
            for event in content.get("events", []) if kind == "PATCH-DOC" else []:
                message = _message_of(event)
                if message.get("type") == "frame":
                    self.serial, self.answered = int(message["serial"]), max(self.answered, int(message["id"]))
                    await self.send({"type": "seen", "serial": self.serial})
                    return message

    def close(self) -> None:
        """Go away."""
        self._socket.close()


def _message_of(event: dict[str, Any]) -> dict[str, Any]:
    values = event.get("msg_data", {}).get("values", {})
    entries = dict(values.get("entries", [])) if isinstance(values, dict) else {}
    data = entries.get("data")
    return dict(data["entries"]) if isinstance(data, dict) and data.get("type") == "map" else {}


def _models(node: Any) -> list[dict[str, Any]]:
    """List the models of a serialized document."""
    if isinstance(node, dict):
        inner = [model for value in node.values() for model in _models(value)]
        return [node, *inner] if "attributes" in node and "id" in node else inner
    return [model for value in node for model in _models(value)] if isinstance(node, list) else []


def _map(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "map", "entries": [[key, value] for key, value in message.items()]}


async def _write(socket: WebSocketClientConnection, kind: str, content: dict[str, Any]) -> None:
    for part in ({"msgid": "0", "msgtype": kind}, {}, content):
        await socket.write_message(json.dumps(part))


async def _read(socket: WebSocketClientConnection) -> tuple[str, dict[str, Any], list[int]]:
    """Read one message: header, metadata, content, and two fragments for every buffer, of which the size is given."""
    parts: list[Any] = []
    for _ in range(3):
        fragment = await socket.read_message()
        assert fragment is not None, "the server closed the connection"
        parts.append(json.loads(fragment))
    sizes = []
    for _ in range(int(parts[0].get("num_buffers", 0))):
        await socket.read_message()
        sizes.append(len(await socket.read_message() or b""))
    return str(parts[0]["msgtype"]), parts[2], sizes
