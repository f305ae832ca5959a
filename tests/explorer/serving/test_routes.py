"""Real requests to the server under both commands, and its answers."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import panel as pn
import pytest
from panel.io.application import build_single_handler_application
from tornado.routing import Router, Rule

import explorer
from explorer.serving.server import ExplorerTornado, harden
from tests.helpers.served import panel_serving, start_server, stop_server

SERVED = {
    "/favicon.ico": "Icon",
    "/ws": "Socket",
    "/?": "Page",
    "/static/(?!extensions/)(.*)": "Static",
    "/static/extensions/(.*)": "PageStatic",
    "/static/(.*)": "Static",
}
BUNDLE = "/static/extensions/panel-material-ui/panel-material-ui.bundle.js"


def routes_of(router: Router) -> Iterator[tuple[str, str]]:
    for rule in router.rules:  # type: ignore[attr-defined]
        assert isinstance(rule, Rule)
        if isinstance(rule.target, Router):
            yield from routes_of(rule.target)
        else:
            yield rule.matcher.regex.pattern.removesuffix("$"), rule.target.__name__  # type: ignore[attr-defined]


@pytest.mark.parametrize("prefix", ["", "/maps/birds"])
def test_every_route_of_the_application_is_one_that_the_page_needs(served_path: Path, prefix: str) -> None:
    harden()
    app = build_single_handler_application(str(Path(explorer.__file__).parent), [str(served_path)])
    asked = {"static_dirs": {"mine": str(served_path)}, "session_history": -1}
    server = pn.serve({"/": app}, port=0, show=False, start=False, verbose=False, prefix=prefix, **asked)
    tornado = server._tornado
    assert isinstance(tornado, ExplorerTornado)
    found = list(routes_of(tornado.default_router))
    server.stop()
    roots = [route for route, handler in found if handler == "Root"]
    assert roots == [f"{prefix}/?"]  # behind the page's own, which is the same
    assert dict(reversed([(route.removeprefix(prefix), handler) for route, handler in found])) == SERVED


WAYS = [
    "explorer serve",
    pytest.param("panel serve", marks=pytest.mark.slow),
    pytest.param("two processes below a prefix", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=WAYS)
def served(request: pytest.FixtureRequest, served_path: Path) -> Iterator[str]:
    """The map's address under each way of serving."""
    if request.param == "explorer serve":
        process, address = start_server(served_path)
        yield address.rstrip("/")
        stop_server(process)
        return
    options = ("--num-procs", "2", "--prefix", "/maps", "--index", "explorer") if "two" in request.param else ()
    with panel_serving(served_path, *options) as address:
        yield address


def ask(address: str, path: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
    connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def below(address: str) -> str:
    """The path below which scripts lie: without the app's own name."""
    return urlsplit(address).path.removesuffix("/").removesuffix("/explorer")


MODULE = "tests.helpers.interrupted"
HARMFUL = [
    f"/components/{MODULE}/a/b/c",
    f"/Components/{MODULE}/a/b/c",
    f"/COMPONENTS/{MODULE}/a/b/c/",
    f"/%63omponents/{MODULE}/a/b/c",
    f"//components/{MODULE}/a/b/c",
    f"/components//{MODULE}/a/b/c",
    f"/static/extensions/{MODULE}/a/b/c.js",
    f"/static/extensions/{MODULE}/__css__/b.css",
    f"/static/extensions/panel/../../{MODULE.replace('.', '/')}.js",
    "/static/extensions/panel/..%2f..%2fconfig.py",
    "/static/extensions/panel/%2e%2e/%2e%2e/config.py",
    "/static/extensions/panel/../config.js",
    "/static/extensions/panel//etc/passwd",
    "/static/extensions//etc/passwd",
    "/static/extensions/bokeh/js/bokeh.min.js",
    "/static/../server.py",
    "/static/..%5c..%5cserver.py",
    "/static/js/bokeh.json",
    "/static/%00.js",
    "/autoload.js?bokeh-autoload-element=x",
    "/metadata",
    "/admin",
    "/liveness",
    "/rest/session_info",
    "/login",
    "/logout",
    "/snakeviz/static/x",
    "/explorer.py",
    "/main.py",
]


def test_no_address_reaches_a_module_or_a_file_beside_the_pages_own(served: str) -> None:
    for path in HARMFUL:
        for start in {"", below(served), urlsplit(served).path}:
            status, headers, body = ask(served, start + path)
            assert status in {400, 404}, start + path
            assert b"Traceback" not in body
            assert b"site-packages" not in body
            assert "Access-Control-Allow-Origin" not in headers
    assert ask(served, urlsplit(served).path or "/")[0] == 200  # and it goes on


def test_every_process_hands_out_the_pages_own_script_from_the_start(served: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(served, below(served) + BUNDLE)[0], range(40)))
    assert set(found) == {200}


@pytest.mark.parametrize("path", ["", BUNDLE, "/nothing", "/static/js/bokeh.min.js"])
def test_every_answer_has_the_headers_that_keep_a_page_to_itself(served: str, path: str) -> None:
    start = below(served) if path else urlsplit(served).path
    _, headers, _ = ask(served, start + path or "/")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    assert "Server" not in headers


def test_foreign_names_and_foreign_pages_are_refused_before_anything_is_done(served: str) -> None:
    own = urlsplit(served).path or "/"
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    socket = key | {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Protocol": "bokeh, x"}
    for path in (own, below(served) + BUNDLE, below(served) + "/nothing"):
        assert ask(served, path, Host="evil.example")[0] == 403
        assert ask(served, path, Origin="https://evil.example")[0] == 403
        assert (
            ask(served, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="image")[0] == 403
        )
    channel = own.rstrip("/") + "/ws"
    assert ask(served, channel, Origin="https://evil.example", **socket)[0] == 403
    assert ask(served, channel, Host="evil.example", **socket)[0] == 403
    click = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ask(served, own, **click)[0] == 200


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?a=b?c", "?a=b=c", "?", "?%ff=%00", "?x=https://a.example/?y#z", "?theme=default"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]", "[::1]:5006"])
def test_whatever_stands_in_the_address_the_page_is_whole(served: str, host: str, query: str) -> None:
    status, _, page = ask(served, (urlsplit(served).path or "/") + query, Host=host)
    assert status == 200
    assert b'<meta name="title" content="BAM Explorer">' in page


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_a_page_is_read_and_nothing_else(served: str, method: str) -> None:
    status, headers, _ = ask(served, urlsplit(served).path or "/", method)
    assert status == 405
    assert "Access-Control-Allow-Methods" not in headers


@pytest.mark.parametrize("brought", ["?bokeh-session-id=mine", "?bokeh-token=mine"])
def test_no_link_leads_into_a_session_that_another_person_chose(served: str, brought: str) -> None:
    assert ask(served, (urlsplit(served).path or "/") + brought)[0] == 400
    assert ask(served, urlsplit(served).path or "/", Bokeh_Session_Id="mine")[0] == 400
