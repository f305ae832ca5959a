"""Reading draws: asked, drawn and excluded images, their probabilities, and open questions."""

from __future__ import annotations

import numpy as np

from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, draw, image, say

NOBODY = "content_nobody"


def test_of_an_attribute_that_nobody_asked_about_there_is_nothing(label_store: LabelStore) -> None:
    ids, models = label_store.batches.asked_images(NOBODY)
    assert ids.dtype == np.int64
    assert (ids.tolist(), models) == ([], [])
    assert label_store.batches.barred_images(NOBODY).tolist() == []
    assert label_store.batches.drawn_images(NOBODY, Purpose.VALIDATION).dtype == np.int64
    images, batches, chances = label_store.batches.probabilities(NOBODY, Purpose.VALIDATION)
    assert images.dtype == batches.dtype == np.int64
    assert chances.dtype == np.float64
    assert len(images) == len(batches) == len(chances) == 0
    assert label_store.batches.count_open(NOBODY) == 0


def test_asked_are_strokes_first_and_then_draws_in_their_order_with_their_model(
    label_store: LabelStore, ann: Annotator
) -> None:
    draw(label_store, [3, 1], model_version="round-1")
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(9)], Value.NO)
    draw(label_store, [2], Purpose.VALIDATION, model_version="round-2")
    draw(label_store, [3], again=True, model_version="round-3")
    draw(label_store, [7], attribute="content_cat")
    ids, models = label_store.batches.asked_images(BIRD)
    assert ids.tolist() == [image(row) for row in (9, 3, 1, 2, 3)]
    assert models == ["", "round-1", "round-1", "round-2", "round-3"]


def test_drawn_are_the_images_of_one_purpose_each_once_ascending(label_store: LabelStore) -> None:
    draw(label_store, [9, 3], Purpose.VALIDATION)
    draw(label_store, [3, 1], Purpose.VALIDATION)
    draw(label_store, [20])
    assert label_store.batches.drawn_images(BIRD, Purpose.VALIDATION).tolist() == [image(1), image(3), image(9)]
    assert label_store.batches.drawn_images(BIRD, Purpose.TRAINING).tolist() == [image(20)]
    assert label_store.batches.drawn_images(BIRD, Purpose.AUDIT).tolist() == []


def test_chances_are_those_of_the_draws_with_the_number_of_their_batch(label_store: LabelStore, ann: Annotator) -> None:
    some = [Drawn(image(5), "uniform", 0.25), Drawn(image(2), "stratum", 1.0)]
    batch = label_store.batches.draw(BIRD, 1, Purpose.VALIDATION, some)
    draw(label_store, [8], Purpose.AUDIT)
    label_store.batches.draw(BIRD, 1, Purpose.VALIDATION, [Drawn(image(1), "uniform", 0.125)])
    say(label_store, label_store.questions.take_page(ann.id, batch.id), Value.YES)
    images, batches, chances = label_store.batches.probabilities(BIRD, Purpose.VALIDATION)
    assert images.tolist() == [image(5), image(2), image(1)]
    assert batches.tolist() == [0, 0, 1]
    assert chances.tolist() == [0.25, 1.0, 0.125]


def test_a_training_draw_without_a_chance_is_not_among_them(label_store: LabelStore) -> None:
    label_store.batches.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image(1), "near the boundary")])
    assert len(label_store.batches.probabilities(BIRD, Purpose.TRAINING)[0]) == 0


def test_open_are_the_images_that_somebody_is_still_asked(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    training = draw(label_store, [1, 2, 3], agree=2)
    validation = draw(label_store, [8, 9], Purpose.VALIDATION)
    assert label_store.batches.count_open(BIRD) == 5
    say(label_store, label_store.questions.take_page(ann.id, validation.id), Value.YES)
    assert label_store.batches.count_open(BIRD) == 4
    say(label_store, label_store.questions.take_page(ann.id, training.id), Value.YES, Value.YES)
    assert label_store.batches.count_open(BIRD) == 4, "two must agree"
    say(label_store, label_store.questions.take_page(bo.id, training.id), Value.YES)
    assert label_store.batches.count_open(BIRD) == 3
    label_store.batches.publish(validation.id)
    assert label_store.batches.count_open(BIRD) == 2, "what is sealed is asked no more"
    label_store.batches.cancel(training.id)
    assert label_store.batches.count_open(BIRD) == 0


def test_an_image_asked_twice_is_one_open_question(label_store: LabelStore) -> None:
    draw(label_store, [1])
    draw(label_store, [1], again=True)
    assert label_store.batches.count_open(BIRD) == 1
