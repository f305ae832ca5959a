"""A page without a browser, which sends and receives the messages of a component's script over the page's channel.

It opens a session as a page does (Bokeh's WebSocket protocol), finds a component by the class of its server's half, and
exchanges messages with it. Nothing is drawn and nothing is kept, so that many of them fit into one process.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Any

from bokeh.protocol import Protocol
from bokeh.protocol.message import Message
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.protocol.receiver import Receiver
from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.locks import Lock
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

__all__ = ["DisconnectedError", "ProtocolClient", "open_channel"]


_TOKEN = re.compile(rb'"token":"([A-Za-z0-9_.=-]+)"')


class DisconnectedError(Exception):
    """The server closed the connection, or never answered."""


async def open_channel(address: str) -> WebSocketClientConnection:
    """Get a page, as a browser does, and open the channel of its session with the token in it.

    Raises
    ------
    DisconnectedError
        If there is no server, it goes away, or it gives no page.
    """
    page = address.rstrip("/")
    try:
        patience = {"request_timeout": 120.0, "connect_timeout": 120.0}
        answer = await AsyncHTTPClient().fetch(f"{page}/", raise_error=False, **patience)
        found = _TOKEN.search(answer.body or b"")
        if found is None:
            raise DisconnectedError(f"no page at {page}: {answer.code} {answer.error or ''}")
        url = answer.effective_url.partition("?")[0].rstrip("/").replace("http", "ws", 1) + "/ws"
        subprotocols = ["bokeh", found[1].decode("ascii")]
        return await websocket_connect(url, subprotocols=subprotocols, max_message_size=100_000_000)
    except (OSError, HTTPClientError) as error:
        raise DisconnectedError(str(error)) from error


class ProtocolClient:
    """One session; made by `ProtocolClient.open`."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.heard: deque[dict[str, Any]] = deque()
        self.values: dict[tuple[str, str], Any] = {}
        """Component and name of a parameter -> its value now."""
        self.bytes = 0
        """Bytes of pictures and other binary parts that came."""
        self._writing = Lock()  # the pieces of two messages must not mix
        self._socket = socket
        self._protocol = Protocol()
        self._receiver = Receiver(self._protocol)
        self._models: dict[str, str] = {}
        self._data: dict[str, str] = {}

    @classmethod
    async def open(cls, address: str, *components: str) -> ProtocolClient:
        """Open a session and find its components by class name.

        Raises
        ------
        DisconnectedError
            If there is no server, or it goes away.
        LookupError
            If the page lacks one of the components.
        """
        socket = await open_channel(address)
        client = cls(socket)
        await client._next_message()  # the server's greeting
        await client._protocol.create("PULL-DOC-REQ").send(_Sender(socket))
        while (message := await client._next_message()).msgtype != "PULL-DOC-REPLY":
            pass
        client._find_components(message)
        await client._send_event("document_ready", [])  # a page says so when its scripts are there
        missing = set(components) - set(client._models)
        if missing:
            raise LookupError(f"the page has no {', '.join(sorted(missing))}; it has {', '.join(client._models)}")
        return client

    async def say(self, component: str, message: dict[str, Any]) -> None:
        """Send a message as the component's script does."""
        values = [["model", {"id": self._models[component]}], ["data", _encoded(message)]]
        await self._send_event("data_event", values)

    async def _send_event(self, name: str, values: list[Any]) -> None:
        data = {"type": "event", "name": name, "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        try:
            async with self._writing:
                await patch_doc(patch_doc.create_header(), {}, {"events": [event]}).send(_Sender(self._socket))
        except WebSocketClosedError as error:
            raise DisconnectedError("the server closed the connection") from error

    async def hear(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 30.0) -> dict[str, Any]:
        """Return the first wanted message to a component; drop those before it.

        Raises
        ------
        TimeoutError
            If it does not come in time.
        DisconnectedError
            If the server goes away.
        """
        async with asyncio.timeout(seconds):
            while True:
                while self.heard:
                    message = self.heard.popleft()
                    if wanted(message):
                        return message
                self._take(await self._next_message())

    def close(self) -> None:
        """End the session."""
        self._socket.close()

    def _find_components(self, message: Message[Any]) -> None:
        """Find components in a transmitted document, with the ids of their models and their messages."""
        waiting = [message.content["doc"]]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                attributes = part.get("attributes") if isinstance(part.get("attributes"), dict) else {}
                name, data = attributes.get("class_name"), attributes.get("data")
                if isinstance(name, str) and "id" in part:
                    self._models[name] = part["id"]
                    if isinstance(data, dict) and "id" in data:
                        self._data[data["id"]] = name
                        told = data.get("attributes", {}).items()
                        self.values |= {(name, key): _decoded(value, message.buffers) for key, value in told}
                waiting += part.values()
            elif isinstance(part, list):
                waiting += part

    def _take(self, message: Message[Any]) -> None:
        if message.msgtype != "PATCH-DOC":
            return
        self.bytes += sum(len(buffer.data) for buffer in message.buffers)
        names = {identity: name for name, identity in self._models.items()}
        for event in message.content["events"]:
            values = _decoded(event.get("msg_data"), message.buffers)
            if event["kind"] == "MessageSent" and isinstance(values, dict):
                data, model = values.get("data"), values.get("model")
                component = names.get(model["id"]) if isinstance(model, dict) else None
                if component and isinstance(data, dict):
                    self.heard.append({**data, "component": component})
            if event["kind"] == "ModelChanged":
                component = self._data.get(event["model"]["id"], "")
                new = _decoded(event["new"], message.buffers)
                self.values[component, event["attr"]] = new

    async def _next_message(self) -> Message[Any]:
        while True:
            fragment = await self._socket.read_message()
            if fragment is None:
                raise DisconnectedError("the server closed the connection")
            message = await self._receiver.consume(fragment)
            if message is not None:
                return message


class _Sender:
    """The interface through which Bokeh sends a message."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self.write_lock = Lock()

    async def write_message(self, message: Any, binary: bool = False, locked: bool = True) -> None:
        del locked
        await self._socket.write_message(message, binary=binary)


def _encoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {"type": "map", "entries": [[key, _encoded(entry)] for key, entry in value.items()]}
    if isinstance(value, list | tuple):
        return [_encoded(entry) for entry in value]
    return value


def _decoded(value: Any, buffers: Any) -> Any:
    """Read Bokeh's way of writing values: maps as entries, bytes as references to buffers that come along."""
    if isinstance(value, list):
        return [_decoded(entry, buffers) for entry in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "map":
        return {key: _decoded(entry, buffers) for key, entry in value.get("entries", [])}
    if value.get("type") == "bytes":
        identity = value["data"]["id"] if isinstance(value["data"], dict) else None
        return next((buffer.data for buffer in buffers if buffer.id == identity), b"")
    if value.get("type") == "event":
        return _decoded(value["values"], buffers)
    return {key: _decoded(entry, buffers) for key, entry in value.items()}
