"""Captions as a task: asked on pages like answers, and found by their words at once."""

from __future__ import annotations

import pytest

from pipeline.errors import ParameterError, PublishedError, PurposeError, UnknownRecordError
from pipeline.label_store import CAPTIONS, LEASE_SECONDS, Annotator, LabelStore, Page, Purpose, Value, new_action_id
from pipeline.text.query_words import query_words
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say


def write(store: LabelStore, page: Page | None, place: int, text: str) -> None:
    assert page is not None
    item = page.items[place]
    store.captions.add(new_action_id(), page.annotator_id, item.image_id, text, page_id=page.id, draw_id=item.draw_id)


def test_a_caption_answers_its_page_and_undone_it_is_asked_again(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    draw(label_store, [1, 2, 3], attribute=CAPTIONS)
    page = label_store.questions.next_page(ann.id, CAPTIONS, 2)
    write(label_store, page, 0, "a heron")
    assert rows_of(label_store.questions.next_page(ann.id, CAPTIONS, 2)) == [2]
    assert label_store.questions.count_left(CAPTIONS, bo.id).left == 2
    label_store.answers.undo(new_action_id(), ann.id)
    assert rows_of(label_store.questions.next_page(ann.id, CAPTIONS, 2)) == [1, 2]
    assert rows_of(label_store.questions.next_page(bo.id, CAPTIONS)) == [3]
    label_store.answers.redo(new_action_id(), ann.id)
    clock.pass_seconds(LEASE_SECONDS)
    assert rows_of(label_store.questions.next_page(bo.id, CAPTIONS)) == [2, 3]
    assert [each.text for each in label_store.captions.of_images([image(1)])] == ["a heron"]


def test_writing_is_a_sign_of_life_and_what_is_late_is_kept(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    draw(label_store, [1, 2], attribute=CAPTIONS)
    page = label_store.questions.next_page(ann.id, CAPTIONS)
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    write(label_store, page, 0, "one")
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    assert label_store.questions.next_page(bo.id, CAPTIONS) is None
    clock.pass_seconds(LEASE_SECONDS)
    write(label_store, label_store.questions.next_page(bo.id, CAPTIONS), 0, "two of Bo's")
    write(label_store, page, 1, "two of Ann's")
    assert len(label_store.captions.of_images([image(1), image(2)])) == 3


def test_two_captions_of_an_image_come_from_two_people(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    draw(label_store, [1], attribute=CAPTIONS, opinions=2)
    page = label_store.questions.next_page(ann.id, CAPTIONS)
    write(label_store, page, 0, "a heron")
    write(label_store, page, 0, "a grey heron")
    assert label_store.questions.next_page(ann.id, CAPTIONS) is None
    write(label_store, label_store.questions.next_page(bo.id, CAPTIONS), 0, "bird")
    assert label_store.questions.count_left(CAPTIONS, label_store.annotators.add("Cy").id).left == 0


def test_captions_that_are_there_are_not_asked_by_accident(label_store: LabelStore, ann: Annotator) -> None:
    label_store.captions.add(new_action_id(), ann.id, image(1), "a heron")
    assert draw(label_store, [1, 2], attribute=CAPTIONS).images == 1
    label_store.answers.undo(new_action_id(), ann.id)
    assert draw(label_store, [1, 2], attribute=CAPTIONS).images == 1, "now the other is asked already"
    assert draw(label_store, [1, 2], attribute=CAPTIONS, again=True).images == 2


def test_a_caption_belongs_to_the_page_that_asked_for_it(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    batch = draw(label_store, [1, 2], attribute=CAPTIONS)
    draw(label_store, [1, 2])
    page, birds = label_store.questions.next_page(ann.id, CAPTIONS), label_store.questions.next_page(ann.id, BIRD)
    assert page is not None
    assert birds is not None
    item = page.items[0]
    for who, image_id, page_id, draw_id in (
        (bo, item.image_id, page.id, item.draw_id),
        (ann, page.items[1].image_id, page.id, item.draw_id),
        (ann, item.image_id, page.id, 10**9),
        (ann, item.image_id, birds.id, birds.items[0].draw_id),
    ):
        with pytest.raises(UnknownRecordError, match="asks for a caption"):
            label_store.captions.add(new_action_id(), who.id, image_id, "x", page_id=page_id, draw_id=draw_id)
    with pytest.raises(ParameterError, match="must have neither"):
        label_store.captions.add(new_action_id(), ann.id, item.image_id, "x", page_id=page.id)
    with pytest.raises(ParameterError, match="yes and no are not allowed"):
        say(label_store, page, Value.YES)
    with pytest.raises(PurposeError, match="only asked for training"):
        draw(label_store, [7], Purpose.AUDIT, CAPTIONS)
    write(label_store, page, 0, "a heron")
    label_store.batches.publish(batch.id)
    with pytest.raises(PublishedError):
        write(label_store, page, 1, "x")
    with pytest.raises(PublishedError):
        label_store.answers.undo(new_action_id(), ann.id)


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (["bird"], [3, 1]),
        (["BIR"], [3, 1]),
        (["ird"], []),
        (["red", "bird"], [1]),
        (["ärger", "100%"], [2]),
        (["house"], [3]),
        (["o'neil"], [2]),
        (["%"], []),
        (["_"], []),
        (["\\"], []),
        (["a_bird"], []),
        (["ﬁne"], [3]),
        (["  "], []),
        ([], []),
        (["x') OR 1=1 --"], []),
    ],
)
def test_captions_are_found_by_the_beginnings_of_their_words(
    label_store: LabelStore, ann: Annotator, words: list[str], rows: list[int]
) -> None:
    for row, text in ((1, "A red Bird, seen"), (2, "ÄRGER bei O'Neil: 100% (seabird)"), (3, "fine bird_house")):
        label_store.captions.add(new_action_id(), ann.id, image(row), text)
    label_store.captions.add(new_action_id(), ann.id, image(7), "a red bird")
    label_store.answers.undo(new_action_id(), ann.id)
    assert label_store.captions.search(words) == [image(row) for row in rows]


@pytest.mark.parametrize("typed", ["बिल्ली", "खिड़", "แมว", "سوداء", "猫", "grosse", "GRÖSSE"])
def test_typed_captions_in_any_script_are_found_as_those_of_the_source_are(
    label_store: LabelStore, ann: Annotator, typed: str
) -> None:
    for row, text in ((1, "काली बिल्ली खिड़की पर"), (2, "นี่แมวดำ"), (3, "قِطَّةٌ سَوْدَاءُ"), (4, "東京の猫"), (5, "Größe")):
        label_store.captions.add(new_action_id(), ann.id, image(row), text)
    expected = {"बिल्ली": 1, "खिड़": 1, "แมว": 2, "سوداء": 3, "猫": 4, "grosse": 5, "GRÖSSE": 5}
    assert label_store.captions.search([typed]) == [image(expected[typed])]
    assert label_store.captions.search(list(query_words(typed))) == [image(expected[typed])]


def test_a_typed_caption_that_an_older_program_folded_is_found(label_store: LabelStore, ann: Annotator) -> None:
    label_store.captions.add(new_action_id(), ann.id, image(1), "Größe قِطَّةٌ")
    with label_store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE captions SET folded = 'grösse قِطَّةٌ'")
    for typed in ("grosse", "größe", "قطة"):
        assert label_store.captions.search([typed]) == [image(1)]


def test_a_search_is_limited_and_gives_each_image_once(label_store: LabelStore, ann: Annotator) -> None:
    for row in (1, 2, 1, 3):
        label_store.captions.add(new_action_id(), ann.id, image(row), "bird")
    assert label_store.captions.search(["bird"]) == [image(3), image(1), image(2)]
    assert label_store.captions.search(["bird"], limit=2) == [image(3), image(1)]
    for words in (["x" * 101], ["x"] * 21):
        with pytest.raises(ParameterError, match="up to 20 words"):
            label_store.captions.search(words)
