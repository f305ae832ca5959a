"""Request handlers: the page, its channel, its scripts, and plain text for all other requests."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.views.ico_handler import IcoHandler
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from bokeh.util.token import get_session_id
from panel.io.server import DocHandler, RootHandler, WSHandler
from tornado.web import HTTPError, RequestHandler

from explorer.serving.access import Visitors, answer_headers, content_policy, refuses_fetch
from explorer.serving.channel_messages import WireRefusal, fit_for_server, harmless_error, without_changes
from explorer.serving.page_sessions import TooManyPagesError, sessions_of
from explorer.serving.rate_limit import Bucket

__all__ = ["Alive", "Guarded", "Icon", "NotFound", "Page", "PageStatic", "Root", "Socket", "Static"]

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 4_000
"""Characters of a request's path and query."""

MESSAGES_A_SECOND, BURST_OF_MESSAGES = 120, 600
"""Limits of one connection. A dragged map sends one message a frame. A connection that sends more is read slowly."""

MOST_CONNECTIONS_A_PAGE = 4
"""One connection, and broken ones that are not detected yet."""

_FILES = frozenset({".css", ".ico", ".js", ".map", ".png", ".svg", ".ttf", ".woff", ".woff2"})
_EXTENSIONS = frozenset({"panel", "panel-material-ui"})
_SCRIPT = re.compile(r"<script(?=[\s>])", re.IGNORECASE)

_WORDS = {
    400: "The request could not be understood.",
    403: "This request is not allowed from there.",
    404: "There is nothing at this address.",
    405: "This server only serves pages and their scripts.",
    414: "The address is too long.",
    503: "The server is busy. Wait half a minute, then reload.",
}
_OTHERWISE = "The server could not answer. Its log has the details."


class Guarded(RequestHandler):
    """Mixin of every handler. It refuses requests that are not allowed, and sets the headers of every response."""

    page = False
    """Whether people may follow a link to this address."""

    open_to_all = False
    """Whether requests under any host name are answered."""

    @property
    def _visitors(self) -> Visitors:
        visitors: Visitors = self.application.settings["visitors"]
        return visitors

    def set_default_headers(self) -> None:
        """Set the same headers on every response, including errors."""
        self.clear_header("Server")
        for name, value in answer_headers().items():
            self.set_header(name, value)

    async def prepare(self) -> None:
        """Check the request before anything is done."""
        if len(self.request.uri or "") > LONGEST_ADDRESS:
            self.refuse(414, _WORDS[414])
            return
        words = None if self.open_to_all else self.why_not()
        if words is not None:
            self.refuse(403, words)
            return
        waiting = super().prepare()
        if inspect.isawaitable(waiting):
            await waiting

    def why_not(self) -> str | None:
        """Return why this request is refused; None if it is not."""
        headers = self.request.headers
        host = headers.get("Host")
        return (
            self._visitors.refuses_host(host)
            or self._visitors.refuses_forwarded(headers.get("X-Forwarded-Host"))
            or self._visitors.refuses_origin(headers.get("Origin"), host)
            or refuses_fetch(headers, page=self.page and self.request.method == "GET")
        )

    def refuse(self, status: int, words: str) -> None:
        """Answer with a status and plain words only."""
        if status in {403, 503}:
            log.warning("%d %s: %s", status, self.request.path[:200], words)
        self.clear()
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if status == 503:
            self.set_header("Retry-After", "30")
        self.finish(f"{words}\n")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer an error in plain words, without a library's reason, a traceback or a path."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{_WORDS.get(status_code, _OTHERWISE)}\n")


class NotFound(Guarded):
    """Handler of all addresses that are not served."""

    async def prepare(self) -> None:
        """Answer 404, unless the request is refused anyway."""
        await super().prepare()
        if not self._finished:
            self.refuse(404, _WORDS[404])


class Alive(Guarded):
    """Health check of the process, enabled by an option."""

    open_to_all = True

    def initialize(self, **_: Any) -> None:
        """Take the options of Panel's own handler, which would make a page."""

    def get(self) -> None:
        """Answer that the process is alive."""
        self.write({"alive": True})


class Icon(Guarded, IcoHandler):
    """The page's icon."""


class Root(Guarded, RootHandler):
    """Redirects to the map below a prefix."""

    page = True


