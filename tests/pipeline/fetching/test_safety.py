"""Where a request may go: only to the very address that was checked, under the name that was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpcore
import pytest
import trustme

from pipeline.benchmarks.link_server import MisbehavingServer, picture
from pipeline.errors import FetchError, LinkError
from pipeline.fetching import (
    FetchLimits,
    FetchOptions,
    Link,
    LinkRecord,
    LinkState,
    Politeness,
    fetch,
    link_records,
    picture_path,
)
from pipeline.fetching.connecting import GuardedBackend
from tests.helpers.apart import run_apart
from tests.helpers.misbehaving_server import (
    Served,
    authority_file,
    certificates,
    serving,
    serving_http2,
    serving_tls,
)

LIMITS = FetchLimits(connect=60, answer=60, stall=60, whole=120)
ONCE = Politeness(host_requests=8, host_rate=None, tries=1)


class Names:
    """A resolver in the test's hand; it counts, and gives the next of several lists each time."""

    def __init__(self, **hosts: Sequence[Sequence[str]]) -> None:
        self.hosts = hosts
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        lists = self.hosts.get(host.partition(".")[0])
        if lists is None:
            raise OSError(8, "Name or service not known")
        return lists[min(self.asked.count(host), len(lists)) - 1]


@pytest.fixture(scope="module")
def web() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def fetched(into: Path, urls: Sequence[str], **more: object) -> list[LinkRecord]:
    options = FetchOptions(LIMITS, ONCE, **more)  # type: ignore[arg-type]
    fetch([Link(key, url) for key, url in enumerate(urls)], into, options)
    return list(link_records(into))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "168.63.129.16", "::1", "fd00:ec2::254"],
)
def test_a_name_that_stands_for_a_private_address_is_refused(address: str, web: Served, tmp_path: Path) -> None:
    before = web.server.requests.total()
    (record,) = fetched(tmp_path, [f"http://inside.example:{web.port}/good/1"], resolve=Names(inside=[[address]]))
    assert record.reason == "private_address"
    assert f"inside.example is at {address}" in record.told
    assert record.tries == 1
    assert web.server.requests.total() == before


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST.", "127.9.9.9"])
def test_this_machine_is_refused_by_number_and_by_name(host: str, web: Served, tmp_path: Path) -> None:
    before = web.server.requests.total()
    (record,) = fetched(tmp_path, [f"http://{host}:{web.port}/good/1"])
    assert record.reason == "private_address"
    assert web.server.requests.total() == before


def test_private_addresses_are_left_out_where_a_name_has_public_ones_too() -> None:
    backend = GuardedBackend(Names(mixed=[["10.0.0.1", "93.184.216.34", "::1"]]), allow_private=False)
    assert run_apart(backend._permitted("mixed.example", 80)) == ["93.184.216.34"]


class Recording(httpcore.AsyncNetworkBackend):
    """Notes where a connection would go, and makes none."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        self.hosts.append(host)
        raise httpcore.ConnectError("nothing is connected in this test")


def test_a_name_that_changes_its_address_after_the_check_leads_nowhere() -> None:
    """The connection goes to the number that was checked, and the next check sees the new one."""
    names = Names(rebinding=[["93.184.216.34"], ["127.0.0.1"]])
    backend = GuardedBackend(names, allow_private=False)
    backend._backend = recording = Recording()  # type: ignore[assignment]
    with pytest.raises(LinkError, match="cannot be connected"):
        run_apart(backend.connect_tcp("rebinding.example", 80, 5.0))
    assert (names.asked, recording.hosts) == (["rebinding.example"], ["93.184.216.34"])
    backend._found.clear()  # as after a minute
    with pytest.raises(LinkError) as error:
        run_apart(backend.connect_tcp("rebinding.example", 80, 5.0))
    assert error.value.reason == "private_address"
    assert recording.hosts == ["93.184.216.34"]


def test_several_addresses_are_tried_in_turns_of_their_kinds() -> None:
    addresses = ["2606:2800::1", "2606:2800::2", "2606:2800::3", "93.184.216.34", "93.184.216.35"]
    backend = GuardedBackend(Names(many=[addresses]), allow_private=False)
    backend._backend = recording = Recording()  # type: ignore[assignment]
    with pytest.raises(LinkError):
        run_apart(backend.connect_tcp("many.example", 80, 5.0))
    assert recording.hosts == ["2606:2800::1", "93.184.216.34", "2606:2800::2", "93.184.216.35"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://inside.example/x", "private_address"),
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://[::ffff:169.254.169.254]/", "private_address"),
        ("http://0x7f.1/", "bad_address"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://outside.example/x", "scheme"),
        ("http://user@outside.example/", "bad_address"),
        ("http://unknown.example/x", "no_such_host"),
    ],
)
def test_every_hop_is_checked(target: str, reason: str, tmp_path: Path) -> None:
    """The first host is let through by a backend that knows the test's server as a public address."""
    with serving() as web:
        web.server.redirect_to = target
        names = Names(outside=[["93.184.216.34"]], inside=[["192.168.0.7"]])
        with through(web):
            (record,) = fetched(tmp_path, ["http://outside.example/elsewhere/1"], resolve=names)
        assert record.reason == reason
        assert web.server.requests.total() == 1


