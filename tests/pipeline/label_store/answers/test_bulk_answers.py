"""Bulk answers are checked by a few images drawn by chance, and kept or taken back as one."""

from __future__ import annotations

import pytest

from pipeline.errors import ActionError, ArchivedError, ParameterError, PurposeError, UnknownRecordError
from pipeline.label_store import LARGEST_BULK_ANSWER, Annotator, Draft, LabelStore, Purpose, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, draw, image, rows_of, say

Y, N, U = Value.YES, Value.NO, Value.UNSURE


def stroke(store: LabelStore, annotator: Annotator, rows: range, value: Value = Y) -> str:
    action_id = new_action_id()
    store.answers.bulk_answer(action_id, annotator.id, BIRD, 1, [image(row) for row in rows], value)
    return action_id


def test_a_spot_check_draws_some_of_a_stroke_for_one_person(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    action_id = stroke(label_store, ann, range(40))
    batch = label_store.answers.spot_check(action_id, bo.id, 10, seed=7)
    assert batch.images == 10
    assert label_store.questions.next_page(ann.id, BIRD) is None
    page = label_store.questions.next_page(bo.id, BIRD, batch_id=batch.id)
    assert page is not None
    assert page.purpose is Purpose.TRAINING
    say(label_store, page, *[N] * 10)
    (first, *_) = [entry for entry in label_store.answers.log() if entry.draw_id]
    assert (first.reason, first.probability) == ("spot check", 0.25)


def test_a_spot_check_follows_its_seed_and_is_the_same_when_asked_again(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    acts = [stroke(label_store, ann, range(40)) for _ in range(3)]
    drawn = []
    for action_id, seed in zip(acts, (7, 7, 8), strict=True):
        batch = label_store.answers.spot_check(action_id, bo.id, 10, seed=seed)
        assert label_store.answers.spot_check(action_id, bo.id, 5, seed=99) == batch
        page = label_store.questions.next_page(bo.id, BIRD, batch_id=batch.id)
        drawn.append(rows_of(page))
        say(label_store, page, *[Y] * 10)
    assert drawn[0] == drawn[1] != drawn[2]
    assert label_store.answers.spot_check(acts[0], ann.id, 10, seed=7).id != drawn, (
        "another person has one of their own"
    )


def test_a_small_stroke_is_checked_whole_and_near_duplicates_are_not_thinned(
    label_store: LabelStore, ann: Annotator
) -> None:
    batch = label_store.answers.spot_check(stroke(label_store, ann, range(4, 7)), ann.id, seed=1)
    assert batch.images == 3
    assert sorted(rows_of(label_store.questions.next_page(ann.id, BIRD))) == [4, 5, 6]


def test_what_must_not_train_any_more_is_not_checked(label_store: LabelStore, ann: Annotator) -> None:
    action_id, lost = stroke(label_store, ann, range(3)), stroke(label_store, ann, range(7, 9))
    draw(label_store, [1, 7, 8], Purpose.VALIDATION)
    label_store.answers.spot_check(action_id, ann.id, seed=1)
    assert sorted(rows_of(label_store.questions.next_page(ann.id, BIRD))) == [0, 2]
    with pytest.raises(PurposeError, match="nothing to check"):
        label_store.answers.spot_check(lost, ann.id, seed=1)


def test_what_a_check_said_stands_beside_its_stroke(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    action_id = stroke(label_store, ann, range(20), N)
    later = stroke(label_store, ann, range(20, 25))
    batch = label_store.answers.spot_check(action_id, bo.id, 8, seed=1)
    page = label_store.questions.next_page(bo.id, BIRD)
    say(label_store, page, N, N, Y, Y, U)
    newest, told = label_store.answers.list_bulk_answers(BIRD)
    assert (newest.act.id, newest.images, newest.check_batch, newest.check_size) == (later, 5, "", 0)
    assert (told.act.id, told.value, told.images, told.reason) == (action_id, N, 20, "stroke")
    assert (told.check_batch, told.check_size, told.checked, told.wrong, told.unsure) == (batch.id, 8, 5, 2, 1)
    say(label_store, page, N, N, N, N, N)  # on second thoughts
    assert (
        label_store.answers.list_bulk_answers(BIRD)[1].wrong,
        label_store.answers.list_bulk_answers(BIRD)[1].unsure,
    ) == (0, 0)
    label_store.answers.undo(new_action_id(), bo.id)
    assert label_store.answers.list_bulk_answers(BIRD)[1].wrong == 2
    label_store.answers.undo(new_action_id(), ann.id, action_id)
    assert [each.act.survives for each in label_store.answers.list_bulk_answers(BIRD)] == [True, False]
    assert label_store.answers.list_bulk_answers("content_cat") == []


def test_what_was_taken_back_or_is_no_stroke_is_not_checked(label_store: LabelStore, ann: Annotator) -> None:
    action_id = stroke(label_store, ann, range(3))
    label_store.answers.undo(new_action_id(), ann.id)
    with pytest.raises(ActionError, match="was undone"):
        label_store.answers.spot_check(action_id, ann.id, seed=1)
    draw(label_store, [20])
    page_act = say(label_store, label_store.questions.next_page(ann.id, BIRD), Y)
    for wrong in ("x", page_act):
        with pytest.raises(UnknownRecordError, match="no bulk answer"):
            label_store.answers.spot_check(wrong, ann.id, seed=1)
    label_store.answers.redo(new_action_id(), ann.id, action_id)
    for size in (0, 501):
        with pytest.raises(ParameterError, match="1 to 500"):
            label_store.answers.spot_check(action_id, ann.id, size, seed=1)
    with pytest.raises(UnknownRecordError, match="no annotator"):
        label_store.answers.spot_check(action_id, "nobody", seed=1)
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    label_store.attributes.set_archived(ann.id, BIRD, True)
    with pytest.raises(ArchivedError):
        label_store.answers.spot_check(action_id, ann.id, seed=1)


def test_a_stroke_over_too_many_images_is_refused(label_store: LabelStore, ann: Annotator) -> None:
    with pytest.raises(ParameterError, match=r"at most 100,000 images, but 100,001 were chosen"):
        label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(1)] * (LARGEST_BULK_ANSWER + 1), Y)
    with pytest.raises(ParameterError, match="A caption is a text"):
        label_store.answers.bulk_answer(new_action_id(), ann.id, "caption", 1, [image(1)], Y)
