"""Threads share memory: work that does not fit waits, and work larger than the budget runs alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.images.memory_budget import MemoryBudget


@given(st.lists(st.integers(0, 150), min_size=1, max_size=40), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_no_more_is_taken_than_there_is_unless_by_one_alone(sizes: list[int], threads: int) -> None:
    budget = MemoryBudget(100)
    lock = threading.Lock()
    held: list[int] = []
    wrong: list[list[int]] = []

    def work(size: int) -> None:
        with budget.take(size):
            with lock:
                held.append(size)
                if sum(held) > 100 and len([one for one in held if one]) > 1:
                    wrong.append(list(held))
            with lock:
                held.remove(size)

    with ThreadPoolExecutor(threads) as pool:
        assert len(list(pool.map(work, sizes))) == len(sizes)
    assert not wrong


def test_room_is_given_back_by_work_that_fails() -> None:
    budget = MemoryBudget(10)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), budget.take(10):
            raise ValueError("broken")


def test_the_second_waits_until_the_first_is_done() -> None:
    budget = MemoryBudget(10)
    order: list[str] = []

    def second() -> None:
        with budget.take(6):
            order.append("second")

    thread = threading.Thread(target=second)
    with budget.take(6):
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
