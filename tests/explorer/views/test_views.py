"""Views without a browser: the messages that they send, and their reaction to messages."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.settings import settings_from
from explorer.views.map.frame_request import MAX_SIDE
from pipeline.collection.tile_loading import TileLoader
from pipeline.errors import ParameterError
from tests.helpers.waiting import nothing_is_left_to_do


@pytest.fixture
def explorer(collection_path: Path, opened: OpenCollections) -> Explorer:
    return Explorer(collection_path, dark=True, opened=opened)


def view_message(**changes: Any) -> dict[str, Any]:
    message = {"type": "view", "id": 1, "dpr": 1, "width": 600, "height": 400}
    return message | {"x0": -1.5, "y0": -1.0, "x1": 1.5, "y1": 1.0} | changes


def frames_of(
    explorer: Explorer, *acts: dict[str, Any] | Callable[[], None], sent: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Send a message to the map as the browser does, or do something; return the frames that it sends.

    In a thread of its own: the browser tests leave a running loop in the main one.
    """
    sent = [] if sent is None else sent

    def take(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "frame":
            explorer.map._on_message({"type": "seen", "serial": message["serial"]})

    explorer.map.canvas._send_msg = take  # type: ignore[method-assign]

    async def talk() -> None:
        for act in acts:
            act() if callable(act) else explorer.map._on_message(act)
            if callable(act):
                await asyncio.sleep(0)
        await nothing_is_left_to_do()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, talk()).result()
    return [message for message in sent if message["type"] == "frame"]


def test_a_view_is_answered_by_a_picture_of_its_size(explorer: Explorer) -> None:
    frame = frames_of(explorer, view_message())[-1]
    assert Image.open(io.BytesIO(frame["picture"])).size == (600, 400)
    assert frame["id"] == 1
    assert frame["drawn"] > 3


def test_of_views_that_come_at_once_the_last_is_answered_and_none_queues(explorer: Explorer) -> None:
    frames = frames_of(explorer, *(view_message(id=number) for number in range(1, 30)))
    assert frames[-1]["id"] == 29
    assert len(frames) <= 3


def test_no_message_makes_a_frame_larger_than_allowed(explorer: Explorer) -> None:
    frame = frames_of(explorer, view_message(width=10**7, height=100, dpr=50))[-1]
    assert max(Image.open(io.BytesIO(frame["picture"])).size) <= MAX_SIDE


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "view"},
        view_message(x0="no"),
        view_message(x0=2.0),
        view_message(width=float("nan")),
        view_message(y0=float("inf")),
        {"type": "tap", "x": None, "y": 0, "level": 3},
        {"type": "tap", "x": 0, "y": 0, "level": 10**9},
        {"type": "hover", "x": 1e400, "y": 0, "level": -1},
    ],
    ids=str,
)
def test_messages_that_make_no_sense_are_ignored(explorer: Explorer, message: dict[str, Any]) -> None:
    assert frames_of(explorer, message) == []
    assert explorer.view.selected_row == -1


def test_a_filter_leaves_every_picture_on_the_map(explorer: Explorer) -> None:
    everything = frames_of(explorer, view_message())[-1]
    dimmed = frames_of(explorer, lambda: explorer.filters.change("content_cat", active=True, minimum=1.0))[-1]
    assert not explorer.map.passing.mask().all()
    assert dimmed["drawn"] == everything["drawn"]
    assert dimmed["picture"] != everything["picture"]


def test_tapping_a_place_chooses_the_image_there(explorer: Explorer) -> None:
    positions = explorer.services.layout(explorer.view.layout_name).positions
    x, y = map(float, positions[11])
    level = explorer.services.index(explorer.view.layout_name).max_level
    frames_of(explorer, {"type": "tap", "x": x, "y": y, "level": level})
    row = explorer.view.selected_row
    assert row >= 0
    assert explorer.map.canvas.selected_place == pytest.approx(positions[row].tolist())
    record = explorer.inspector.card.record
    assert record["image_id"] == str(explorer.services.collection.image_ids[row]), "ids travel as text"
    assert [entry["score"] for entry in record["scores"]] == sorted(
        (entry["score"] for entry in record["scores"]), reverse=True
    )


def test_counts_are_those_of_the_mask(explorer: Explorer) -> None:
    change = {"type": "filter", "attribute": "content_cat", "active": True, "minimum": 0.5}
    frames_of(explorer, lambda: explorer.filter_view._on_message(change))
    scores = explorer.services.collection.scores[explorer.services.collection.scored.index("content_cat")]
    assert explorer.filter_view.panel.passing == np.count_nonzero(scores >= 0.5)
    assert explorer.filter_view.panel.settings["content_cat"]["count"] == explorer.filter_view.panel.passing
    frames_of(explorer, lambda: explorer.filter_view._on_message({"type": "clear"}))
    assert explorer.filter_view.panel.passing == len(explorer.services.collection)


@pytest.mark.parametrize("minimum", ["0.5", None, float("nan"), [1], True])
def test_a_minimum_that_is_no_number_changes_no_minimum(explorer: Explorer, minimum: object) -> None:
    before = dict(explorer.filters.minimums)
    change = {"type": "filter", "attribute": "content_cat", "active": True, "minimum": minimum}
    frames_of(explorer, lambda: explorer.filter_view._on_message(change))
    assert explorer.filters.minimums == before or minimum is True


def test_a_layout_of_some_images_shows_those_only(explorer: Explorer) -> None:
    subset = next(facts for facts in explorer.services.collection.manifest.layouts if facts.name == "positives-tsne")
    frames_of(explorer, lambda: setattr(explorer.view, "layout_name", subset.name))
    level_for_all = view_message(x0=-3, x1=3, y0=-2, y1=2, width=4000, height=2667)
    frame = frames_of(explorer, level_for_all)[-1]
    assert 0 < frame["drawn"] <= subset.images
    assert frame["layout"] == explorer.map.canvas.layout_name == subset.name


def test_a_damaged_thumbnail_is_grey_and_takes_no_other_picture_with_it(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = explorer.services.collection
    whole = collection.tiles([0, 1], small=True)
    monkeypatch.setattr(collection, "tiles", lambda rows, *, small: [whole[0][:40], whole[1]])
    tiles = TileLoader(collection).load(np.array([0, 1], np.int32), 64)
    assert np.all(tiles[0] == 128)
    assert tiles[1].std() > 10


def test_thumbnails_that_are_gone_are_said_in_words_and_the_map_goes_on_asking(
    collection_path: Path, tmp_path: Path, opened: OpenCollections
) -> None:
    shutil.copytree(collection_path, tmp_path / "copy")
    explorer = Explorer(tmp_path / "copy", opened=opened)
    shutil.rmtree(tmp_path / "copy" / "thumbnails.lance")
    sent: list[dict[str, Any]] = []
    assert frames_of(explorer, view_message(), sent=sent) == []
    assert [message["type"] for message in sent] == ["problem"]
    assert "Restore it from a copy" in sent[0]["text"]


def test_settings_want_exactly_one_collection() -> None:
    assert settings_from(["a"], {}).collection == Path("a")
    assert settings_from([], {"BAM_EXPLORER_COLLECTION": "b"}).collection == Path("b")
    for given in ([], ["a", "b"]):
        with pytest.raises(ParameterError, match="shows exactly one collection, not"):
            settings_from(given, {})


def test_a_close_from_the_card_chooses_nothing(explorer: Explorer) -> None:
    explorer.view.select(3)
    for callback in explorer.inspector.card._msg__callbacks:
        callback(SimpleNamespace(data={"type": "close"}))
    assert explorer.view.selected_row == -1
