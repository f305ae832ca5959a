"""The server of ``explorer serve`` and ``panel serve explorer``: Bokeh's, with few routes and strict limits.

Bokeh's server makes its Tornado application and its HTTP server from two names in ``bokeh.server.server``. Both are
replaced there beforehand. ``panel serve`` reads ``app_hooks.py`` before it makes the server and before it forks, so
every process of ``--num-procs`` has the same limits.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, ClassVar

import bokeh.server.server as bokeh_server
from bokeh.server.auth_provider import NullAuth
from bokeh.server.tornado import BokehTornado
from bokeh.server.views.autoload_js_handler import AutoloadJsHandler
from bokeh.server.views.doc_handler import DocHandler
from bokeh.server.views.ico_handler import IcoHandler
from bokeh.server.views.metadata_handler import MetadataHandler
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.root_handler import RootHandler
from bokeh.server.views.static_handler import StaticHandler
from bokeh.server.views.ws import WSHandler
from bokeh.settings import settings
from panel.io.liveness import LivenessHandler
from panel.io.server import ComponentResourceHandler
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application as TornadoApplication

from explorer.serving.access import Visitors, names_of
from explorer.serving.handlers import Alive, Icon, NotFound, Page, PageStatic, Root, Socket, Static
from explorer.serving.log_limit import keep_log_small
from pipeline.errors import ServeError

__all__ = ["BoundedServer", "ExplorerTornado", "harden", "is_hardened"]

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 1_000_000
"""Most bytes of a message from a browser, for example a lasso of some thousand corners."""

LARGEST_HEADERS, LARGEST_BODY = 32_768, 16_384
"""Most bytes of a request. Nothing is uploaded here."""

SECONDS_FOR_A_REQUEST = 20
"""Longest time for headers to arrive, and for an idle connection."""

MOST_CONNECTIONS = 400
"""Most connections of a process without the pages' channels. The one that was idle the longest is closed."""

MILLISECONDS_UNSEEN, MILLISECONDS_BETWEEN_LOOKS = 15_000, 3_000
"""How long a page without a browser is kept, and the time between two checks."""

_SERVED: dict[type, type] = {
    DocHandler: Page,
    WSHandler: Socket,
    IcoHandler: Icon,
    RootHandler: Root,
    StaticHandler: Static,
    MultiRootStaticHandler: PageStatic,
    LivenessHandler: Alive,
}
"""Handler of each kind of route. Other routes are not served."""

_NOT_SERVED = (MetadataHandler, AutoloadJsHandler, ComponentResourceHandler)
"""Routes that Bokeh and Panel always add and that are not served: facts about the app, a page's token for other sites'
pages, and files of any Python module, which imports the module."""

_MARK = "is_hardened"


class _FewRoutes(TornadoApplication):
    """Keeps only the routes that the app needs."""

    def __init__(self, handlers: Iterable[Any], **settings: Any) -> None:
        kept, asked = [], []
        signed_in = {endpoint[0] for endpoint in settings.pop("sign_in_routes")}
        apps = settings.pop("apps")()
        for route, handler, *rest in handlers:
            ours = next((entry for kind, entry in _SERVED.items() if issubclass(handler, kind)), None)
            app = rest[0].get("application_context") if rest else None
            if ours is not None and (app is None or app in apps):
                kept.append((route, ours, *rest))
            elif any(route.endswith(path) for path in signed_in):
                kept.append((route, handler, *rest))
            elif not issubclass(handler, _NOT_SERVED):
                asked.append(route)
        if asked:
            log.warning("the explorer serves only its page; not served: %s", ", ".join(asked))
        super().__init__(kept, default_handler_class=NotFound, log_function=_log_request, **settings)


