"""Tiles are loaded once, kept within bounds, and keep their place while a frame uses them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.map.tile_cache import TileCache

SIZE = 2


class Shelf:
    """A loader of tiles filled with their row's number, which records its reads."""

    def __init__(self) -> None:
        self.requests: list[list[int]] = []

    def __call__(self, rows, size):
        self.requests.append(rows.tolist())
        return np.broadcast_to(rows[:, None, None, None], (rows.size, size, size, 3)).astype(np.uint8)


def rows_of(*rows):
    return np.array(rows, dtype=np.int32)


def seen(cache, rows):
    slots = cache.slots(rows)  # first: the slab is another array once it has grown
    return cache.slab[slots][:, 0, 0, 0].tolist()


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 20), max_size=6), max_size=12), st.integers(1, 8))
def test_every_row_gets_its_own_tile_whatever_was_asked_before(requests, capacity):
    cache = TileCache(Shelf(), SIZE, capacity)
    for request in requests:
        assert seen(cache, rows_of(*request)) == request
    assert cache.capacity <= max([capacity, *(len(set(request)) for request in requests)])


def test_what_is_missing_is_read_in_one_call_and_only_once():
    shelf = Shelf()
    cache = TileCache(shelf, SIZE, 8)
    cache.slots(rows_of(5, 3, 5))
    cache.slots(rows_of(3, 9, 4))
    cache.slots(rows_of(9, 5))
    assert shelf.requests == [[3, 5], [4, 9]]


def test_the_least_recently_used_gives_way():
    shelf = Shelf()
    cache = TileCache(shelf, SIZE, 3)
    for row in (1, 2, 3, 1, 4):  # 2 is now the one not used for longest
        cache.slots(rows_of(row))
    cache.slots(rows_of(1, 3, 4))
    assert shelf.requests == [[1], [2], [3], [4]]
    cache.slots(rows_of(2))
    assert shelf.requests[-1] == [2]


def test_a_request_never_evicts_its_own_rows():
    cache = TileCache(Shelf(), SIZE, 3)
    cache.slots(rows_of(1, 2, 3))
    cache.slots(rows_of(3))
    assert seen(cache, rows_of(1, 7, 8)) == [1, 7, 8]


def test_borrowed_tiles_stay_while_others_come_and_go():
    cache = TileCache(Shelf(), SIZE, 2)
    with cache.borrow(rows_of(1, 2)) as borrowed:
        assert seen(cache, rows_of(3, 4)) == [3, 4]
        assert borrowed.slab[borrowed.slots][:, 0, 0, 0].tolist() == [1, 2]
    assert cache.capacity == 4
    cache.slots(rows_of(5, 6, 7, 8))
    assert cache.capacity == 4


def test_tiles_are_handed_back_even_when_drawing_fails():
    cache = TileCache(Shelf(), SIZE, 2)
    with pytest.raises(ZeroDivisionError), cache.borrow(rows_of(1, 2)):
        _ = 1 / 0
    cache.slots(rows_of(3, 4))
    assert cache.capacity == 2


def test_a_loader_that_fails_leaves_the_cache_as_it_was():
    shelf = Shelf()
    cache = TileCache(lambda rows, size: shelf(rows, size) if 9 not in rows else 1 / 0, SIZE, 2)
    cache.slots(rows_of(1, 2))
    with pytest.raises(ZeroDivisionError):
        cache.slots(rows_of(2, 9))
    assert seen(cache, rows_of(2, 1)) == [2, 1]
    assert seen(cache, rows_of(3, 4)) == [3, 4]
    assert cache.capacity == 2


def test_a_loader_of_another_shape_is_refused():
    cache = TileCache(lambda rows, size: np.zeros((rows.size, size, size), dtype=np.uint8), SIZE, 2)
    with pytest.raises(ParameterError, match=r"must be uint8 of shape \(1, 2, 2, 3\)"):
        cache.slots(rows_of(1))


@pytest.mark.parametrize(("size", "capacity"), [(0, 4), (4, 0)])
def test_a_cache_of_nothing_is_refused(size, capacity):
    with pytest.raises(ParameterError, match="1 or more"):
        TileCache(Shelf(), size, capacity)


def test_threads_always_see_their_own_rows():
    cache = TileCache(Shelf(), SIZE, 12)

    def look(seed):
        rng = np.random.default_rng(seed)
        for _ in range(150):
            rows = rng.integers(0, 40, 6).astype(np.int32)
            with cache.borrow(rows) as tiles:
                if tiles.slab[tiles.slots][:, 0, 0, 0].tolist() != rows.tolist():
                    return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(4)))


def test_a_slow_load_holds_up_nobody_whose_tiles_are_there():
    started, finish = threading.Event(), threading.Event()
    shelf = Shelf()

    def load(rows, size):
        if 9 in rows:
            started.set()
            assert finish.wait(10)
        return shelf(rows, size)

    cache = TileCache(load, SIZE, 4)
    cache.slots(rows_of(1))
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(cache.slots, rows_of(9))
        assert started.wait(10)
        assert pool.submit(seen, cache, rows_of(1)).result(timeout=10) == [1]
        finish.set()
        slow.result(timeout=10)
