"""One request and its answer: within the limits of time and size, without following redirects. Uses the network."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import time

import httpcore

from pipeline.errors import LinkError
from pipeline.fetching.addresses import Address, redirected
from pipeline.fetching.body import PictureBody
from pipeline.fetching.connections import Connections, Held
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import FetchLimits
from pipeline.text.plain_text import plain

__all__ = ["REDIRECTS", "HostWaitsError", "Received", "Requester", "header_of", "of_status"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GOOD = frozenset({200, 203})
FORBIDDEN = frozenset({401, 403, 407, 451})
MOST_DRAINED, DRAIN_SECONDS = 64 * 1024, 2.0
"""Bytes of an answer without use that are read, and for how long, so that its connection can serve the next request."""


class HostWaitsError(LinkError):
    """The host said to wait.

    Parameters
    ----------
    status
        Status of the answer.
    seconds
        How long, or None if it did not say.
    """

    def __init__(self, status: int, seconds: float | None) -> None:
        words = "" if seconds is None else f" {seconds:,.0f} seconds"
        super().__init__(f"The host said to wait{words} (status {status}).", reason=Reason.RATE_LIMITED, status=status)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Received:
    """A picture that was received whole.

    Parameters
    ----------
    size, sha256, image_format
        Bytes, their SHA-256, and the format.
    status
        Status of the answer.
    """

    size: int
    sha256: bytes
    image_format: str
    status: int


class Requester:
    """Makes requests.

    Parameters
    ----------
    connections
        The connections to use.
    limits
        Limits of each answer.
    user_agent
        How the program introduces itself.
    """

    def __init__(self, connections: Connections, limits: FetchLimits, user_agent: str) -> None:
        self._connections = connections
        self._limits = limits
        self._user_agent = user_agent.encode("ascii")
        self._timeouts = {"connect": limits.connect, "read": None, "write": limits.stall, "pool": None}

    async def picture(self, address: Address, part: Path) -> Received | Address:
        """Request a picture.

        Parameters
        ----------
        address
            What to request.
        part
            The file to write it to.

        Returns
        -------
        Received or Address
            The picture, or where the host redirects to.

        Raises
        ------
        LinkError
            With the reason.
        FetchError
            If the disk refuses.
        """
        async with self._answer(address, b"image/*,*/*;q=0.5") as answer:
            if answer.status in REDIRECTS:
                return redirected(address, header_of(answer, b"location"))
            if answer.status not in GOOD:
                raise of_status(answer)
            encoding = header_of(answer, b"content-encoding").decode("latin-1")
            if (claimed := _length(answer)) is not None and claimed > self._limits.max_bytes:
                message = f"The answer claims {claimed:,} bytes, more than the {self._limits.max_bytes:,} allowed."
                raise LinkError(message, reason=Reason.TOO_LARGE, status=answer.status)
            body = PictureBody(part, self._limits.max_bytes, encoding)
            try:
                async for data in answer.pieces():
                    body.feed(data)
                digest = body.finish()
                return Received(body.size, digest, body.image_format, answer.status)
            except LinkError as error:
                error.status = answer.status
                raise
            finally:
                body.close()

    async def small_text(self, address: Address, most: int) -> tuple[int, bytes | Address]:
        """Request a small file.

        Returns
        -------
        tuple
            The status, and the first `most` bytes or where the host redirects to.

        Raises
        ------
        LinkError
            If no answer came.
        """
        async with self._answer(address, b"text/plain,*/*;q=0.5") as answer:
            if answer.status in REDIRECTS:
                return answer.status, redirected(address, header_of(answer, b"location"))
            held = b""
            async for data in answer.pieces():
                held += data
                if len(held) >= most:
                    break
            return answer.status, held[:most]

    @asynccontextmanager
    async def _answer(
        self, address: Address, accept: bytes, more: Sequence[tuple[bytes, bytes]] = ()
    ) -> AsyncIterator[_Answer]:
        """Send a request and give the answer as soon as its header is there; close it within the limit of time."""
        headers = [
            (b"Host", address.authority.encode("ascii")),
            (b"User-Agent", self._user_agent),
            (b"Accept", accept),
            (b"Accept-Encoding", b"identity"),  # a picture is packed already
            *more,
        ]
        url = httpcore.URL(
            scheme=address.scheme.encode(), host=address.host, port=address.port, target=address.target.encode()
        )
        request = httpcore.Request(b"GET", url, headers=headers, extensions={"timeout": self._timeouts})
        limits = self._limits
        whole = LinkError(f"The answer took more than {limits.whole:g} seconds.", reason=Reason.TOO_SLOW)
        async with _within(limits.whole, whole), _named():
            silent = LinkError(f"No answer began within {limits.answer:g} seconds.", reason=Reason.NO_ANSWER)
            async with _within(limits.connect + limits.answer, silent):
                answer, held = await self._begun(request)
            try:
                yield answer
            finally:
                try:
                    await self._leave(answer, held)
                finally:
                    await self._connections.give_back(held)

    async def _begun(self, request: httpcore.Request) -> tuple[_Answer, Held]:
        """Send a request and return its answer, and the connection to give back.

        A connection that served a request before may have been closed meanwhile, or hold bytes that the last answer
        did not claim. That is no failure of this link, so it gets a new connection at once.
        """
        for new in (False, True):
            held = self._connections.take(request.url, new=new)
            was_used = held.served > 0 or held.users > 1
            try:
                response = await held.connection.handle_async_request(request)
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable):
                await self._connections.give_back(held)
                if new or not was_used:
                    raise
            except BaseException:
                await self._connections.give_back(held)
                raise
            else:
                answer = _Answer(response, self._limits.stall)
                held.is_shared = answer.is_shared
                return answer, held
        raise AssertionError("the second connection answers or raises")

    @staticmethod
    async def _leave(answer: _Answer, held: Held) -> None:
        """Close an answer; read a small rest before, so that its connection stays in use."""
        task = asyncio.current_task()
        if task is None or not task.cancelling():  # otherwise the time is up
            await answer.drain()
        await answer.response.aclose()
        if answer.is_shared and not answer.ended:
            held.abandoned += 1


class _Answer:
    """An answer whose header is there.

    Attributes
    ----------
    response
        httpcore's object.
    status
        The status.
    is_shared
        Whether other answers come over the same connection: HTTP/2.
    ended
        Whether the body was received to its end.
    """

    def __init__(self, response: httpcore.Response, stall: float) -> None:
        self.response = response
        self.status = response.status
        self.is_shared = response.extensions.get("http_version") == b"HTTP/2"
        self.ended = False
        self._stream = response.aiter_stream().__aiter__()
        self._stall = stall
        self._broken = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body; raise `LinkError` if no byte comes for too long."""
        stalled = LinkError(f"No byte came for {self._stall:g} seconds.", reason=Reason.STALLED)
        while True:
            self._broken = True
            async with _within(self._stall, stalled), _named():
                try:
                    piece = await anext(self._stream)
                except StopAsyncIteration:
                    self.ended = True
                    return
            self._broken = False
            yield piece

    async def drain(self) -> None:
        """Read the rest, if it is small and comes at once."""
        if self._broken:  # reading failed, so there is nothing more to read
            return
        rest = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for piece in self.pieces():
                    rest += len(piece)
                    if rest > MOST_DRAINED:
                        return
        except (TimeoutError, LinkError):
            return


