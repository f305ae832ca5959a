"""The map behind a reverse proxy, under whose name people reach it."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.helpers import served
from tests.helpers.small_proxy import proxying

pytestmark = pytest.mark.slow  # a server and a proxy for each case; addresses are tested without them

OUTSIDE = "maps.example.org"


@pytest.mark.parametrize("passed", ["the server's own name", "the visitor's name", "the whole path"])
def test_a_proxy_shows_the_map_once_its_name_is_allowed(chromium: Browser, served_path: Path, passed: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    whole, keep_host = passed == "the whole path", passed == "the visitor's name"
    prefix = ("--prefix", "/maps/birds") if whole else ()
    process, address = served.start_server(served_path, 0, "--allow-origin", f"http://{OUTSIDE}:{port}/", *prefix)
    outside = f"http://{OUTSIDE}:{port}"
    flags = [*served.FLAGS, f"--host-resolver-rules=MAP {OUTSIDE} 127.0.0.1"]
    browser = chromium.browser_type.launch(executable_path=served.chromium_path(), args=flags)
    try:
        with proxying(address, port, cut="" if whole else "/maps/birds", keep_host=keep_host):
            visit = served.Visit(browser.new_page(), f"{outside}/maps/birds/")
            visit.settle()
            assert visit.complaints == []
            hosts = {urlsplit(url).netloc for url in visit.requests if not url.startswith(("blob:", "data:"))}
            assert hosts == {urlsplit(outside).netloc}
    finally:
        browser.close()
        served.stop_server(process)


@pytest.mark.parametrize("keep_host", [False, True], ids=["its own name", "the visitor's name"])
def test_a_proxy_with_a_name_that_is_not_allowed_gets_the_name_of_the_option(
    chromium: Browser, address: str, keep_host: bool
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = [*served.FLAGS, f"--host-resolver-rules=MAP {OUTSIDE} 127.0.0.1"]
    browser = chromium.browser_type.launch(executable_path=served.chromium_path(), args=flags)
    try:
        with proxying(address, port, keep_host=keep_host):
            page = browser.new_page()
            said: list[str] = []
            page.on("websocket", lambda channel: said.append(channel.url))
            answer = page.goto(f"http://{OUTSIDE}:{port}/")
            assert answer is not None
            if keep_host:
                assert answer.status == 403
                assert f"--allow-origin {OUTSIDE}:{port}" in page.inner_text("body")
            else:
                page.locator("text=could not be established").wait_for()
    finally:
        browser.close()
