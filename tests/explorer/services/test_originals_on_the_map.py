"""If a picture fills the window, its original follows the frame, or the reason why there is none."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.services.original_pictures import OriginalPictures
from pipeline.collection import Collection
from pipeline.collection.originals import Original

PATIENCE = 60.0


def looked_at(explorer: Explorer, *kinds: str) -> list[dict[str, Any]]:
    """Zoom to one picture, and return the messages of the map up to one of these kinds."""
    sent: list[dict[str, Any]] = []
    explorer.map.canvas._send_msg = sent.append  # type: ignore[method-assign]
    index, row = explorer.map.index, 0
    x, y = (float(value) for value in explorer.services.layout(explorer.view.layout_name).positions[row])
    half = index.cell_side(index.max_level) * 400 / 600 / 2  # cells of 600 pixels in a window 400 high
    place = {"x0": x - 1.5 * half, "x1": x + 1.5 * half, "y0": y - half, "y1": y + half}

    async def look() -> None:
        explorer.map._on_message({"type": "view", "id": 1, "dpr": 1, "width": 600, "height": 400, **place})
        end = time.monotonic() + PATIENCE
        while not any(message["type"] in kinds for message in sent):
            assert time.monotonic() < end, [message["type"] for message in sent]
            await asyncio.sleep(0.01)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(look())).result()
    return [message for message in sent if message["type"] in kinds]


@pytest.fixture
def explorer(collection_path: Path, opened: OpenCollections) -> Explorer:
    return Explorer(collection_path, dark=True, opened=opened)


def test_the_original_follows_its_frame(explorer: Explorer) -> None:
    (found, *_) = looked_at(explorer, "original", "note")
    assert found["type"] == "original"
    assert found["picture"][:4] == b"RIFF"


def test_of_an_original_that_is_too_large_its_card_says_so(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(collection: Collection, row: int, side: int) -> Original:
        del collection, row, side
        return Original(note="too much memory")

    monkeypatch.setattr(explorer.services, "originals", OriginalPictures(explorer.services.collection, refuse))
    (found, *_) = looked_at(explorer, "original", "note")
    assert found["type"] == "note"
    assert found["text"] == "too much memory"
    assert len(found["box"]) == 4
