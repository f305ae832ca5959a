"""The answers of the server: the page, its channel, its scripts, and plain words for all else."""

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

__all__ = ["Alive", "Guarded", "Icon", "Nothing", "Page", "PageStatic", "Root", "Socket", "Static"]

log = logging.getLogger(__name__)

LONGEST_ADDRESS = 4_000
"""Letters of a request's path and query."""

MESSAGES_A_SECOND, BURST_OF_MESSAGES = 120, 600
"""Of one connection: a map that is dragged sends one a frame; who sends more is read more slowly."""

MOST_CONNECTIONS_A_PAGE = 4
"""One, and those that broke and were not noticed yet."""

_FILES = frozenset({".css", ".ico", ".js", ".map", ".png", ".svg", ".ttf", ".woff", ".woff2"})
_EXTENSIONS = frozenset({"panel", "panel-material-ui"})
_SCRIPT = re.compile(r"<script(?=[\s>])", re.IGNORECASE)

_WORDS = {
    400: "The request could not be understood.",
    403: "This may not be asked from there.",
    404: "There is nothing at this address.",
    405: "Pages and their scripts can be read here, nothing else.",
    414: "The address is too long.",
    503: "The server is busy. Wait half a minute, then reload.",
}
_OTHERWISE = "The server could not answer. What went wrong is in its log."


class Guarded(RequestHandler):
    """Refuses who may not ask, and answers with headers that keep a page to itself; mixed into every handler."""

    page = False
    """Whether people may follow a link to it."""

    open_to_all = False
    """Whether any name of the server will do."""

    @property
    def _visitors(self) -> Visitors:
        visitors: Visitors = self.application.settings["visitors"]
        return visitors

    def set_default_headers(self) -> None:
        """Give every answer, errors too, the same headers."""
        self.clear_header("Server")
        for name, value in answer_headers().items():
            self.set_header(name, value)

    async def prepare(self) -> None:
        """Look at who asks before anything is done."""
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
        """Say why this visitor is refused, None where they are not."""
        headers = self.request.headers
        host = headers.get("Host")
        return (
            self._visitors.refuses_host(host)
            or self._visitors.refuses_forwarded(headers.get("X-Forwarded-Host"))
            or self._visitors.refuses_origin(headers.get("Origin"), host)
            or refuses_fetch(headers, page=self.page and self.request.method == "GET")
        )

    def refuse(self, status: int, words: str) -> None:
        """Answer with a status and plain words, and no more."""
        if status in {403, 503}:
            log.warning("%d %s: %s", status, self.request.path[:200], words)
        self.clear()
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        if status == 503:
            self.set_header("Retry-After", "30")
        self.finish(f"{words}\n")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer an error in words of ours: no reason of a library, no traceback, no path."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"{_WORDS.get(status_code, _OTHERWISE)}\n")


class Nothing(Guarded):
    """All that is not served."""

    async def prepare(self) -> None:
        """Say that there is nothing, unless the visitor is refused anyway."""
        await super().prepare()
        if not self._finished:
            self.refuse(404, _WORDS[404])


class Alive(Guarded):
    """Says that the process answers, for those who watch it; asked for by an option."""

    open_to_all = True

    def initialize(self, **_: Any) -> None:
        """Take what Panel's own handler takes, and make no page of it."""

    def get(self) -> None:
        """Say so."""
        self.write({"alive": True})


class Icon(Guarded, IcoHandler):
    """The page's icon."""


class Root(Guarded, RootHandler):
    """Leads to the map where the map is below."""

    page = True


class Static(Guarded, StaticHandler):
    """Bokeh's scripts and styles."""

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Find a file that a page may ask for."""
        _check_name(path)
        return super().get_absolute_path(root, path)


class PageStatic(Guarded, MultiRootStaticHandler):
    """Scripts and styles of the libraries that the page is made with, by name."""

    def initialize(self, root: Mapping[str, Any]) -> None:  # type: ignore[override] # as Bokeh's own has it
        """Keep the libraries that the page needs."""
        super().initialize(root={name: folder for name, folder in root.items() if name in _EXTENSIONS})

    @classmethod
    def get_absolute_path(cls, root: dict[str, Any], path: str) -> str:  # type: ignore[override]
        """Find a file that a page may ask for."""
        _check_name(path)
        return super().get_absolute_path(root, path)

    def validate_absolute_path(self, root: dict[str, Any], absolute_path: str) -> str | None:  # type: ignore[override]
        """Refuse what lies outside of the libraries' own folders."""
        found = super().validate_absolute_path(root, absolute_path)
        if found is None:
            raise HTTPError(404)
        return found


class Page(Guarded, DocHandler):
    """The map's page, with a session of its own."""

    page = True

    async def prepare(self) -> None:
        """Refuse sessions that a visitor brings: each page has a new one, so that nobody is led into another's."""
        await super().prepare()
        if not self._finished and (
            self.get_query_arguments("bokeh-session-id")
            or self.get_query_arguments("bokeh-token")
            or "Bokeh-Session-Id" in self.request.headers
        ):
            self.refuse(400, "A page makes its own session; the address may not name one.")

    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Make the page when it is its turn."""
        try:
            async with sessions_of(self.application_context).room():
                making = super().get(*args, **kwargs)
                if making is not None:
                    await making
        except TooManyPagesError as error:
            self.refuse(503, str(error))

    def write(self, chunk: Any) -> None:
        """Let the page's own scripts run, and no others."""
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
        """Look at the name of the server and at the page that asks: browsers disagree about the rest here."""
        headers = self.request.headers
        host = headers.get("Host")
        return self._visitors.refuses_host(host) or self._visitors.refuses_origin(headers.get("Origin"), host)

    def check_origin(self, origin: str) -> bool:
        """Say that it was looked at."""
        return self._visitors.refuses_origin(origin, self.request.headers.get("Host")) is None

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Open the channel for whoever holds a token that this server signed."""
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
                async with sessions.room():
                    await super()._async_open(token)
        except TooManyPagesError as error:
            log.warning("a channel was refused: %s", error)
            self.close(1013, "too many pages")
        except Exception:
            log.exception("a channel could not be opened")
            self.close(1011, "the page could not be made")

    async def on_message(self, fragment: str | bytes) -> None:
        """Take a piece of a message, at the pace that one page needs."""
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
        """Send a message; of an error no more than that there was one."""
        await super().send_message(harmless_error(message))


def _check_name(path: str) -> None:
    """Refuse what no page asks for: other kinds of files, hidden ones, names that no file has."""
    parts = path.replace("\\", "/").split("/")
    if Path(path).suffix.lower() not in _FILES or "\0" in path or any(part.startswith(".") for part in parts):
        raise HTTPError(404)
