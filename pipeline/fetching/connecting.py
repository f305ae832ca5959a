"""Connect to hosts at addresses that were checked, and to no others. Uses the network.

httpcore makes every connection through the backend below. It finds the addresses of the host, leaves out those that are
not public, and connects to one of the rest by its number. So a name cannot lead elsewhere between the check and the
connection. The header ``Host``, the name in the TLS greeting and the check of the certificate keep the name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
from cachetools import TTLCache

from pipeline.errors import FetchError, LinkError
from pipeline.fetching.address_rules import kind_of
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import FetchOptions, Resolve
from pipeline.text.plain_text import plain

__all__ = ["GuardedBackend", "SystemResolver", "connection_maker"]

MOST_ADDRESSES = 4
"""Addresses of one host that are tried."""
REMEMBERED_HOSTS, REMEMBERED_SECONDS = 4096, 60.0
RESOLVER_THREADS = 16
KEPT_SECONDS = 30.0
"""How long a connection is kept without a request."""


class SystemResolver:
    """Find the addresses of hosts as the system does, in threads of its own, because the system's call blocks."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return the numeric addresses of a host; raise OSError if there are none."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(entry[4][0]) for entry in found]

    def close(self) -> None:
        """Stop the threads; a look-up under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Network backend of httpcore that connects to checked addresses only.

    Parameters
    ----------
    resolve
        Function that finds the addresses of a host.
    allow_private
        Whether addresses that are not public may be used.
    """

    def __init__(self, resolve: Resolve, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._backend = httpcore.AnyIOBackend()
        self._found: TTLCache[tuple[str, int], list[str]] = TTLCache(REMEMBERED_HOSTS, REMEMBERED_SECONDS)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address that answers.

        Raises
        ------
        LinkError
            Reasons ``no_such_host``, ``private_address``, ``connect_timeout`` and ``unreachable``.
        """
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._permitted(host, port)
                return await self._connect(addresses, port, local_address, socket_options)
        except TimeoutError:
            message = f"{plain(host)} could not be found or connected to within {timeout:g} seconds."
            raise LinkError(message, reason=Reason.CONNECT_TIMEOUT) from None

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _permitted(self, host: str, port: int) -> list[str]:
        if (known := self._found.get((host, port))) is not None:
            return known
        try:
            found = [host] if _is_number(host) else await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            message = f"The addresses of {plain(host)} were not found ({reason})."
            raise LinkError(message, reason=Reason.NO_SUCH_HOST) from None
        addresses = list(dict.fromkeys(found))
        if not addresses:
            raise LinkError(f"{plain(host)} has no address.", reason=Reason.NO_SUCH_HOST)
        if not self._allow_private:
            kinds = {address: kind_of(address) for address in addresses}
            addresses = [address for address, kind in kinds.items() if not kind]
            if not addresses:
                address, kind = next(iter(kinds.items()))
                message = f"{plain(host)} is at {plain(address)}: {kind}. Only public addresses are fetched from."
                raise LinkError(message, reason=Reason.PRIVATE_ADDRESS)
        self._found[host, port] = _in_turns(addresses)[:MOST_ADDRESSES]
        return self._found[host, port]

    async def _connect(
        self, addresses: Sequence[str], port: int, local_address: str | None, socket_options: Iterable[Any] | None
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for number, address in enumerate(addresses):
            left = len(addresses) - number
            try:
                # The last address may take all the time that is left; an earlier one must not use it up.
                async with asyncio.timeout(None if left == 1 else 3.0):
                    return await self._backend.connect_tcp(
                        address, port, local_address=local_address, socket_options=socket_options
                    )
            except (httpcore.ConnectError, httpcore.ConnectTimeout, TimeoutError) as error:
                failure = error
        reason = plain(str(failure))[:200] or "no answer"
        raise LinkError(f"The host cannot be connected to ({reason}).", reason=Reason.UNREACHABLE)


def connection_maker(
    options: FetchOptions, resolve: Resolve
) -> Callable[[httpcore.Origin], httpcore.AsyncConnectionInterface]:
    """Return the function that makes every connection of a run; it connects at its first request.

    Raises
    ------
    FetchError
        If the file of certificates cannot be read, or the address of the proxy is wrong.
    """
    context = _tls(options)
    if options.proxy is not None:
        return _proxy(options.proxy, context).create_connection
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        keepalive_expiry=KEPT_SECONDS,
        http2=True,
        network_backend=GuardedBackend(resolve, allow_private=options.allow_private),
    ).create_connection


def _proxy(text: str, context: ssl.SSLContext) -> httpcore.AsyncHTTPProxy:
    try:
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.hostname.isascii():
        raise FetchError(f"{plain(text)[:200]!r} is not the address of a proxy; write http://HOST:PORT.")
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username is not None else None
    url = httpcore.URL(scheme=parts.scheme, host=parts.hostname, port=port, target="/")
    return httpcore.AsyncHTTPProxy(url, proxy_auth=user, ssl_context=context, keepalive_expiry=KEPT_SECONDS, http2=True)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _tls(options: FetchOptions) -> ssl.SSLContext:
    """Return the rules of TLS. The usual authorities come with httpcore and are the same on every system."""
    if options.certificates is None:
        return httpcore.default_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(options.certificates))
    except (OSError, ssl.SSLError) as error:
        raise FetchError(
            f"The certificates in {options.certificates} cannot be read ({error.strerror}). Give a PEM file."
        ) from error


def _in_turns(addresses: Sequence[str]) -> list[str]:
    """Put IPv6 and IPv4 in turns, in their order, so that a network without one of them costs one attempt."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if address not in first]
    mixed = [address for pair in zip(first, second, strict=False) for address in pair]
    return mixed + first[len(second) :] + second[len(first) :]
