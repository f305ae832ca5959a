"""Run work in threads and return results in order. NumPy and Pillow let other threads run while they compute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

__all__ = ["in_order", "one_thread_for_products", "thread_pool"]

THREADS: Final = 2
"""Each thread holds one chunk in memory. More than two would wait for the thread that writes."""

Result = TypeVar("Result")


def in_order(work: Callable[[int], Result], places: Sequence[int]) -> Iterator[Result]:
    """Yield results in order; threads work a few places ahead. Work not begun is dropped when iteration stops."""
    waiting = iter(places)
    with thread_pool(THREADS) as pool:
        futures: deque[Future[Result]] = deque()
        for place in waiting:
            futures.append(pool.submit(work, place))
            if len(futures) > THREADS + 1:
                yield futures.popleft().result()
        while futures:
            yield futures.popleft().result()


@contextmanager
def thread_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads. At the end it finishes the work begun and begins no other."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="synthetic")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def one_thread_for_products() -> Iterator[None]:
    """Use one thread for matrix products, because chunks are already drawn in parallel."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield
