"""Turns, pace and pauses of hosts, by a clock in the test's hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LinkError
from pipeline.fetching import Link, Politeness, Reason
from pipeline.fetching import frontier as module
from pipeline.fetching.addresses import Address
from pipeline.fetching.frontier import DOWN_AFTER, Frontier, Job


def job(key: int, host: str = "a.example") -> Job:
    return Job(Link(key, f"http://{host}/{key}"), Address("http", host, 80, f"/{key}"))


def taken(frontier: Frontier, now: float) -> list[int]:
    """Take everything that is ready; give the keys."""
    keys = []
    while (turn := frontier.take(now)) is not None:
        assert turn[1] is None
        keys.append(turn[0].link.key)
    return keys


def test_a_host_gets_no_more_requests_at_a_time_than_allowed() -> None:
    frontier = Frontier(Politeness(host_requests=2, host_rate=None))
    for key in range(5):
        frontier.add(job(key), 0.0)
    assert taken(frontier, 0.0) == [0, 1]
    frontier.done("a.example", 0.0, answered=True)
    assert taken(frontier, 0.0) == [2]


def test_hosts_take_turns() -> None:
    frontier = Frontier(Politeness(host_requests=100, host_rate=None))
    for key in range(6):
        frontier.add(job(key, "a.example"), 0.0)
    for key in range(6, 9):
        frontier.add(job(key, "b.example"), 0.0)
    assert taken(frontier, 0.0) == [0, 6, 1, 7, 2, 8, 3, 4, 5]


def test_a_slow_host_does_not_hold_up_the_others() -> None:
    frontier = Frontier(Politeness(host_requests=1, host_rate=None))
    for key in range(100):
        frontier.add(job(key, "slow.example"), 0.0)
    frontier.add(job(100, "quick.example"), 0.0)
    assert taken(frontier, 0.0) == [0, 100]


def test_a_host_gets_no_more_requests_a_second_than_allowed() -> None:
    frontier = Frontier(Politeness(host_requests=1000, host_rate=10.0))
    for key in range(50):
        frontier.add(job(key), 0.0)
    times = [now / 100 for now in range(301) for _ in taken(frontier, now / 100)]
    assert len(times) == pytest.approx(31, abs=3)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.099


def test_a_pause_concerns_the_whole_host_and_no_other() -> None:
    frontier = Frontier(Politeness(host_requests=3, host_rate=None))
    for key in range(3):
        frontier.add(job(key), 0.0)
    first = frontier.take(0.0)
    assert first is not None
    frontier.pause("a.example", 0.0, 30.0)
    frontier.add(first[0], 0.0, first=True)
    frontier.done("a.example", 0.0, answered=True)
    frontier.add(job(9, "b.example"), 0.0)
    assert taken(frontier, 29.9) == [9]
    assert frontier.wait(29.9) == pytest.approx(0.1)
    assert taken(frontier, 30.0) == [0, 1, 2]


def test_a_link_that_waits_comes_back_at_its_time_before_the_others_of_its_host() -> None:
    frontier = Frontier(Politeness(host_requests=1, host_rate=None))
    frontier.add(job(0), 0.0, after=5.0)
    assert taken(frontier, 4.9) == []
    assert frontier.wait(4.9) == pytest.approx(0.1)
    frontier.add(job(1), 4.9)
    frontier.add(job(2), 4.9)
    assert taken(frontier, 4.9) == [1]
    frontier.done("a.example", 5.0, answered=True)
    assert taken(frontier, 5.0) == [0]


def unreachable(frontier: Frontier, times: int, now: float) -> None:
    for _ in range(times):
        assert frontier.take(now) is not None
        frontier.done("a.example", now, answered=False)


def test_a_host_that_never_answers_is_given_up_and_looked_at_from_time_to_time() -> None:
    frontier = Frontier(Politeness(host_requests=6, host_rate=None))
    for key in range(DOWN_AFTER + 10):
        frontier.add(job(key), 0.0)
    unreachable(frontier, DOWN_AFTER, 0.0)
    failed = [frontier.take(1.0) for _ in range(5)]
    assert all(turn is not None and turn[1] is not None and turn[1].reason == Reason.HOST_DOWN for turn in failed)
    assert len(taken(frontier, 31.0)) == 1, "one link sees whether the host is back"
    frontier.done("a.example", 31.0, answered=True)
    assert len(taken(frontier, 31.0)) == 4


def test_a_host_that_answered_a_moment_ago_is_not_given_up() -> None:
    """Links that stall end together, after those that did not."""
    frontier = Frontier(Politeness(host_requests=1, host_rate=None))
    for key in range(DOWN_AFTER * 2 + 2):
        frontier.add(job(key), 0.0)
    frontier.take(0.0)
    frontier.done("a.example", 0.0, answered=True)
    unreachable(frontier, DOWN_AFTER * 2, 20.0)
    assert taken(frontier, 20.0)


def test_links_of_a_host_that_said_to_wait_too_long_fail_without_a_request() -> None:
    frontier = Frontier(Politeness(host_requests=1, host_rate=None))
    frontier.add(job(0), 0.0)
    frontier.add(job(1), 0.0)
    frontier.take(0.0)
    frontier.close("a.example", 0.0, 86400.0, LinkError("told to wait", reason=Reason.RATE_LIMITED, status=429))
    frontier.done("a.example", 0.0, answered=True)
    turn = frontier.take(0.1)
    assert turn is not None
    assert turn[1] is not None
    assert turn[1].status == 429


def test_hosts_without_links_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_HOSTS", 50)
    frontier = Frontier(Politeness(host_rate=None))
    for number in range(500):
        host = f"h{number}.example"
        frontier.add(job(number, host), float(number))
        assert frontier.take(float(number)) is not None
        frontier.done(host, float(number), answered=number % 2 == 0)
        assert len(frontier) <= 51


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ok", "again", "dead", "pause"])), max_size=60))
def test_every_link_comes_out_exactly_as_often_as_it_went_in(plan: list[tuple[str, str]]) -> None:
    frontier = Frontier(Politeness(host_requests=2, host_rate=5.0))
    for key, (host, _) in enumerate(plan):
        frontier.add(job(key, host), 0.0)
    seen: Counter[int] = Counter()
    active: Counter[str] = Counter()
    now, running = 0.0, []
    for _ in range(100_000):
        while (turn := frontier.take(now)) is not None:
            one, refused = turn
            seen[one.link.key] += 1
            if refused is None:
                active[one.address.host] += 1
                assert active[one.address.host] <= 2
                running.append(one)
        if running:
            one = running.pop(0)
            act, host = plan[one.link.key][1], one.address.host
            again = seen[one.link.key] == 1
            if act == "again" and again:
                frontier.add(one, now, after=1.5)
            elif act == "pause" and again:
                frontier.pause(host, now, 2.0)
                frontier.add(one, now, first=True)
            active[host] -= 1
            frontier.done(host, now, answered=act != "dead")
        elif frontier.wait(now) == float("inf"):
            break
        else:
            now += max(frontier.wait(now), 1e-6)
    wanted = {key: 2 if act in {"again", "pause"} else 1 for key, (_, act) in enumerate(plan)}
    assert seen == wanted
