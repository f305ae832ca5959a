"""Excessive or invalid requests are slowed down. Other visitors are not, and no answer reveals anything."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from bokeh.util.token import generate_jwt_token, generate_session_id
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClosedError, websocket_connect

from explorer.serving.log_limit import LINES_A_MINUTE, LONGEST_LINE, QuietLog
from explorer.serving.page_sessions import MOST_IN_LINE, MOST_UNSEEN
from explorer.serving.rate_limit import Bucket
from explorer.serving.server import LARGEST_MESSAGE, MOST_CONNECTIONS
from tests.helpers.fuzzing import Watch, fuzz_channel, fuzz_requests, leak_in
from tests.helpers.protocol_client import ProtocolClient, open_channel
from tests.helpers.served import serving

T = TypeVar("T")


def in_a_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own thread: a browser's may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def address(served_path: Path) -> Iterator[str]:
    with serving(served_path) as url:
        yield url


@pytest.mark.slow
def test_random_requests_get_plain_answers_and_delay_no_other_visitor(address: str) -> None:
    with Watch(address) as other:
        found = fuzz_requests(address, 150, seed=1)
    assert found.leaks == []
    assert not {"500", "502"} & set(found.kinds)
    assert other.trouble == ""
    assert other.waits


@pytest.mark.slow
def test_random_pieces_of_messages_get_no_traceback_and_delay_no_other_visitor(address: str) -> None:
    with Watch(address) as other:
        found = in_a_loop(fuzz_channel(address, 200, seed=2))
    assert found.leaks == []
    assert other.trouble == ""
    assert other.waits


def test_a_channel_opens_for_the_token_of_a_page_alone(address: str) -> None:
    own = generate_jwt_token(generate_session_id())
    signed = generate_jwt_token(generate_session_id(secret_key=b"mine", signed=True), secret_key=b"mine", signed=True)
    url = address.replace("http", "ws") + "ws"

    async def closes(token: str) -> bool:
        try:
            channel = await websocket_connect(url, subprotocols=["bokeh", token])
        except HTTPClientError:
            return True
        refused = await channel.read_message() is None
        channel.close()
        return refused

    for token in (own, signed, own + ".x", signed[:-1], "x", "a.b", "eyJ9.", "%"):
        assert in_a_loop(closes(token)), token


@pytest.mark.slow
def test_a_message_that_is_too_large_ends_its_channel_and_no_other(address: str) -> None:
    async def send(*pieces: str | bytes) -> bool:
        other = await ProtocolClient.open(address, "LabelTab")
        channel = await open_channel(address)
        await channel.read_message()
        try:
            for piece in pieces:
                await channel.write_message(piece, binary=isinstance(piece, bytes))
        except WebSocketClosedError:
            pass
        while await channel.read_message() is not None:
            pass
        channel.close()
        await other.say("LabelTab", {"type": "hello", "token": ""})
        await other.hear(lambda message: message.get("type") == "who", 120)
        other.close()
        return True

    header = '{"msgid": "1", "msgtype": "PATCH-DOC", "num_buffers": 1000000000}'
    many = [header, "{}", "{}", *['{"id": "1"}', b"x" * 60_000] * 20]
    assert in_a_loop(send("x" * (LARGEST_MESSAGE + 1)))
    assert in_a_loop(send(*many))


def test_what_no_page_sends_is_answered_in_words_without_a_traceback(address: str) -> None:
    unknown = '{"type": "map", "entries": [["model", {"id": "no"}], ["data", 1]]}'
    said = f'{{"type": "event", "name": "data_event", "values": {unknown}}}'
    events = [
        '{"kind": "RootAdded", "model": {}}',
        f'{{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": {said}}}',
    ]

    async def answers(content: str, kind: str = "PATCH-DOC") -> list[str]:
        channel = await open_channel(address)
        for _ in range(3):
            await channel.read_message()  # the greeting
        for piece in (f'{{"msgid": "1", "msgtype": "{kind}"}}', "{}", content):
            await channel.write_message(piece)
        told = [str(await asyncio.wait_for(channel.read_message(), 120)) for _ in range(3)]
        channel.close()
        return told

    for header, _, content in [
        *(in_a_loop(answers(f'{{"events": [{event}]}}')) for event in events),
        in_a_loop(answers('{"doc": {}}', "PUSH-DOC")),
        in_a_loop(answers("{}", "SERVER-INFO-REQ")),
    ]:
        assert '"ERROR"' in header
        assert '"traceback":null' in content.replace(" ", "")
        assert "Error(" not in content


def test_a_pages_document_holds_no_place_on_the_server(address: str) -> None:
    async def document() -> str:
        channel = await open_channel(address)
        for _ in range(3):
            await channel.read_message()  # the greeting
        for piece in ('{"msgid": "1", "msgtype": "PULL-DOC-REQ"}', "{}", "{}"):
            await channel.write_message(piece)
        told = [str(await channel.read_message()) for _ in range(3)]
        channel.close()
        return told[-1]

    found = in_a_loop(document())
    assert "MapCanvas" in found
    assert leak_in(found) == ""
    assert str(Path.cwd()) not in found


@pytest.mark.slow
def test_many_connections_one_after_the_other_end_no_page(address: str) -> None:
    async def look() -> dict[str, Any]:
        client = await ProtocolClient.open(address, "LabelTab")
        for _ in range(MOST_CONNECTIONS + 50):
            reader, writer = await asyncio.open_connection(urlsplit(address).hostname, urlsplit(address).port)
            writer.write(b"GET /favicon.ico HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await reader.read()
            writer.close()
            await writer.wait_closed()
        await client.say("LabelTab", {"type": "hello", "token": ""})
        heard = await client.hear(lambda message: message.get("type") == "who", 120)
        client.close()
        return heard

    assert in_a_loop(look())["type"] == "who"


@pytest.mark.slow
def test_connections_that_say_nothing_do_not_keep_others_out(address: str) -> None:
    place = urlsplit(address)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2_000)), hard))
    silent = []
    try:
        for _ in range(MOST_CONNECTIONS + 100):
            silent.append(socket.create_connection((place.hostname, place.port), timeout=60))
            silent[-1].sendall(b"GET / HTTP/1.1\r\nHost: loc")
        with urlopen(address, timeout=120) as answer:  # noqa: S310 -- our own server
            assert answer.status == 200
        silent[0].settimeout(120)
        try:
            said = silent[0].recv(100)
        except ConnectionResetError:
            said = b""
        assert said == b""  # the one that was silent the longest gave way
    finally:
        for channel in silent:
            channel.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
def test_many_requests_for_pages_have_to_wait_and_open_pages_continue(address: str) -> None:
    def ask(_: int) -> tuple[int, str]:
        try:
            with urlopen(address, timeout=300) as answer:  # noqa: S310 -- our own server
                return answer.status, ""
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    with Watch(address) as other, ThreadPoolExecutor(MOST_IN_LINE + MOST_UNSEEN + 10) as crowd:
        answers = list(crowd.map(ask, range(MOST_IN_LINE + MOST_UNSEEN + 10)))
    assert {status for status, _ in answers} == {200, 503}
    assert all("Wait half a minute, then reload" in words for status, words in answers if status == 503)
    assert other.trouble == ""


def test_a_bucket_takes_a_burst_and_then_what_leaks_out() -> None:
    now = [0.0]
    bucket = Bucket(rate=10, burst=5, clock=lambda: now[0])
    assert [bucket.take() for _ in range(5)] == [0.0] * 5
    assert bucket.take() == pytest.approx(0.1)
    now[0] = 10.0
    assert bucket.take() == 0.0


def test_a_log_holds_so_many_lines_of_a_kind_and_each_is_short() -> None:
    now = [0.0]
    quiet = QuietLog(clock=lambda: now[0])

    def let(words: str, *values: object, line: int = 7) -> str | None:
        record = logging.LogRecord("bokeh", logging.ERROR, __file__, line, words, values, None)
        return record.getMessage() if quiet.filter(record) else None

    told = [let("bad %d", number) for number in range(10 * LINES_A_MINUTE)]
    kept = [line for line in told if line]
    assert len(kept) == LINES_A_MINUTE
    assert kept[-1].endswith("(no more lines like this one for a minute)")
    assert let("another", line=8)
    assert not let("what a visitor makes it say"), "words that are put together before are of one kind, too"
    now[0] = 61.0
    assert let("bad %d", 1) == "bad 1"
    assert len(let("%s", "x" * 1_000_000) or "") < LONGEST_LINE + 100
    assert "\x1b" not in (let("%s", "\x1b[2J") or "")
    assert let("%d", "no number")


@pytest.mark.parametrize("logger", ["bokeh.server.views.ws", "tornado.general", "panel.io", "explorer"])
def test_no_logger_of_the_server_can_fill_the_log(logger: str) -> None:
    program = (
        "import logging, panel, bokeh.server.server\n"
        "from explorer.serving.log_limit import keep_log_small\n"
        "keep_log_small()\n"
        f"for number in range(1_000): logging.getLogger({logger!r}).error('a visitor said %d' % number)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout + done.stderr).count("a visitor said") == LINES_A_MINUTE