class ExplorerTornado(BokehTornado, _FewRoutes):
    """Bokeh's application with signed sessions, few routes and small messages.

    Parameters
    ----------
    applications
        See Bokeh.
    **options
        See Bokeh. Higher limits are lowered to those of this module.
    """

    origin_option: ClassVar[str] = "--allow-websocket-origin"
    """Option of the serving command that allows a name of this server."""

    def __init__(self, applications: Any, **options: Any) -> None:
        if not options.get("sign_sessions"):
            options |= {"sign_sessions": True, "secret_key": secrets.token_bytes(32)}
        provider = options.setdefault("auth_provider", NullAuth())
        if isinstance(provider, NullAuth) and not any(
            options.get(f"{what}_{which}") for what in ("include", "exclude") for which in ("headers", "cookies")
        ):
            options |= {"include_headers": [], "include_cookies": []}  # a page's token holds no headers and cookies
        _lower(options, "websocket_max_message_size_bytes", LARGEST_MESSAGE)
        _lower(options, "unused_session_lifetime_milliseconds", MILLISECONDS_UNSEEN)
        _lower(options, "check_unused_sessions_milliseconds", MILLISECONDS_BETWEEN_LOOKS)
        options["sign_in_routes"] = provider.endpoints
        options["apps"] = lambda: list(self.applications.values())
        super().__init__(applications, **options)
        allowed = settings.allowed_ws_origin()
        self.settings["visitors"] = Visitors(names_of(allowed or self.websocket_origins), self.origin_option)
        for context in self.applications.values():
            setattr(context, _MARK, True)


class BoundedServer(HTTPServer):
    """Tornado's server with short time limits and a maximum number of connections."""

    def initialize(self, *args: Any, **options: Any) -> None:
        """Take Tornado's options. Higher limits are lowered to those of this module."""
        _lower(options, "idle_connection_timeout", SECONDS_FOR_A_REQUEST)
        _lower(options, "body_timeout", SECONDS_FOR_A_REQUEST)
        _lower(options, "max_header_size", LARGEST_HEADERS)
        _lower(options, "max_body_size", LARGEST_BODY)
        super().initialize(*args, **options)
        self._streams: OrderedDict[IOStream, None] = OrderedDict()
        self._most_streams = _most_connections()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Take a connection. Above the limit, the connection that was idle the longest is closed."""
        self._streams[stream] = None
        super().handle_stream(stream, address)
        while len(self._streams) > self._most_streams:
            self._streams.popitem(last=False)[0].close()

    def on_close(self, server_conn: object) -> None:
        """Remove a connection that is closed, or that became a page's channel."""
        stream: IOStream | None = getattr(server_conn, "stream", None)
        if stream is not None:
            self._streams.pop(stream, None)
        super().on_close(server_conn)

    def start_request(self, server_conn: object, request_conn: Any) -> Any:
        """Start a request, and mark its connection as used."""
        stream: IOStream | None = getattr(request_conn, "stream", None)
        if stream is not None and stream in self._streams:
            self._streams.move_to_end(stream)
        return super().start_request(server_conn, request_conn)


def harden(option: str | None = None) -> None:
    """Apply the limits to every server that Bokeh makes in this process from now on. A second call changes nothing.

    Parameters
    ----------
    option
        Option of the running command that allows a host name.

    Raises
    ------
    ServeError
        If this version of Bokeh has no place for the limits. The app is not served without them.
    """
    if option is not None:
        ExplorerTornado.origin_option = option
    keep_log_small()
    _allow_many_files()
    for name, ours in {"BokehTornado": ExplorerTornado, "HTTPServer": BoundedServer}.items():
        if not hasattr(bokeh_server, name):
            raise ServeError(
                f"This version of Bokeh has no {name} where its limits can be set. Install the versions of "
                "requirements.lock."
            )
        setattr(bokeh_server, name, ours)


def is_hardened(context: Any) -> bool:
    """Return whether the server of a session has the limits. Without a server none are needed."""
    application = getattr(context, "application_context", None)
    return application is None or getattr(application, _MARK, False)


def _lower(options: dict[str, Any], name: str, limit: int) -> None:
    given = options.get(name)
    options[name] = limit if given is None else min(given, limit)


def _log_request(handler: Any) -> None:
    """Log errors of the server as errors, and usual requests for debugging only."""
    status = handler.get_status()
    if status >= 500 and status != 503:
        log.error("%d %s %s", status, handler.request.method, handler.request.path[:200])
    else:
        log.debug("%d %s %s", status, handler.request.method, handler.request.path[:200])


def _most_connections() -> int:
    if sys.platform == "win32":  # has no such limit
        return MOST_CONNECTIONS
    import resource

    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft // 2))


def _allow_many_files() -> None:
    """Raise this process's limit on open files as far as the system allows."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 4_096 if hard == resource.RLIM_INFINITY else min(4_096, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