@contextmanager
def through(web: Served) -> Iterator[None]:
    """Lead connections to the one public address of the tests to the server, and all others nowhere."""
    whole = httpcore.AnyIOBackend.connect_tcp

    async def connect(self, host, port, *arguments, **options):  # type: ignore[no-untyped-def]
        assert host == "93.184.216.34", f"a connection to {host}"
        return await whole(self, "127.0.0.1", web.port, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
        yield


def test_a_redirect_to_another_public_host_is_followed(tmp_path: Path) -> None:
    with serving() as web:
        web.server.redirect_to = "http://other.example/good/5"
        names = Names(outside=[["93.184.216.34"]], other=[["93.184.216.34"]])
        with through(web):
            (record,) = fetched(tmp_path, ["http://outside.example/elsewhere/1"], resolve=names)
        assert record.state is LinkState.ARRIVED
        assert picture_path(tmp_path, 0).read_bytes() == picture(5)
        assert names.asked == ["outside.example", "other.example"]


def test_the_host_is_asked_by_its_name(web: Served, tmp_path: Path) -> None:
    names = Names(pictures=[["127.0.0.1"]])
    url = f"http://Pictures.Example.:{web.port}/good/1"
    (record,) = fetched(tmp_path, [url], resolve=names, allow_private=True)
    assert record.state is LinkState.ARRIVED
    assert f"Host: pictures.example:{web.port}" in web.server.headers
    assert not [line for line in web.server.headers if line.lower().startswith(("cookie", "referer", "authorization"))]


def test_tls_greets_by_name_and_checks_the_certificate_for_it(authority: trustme.CA, tmp_path: Path) -> None:
    names = Names(pictures=[["127.0.0.1"]], other=[["127.0.0.1"]])
    greeted = []
    context = certificates(authority, "pictures.example")
    context.sni_callback = lambda _, name, __: greeted.append(name)
    with serving_tls(context) as web:
        urls = [f"https://pictures.example:{web.port}/good/1", f"https://other.example:{web.port}/good/2"]
        urls.append(f"https://127.0.0.1:{web.port}/good/3")
        trusted = authority_file(authority, tmp_path)
        records = fetched(tmp_path / "a", urls, resolve=names, allow_private=True, certificates=trusted)
        assert [record.reason for record in records] == ["", "certificate", "certificate"]
        assert "pictures.example" in greeted
        (record,) = fetched(tmp_path / "b", urls[:1], resolve=names, allow_private=True)
        assert record.reason == "certificate", "nobody who is trusted has signed it"


class Plain(MisbehavingServer):
    """Answers a TLS greeting as plain servers do."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()


def test_a_host_that_speaks_no_tls_is_named(tmp_path: Path) -> None:
    with serving(Plain()) as web:
        (record,) = fetched(tmp_path, [f"https://127.0.0.1:{web.port}/good/1"], allow_private=True)
    assert record.reason == "tls"


def test_http2_shares_a_connection_within_the_limit_of_the_host(authority: trustme.CA, tmp_path: Path) -> None:
    with serving_http2(certificates(authority, "pictures.example")) as web:
        base = f"https://pictures.example:{web.port}"
        bad = {7: "reset", 8: "html", 9: "missing"}
        urls = [f"{base}/{bad.get(key, 'good')}/{key}" for key in range(60)]
        names = Names(pictures=[["127.0.0.1"]])
        trusted = authority_file(authority, tmp_path)
        records = fetched(tmp_path / "a", urls, resolve=names, allow_private=True, certificates=trusted)
        reasons = {record.key: record.reason for record in records if record.reason}
        assert reasons.keys() == bad.keys()
        assert (reasons[8], reasons[9]) == ("html_page", "not_found")
        assert reasons[7] in {"protocol", "dropped", "incomplete"}
        for key in set(range(60)) - bad.keys():
            assert picture_path(tmp_path / "a", key).read_bytes() == picture(key)
        assert web.connections <= 8
        assert 1 < web.streams_most <= 8


@pytest.mark.slow
def test_a_stream_that_stalls_harms_no_other_one_of_its_connection(authority: trustme.CA, tmp_path: Path) -> None:
    with serving_http2(certificates(authority, "pictures.example")) as web:
        base = f"https://pictures.example:{web.port}"
        urls = [f"{base}/{'stall' if key % 30 == 0 else 'good'}/{key}" for key in range(60)]
        options = FetchOptions(
            FetchLimits(connect=2, answer=2),
            Politeness(host_requests=8, host_rate=None, tries=2, backoff=0.1),
            allow_private=True,
            certificates=authority_file(authority, tmp_path),
            resolve=Names(pictures=[["127.0.0.1"]]),
        )
        fetch([Link(key, url) for key, url in enumerate(urls)], tmp_path / "a", options)
        reasons = {record.key: record.reason for record in link_records(tmp_path / "a")}
    assert reasons == {key: "no_answer" if key % 30 == 0 else "" for key in range(60)}


def test_proxies_of_the_environment_are_not_used(web: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (record,) = fetched(tmp_path, [f"{web.url}/good/1"], allow_private=True)
    assert record.state is LinkState.ARRIVED


def test_a_proxy_that_is_named_is_used_and_numbers_are_still_checked(tmp_path: Path) -> None:
    with serving() as proxy:
        urls = ["http://outside.example/good/1", "http://127.0.0.1/x", "http://localhost/x", "http://db.internal/x"]
        records = fetched(tmp_path, urls, proxy=proxy.url)
        assert [record.reason for record in records[1:]] == ["private_address"] * 3
        assert list(proxy.server.requests) == ["http://outside.example:80/good/1"]


@pytest.mark.parametrize(
    "more", [{"certificates": Path("nowhere.pem")}, {"proxy": "nothing"}, {"proxy": "http://[::1"}]
)
def test_options_that_cannot_be_used_are_refused_in_a_sentence(more: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(FetchError):
        fetched(tmp_path, ["http://outside.example/"], **more)
