"""Questions that replace each other: one at a time, and of those that wait the last."""

from __future__ import annotations

import asyncio

from explorer.views.common.latest_only import Newest
from tests.helpers.visitors import on_a_loop


def test_of_thousands_that_come_at_once_the_first_and_the_last_are_answered() -> None:
    done: list[int] = []

    async def story() -> None:
        tasks = []
        newest = Newest(lambda work: tasks.append(asyncio.ensure_future(work())))

        def question(number: int) -> None:
            async def work() -> None:
                await asyncio.sleep(0)
                done.append(number)

            newest.ask(work)

        question(0)
        await asyncio.sleep(0)
        for number in range(1, 4_000):
            question(number)
        await asyncio.gather(*tasks)

    on_a_loop(story)
    assert done == [0, 3_999]


def test_after_one_that_failed_the_next_is_answered() -> None:
    done: list[str] = []

    async def story() -> None:
        tasks = []
        newest = Newest(lambda work: tasks.append(asyncio.ensure_future(work())))

        async def fail() -> None:
            raise ValueError

        async def work() -> None:
            done.append("done")

        newest.ask(fail)
        await asyncio.wait(tasks)
        newest.ask(work)
        await tasks[-1]
        assert isinstance(tasks[0].exception(), ValueError)

    on_a_loop(story)
    assert done == ["done"]
