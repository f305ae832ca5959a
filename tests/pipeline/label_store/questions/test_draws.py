"""Draws: questions, their order, and the separation of purposes."""

from __future__ import annotations

import pytest

from pipeline.annotation.consensus import AgreementRule
from pipeline.errors import ParameterError, PublishedError, PurposeError, UnknownImageError, UnknownRecordError
from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, Reply, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, draw, image

ONE = AgreementRule()
STATISTICAL = [Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT]


def asked(store: LabelStore, annotator: Annotator, batch_id: str) -> list[int]:
    """Rows on the next page."""
    return [(item.image_id - 100) // 10 for item in store.questions.take_page(annotator.id, batch_id, 100).items]


def answer_all(store: LabelStore, annotator: Annotator, batch_id: str, value: Value = Value.YES) -> None:
    page = store.questions.take_page(annotator.id, batch_id, 100)
    store.answers.record(
        new_action_id(), page.id, annotator.id, [Reply(item.draw_id, value, 1.5) for item in page.items]
    )


def test_images_are_asked_in_the_order_of_the_draw(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [9, 3, 20, 1])
    assert batch.images == 4
    assert asked(label_store, ann, batch.id) == [9, 3, 20, 1]


def test_an_image_of_another_collection_is_refused_and_nothing_is_drawn(
    label_store: LabelStore, ann: Annotator
) -> None:
    with pytest.raises(UnknownImageError, match=r"no image 7\. Use ids of this collection"):
        label_store.batches.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image(1), "u"), Drawn(7, "u")])
    assert asked(label_store, ann, draw(label_store, [1]).id) == [1]


def test_training_asks_one_of_each_group_of_near_duplicates(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [6, 1, 4, 5, 11, 10])
    assert batch.images == 3
    assert asked(label_store, ann, batch.id) == [6, 1, 11]


def test_training_asks_nothing_twice_by_accident(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    draw(label_store, [1, 2])
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(7)], Value.NO)
    assert asked(label_store, ann, draw(label_store, [1, 2, 3, 7]).id) == [3]
    assert asked(label_store, bo, draw(label_store, [1, 2, 3, 7], again=True).id) == [1, 2, 3, 7]
    assert asked(label_store, ann, draw(label_store, [1, 2], attribute="content_cat").id) == [1, 2]


@pytest.mark.parametrize("purpose", STATISTICAL)
def test_a_statistical_draw_is_never_thinned(label_store: LabelStore, ann: Annotator, purpose: Purpose) -> None:
    answer_all(label_store, ann, draw(label_store, [1, 4]).id)
    assert asked(label_store, ann, draw(label_store, [5, 1, 4, 6], purpose).id) == [5, 1, 4, 6]


@pytest.mark.parametrize("purpose", STATISTICAL)
def test_what_was_drawn_for_statistics_never_trains(label_store: LabelStore, purpose: Purpose) -> None:
    draw(label_store, [5], purpose)
    for row in (4, 5, 6):  # its near-duplicates neither
        with pytest.raises(PurposeError, match="cannot train content_bird"):
            draw(label_store, [1, row])
    assert draw(label_store, [1]).images == 1, "the refused draws left nothing behind"
    assert draw(label_store, [5], attribute="content_cat").images == 1, "the wall is the attribute's own"


def test_training_answers_stop_teaching_when_their_image_is_drawn_for_validation(
    label_store: LabelStore, ann: Annotator
) -> None:
    answer_all(label_store, ann, draw(label_store, [1, 2, 4]).id)
    assert label_store.answers.labels(BIRD, Purpose.TRAINING, ONE).image_ids.tolist() == [image(1), image(2), image(4)]
    draw(label_store, [2, 6], Purpose.VALIDATION)
    assert label_store.answers.labels(BIRD, Purpose.TRAINING, ONE).image_ids.tolist() == [image(1)]
    assert len(label_store.answers.labels(BIRD, Purpose.VALIDATION, ONE)) == 0, "an old answer proves nothing either"


