"""Results of a costly function are kept, computed once, and shared by threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.services.lru_cache import Recent


def test_the_least_recently_used_result_is_dropped() -> None:
    computed: list[str] = []

    def shout(key: str) -> str:
        computed.append(key)
        return key.upper()

    recent = Recent(2, shout)
    assert [recent.get(key) for key in ("a", "b", "a", "c", "a", "b")] == ["A", "B", "A", "C", "A", "B"]
    assert computed == ["a", "b", "c", "b"]
    assert ("a" in recent, "b" in recent, "c" in recent) == (True, True, False)


def test_threads_that_ask_for_one_key_compute_it_once_and_do_not_hold_up_another() -> None:
    begun, may_end = threading.Event(), threading.Event()
    computed: list[str] = []

    def compute(key: str) -> object:
        computed.append(key)
        if key == "slow":
            begun.set()
            assert may_end.wait(60)
        return object()

    recent = Recent(4, compute)
    with ThreadPoolExecutor(5) as threads:
        same = [threads.submit(recent.get, "slow") for _ in range(4)]
        assert begun.wait(60)
        assert "slow" not in recent
        recent.get("other")  # returns while the slow one is computed
        may_end.set()
        results = {id(future.result(60)) for future in same}
    assert len(results) == 1
    assert sorted(computed) == ["other", "slow"]


def test_an_error_reaches_who_asked_and_is_not_kept() -> None:
    fails = [True]

    def compute(key: int) -> int:
        if fails:
            fails.pop()
            raise ValueError("not now")
        return key + 1

    recent = Recent(1, compute)
    with pytest.raises(ValueError, match="not now"):
        recent.get(1)
    assert 1 not in recent
    assert recent.get(1) == 2


def test_a_key_that_is_a_pair_is_one_key() -> None:
    recent = Recent(4, lambda pair: pair[0] + pair[1])
    assert recent.get((1, 2)) == 3
    assert (1, 2) in recent
