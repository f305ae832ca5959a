"""Pages: one person's for a while, in order, and never in anybody's way."""

from __future__ import annotations

import pytest

from pipeline.errors import LeaseError, ParameterError, UnknownRecordError
from pipeline.label_store import LEASE_SECONDS, Annotator, LabelStore, Page, Purpose, Reply, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image


def rows(page: Page) -> list[int]:
    return [(item.image_id - 100) // 10 for item in page.items]


def answer(store: LabelStore, page: Page, places: list[int], value: Value = Value.YES) -> tuple[int, ...]:
    replies = [Reply(page.items[place].draw_id, value, 1.0) for place in places]
    return store.answers.record(new_action_id(), page.id, page.annotator_id, replies).late


def test_two_people_get_different_images_in_order(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    batch = draw(label_store, [9, 8, 7, 3, 2])
    assert rows(label_store.questions.take_page(ann.id, batch.id, 2)) == [9, 8]
    assert rows(label_store.questions.take_page(bo.id, batch.id, 2)) == [7, 3]


def test_a_page_is_the_same_after_a_reload(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1, 2, 3])
    page = label_store.questions.take_page(ann.id, batch.id, 2)
    answer(label_store, page, [0])
    again = label_store.questions.take_page(ann.id, batch.id, 2)
    assert (again.id, rows(again)) == (page.id, [2])


def test_who_vanishes_holds_nothing_up(label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock) -> None:
    batch = draw(label_store, [1, 2, 3])
    label_store.questions.take_page(ann.id, batch.id, 3)
    waiting = label_store.questions.take_page(bo.id, batch.id, 3)
    assert (rows(waiting), waiting.held_by_others) == ([], 3)
    clock.pass_seconds(LEASE_SECONDS - 1)
    assert rows(label_store.questions.take_page(bo.id, batch.id, 3)) == []
    clock.pass_seconds(1)
    assert LEASE_SECONDS <= 60
    assert rows(label_store.questions.take_page(bo.id, batch.id, 3)) == [1, 2, 3]


def test_a_renewed_page_stays_its_owners(label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock) -> None:
    batch = draw(label_store, [1, 2, 3])
    page = label_store.questions.take_page(ann.id, batch.id, 2)
    for _ in range(5):
        clock.pass_seconds(LEASE_SECONDS * 0.8)
        assert rows(label_store.questions.renew_page(page.id, ann.id)) == [1, 2]
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    answer(label_store, page, [0])  # work is a sign of life, too
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [3]


def test_a_page_renewed_too_late_loses_only_what_others_got(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3, 7])
    page = label_store.questions.take_page(ann.id, batch.id, 4)
    clock.pass_seconds(LEASE_SECONDS)
    label_store.questions.take_page(bo.id, batch.id, 2)
    assert rows(label_store.questions.renew_page(page.id, ann.id)) == [3, 7]


def test_a_page_given_back_is_free_at_once(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id)
    answer(label_store, page, [0])
    label_store.questions.give_back(page.id, ann.id)
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [2]


def test_an_expired_answer_counts_when_nobody_else_answered(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id)
    clock.pass_seconds(10 * LEASE_SECONDS)
    assert answer(label_store, page, [0]) == ()
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [2], "and it is not asked again"


def test_an_expired_answer_is_too_late_when_somebody_else_answered(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3])
    page = label_store.questions.take_page(ann.id, batch.id)
    clock.pass_seconds(LEASE_SECONDS)
    answer(label_store, label_store.questions.take_page(bo.id, batch.id, 2), [0, 1])
    with pytest.raises(LeaseError, match="another annotator has answered since"):
        answer(label_store, page, [0])
    late = answer(label_store, page, [1, 2], Value.NO)
    assert late == (page.items[1].draw_id,), "what is not late is recorded"
    assert [entry.value for entry in label_store.answers.log()] == [Value.YES, Value.YES, Value.NO]


def test_second_opinions_are_asked_on_purpose_and_of_somebody_else(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    batch = draw(label_store, [1, 2], opinions=2)
    first, second = label_store.questions.take_page(ann.id, batch.id), label_store.questions.take_page(bo.id, batch.id)
    assert rows(first) == rows(second) == [1, 2]
    answer(label_store, first, [0, 1])
    assert rows(label_store.questions.take_page(ann.id, batch.id)) == []
    answer(label_store, second, [0])
    third = label_store.annotators.add("Cy")
    answer(label_store, second, [1])
    assert rows(label_store.questions.take_page(third.id, batch.id)) == []


def test_another_opinion_may_be_asked_later(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id)
    answer(label_store, page, [0, 1])
    label_store.batches.ask_more([page.items[1].draw_id], 2)
    assert rows(label_store.questions.take_page(ann.id, batch.id)) == []
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [2]
    with pytest.raises(UnknownRecordError, match="no such draw"):
        label_store.batches.ask_more([987_654], 2)


def test_an_undone_answer_is_back_on_its_page_and_nobody_elses(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id, 1)
    answer(label_store, page, [0])
    label_store.answers.undo(new_action_id(), ann.id)
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [2]
    assert rows(label_store.questions.take_page(ann.id, batch.id)) == [1]
    clock.pass_seconds(LEASE_SECONDS)
    assert rows(label_store.questions.take_page(bo.id, batch.id)) == [1, 2]


def test_a_page_is_answered_by_its_owner_only(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    batch = draw(label_store, [1, 2])
    page = label_store.questions.take_page(ann.id, batch.id, 1)
    for call in (
        lambda: label_store.answers.record(new_action_id(), page.id, bo.id, [Reply(page.items[0].draw_id, Value.YES)]),
        lambda: label_store.questions.renew_page(page.id, bo.id),
        lambda: label_store.questions.give_back(page.id, bo.id),
    ):
        with pytest.raises(UnknownRecordError, match="This annotator has no page"):
            call()
    other = label_store.questions.take_page(bo.id, batch.id, 1).items[0]
    with pytest.raises(UnknownRecordError, match="not on this page"):
        label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(other.draw_id, Value.YES)])


def test_misuse_is_said_in_words(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1])
    with pytest.raises(ParameterError, match="size=0 is outside 1 to 500"):
        label_store.questions.take_page(ann.id, batch.id, 0)
    with pytest.raises(UnknownRecordError, match="no annotator 'nobody'"):
        label_store.questions.take_page("nobody", batch.id)
    with pytest.raises(UnknownRecordError, match="no page 'nowhere'"):
        label_store.questions.renew_page("nowhere", ann.id)


def test_the_log_holds_what_later_judgement_needs(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    batch = draw(label_store, [3], Purpose.VALIDATION, model_version="model-7")
    page = label_store.questions.take_page(ann.id, batch.id)
    label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(page.items[0].draw_id, Value.UNSURE, 2.5)])
    (entry,) = label_store.answers.log(BIRD)
    assert (entry.annotator_id, entry.image_id, entry.attribute, entry.at) == (ann.id, image(3), BIRD, clock.now)
    assert (entry.definition_version, entry.purpose, entry.value) == (1, Purpose.VALIDATION, Value.UNSURE)
    assert (entry.seconds, entry.page_id, entry.draw_id) == (2.5, page.id, page.items[0].draw_id)
    assert (entry.reason, entry.probability, entry.model_version) == ("uniform", 0.5, "model-7")