class Static(Guarded, StaticHandler):
    """Bokeh's scripts and styles."""

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Return the path of a file that a page may request."""
        _check_name(path)
        return super().get_absolute_path(root, path)


class PageStatic(Guarded, MultiRootStaticHandler):
    """Scripts and styles of the libraries that the page uses."""

    def initialize(self, root: Mapping[str, Any]) -> None:  # type: ignore[override] # as in Bokeh's own
        """Keep the libraries that the page needs."""
        super().initialize(root={name: folder for name, folder in root.items() if name in _EXTENSIONS})

    @classmethod
    def get_absolute_path(cls, root: dict[str, Any], path: str) -> str:  # type: ignore[override]
        """Return the path of a file that a page may request."""
        _check_name(path)
        return super().get_absolute_path(root, path)

    def validate_absolute_path(self, root: dict[str, Any], absolute_path: str) -> str | None:  # type: ignore[override]
        """Refuse paths outside of the libraries' own folders."""
        found = super().validate_absolute_path(root, absolute_path)
        if found is None:
            raise HTTPError(404)
        return found


class Page(Guarded, DocHandler):
    """The map's page, with a new session."""

    page = True

    async def prepare(self) -> None:
        """Refuse a session in the request. Each page gets a new one, so that no link leads into a foreign session."""
        await super().prepare()
        if not self._finished and (
            self.get_query_arguments("bokeh-session-id")
            or self.get_query_arguments("bokeh-token")
            or "Bokeh-Session-Id" in self.request.headers
        ):
            self.refuse(400, "A page makes its own session. The address may not name one.")

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Make the page in its turn."""
        try:
            async with sessions_of(self.application_context).turn():
                making = super().get(*args, **kwargs)
                if making is not None:
                    await making
        except TooManyPagesError as error:
            self.refuse(503, str(error))

    def write(self, chunk: Any) -> None:
        """Allow the page's own scripts, and no others."""
        if isinstance(chunk, str):
            nonce = secrets.token_urlsafe(18)
            chunk = _SCRIPT.sub(f'<script nonce="{nonce}"', chunk)
            self.set_header("Content-Security-Policy", content_policy(nonce))
        super().write(chunk)


class Socket(Guarded, WSHandler):
    """The page's channel."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._flow = Bucket(MESSAGES_A_SECOND, BURST_OF_MESSAGES)
        self._pending = 0

    def why_not(self) -> str | None:
        """Check the host name and the origin only, since browsers differ in their other headers here."""
        headers = self.request.headers
        host = headers.get("Host")
        return self._visitors.refuses_host(host) or self._visitors.refuses_origin(headers.get("Origin"), host)

    def check_origin(self, origin: str) -> bool:
        """Return whether the origin is allowed."""
        return self._visitors.refuses_origin(origin, self.request.headers.get("Host")) is None

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Open the channel if its token was signed by this server."""
        try:
            super().open(*args, **kwargs)
        except (ProtocolError, ValueError, KeyError, TypeError, AttributeError):
            log.debug("a channel was refused", exc_info=True)
            self.close(1008, "not a token of this server")

    async def _async_open(self, token: str) -> None:
        try:
            identity = get_session_id(token)
            sessions = sessions_of(self.application_context)
            if sessions.knows(identity):
                if self.application_context.get_session(identity).connection_count >= MOST_CONNECTIONS_A_PAGE:
                    self.close(1008, "this page has a channel")
                    return
                await super()._async_open(token)
            else:
                async with sessions.turn():
                    await super()._async_open(token)
        except TooManyPagesError as error:
            log.warning("a channel was refused: %s", error)
            self.close(1013, "too many pages")
        except Exception:
            log.exception("a channel could not be opened")
            self.close(1011, "the page could not be made")

    async def on_message(self, fragment: str | bytes) -> None:
        """Read a piece of a message, at the pace that one page needs."""
        self._pending += len(fragment)
        most = self.application.settings["websocket_max_message_size"]
        if self.receiver is None or self.connection is None or self._pending > most:
            log.info("a channel was closed: a message came too early, or too much of it")
            self.close(1008, "not a message of this page")
            return
        seconds = self._flow.take(1 / 3)  # a message has three pieces or more
        if seconds > 0:
            await asyncio.sleep(seconds)
        await super().on_message(fragment)

    async def _receive(self, fragment: str | bytes) -> Any:
        message = await super()._receive(fragment)
        if message is not None:
            self._pending = 0
        return message

    async def _handle(self, message: Any) -> Any:
        try:
            fit_for_server(message)
        except WireRefusal as refusal:
            log.info("a message was refused: %s", refusal)
            return None if self.connection is None else self.connection.error(message, "refused")
        if not without_changes(message):
            return None if self.connection is None else self.connection.ok(message)
        return await super()._handle(message)

    async def send_message(self, message: Any) -> None:
        """Send a message, without the details of an error."""
        await super().send_message(harmless_error(message))


def _check_name(path: str) -> None:
    """Refuse files that no page requests: other kinds of files, hidden files, and impossible names."""
    parts = path.replace("\\", "/").split("/")
    if Path(path).suffix.lower() not in _FILES or "\0" in path or any(part.startswith(".") for part in parts):
        raise HTTPError(404)
