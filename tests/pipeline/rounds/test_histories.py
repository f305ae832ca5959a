"""Any history of the pictures: no answer is lost, nothing is blocked, and certificates verify."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label_store import Purpose
from tests.helpers.histories import World
from tests.helpers.sizes import sizes

CHANGES = ("shrink", "rename", "edit", "spoil", "bring_back", "move")
change = st.tuples(st.sampled_from(CHANGES), st.integers(0, 97))
chapter = st.tuples(st.integers(0, 3), st.lists(change, min_size=1, max_size=6))
histories = st.lists(chapter, min_size=2, max_size=3)


def work(world: World, *, publish: bool) -> None:
    """Answer, train, release, audit and certify, as far as possible."""
    collection, store = world.open()
    with store:
        world.bulk_answer(collection, store)
        for purpose in (Purpose.AUDIT, Purpose.CERTIFICATION, Purpose.VALIDATION, Purpose.TRAINING):
            world.answer_pages(collection, store, purpose, 3)
        if world.run_round(collection, store):
            world.release(collection, store)
            if publish:
                world.publish_audits(collection, store)
            world.begin_audit(collection, store)
            world.answer_pages(collection, store, Purpose.AUDIT, 2)
            world.certify(collection, store)
            world.answer_pages(collection, store, Purpose.CERTIFICATION, 2)
            world.answer_pages(collection, store, Purpose.VALIDATION, 2)


def answer_everything(world: World) -> None:
    """Answer until no question is left: no question waits forever, and every audit ends."""
    collection, store = world.open()
    with store:
        for purpose in (Purpose.AUDIT, Purpose.CERTIFICATION, Purpose.VALIDATION, Purpose.TRAINING):
            while world.answer_pages(collection, store, purpose, 50):
                pass
        assert store.batches.count_open("content_bird") == 0
        world.publish_audits(collection, store)


def live(history: list[tuple[int, list[tuple[str, int]]]]) -> World:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.grow(22)
        world.build()
        work(world, publish=True)
        world.check()
        for number, (more, changes) in enumerate(history):
            world.grow(more)
            for name, seed in changes:
                getattr(world, name)(seed)
            world.build()
            world.check()
            work(world, publish=number % 2 == 0)
            world.check()
        answer_everything(world)
        world.bring_back(0)
        world.build()
        world.check()
        assert not lost(world), "with every file where it was, every answer has its image again"
        return world


def lost(world: World) -> int:
    _, store = world.open()
    with store:
        return store.absent_images.set_aside().answers


@pytest.mark.slow
@settings(max_examples=sizes(1, 2))
@given(histories)
def test_nothing_is_lost_nothing_is_blocked_and_what_was_certified_verifies(
    history: list[tuple[int, list[tuple[str, int]]]],
) -> None:
    live(history)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(chapter, min_size=2, max_size=5))
def test_so_it_is_in_long_histories(history: list[tuple[int, list[tuple[str, int]]]]) -> None:
    live(history)


@pytest.mark.slow
def test_an_audit_whose_images_are_gone_ends_and_its_certificate_verifies() -> None:
    world = live([(0, [("shrink", seed) for seed in range(12)]), (0, [("spoil", 3), ("move", 1)])])
    assert world.certificates >= 1
