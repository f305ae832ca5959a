"""A clock that jumps ahead and is set back: nothing is held by a time that never came."""

from __future__ import annotations

import pytest

from pipeline.label_store import LEASE_SECONDS, Annotator, LabelStore, Page, Reply, Value, new_action_id
from pipeline.label_store.records import CLOCK_SKEW_SECONDS
from tests.pipeline.label_store.conftest import BIRD, Clock, draw

YEAR = 365 * 24 * 3600.0


def rows(page: Page) -> list[int]:
    return [(item.image_id - 100) // 10 for item in page.items]


def test_a_page_taken_while_the_clock_was_a_year_ahead_is_free_when_it_is_right_again(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3])
    clock.pass_seconds(YEAR)
    label_store.questions.take_page(ann.id, batch.id, 3)
    clock.pass_seconds(-YEAR)
    theirs = label_store.questions.take_page(bo.id, batch.id, 3)
    assert (rows(theirs), theirs.held_by_others) == ([1, 2, 3], 0)
    assert label_store.annotators.list_present() == []


def test_whoever_held_it_may_still_answer_what_nobody_else_has(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3])
    clock.pass_seconds(YEAR)
    page = label_store.questions.take_page(ann.id, batch.id, 3)
    clock.pass_seconds(-YEAR)
    label_store.questions.take_page(bo.id, batch.id, 1)
    assert rows(label_store.questions.renew_page(page.id, ann.id)) == [2, 3], "what another has got meanwhile is theirs"
    reply = Reply(page.items[2].draw_id, Value.YES, 1.0)
    assert label_store.answers.record(new_action_id(), page.id, ann.id, [reply]).late == ()
    assert label_store.questions.count_left(BIRD, bo.id).left == 2


@pytest.mark.parametrize("ahead", [0.0, CLOCK_SKEW_SECONDS])
def test_a_machine_whose_clock_is_a_little_ahead_keeps_its_pages(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock, ahead: float
) -> None:
    batch = draw(label_store, [1, 2, 3])
    clock.pass_seconds(ahead)
    label_store.questions.take_page(ann.id, batch.id, 3)
    clock.pass_seconds(-ahead)
    assert rows(label_store.questions.take_page(bo.id, batch.id, 3)) == []
    clock.pass_seconds(LEASE_SECONDS + ahead)
    assert rows(label_store.questions.take_page(bo.id, batch.id, 3)) == [1, 2, 3]


def test_a_window_seen_in_a_year_to_come_is_not_present_and_yields_to_the_one_that_takes_over(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    clock.pass_seconds(YEAR)
    label_store.annotators.heartbeat("old window", ann.id, take_over=True)
    clock.pass_seconds(-YEAR)
    assert label_store.annotators.list_present() == []
    label_store.annotators.heartbeat("new window", ann.id, take_over=True)
    label_store.annotators.heartbeat("old window", ann.id)
    clock.pass_seconds(1)
    label_store.annotators.heartbeat("new window", ann.id, take_over=True)
    assert label_store.annotators.list_present()[0].session_id == "new window"