@asynccontextmanager
async def _within(seconds: float, error: LinkError) -> AsyncIterator[None]:
    """Raise an error of our own when the time is up."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise error from None
        raise


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    """Give errors of the network their reason."""
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout, ssl.SSLError) as error:
        raise _of_connecting(error) from None
    except (httpcore.ReadError, httpcore.WriteError, httpcore.TimeoutException, OSError) as error:
        message = f"The connection was lost ({_told(error)})."
        raise LinkError(message, reason=Reason.DROPPED) from None
    except httpcore.RemoteProtocolError as error:
        words = str(error)
        if "without sending a response" in words:
            raise LinkError("The host closed the connection without an answer.", reason=Reason.DROPPED) from None
        if "incomplete" in words or "without sending complete message body" in words:
            message = "The host closed the connection before the answer was complete."
            raise LinkError(message, reason=Reason.INCOMPLETE) from None
        raise LinkError(f"The answer breaks the rules of HTTP ({_told(error)}).", reason=Reason.PROTOCOL) from None
    except (httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
        raise LinkError(f"The answer breaks the rules of HTTP ({_told(error)}).", reason=Reason.PROTOCOL) from None


def _of_connecting(error: Exception) -> LinkError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = f"The certificate of the host is not valid ({plain(cause.verify_message)[:120]})."
        return LinkError(message, reason=Reason.CERTIFICATE)
    if isinstance(cause, ssl.SSLError):
        return LinkError(f"The host cannot agree on TLS ({_told(error)}).", reason=Reason.TLS)
    if isinstance(error, httpcore.ConnectTimeout):
        return LinkError("The host did not finish connecting in time.", reason=Reason.CONNECT_TIMEOUT)
    return LinkError(f"The host cannot be connected to ({_told(error)}).", reason=Reason.UNREACHABLE)


def _told(error: BaseException) -> str:
    return plain(str(error))[:160] or type(error).__name__


def of_status(answer: _Answer) -> LinkError:
    """Return the error of an answer whose status brings no file."""
    status = answer.status
    wait = _retry_after(header_of(answer, b"retry-after"))
    if status == 429 or (status == 503 and wait is not None):
        return HostWaitsError(status, wait)
    if status in {404, 410}:
        return LinkError(f"The host has no such picture (status {status}).", reason=Reason.NOT_FOUND, status=status)
    if status in FORBIDDEN:
        return LinkError(f"The host forbids it (status {status}).", reason=Reason.FORBIDDEN, status=status)
    if status in {408, 425} or status >= 500:
        return LinkError(f"The host failed (status {status}).", reason=Reason.SERVER_ERROR, status=status)
    return LinkError(f"The answer has status {status}, not 200.", reason=Reason.HTTP_STATUS, status=status)


def header_of(answer: _Answer, name: bytes) -> bytes:
    """Return the values of a header, joined by commas; empty without one."""
    return b",".join(value for key, value in answer.response.headers if key.lower() == name)


def _length(answer: _Answer) -> int | None:
    value = header_of(answer, b"content-length")
    return int(value) if value.isdigit() and len(value) < 20 else None


def _retry_after(value: bytes) -> float | None:
    """Return the seconds of a header ``Retry-After``, which holds a number or a date; None for anything else."""
    text = value.decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None
