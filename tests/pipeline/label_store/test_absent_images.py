"""Answers about images that the collection lacks are set aside, named, not asked again, and return with the images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pipeline.annotation.consensus import AgreementRule
from pipeline.errors import UnknownImageError
from pipeline.label_store import (
    Annotator,
    Draft,
    Drawn,
    ImageName,
    KnownImages,
    LabelStore,
    Purpose,
    Value,
    new_action_id,
)
from pipeline.label_store.schema.database import Database
from tests.pipeline.label_store.conftest import BIRD, COUNT, Clock, draw, image, rows_of, say

GONE = (3, 4)


def named(ids: Sequence[int]) -> list[ImageName]:
    return [ImageName(one, "photos", f"p{one}.png", f"{one:064x}") for one in ids]


@pytest.fixture
def images() -> KnownImages:
    return KnownImages(np.arange(COUNT, dtype=np.int64) * 10 + 100, names=named)


@pytest.fixture
def shrunk(new_database: Callable[[], Database], label_store: LabelStore, clock: Clock) -> Callable[[], LabelStore]:
    """Opens the store with a collection that lacks the images of two rows."""

    def opened() -> LabelStore:
        ids = label_store.images.image_ids
        keep = ~np.isin(np.arange(COUNT), GONE)
        store = LabelStore(new_database(), KnownImages(ids[keep], names=named), "store", clock)
        store.absent_images.compare()
        return store

    return opened


def stroke(store: LabelStore, who: Annotator, rows: Sequence[int]) -> None:
    store.answers.bulk_answer(new_action_id(), who.id, BIRD, 1, [image(row) for row in rows], Value.YES)


def test_answers_about_absent_images_are_counted_named_and_kept(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    stroke(label_store, ann, [2, 3])
    label_store.captions.add(new_action_id(), ann.id, image(4), "a bird")
    store = shrunk()
    assert store.absent_images.list_all() == [image(row) for row in GONE]
    aside = store.absent_images.set_aside()
    assert (aside.answers, aside.images, aside.source) == (2, 2, "photos")
    assert "2 answers are set aside" in aside.summary
    assert store.absent_images.set_aside(BIRD).answers == 1
    assert store.absent_images.names([image(3)])[image(3)] == named([image(3)])[0]
    assert store.answers.labels(BIRD, Purpose.TRAINING, AgreementRule()).image_ids.tolist() == [image(2), image(3)]
    assert [entry.image_id for entry in store.answers.log()] == [image(2), image(3)]


def test_an_undone_answer_about_an_absent_image_is_no_answer_set_aside(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    stroke(label_store, ann, [3])
    label_store.answers.undo(new_action_id(), ann.id)
    assert shrunk().absent_images.set_aside().answers == 0


def test_questions_about_absent_images_wait_and_are_asked_when_the_images_return(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator, clock: Clock
) -> None:
    draw(label_store, [2, 3, 4, 5])
    store = shrunk()
    page = store.questions.next_page(ann.id, BIRD)
    assert rows_of(page) == [2, 5]
    say(store, page, Value.YES, Value.NO)
    assert store.questions.next_page(ann.id, BIRD) is None
    assert store.questions.count_left(BIRD, ann.id).left == 0
    assert store.batches.count_open(BIRD) == 0
    label_store.absent_images.compare()
    assert label_store.absent_images.list_all() == []
    assert label_store.batches.count_open(BIRD) == 2
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [3, 4]


def test_a_page_in_hand_loses_its_absent_images_and_is_not_given_for_them_alone(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    draw(label_store, [3, 4])
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [3, 4]
    draw(label_store, [7])
    assert rows_of(shrunk().questions.next_page(ann.id, BIRD)) == [7]


def test_the_board_counts_labels_of_images_that_are_here_and_answers_set_aside(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    stroke(label_store, ann, [2, 3])
    draw(label_store, [4, 5])
    before, after = label_store.attributes.list_progress()[0], shrunk().attributes.list_progress()[0]
    assert (before.yes, before.left, before.answers, before.absent) == (2, 2, 2, 0)
    assert (after.yes, after.left, after.answers, after.absent) == (1, 1, 2, 1)


def test_nothing_new_is_said_about_an_absent_image(shrunk: Callable[[], LabelStore], ann: Annotator) -> None:
    with pytest.raises(UnknownImageError, match="no image 130"):
        stroke(shrunk(), ann, [3])


def test_a_definition_is_edited_while_examples_are_absent_and_these_stay(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    examples = (image(3), image(5))
    label_store.attributes.define(ann.id, BIRD, Draft("bird", examples_yes=examples), seen_version=0)
    store = shrunk()
    same = store.attributes.define(ann.id, BIRD, Draft("bird", examples_yes=(image(5),)), seen_version=1)
    assert (same.version, same.examples_yes) == (1, examples)
    changed = store.attributes.define(ann.id, BIRD, Draft("birds", examples_yes=(image(6),)), seen_version=1)
    assert changed.examples_yes == (image(6), image(3))
    with pytest.raises(UnknownImageError):
        store.attributes.define(ann.id, BIRD, Draft("birds", examples_yes=(image(4),)), seen_version=2)


def test_absent_gold_is_asked_of_nobody_and_no_more_is_made_of_absent_images(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator, bo: Annotator
) -> None:
    gold = [Drawn(image(row), "gold", expected=Value.YES) for row in (3, 5)]
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    label_store.batches.draw(BIRD, 1, Purpose.GOLD, gold)
    assert label_store.gold.summary(BIRD).yes == 2
    assert shrunk().gold.summary(BIRD).yes == 1


def test_what_a_server_that_shows_the_old_collection_writes_is_set_aside_by_the_next_who_opens(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    store = shrunk()
    stroke(label_store, ann, [3])  # it continues with the opened collection
    assert store.answers.labels(BIRD, Purpose.TRAINING, AgreementRule()).image_ids.tolist() == [image(3)]
    assert shrunk().absent_images.set_aside().answers == 1


def test_a_page_is_filled_with_images_that_are_here_however_many_before_them_are_absent(
    label_store: LabelStore, shrunk: Callable[[], LabelStore], ann: Annotator
) -> None:
    draw(label_store, [3, 4, 5, 6])
    assert rows_of(shrunk().questions.next_page(ann.id, BIRD, 2)) == [5, 6]
