"""Repeated questions: not marked, never more than their share, never about recent images."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from pipeline.annotation.consensus import AgreementRule, Label
from pipeline.label_store import (
    LEASE_SECONDS,
    STATISTICAL,
    Annotator,
    KnownImages,
    LabelStore,
    Page,
    Purpose,
    Value,
    new_action_id,
)
from pipeline.label_store.records import REPEAT
from pipeline.label_store.schema.tables import draws
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say

Y, N = Value.YES, Value.NO
ONE = AgreementRule()


@pytest.fixture
def images() -> KnownImages:
    """Many, each alone."""
    return KnownImages(np.arange(400, dtype=np.int64) * 10 + 100)


def looks(store: LabelStore, annotator: Annotator, attribute: str = BIRD) -> list[int]:
    """Images of second looks drawn so far."""
    with store.database.reading() as connection:
        query = select(draws.c.image_id).where(draws.c.only_for == annotator.id, draws.c.reason == REPEAT)
        return list(connection.execute(query.where(draws.c.attribute == attribute).order_by(draws.c.id)).scalars())


def work(store: LabelStore, annotator: Annotator, clock: Clock, pages: int, share: float, size: int = 10) -> list[Page]:
    """Answer some pages, all yes, each long after the last."""
    done = []
    for _ in range(pages):
        page = store.questions.next_page(annotator.id, BIRD, size, repeats=share)
        assert page is not None
        say(store, page, *[Y] * len(page.items))
        done.append(page)
        clock.pass_seconds(LEASE_SECONDS + 1)
    return done


def test_a_share_of_earlier_answers_comes_again_unmarked_in_the_middle_of_pages(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    draw(label_store, list(range(300)))
    pages = work(label_store, ann, clock, 20, 0.1)
    asked = [item.image_id for page in pages for item in page.items]
    again = looks(label_store, ann)
    assert len(asked) == 200
    assert sorted(set(asked)) == sorted(image(row) for row in range(200 - len(again)))
    assert 12 <= len(again) <= 19
    assert len(set(again)) == len(again), "none a second time twice"
    places = [place for page in pages for place, item in enumerate(page.items) if item.draw_id > 300]
    assert len(places) == len(again)
    assert len(set(places)) > 4, "at random places"
    for page in pages:
        fresh = [row for row, item in zip(rows_of(page), page.items, strict=True) if item.draw_id <= 300]
        assert fresh == sorted(fresh), "the others keep their order"
        assert len(page.items) - len(fresh) <= 2, "a tenth of ten and one"


def test_what_one_would_remember_is_not_asked_again(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    draw(label_store, list(range(300)))
    recent: list[int] = []
    for page in work(label_store, ann, clock, 12, 0.5):
        for item in page.items:
            assert item.image_id not in recent[-20:] or item.draw_id <= 300
        recent += [item.image_id for item in page.items]
    assert len(looks(label_store, ann)) >= 20


def test_what_is_on_a_page_in_hand_is_not_asked_again(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    draw(label_store, list(range(300)))
    page = label_store.questions.next_page(ann.id, BIRD, 100)
    say(label_store, page, *[Y] * 60)
    for _ in range(3):
        label_store.questions.next_page(ann.id, BIRD, 10, repeats=0.5, beside=[page.id if page else ""])
    assert looks(label_store, ann) == []


def test_strokes_other_purposes_other_people_and_barred_images_are_not_looked_at_again(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    draw(label_store, list(range(300)))
    work(label_store, bo, clock, 6, 0.0)
    label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(row) for row in range(300, 340)], Y)
    audit = draw(label_store, list(range(340, 380)), Purpose.VALIDATION)
    say(label_store, label_store.questions.take_page(ann.id, audit.id, 40), *[Y] * 40)
    clock.pass_seconds(LEASE_SECONDS + 1)
    work(label_store, ann, clock, 1, 0.5)
    assert looks(label_store, ann) == []
    first = work(label_store, ann, clock, 5, 0.0)[0]
    draw(label_store, rows_of(first), Purpose.VALIDATION)
    work(label_store, ann, clock, 4, 0.5)
    again = looks(label_store, ann)
    assert again
    assert not {item.image_id for item in first.items} & set(again)
    assert looks(label_store, bo) == []


def test_finished_work_and_a_purpose_that_has_just_begun_have_no_second_looks(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    draw(label_store, list(range(60)))
    work(label_store, ann, clock, 6, 0.0)
    assert label_store.questions.next_page(ann.id, BIRD, repeats=0.5) is None
    validation = draw(label_store, list(range(100, 120)), Purpose.VALIDATION)
    assert len(label_store.questions.take_page(ann.id, validation.id, 10, repeats=0.5).items) == 10
    assert looks(label_store, ann) == []


@pytest.mark.parametrize("purpose", sorted(STATISTICAL))
def test_planted_repeats_are_asked_in_statistical_work_and_never_count_as_its_answer(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock, purpose: Purpose
) -> None:
    draw(label_store, list(range(100)), purpose)
    first: dict[int, int] = {}
    for _ in range(9):
        page = label_store.questions.next_page(ann.id, BIRD, 10, repeats=0.2, purpose=purpose)
        assert page is not None
        assert page.purpose is purpose
        for item in page.items:
            first.setdefault(item.image_id, item.draw_id)
        # Whatever comes again is answered the other way round.
        say(label_store, page, *[Y if item.draw_id == first[item.image_id] else N for item in page.items])
        clock.pass_seconds(LEASE_SECONDS + 1)
    again = looks(label_store, ann)
    assert 4 <= len(again) <= 18
    labels = label_store.answers.labels(BIRD, purpose, ONE)
    assert labels.yes.tolist() == [1] * len(first), "the first answer counts"
    assert labels.no.sum() == 0
    table = label_store.answers.table(BIRD, [purpose])
    assert (len(table), set(table.origins.tolist())) == (len(first), {"page"})
    said = [entry for entry in label_store.answers.log(BIRD) if entry.reason == REPEAT]
    assert {entry.purpose for entry in said} == {purpose}, "and the log has all"
    assert label_store.qualifications.consistency(ann.id, BIRD) == (0, len(said))
    assert sorted(label_store.batches.drawn_images(BIRD, purpose).tolist()) == [image(row) for row in range(100)]
    assert label_store.batches.probabilities(BIRD, purpose)[0].tolist() == [image(row) for row in range(100)]
    assert label_store.questions.next_page(bo.id, BIRD, 10, purpose=purpose) is not None
    assert looks(label_store, bo) == []


def test_in_training_a_second_look_is_a_later_word(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    draw(label_store, list(range(100)))
    work(label_store, ann, clock, 8, 0.0)
    page = label_store.questions.next_page(ann.id, BIRD, 10, repeats=0.1)
    assert page is not None
    say(label_store, page, *[N if item.draw_id > 100 else Y for item in page.items])
    again = looks(label_store, ann)
    assert again
    labels = label_store.answers.labels(BIRD, Purpose.TRAINING, ONE)
    assert labels.ids_of(Label.NO).tolist() == sorted(again)


def test_repeats_of_one_purpose_are_no_repeats_of_another(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    draw(label_store, list(range(60)), Purpose.VALIDATION)
    for _ in range(4):
        say(label_store, label_store.questions.next_page(ann.id, BIRD, 10, purpose=Purpose.VALIDATION), *[Y] * 10)
        clock.pass_seconds(LEASE_SECONDS + 1)
    draw(label_store, list(range(100, 130)))
    label_store.questions.next_page(ann.id, BIRD, 10, repeats=0.5)
    assert looks(label_store, ann) == []
    page = label_store.questions.next_page(ann.id, BIRD, 10, repeats=0.5, purpose=Purpose.VALIDATION)
    assert page is not None
    assert set(looks(label_store, ann)) <= {image(row) for row in range(40)}
    assert looks(label_store, ann)


def test_second_looks_are_no_progress_and_nobody_elses(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    draw(label_store, list(range(200)), agree=2)
    work(label_store, ann, clock, 8, 0.5)
    again = looks(label_store, ann)
    assert again
    (fact,) = label_store.questions.count_left(BIRD, ann.id).batches
    assert (fact.asked, fact.left_for_me) == (200, 200 - 80 + len(again))
    with label_store.database.reading() as connection:
        wanted = select(draws.c.wanted).where(draws.c.only_for == ann.id)
        assert set(connection.execute(wanted).scalars()) == {1}, "and never go to a second person"
    page = label_store.questions.next_page(bo.id, BIRD, 200)
    assert rows_of(page) == list(range(200))


def test_steadiness_is_counted(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    draw(label_store, list(range(300)))
    work(label_store, ann, clock, 10, 0.0)
    assert label_store.qualifications.consistency(ann.id) == (0, 0)
    page = label_store.questions.next_page(ann.id, BIRD, 20, repeats=0.1)
    assert page is not None
    (first, second, third) = [item for item in page.items if item.draw_id > 300]
    by_draw = {first.draw_id: Y, second.draw_id: N}
    for item in page.items:
        if item.draw_id != third.draw_id:
            one = Page(**{name: getattr(page, name) for name in Page.__slots__} | {"items": (item,)})
            say(label_store, one, by_draw.get(item.draw_id, Y))
    assert (
        label_store.qualifications.consistency(ann.id) == label_store.qualifications.consistency(ann.id, BIRD) == (1, 2)
    )
    assert label_store.qualifications.consistency(ann.id, "content_cat") == (0, 0)
    say(label_store, Page(**{name: getattr(page, name) for name in Page.__slots__} | {"items": (third,)}), N)
    assert label_store.qualifications.consistency(ann.id) == (1, 3)
    label_store.answers.undo(new_action_id(), ann.id)
    assert label_store.qualifications.consistency(ann.id) == (1, 2)
