"""A small reverse proxy that works like nginx with a plain ``proxy_pass``: another Host, and forwarded channels."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

__all__ = ["proxying"]


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.CancelledError):
        pass  # one side went away
    finally:
        writer.close()


def _rewritten(head: bytes, target: str, cut: str, *, keep_host: bool) -> bytes:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, version = first.split(" ")
    kept = [line for line in lines if line and line.partition(":")[0].lower() not in _changed(keep_host, lines)]
    if not keep_host:
        kept.append(f"Host: {target}")
    if not any(line.lower().startswith("upgrade:") for line in lines):
        kept.append("Connection: close")  # a connection a request, so that each has its head rewritten
    return "\r\n".join([f"{method} {path.removeprefix(cut) or '/'} {version}", *kept, "", ""]).encode("latin-1")


def _changed(keep_host: bool, lines: list[str]) -> set[str]:
    upgrade = any(line.lower().startswith("upgrade:") for line in lines)
    return ({"host"} if not keep_host else set()) | (set() if upgrade else {"connection"})


@contextmanager
def proxying(address: str, port: int, *, cut: str = "", keep_host: bool = False) -> Iterator[None]:
    """Forward requests to a server while the block runs.

    Parameters
    ----------
    address
        The server's.
    port
        The proxy's own.
    cut
        Prefix that is removed from every path.
    keep_host
        Pass the visitor's Host on (``proxy_set_header Host $host``) instead of the server's own name.
    """
    target = urlsplit(address)
    started, stop = threading.Event(), threading.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            onward, back = await asyncio.open_connection(target.hostname, target.port)
            back.write(_rewritten(head, target.netloc, cut, keep_host=keep_host))
            await asyncio.gather(_pass(reader, back), _pass(onward, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the visitor, or the proxy, went away
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        started.set()
        while not stop.is_set():
            await asyncio.sleep(0.05)
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.05)  # closed transports say goodbye on the loop

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert started.wait(timeout=60)
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=20)
