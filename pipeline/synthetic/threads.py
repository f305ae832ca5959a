"""Work in threads, results in order. Drawing by NumPy and decoding by Pillow let other threads run meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

__all__ = ["in_order", "one_thread_for_products", "thread_pool"]

THREADS: Final = 2
"""Each holds one chunk in memory, and more than two wait for the one that writes."""

Result = TypeVar("Result")


def in_order(work: Callable[[int], Result], places: Sequence[int]) -> Iterator[Result]:
    """Do work in threads, a few places ahead; results in order. What has not begun is dropped when nobody asks on."""
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
    """Open threads that, on the way out for whatever reason, finish what is in hand and begin nothing else."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="synthetic")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def one_thread_for_products() -> Iterator[None]:
    """Chunks are drawn side by side; matrix products within them need no threads of their own."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield
