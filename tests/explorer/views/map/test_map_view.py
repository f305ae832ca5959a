"""The map stays fast: slow work blocks no session, late frames are dropped, and no frame waits for a slow browser."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import panel as pn
import pytest

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.services.colorings import Order
from explorer.views.map.map_view import MOST_UNSEEN
from pipeline.map import density
from tests.helpers.waiting import DEADLINE, until

OTHER = "positives-tsne"
VIEW = {"type": "view", "id": 1, "dpr": 1, "width": 600, "height": 400, "x0": -1.5, "y0": -1.0, "x1": 1.5, "y1": 1.0}


@pytest.fixture
def explorer(collection_path: Path, opened: OpenCollections) -> Explorer:
    return Explorer(collection_path, dark=True, opened=opened)


@pytest.fixture
def sent(explorer: Explorer) -> list[dict[str, Any]]:
    """All messages of the map, without acknowledgements."""
    messages: list[dict[str, Any]] = []
    explorer.map.canvas._send_msg = messages.append  # type: ignore[method-assign]
    return messages


def talk(work: Callable[[], Awaitable[None]]) -> None:
    """Run a conversation in a loop of its own: the browser tests leave one running in the main thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()  # type: ignore[arg-type]


def frames(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message for message in sent if message["type"] == "frame"]


def slow_index(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the index of the other layout take until the event is set."""
    ready, index = threading.Event(), explorer.services.index

    def patient(name: str, *order: Order) -> Any:
        if name == OTHER:
            assert ready.wait(DEADLINE)
        return index(name, *order)

    monkeypatch.setattr(explorer.services, "index", patient)
    return ready


def test_a_map_without_tint_is_drawn_again_once_the_tint_is_compiled(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tint: Future[None] = Future()
    monkeypatch.setattr(explorer.services, "start", lambda: tint)
    monkeypatch.setattr(density, "_warm", threading.Event())

    async def look() -> None:
        explorer.map._on_message(VIEW)
        await until(lambda: len(frames(sent)) == 1)
        density._warm.set()
        tint.set_result(None)
        await until(lambda: len(frames(sent)) == 2)

    talk(look)
    plain, tinted = frames(sent)
    assert plain["picture"] != tinted["picture"]


def test_what_is_on_screen_stays_until_the_chosen_layout_is_ready(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, first = slow_index(explorer, monkeypatch), explorer.view.layout_name

    async def choose() -> None:
        explorer.view.layout_name = OTHER
        await until(lambda: explorer.map.canvas.preparing)
        explorer.map._on_message(VIEW)
        await until(lambda: frames(sent))
        assert frames(sent)[-1]["layout"] == explorer.map.canvas.layout_name == first
        assert explorer.map.canvas.preparing.startswith("Preparing")
        explorer.filters.change("content_cat", active=True, minimum=0.5)
        await until(lambda: len(frames(sent)) == 2)
        assert frames(sent)[-1]["layout"] == first
        assert explorer.map.canvas.preparing.startswith("Preparing"), "a frame of the old layout ends no wait"
        ready.set()
        await until(lambda: explorer.map.canvas.layout_name == OTHER)
        assert explorer.map.canvas.preparing == ""
        assert {entry["kind"] for entry in explorer.toolbar.bar.choices} == {"select", "switch"}

    talk(choose)


def test_who_goes_back_before_the_layout_is_ready_never_sees_it(
    explorer: Explorer, sent: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, first = slow_index(explorer, monkeypatch), explorer.view.layout_name
    shown = []
    explorer.view.param.watch(lambda event: shown.append(event.new), "shown_layout")

    async def change_ones_mind() -> None:
        explorer.view.layout_name = OTHER
        await until(lambda: explorer.map.canvas.preparing)
        explorer.view.layout_name = first
        await until(lambda: not explorer.map.canvas.preparing)
        ready.set()
        await until(lambda: len(asyncio.all_tasks()) == 1)

    talk(change_ones_mind)
    assert shown == []
    assert explorer.map.canvas.layout_name == first


def test_no_more_frames_are_on_their_way_than_a_browser_has_taken(
    explorer: Explorer, sent: list[dict[str, Any]]
) -> None:
    async def look_away() -> None:
        for number in range(1, 7):
            explorer.map._on_message(VIEW | {"id": number})
            await until(lambda: not explorer.map._rendering)
        assert [frame["id"] for frame in frames(sent)] == list(range(1, MOST_UNSEEN + 1))
        explorer.map._on_message({"type": "seen", "serial": 10**6})
        await until(lambda: not explorer.map._rendering)
        assert frames(sent)[-1]["id"] == 6, "only the last request is answered"
        assert len(frames(sent)) == MOST_UNSEEN + 1

    talk(look_away)


def test_a_page_that_slept_is_not_waited_for(explorer: Explorer, sent: list[dict[str, Any]]) -> None:
    async def sleep_and_return() -> None:
        for number in range(1, 5):
            explorer.map._on_message(VIEW | {"id": number})
            await until(lambda: not explorer.map._rendering)
        explorer.map._on_message(VIEW | {"id": 5, "fresh": True})
        await until(lambda: frames(sent)[-1]["id"] == 5)

    talk(sleep_and_return)


def test_nothing_slow_runs_where_messages_are_read(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, set[str]] = {}

    def watched(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            threads.setdefault(name, set()).add(threading.current_thread().name.split("_")[0])
            return work(*arguments)

        return call

    services = explorer.services
    for name in ("index", "passing", "counts", "coloring"):
        monkeypatch.setattr(services, name, watched(name, getattr(services, name)))
    explorer.map.canvas._send_msg = lambda _: None  # type: ignore[method-assign]

    async def do_everything() -> None:
        explorer.map._on_message(VIEW)
        await until(lambda: not explorer.map._rendering)
        x, y = map(float, services.layout(explorer.view.shown_layout).positions[3])
        explorer.map._on_message({"type": "hover", "x": x, "y": y, "level": 4, "at": "1,1"})
        explorer.map._on_message({"type": "tap", "x": x, "y": y, "level": 4})
        await until(lambda: explorer.view.selected_row >= 0)
        explorer.filters.change("content_cat", active=True, minimum=0.4)
        explorer.view.param.update(priority="score", color="score")
        await until(lambda: explorer.map.canvas.legend)
        explorer.view.layout_name = OTHER
        await until(lambda: explorer.map.canvas.layout_name == OTHER)
        await until(lambda: len(asyncio.all_tasks()) == 1)

    talk(do_everything)
    assert threads.keys() == {"index", "passing", "counts", "coloring"}
    assert set.union(*threads.values()) == {"frame"}, threads


def test_a_page_hears_nothing_of_other_sessions_and_is_forgotten_with_its_own(
    collection_path: Path, opened: OpenCollections
) -> None:
    explorer = Explorer(collection_path, opened=opened)
    page = explorer.page()
    pn.state._add_busy_event("of another session")
    try:
        assert pn.state.busy
        assert not page.busy
    finally:
        pn.state._remove_busy_event("of another session")
    gone = weakref.ref(page)
    del explorer, page
    gc.collect()
    assert gone() is None


def test_turning_delay_off_leaves_a_document_without_a_server_alone() -> None:
    from explorer.views.common.connection import send_at_once

    assert send_at_once(SimpleNamespace(session_context=None)) == 0


def test_a_frame_says_how_many_of_its_pictures_are_in_sight_and_how_many_images_pass(
    explorer: Explorer, sent: list[dict[str, Any]]
) -> None:
    async def look() -> None:
        explorer.map._on_message(VIEW | {"margin": 0.0, "fresh": True})
        await until(lambda: len(frames(sent)) == 1)
        explorer.map._on_message(VIEW | {"id": 2, "margin": 0.1, "fresh": True})
        await until(lambda: len(frames(sent)) == 2)
        # Above everything, because the lower edge of the frame is outside the window.
        top = float(explorer.services.layout(explorer.view.shown_layout).positions[:, 1].max())
        above = {"x0": -2.0, "x1": 2.0, "y0": top - 0.02, "y1": top + 2.64}
        explorer.map._on_message(VIEW | above | {"id": 9, "margin": 0.1, "fresh": True})
        await until(lambda: len(frames(sent)) == 3)
        whole, middle, nothing = frames(sent)
        assert whole["seen"] == whole["drawn"] >= middle["seen"] > 0
        assert nothing["drawn"] > 0 == nothing["seen"]
        assert whole["passing"] == len(explorer.services.collection)
        assert not whole["filtered"]
        explorer.filters.change("content_cat", active=True, minimum=1.0)
        explorer.map._on_message(VIEW | {"id": 10, "fresh": True})
        await until(lambda: frames(sent)[-1]["filtered"])
        assert frames(sent)[-1]["passing"] == explorer.map.passing.count
        explorer.map._on_message({"type": "clear_filters"})
        assert not explorer.filters.active

    talk(look)


@pytest.mark.parametrize("color", ["content_cat", "nothing of ours", "column:nothing", "audited", "label", "x" * 90])
def test_colours_that_do_not_exist_leave_a_map_without_colours(
    explorer: Explorer, sent: list[dict[str, Any]], color: str
) -> None:
    async def come_back() -> None:
        kept = {"view": {"color": color}, "minimums": {}, "active": []}
        explorer.map._on_message({"type": "restore", "session": kept})
        explorer.map._on_message(VIEW | {"fresh": True})
        await until(lambda: frames(sent) or any("No attribute" in str(message) for message in sent))
        assert frames(sent)

    talk(come_back)
