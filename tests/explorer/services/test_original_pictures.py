"""Originals are read one at a time, each once, and none that is no longer requested."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from explorer.services import original_pictures
from explorer.services.original_pictures import OriginalPictures
from pipeline.collection import Collection
from pipeline.collection.originals import Original, original_location
from pipeline.images.locations import file_behind
from tests.helpers.visitors import on_a_loop


class Reader:
    """A slow reader that waits for permission and counts its reads."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.at_once = self.most_at_once = 0
        self.may_go_on = threading.Event()
        self.began = threading.Event()

    def __call__(self, collection: Collection, row: int, side: int) -> Original:
        del collection
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.read.append(row)
        self.began.set()
        assert self.may_go_on.wait(60)
        self.at_once -= 1
        return Original(bytes([row]) * side)


def always() -> bool:
    return True


def gather(
    pictures: OriginalPictures, reader: Reader, requests: list[tuple[int, Callable[[], bool]]]
) -> list[Original]:
    """Request several originals at once; the reader continues after all requests."""

    async def all_of_them() -> list[Original]:
        tasks = [asyncio.ensure_future(pictures.get(row, 9, is_wanted=wanted)) for row, wanted in requests]
        await asyncio.sleep(0)
        await asyncio.to_thread(reader.began.wait, 60)
        reader.may_go_on.set()
        return await asyncio.gather(*tasks)

    return on_a_loop(all_of_them)


def test_several_requests_for_one_original_read_it_once(collection: Collection) -> None:
    reader = Reader()
    found = gather(OriginalPictures(collection, reader), reader, [(1, always)] * 5)
    assert [one.picture for one in found] == [b"\1" * 9] * 5
    assert reader.read == [1]


def test_no_two_are_read_at_once(collection: Collection) -> None:
    reader = Reader()
    found = gather(OriginalPictures(collection, reader), reader, [(row, always) for row in range(8)])
    assert all(one.picture for one in found)
    assert reader.most_at_once == 1


def test_an_original_that_is_not_wanted_any_more_is_not_read(collection: Collection) -> None:
    reader = Reader()
    requests: list[tuple[int, Callable[[], bool]]] = [(0, always), (1, lambda: False), (2, always)]
    found = gather(OriginalPictures(collection, reader), reader, requests)
    assert found[1] == Original()
    assert reader.read == [0, 2]


def test_a_crowd_does_not_queue_without_end(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_pictures, "MOST_WAITING", 3)
    reader = Reader()
    pictures = OriginalPictures(collection, reader)
    found = gather(pictures, reader, [(row, always) for row in range(9)])
    assert [bool(one.picture) for one in found] == [True] * 3 + [False] * 6
    assert gather(pictures, reader, [(8, always)])[0].picture  # there is space again


def test_few_bytes_are_kept(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_pictures, "KEPT_BYTES", 20)
    reader = Reader()
    reader.may_go_on.set()
    pictures = OriginalPictures(collection, reader)
    for row in (0, 1, 0, 2, 0, 1):
        gather(pictures, reader, [(row, always)])
    assert reader.read == [0, 1, 2, 1]


def test_a_file_that_changed_is_read_again(collection: Collection) -> None:
    reader = Reader()
    reader.may_go_on.set()
    pictures = OriginalPictures(collection, reader)
    gather(pictures, reader, [(0, always)])
    location = original_location(collection, 0)
    path = file_behind(location) if location is not None else None
    assert path is not None
    path.touch()
    gather(pictures, reader, [(0, always)])
    assert reader.read == [0, 0]


def test_after_a_failed_read_the_next_original_is_read(collection: Collection) -> None:
    def failing(collection: Collection, row: int, side: int) -> Original:
        raise ValueError("broken")

    pictures = OriginalPictures(collection, failing)
    for _ in range(60):
        with pytest.raises(ValueError, match="broken"):
            on_a_loop(lambda: pictures.get(0, 9, is_wanted=always))
