"""Allowed questions, the content of an action, and decisions about a bulk answer; in SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from pipeline.errors import UnknownImageError
from pipeline.label_store import CAPTIONS, Annotator, LabelStore, Purpose, Reply, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, draw, image


def ids(*rows: int) -> list[int]:
    return [image(row) for row in rows]


def test_what_is_asked_answered_reserved_or_a_near_duplicate_of_one_before_is_not_askable(
    label_store: LabelStore, ann: Annotator
) -> None:
    draw(label_store, [0])
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, ids(1), Value.NO)
    draw(label_store, [10], Purpose.VALIDATION)
    wanted = ids(9, 0, 1, 10, 11, 5, 4, 6, 2)  # 11 is a near-duplicate of 10; 4, 5 and 6 are one group
    assert label_store.batches.askable(BIRD, wanted) == ids(9, 5, 2)
    assert label_store.batches.askable(BIRD, wanted, 2) == ids(9, 5)
    assert label_store.batches.askable("content_cat", ids(0, 1, 10)) == ids(0, 1, 10)


def test_an_image_of_another_collection_is_not_askable(label_store: LabelStore) -> None:
    with pytest.raises(UnknownImageError, match="holds no image 7"):
        label_store.batches.askable(BIRD, [7])


def test_an_act_tells_what_it_said_and_on_which_page(label_store: LabelStore, ann: Annotator) -> None:
    page = label_store.questions.take_page(ann.id, draw(label_store, [0, 1]).id)
    replies = [Reply(item.draw_id, value) for item, value in zip(page.items, (Value.YES, Value.UNSURE), strict=True)]
    receipt = label_store.answers.record(new_action_id(), page.id, ann.id, replies)
    said = {reply.draw_id: reply.value.value for reply in replies}
    assert label_store.answers.values_of(receipt.act) == (page.id, said)


def test_a_caption_tells_its_words_and_a_stroke_has_no_page(label_store: LabelStore, ann: Annotator) -> None:
    page = label_store.questions.take_page(ann.id, draw(label_store, [3], attribute=CAPTIONS).id)
    [item] = page.items
    asked = label_store.captions.add(
        new_action_id(), ann.id, item.image_id, "a heron", page_id=page.id, draw_id=item.draw_id
    )
    assert label_store.answers.values_of(asked.act) == (page.id, {item.draw_id: "a heron"})
    stroke = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, ids(1, 2), Value.NO)
    assert label_store.answers.values_of(stroke.act) == (None, {})


def test_a_stroke_is_settled_when_its_check_is_sealed(label_store: LabelStore, ann: Annotator) -> None:
    act = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, ids(0, 1, 2, 3), Value.NO).act
    check = label_store.answers.spot_check(act.id, ann.id, 2, seed=0)
    assert not label_store.answers.list_bulk_answers(BIRD)[0].settled
    label_store.batches.publish(check.id)
    assert label_store.answers.list_bulk_answers(BIRD)[0].settled
