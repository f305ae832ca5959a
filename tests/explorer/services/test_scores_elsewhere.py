"""A round of another process: every open page shows its scores, also a page without answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.services.services import Services
from pipeline.collection import Collection
from pipeline.collection.numbered_records import write_record
from pipeline.label_store import open_label_store
from pipeline.rounds.run import run_round
from tests.helpers.answering_sessions import CAT, Looks, clock, new_person, run, services
from tests.helpers.waiting import until

__all__ = ["clock", "new_person", "services"]  # fixtures


def round_elsewhere(path: Path) -> None:
    """Run a round with a collection and a store that are opened again, as another process does."""
    collection = Collection(path)
    with open_label_store(collection) as store:
        run_round(collection, store, CAT)


def test_an_open_page_shows_the_scores_of_a_round_that_another_process_ran(
    services: Services, opened: OpenCollections
) -> None:
    path = services.collection.path

    async def story() -> tuple[Explorer, int]:
        explorer = Explorer(path, opened=opened)
        await asyncio.to_thread(round_elsewhere, path)
        await until(lambda: explorer.view.scores_seen, explorer.services.labels.nudge)
        return explorer, explorer.view.scores_seen

    explorer, seen = run(story())
    assert seen == 1
    assert explorer.services.collection.manifest.attributes[0].origin == "round-1"
    explorer.services.close()


def test_an_open_page_hears_of_what_is_written_after_the_store_was(services: Services) -> None:
    """An audit closes its questions before it is published, so a page that reads in between reads again."""
    told = []

    async def told_after(change: Callable[[], object]) -> int:
        before = len(told)
        await asyncio.to_thread(change)
        await until(lambda: len(told) > before, services.labels.nudge)
        await looks.more()
        return len(told) - before

    async def story() -> list[int]:
        stop = services.labels.watch(lambda: told.append(1))
        await looks.more()  # the first look finds a state where there was none
        heard = [await told_after(lambda: write_record(services.collection, place, {"state": "published"}))]
        heard.append(await told_after(lambda: write_record(Collection(services.collection.path), place, {})))
        stop()
        return heard

    looks = Looks(services.labels)
    place = services.collection.path / "audits" / CAT / "1" / "audit.json"
    services.labels.store.state()
    assert run(story()) == [1, 1]


def test_sessions_are_not_notified_if_nothing_was_written(services: Services) -> None:
    told = []

    async def story() -> None:
        stop = services.labels.watch(lambda: told.append(1))
        await looks.more(10)
        stop()

    looks = Looks(services.labels)
    services.labels.store.state()
    run(story())
    assert len(told) <= 1, "the first look finds a state where there was none"
    assert services.scores_version == 0