@pytest.mark.parametrize("second", STATISTICAL)
@pytest.mark.parametrize("first", STATISTICAL)
def test_statistical_purposes_never_share_an_image(label_store: LabelStore, first: Purpose, second: Purpose) -> None:
    draw(label_store, [1], first)
    if first is second:
        assert draw(label_store, [1], second).images == 1
    else:
        with pytest.raises(PurposeError, match=f"cannot be drawn for {second}"):
            draw(label_store, [1, 2], second)


def test_a_stroke_leaves_out_what_must_not_train_and_says_so(label_store: LabelStore, ann: Annotator) -> None:
    draw(label_store, [5], Purpose.AUDIT)
    receipt = label_store.answers.bulk_answer(
        new_action_id(), ann.id, BIRD, 1, [image(1), image(4), image(2)], Value.YES
    )
    assert receipt.left_out == (image(4),)
    assert label_store.answers.labels(BIRD, Purpose.TRAINING, ONE).image_ids.tolist() == [image(1), image(2)]
    with pytest.raises(PurposeError, match="None of these images may train"):
        label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(6)], Value.YES)


def test_gold_answers_measure_people_and_nothing_else(label_store: LabelStore, ann: Annotator) -> None:
    answer_all(label_store, ann, draw(label_store, [1]).id)
    gold = label_store.batches.draw(BIRD, 1, Purpose.GOLD, [Drawn(image(1), "settled", expected=Value.YES)])
    answer_all(label_store, ann, gold.id, Value.NO)
    assert label_store.answers.labels(BIRD, Purpose.TRAINING, ONE).yes.tolist() == [1]
    assert label_store.answers.labels(BIRD, Purpose.GOLD, ONE).no.tolist() == [1]


def test_a_draw_says_what_its_purpose_needs(label_store: LabelStore) -> None:
    with pytest.raises(PurposeError, match="without a probability"):
        label_store.batches.draw(BIRD, 1, Purpose.AUDIT, [Drawn(image(1), "uniform")])
    with pytest.raises(PurposeError, match="without an expected answer"):
        label_store.batches.draw(BIRD, 1, Purpose.GOLD, [Drawn(image(1), "settled")])
    with pytest.raises(PurposeError, match="with an expected answer"):
        label_store.batches.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image(1), "top", expected=Value.NO)])


def test_numbers_outside_what_is_allowed_are_refused(label_store: LabelStore) -> None:
    with pytest.raises(ParameterError, match=r"probability=1.5. It must be above 0"):
        label_store.batches.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image(1), "u", 1.5)])
    with pytest.raises(ParameterError, match="twice in one draw"):
        draw(label_store, [1, 1])
    with pytest.raises(ParameterError, match="opinions=0"):
        draw(label_store, [1], opinions=0)


def test_what_is_published_does_not_change_any_more(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, [1, 2], Purpose.AUDIT)
    page = label_store.questions.take_page(ann.id, batch.id)
    label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(page.items[0].draw_id, Value.YES)])
    label_store.batches.publish(batch.id)
    label_store.batches.publish(batch.id)
    with pytest.raises(PublishedError, match="audit of content_bird is published"):
        label_store.answers.record(new_action_id(), page.id, ann.id, [Reply(page.items[1].draw_id, Value.YES)])
    with pytest.raises(PublishedError, match="cannot change"):
        label_store.answers.undo(new_action_id(), ann.id)
    with pytest.raises(PublishedError, match="no question is left in it"):
        label_store.questions.take_page(ann.id, batch.id)
    assert label_store.answers.labels(BIRD, Purpose.AUDIT, ONE).image_ids.tolist() == [image(1)]


def test_a_batch_that_is_not_there_is_said_so(label_store: LabelStore, ann: Annotator) -> None:
    with pytest.raises(UnknownRecordError, match="no batch 'x'"):
        label_store.batches.publish("x")
    with pytest.raises(UnknownRecordError, match="no batch 'x'"):
        label_store.questions.take_page(ann.id, "x")
