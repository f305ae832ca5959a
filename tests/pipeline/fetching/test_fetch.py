"""Links fetched from a real server that misbehaves."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.benchmarks.link_server import BAD, GOOD, MisbehavingServer, picture
from pipeline.errors import FetchError, ParameterError
from pipeline.fetching import (
    FetchLimits,
    FetchOptions,
    FetchReport,
    Link,
    LinkRecord,
    LinkState,
    Politeness,
    TryAgain,
    fetch,
    link_records,
    picture_path,
    run,
)
from pipeline.progress import Progress
from tests.helpers.apart import run_apart
from tests.helpers.misbehaving_server import Served, serving
from tests.helpers.sizes import sizes

PATIENT = FetchLimits(max_bytes=5_000_000, connect=60, answer=60, stall=60, whole=120)
QUICK = Politeness(host_requests=16, host_rate=None, backoff=0.01)
TIMED = ("stall", "stall-body", "drip")


@pytest.fixture(scope="module")
def web() -> Iterator[Served]:
    with serving() as served:
        yield served


@pytest.fixture
def own_web() -> Iterator[Served]:
    with serving() as served:
        yield served


def options(limits: FetchLimits = PATIENT, politeness: Politeness = QUICK, **more: object) -> FetchOptions:
    return FetchOptions(limits, politeness, **{"allow_private": True, **more})  # type: ignore[arg-type]


def fetched(into: Path, urls: Sequence[str], chosen: FetchOptions | None = None) -> list[LinkRecord]:
    fetch([Link(key, url) for key, url in enumerate(urls)], into, chosen or options())
    return list(link_records(into))


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_arrives_also_where_the_host_fails_at_first(name: str, web: Served, tmp_path: Path) -> None:
    (record,) = fetched(tmp_path, [f"{web.url}/{name}/41"])
    assert record.state is LinkState.ARRIVED, record.told
    assert picture_path(tmp_path, 0).read_bytes() == picture(41)
    assert (record.size, record.image_format, record.status) == (len(picture(41)), "JPEG", 200)
    assert record.tries == (2 if name in {"flaky", "limited", "drops-once"} else 1)


@pytest.mark.parametrize("name", [name for name in BAD if name not in TIMED])
def test_a_link_that_brings_no_picture_is_named_with_its_reason(name: str, web: Served, tmp_path: Path) -> None:
    (record,) = fetched(tmp_path, [f"{web.url}/{name}/1"])
    assert (record.state, record.reason) == (LinkState.FAILED, BAD[name])
    assert record.told.endswith(".")
    assert not list((tmp_path / "pictures").iterdir())
    assert not list((tmp_path / "parts").iterdir())
    answered = {
        "missing": 404,
        "gone": 410,
        "forbidden": 403,
        "teapot": 418,
        "broken": 500,
        "html": 200,
        "text": 200,
        "drop": 200,
    }
    assert record.status == answered.get(name, record.status)
    assert record.tries == (3 if BAD[name] in {"server_error", "incomplete", "dropped", "protocol"} else 1)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("stall", FetchLimits(connect=0.2, answer=0.2)),
        ("stall-body", FetchLimits(stall=0.3)),
        ("drip", FetchLimits(whole=0.5)),
    ],
)
def test_a_host_that_is_too_slow_is_given_up_in_time(
    name: str, limits: FetchLimits, web: Served, tmp_path: Path
) -> None:
    (record,) = fetched(tmp_path, [f"{web.url}/{name}/1"], options(limits, Politeness(tries=1)))
    assert record.reason == BAD[name]
    assert 0.2 <= record.seconds < 30


def test_a_length_that_is_too_small_harms_no_other_link(web: Served, tmp_path: Path) -> None:
    """What comes after the claimed length must not be taken for the next answer."""
    urls = [f"{web.url}/{'short-claim' if key % 2 else 'good'}/{key}" for key in range(30)]
    records = fetched(tmp_path, urls, options(politeness=Politeness(host_requests=1, host_rate=None, tries=1)))
    for record in records[::2]:
        assert picture_path(tmp_path, record.key).read_bytes() == picture(record.key)


def test_nothing_is_fetched_twice(own_web: Served, tmp_path: Path) -> None:
    urls = [f"{own_web.url}/{name}/{key}" for key, name in enumerate(["good", "missing", "html", "good"])]
    first = fetch([Link(key, url) for key, url in enumerate(urls)], tmp_path, options())
    assert (first.links, first.arrived, first.failed) == (4, 2, 2)
    assert first.reasons == {"html_page": 1, "not_found": 1}
    before = own_web.server.requests.copy()
    again = fetch([Link(key, url) for key, url in enumerate(urls)], tmp_path, options())
    assert (again.arrived, again.failed, again.kept, again.left) == (0, 0, 2, 2)
    assert own_web.server.requests == before


def test_failed_links_are_tried_again_on_request_all_or_those_that_may_have_passed(
    own_web: Served, tmp_path: Path
) -> None:
    urls = [f"{own_web.url}/{name}/{key}" for key, name in enumerate(["missing", "broken"])]
    links = [Link(key, url) for key, url in enumerate(urls)]
    once = Politeness(host_rate=None, tries=1)
    fetch(links, tmp_path, options(politeness=once))
    fetch(links, tmp_path, options(politeness=once, try_again=TryAgain.TRANSIENT))
    assert [own_web.server.requests[f"/{name}/{key}"] for key, name in enumerate(["missing", "broken"])] == [1, 2]
    fetch(links, tmp_path, options(politeness=once, try_again=TryAgain.ALL))
    assert [own_web.server.requests[f"/{name}/{key}"] for key, name in enumerate(["missing", "broken"])] == [2, 3]


def test_a_changed_address_and_a_lost_file_are_fetched_again(own_web: Served, tmp_path: Path) -> None:
    fetched(tmp_path, [f"{own_web.url}/good/{key}" for key in range(3)])
    picture_path(tmp_path, 1).unlink()
    report = fetch(
        [Link(0, f"{own_web.url}/good/0"), Link(1, f"{own_web.url}/good/1"), Link(2, f"{own_web.url}/good/22")],
        tmp_path,
        options(),
    )
    assert (report.kept, report.arrived) == (1, 2)
    assert picture_path(tmp_path, 1).read_bytes() == picture(1)
    assert picture_path(tmp_path, 2).read_bytes() == picture(22)


def test_a_key_that_stands_twice_is_fetched_once(own_web: Served, tmp_path: Path) -> None:
    report = fetch([Link(1, f"{own_web.url}/good/1")] * 5, tmp_path, options())
    assert (report.links, report.arrived, report.repeated) == (5, 1, 4)
    assert own_web.server.requests["/good/1"] == 1


def test_the_list_is_read_as_the_run_goes_on(own_web: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "WINDOW", 64)
    monkeypatch.setattr(run, "READ_AT_ONCE", 16)
    ahead = []

    def links() -> Iterator[Link]:
        for key in range(400):
            ahead.append(key - len(list((tmp_path / "pictures").glob("*/*"))))
            yield Link(key, f"{own_web.url}/good/{key}")

    assert fetch(links(), tmp_path, options()).arrived == 400
    assert max(ahead) <= 64 + 16 + 512


def test_a_host_gets_no_more_requests_at_a_time_than_allowed(own_web: Served, tmp_path: Path) -> None:
    urls = [f"{own_web.url}/good/{key}" for key in range(100)]
    fetched(tmp_path, urls, options(politeness=Politeness(host_requests=3, host_rate=None)))
    assert own_web.server.open_most <= 3
    assert own_web.server.connections <= 3, "a connection serves one request after another"


class Timed(MisbehavingServer):
    """Says to wait once, and notes until when and when the requests came, in seconds since 1970."""

    def __init__(self, *, as_date: bool) -> None:
        super().__init__()
        self.as_date = as_date
        self.times: list[float] = []
        self.until = 0.0

    async def answer(self, path, writer):  # type: ignore[no-untyped-def]
        self.times.append(time.time())
        if len(self.times) > 1:
            return await super().answer(path, writer)
        self.until = int(time.time()) + 3 if self.as_date else time.time() + 2
        told = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(self.until)) if self.as_date else "2"
        return self._send(writer, 503, b"", f"Retry-After: {told}\r\n")


@pytest.mark.parametrize("as_date", [False, True])
def test_a_host_that_says_to_wait_is_left_alone_for_that_time(as_date: bool, tmp_path: Path) -> None:
    server = Timed(as_date=as_date)
    with serving(server) as web:
        urls = [f"{web.url}/good/{key}" for key in range(6)]
        records = fetched(tmp_path, urls, options(politeness=Politeness(host_requests=1, host_rate=None)))
    assert all(record.state is LinkState.ARRIVED for record in records)
    assert server.times[1] >= server.until - 0.1


def test_a_host_that_says_to_wait_too_long_is_not_asked_again(own_web: Served, tmp_path: Path) -> None:
    urls = [f"{own_web.url}/long-wait/{key}" for key in range(50)]
    records = fetched(tmp_path, urls, options(politeness=Politeness(host_requests=2, host_rate=None)))
    assert {record.reason for record in records} == {"rate_limited"}
    assert sum(own_web.server.requests.values()) <= 2
    assert "86,400 seconds" in records[-1].told


def test_a_dead_host_is_given_up_and_the_others_go_on(own_web: Served, tmp_path: Path) -> None:
    with serving() as gone:
        pass
    links = [f"{gone.url.replace('127.0.0.1', '127.0.0.2')}/good/{key}" for key in range(60)]
    links += [f"{own_web.url}/good/{key}" for key in range(60)]
    chosen = options(politeness=Politeness(host_requests=4, host_rate=None, tries=2, backoff=0.01))
    records = fetched(tmp_path, links, chosen)
    reasons = [record.reason for record in records]
    assert "host_down" in reasons[:60]
    assert set(reasons[:60]) <= {"unreachable", "host_down"}
    assert set(reasons[60:]) == {""}


def test_robots_are_read_once_a_host_and_only_on_request(own_web: Served, tmp_path: Path) -> None:
    own_web.server.robots = "User-agent: *\nDisallow: /good/1\n"
    urls = [f"{own_web.url}/good/{key}" for key in range(8)]
    report = fetch([Link(key, url) for key, url in enumerate(urls)], tmp_path / "off", options())
    assert (report.arrived, report.robots) == (8, False)
    assert own_web.server.requests["/robots.txt"] == 0
    polite = options(politeness=Politeness(host_rate=None, robots=True))
    records = fetched(tmp_path / "on", urls, polite)
    assert [record.key for record in records if record.reason == "robots"] == [1]
    assert own_web.server.requests["/robots.txt"] == 1
    own_web.server.robots = ""
    assert fetch([Link(0, urls[0])], tmp_path / "none", polite).arrived == 1


def test_progress_is_told_and_the_run_can_be_stopped_and_taken_up(own_web: Served, tmp_path: Path) -> None:
    links = [Link(key, f"{own_web.url}/good/{key}") for key in range(300)]
    told: list[Progress] = []
    slow = options(politeness=Politeness(host_requests=2, host_rate=200.0))
    report = fetch(links, tmp_path, slow, progress=told.append, cancel=lambda: told[-1].done >= 20)
    assert report.stopped
    assert 20 <= report.arrived < 300
    assert told[-1].total == 300
    assert told[-1].unit == "links"
    rest = fetch(links, tmp_path, options())
    assert rest.kept == report.arrived
    assert rest.arrived == 300 - report.arrived
    assert own_web.server.requests.total() <= 300 + 2 * 2


def test_what_progress_raises_ends_the_run_and_nothing_that_came_is_lost(own_web: Served, tmp_path: Path) -> None:
    class EnoughError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.done >= 20:
            raise EnoughError

    links = [Link(key, f"{own_web.url}/good/{key}") for key in range(100)]
    threads = threading.active_count()
    with pytest.raises(EnoughError):
        fetch(links, tmp_path, options(politeness=Politeness(host_requests=2, host_rate=200.0)), progress=stop)
    arrived = len(list(link_records(tmp_path)))
    assert arrived >= 20
    assert fetch(links, tmp_path, options()).kept == arrived
    assert threading.active_count() <= threads


def test_an_error_of_the_list_itself_ends_the_run(own_web: Served, tmp_path: Path) -> None:
    def links() -> Iterator[Link]:
        yield Link(0, f"{own_web.url}/good/0")
        raise ValueError("the table ends in the middle")

    with pytest.raises(ValueError, match="ends in the middle"):
        fetch(links(), tmp_path, options())


def test_a_disk_that_refuses_ends_the_run_with_a_sentence(
    own_web: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("pipeline.fetching.body.open_unfollowed", refuse)
    with pytest.raises(FetchError, match=r"No space left on device.*What was fetched is kept"):
        fetched(tmp_path, [f"{own_web.url}/good/1"])
    assert not list(link_records(tmp_path)), "a full disk is no failure of a link"


def test_it_runs_where_an_event_loop_runs_already(own_web: Served, tmp_path: Path) -> None:

    async def notebook() -> FetchReport:
        return fetch([Link(0, f"{own_web.url}/good/0")], tmp_path, options())

    assert run_apart(notebook()).arrived == 1


@pytest.mark.slow
def test_a_third_of_many_links_misbehaves_and_all_good_ones_arrive(own_web: Served, tmp_path: Path) -> None:
    connected: list[object] = []
    sys.addaudithook(lambda event, found: connected.append(found[1]) if event == "socket.connect" else None)
    bad = [name for name in BAD if name not in TIMED]
    count = sizes(300, 3000)
    good = [name for name in GOOD if name != "limited"]  # each would hold up the whole host for a second
    names = [bad[key // 3 % len(bad)] if key % 3 == 0 else good[key % len(good)] for key in range(count)]
    records = fetched(tmp_path, [f"{own_web.url}/{name}/{key}" for key, name in enumerate(names)])
    assert [record.key for record in records] == list(range(count))
    for record, name in zip(records, names, strict=True):
        assert record.reason == BAD.get(name, ""), (name, record)
        if name in GOOD:
            assert picture_path(tmp_path, record.key).read_bytes() == picture(record.key)
    assert {address[0] for address in connected if isinstance(address, tuple)} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Link(-1, "http://a.example/"),
        lambda: Link(2**63, "http://a.example/"),
        lambda: FetchLimits(max_bytes=0),
        lambda: FetchLimits(whole=float("nan")),
        lambda: FetchLimits(redirects=-1),
        lambda: Politeness(tries=0),
        lambda: Politeness(host_rate=0.0),
        lambda: FetchOptions(user_agent="a\r\nHost: b"),
    ],
)
def test_an_option_out_of_range_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError):
        make()
