"""The misbehaving server of the measurements on a port of this machine, plain, with TLS, and with HTTP/2."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trustme

from pipeline.benchmarks.link_server import PAGE, MisbehavingServer, picture

__all__ = ["Served", "Served2", "authority_file", "certificates", "serving", "serving_http2", "serving_tls"]

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@dataclass
class Served:
    """A server that runs in a thread of its own."""

    port: int
    server: MisbehavingServer

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def certificates(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """Return the rules of a server whose certificate names some hosts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@contextmanager
def _listening(serve: Serve, context: ssl.SSLContext | None) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    started = threading.Event()
    ports: list[int] = []
    stop = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=512)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with suppress(asyncio.CancelledError, OSError, ssl.SSLError):
                await task

    def main() -> None:
        loop.set_exception_handler(lambda *_: None)  # clients may close their connection at any time
        loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=main, name="server", daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


@contextmanager
def serving(server: MisbehavingServer | None = None) -> Iterator[Served]:
    """Serve without TLS."""
    server = server or MisbehavingServer()
    with _listening(server.serve, None) as port:
        yield Served(port, server)


@contextmanager
def serving_tls(context: ssl.SSLContext) -> Iterator[Served]:
    """Serve with TLS and HTTP/1.1."""
    server = MisbehavingServer()
    with _listening(server.serve, context) as port:
        yield Served(port, server)


@dataclass
class Served2:
    """A server that speaks HTTP/2 only."""

    port: int
    connections: int = 0
    streams_open: int = 0
    streams_most: int = 0
    requests: int = 0


@contextmanager
def serving_http2(context: ssl.SSLContext) -> Iterator[Served2]:
    """Serve HTTP/2: ``/good`` and ``/html`` answer, ``/reset`` breaks its stream off, ``/stall`` says nothing."""
    context.set_alpn_protocols(["h2"])
    served = Served2(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        asyncio.get_running_loop().call_later(0.02, answer, connection, event, writer)
                        served.requests += 1
                        served.streams_open += 1
                        served.streams_most = max(served.streams_most, served.streams_open)
                writer.write(connection.data_to_send())
                await writer.drain()
        except (ConnectionError, h2.exceptions.ProtocolError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def answer(
        connection: h2.connection.H2Connection, event: h2.events.RequestReceived, writer: asyncio.StreamWriter
    ) -> None:
        stream = event.stream_id
        path = dict(event.headers or [])[b":path"].decode()
        name, _, number = path.strip("/").partition("/")
        if name == "stall":
            return
        served.streams_open -= 1
        if name == "reset":
            connection.reset_stream(stream)
        elif name in {"good", "html"}:
            body = picture(int(number)) if name == "good" else PAGE
            connection.send_headers(stream, [(":status", "200"), ("content-length", str(len(body)))])
            connection.send_data(stream, body, end_stream=True)
        else:
            connection.send_headers(stream, [(":status", "404")], end_stream=True)
        writer.write(connection.data_to_send())

    with _listening(serve, context) as port:
        served.port = port
        yield served


def authority_file(authority: trustme.CA, folder: Path) -> Path:
    """Write the certificate of an authority to a file."""
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path
