"""Permission to answer: requirements, the test, permissions by hand, and statistics without an annotator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotation.consensus import AgreementRule, Label
from pipeline.errors import NotQualifiedError, ParameterError, UnknownRecordError
from pipeline.label_store import (
    LEASE_SECONDS,
    Annotator,
    Draft,
    KnownImages,
    LabelStore,
    Page,
    Purpose,
    Requirements,
    Value,
    new_action_id,
)
from pipeline.label_store.annotators.requirements import judge
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say

CAT = "content_cat"
Y, N = Value.YES, Value.NO
ONE = AgreementRule()
STRICT = Requirements(accuracy=0.9, test=10, gold_share=0.2)


@pytest.fixture
def images() -> KnownImages:
    return KnownImages(np.arange(400, dtype=np.int64) * 10 + 100)


@pytest.fixture
def label_store(label_store: LabelStore, ann: Annotator, clock: Clock) -> LabelStore:
    """One with two attributes; the first annotator settled a hundred images of one and made sixty of them gold."""
    for name in (BIRD, CAT):
        label_store.attributes.define(ann.id, name, Draft("bird"), seen_version=0)
    batch = draw(label_store, list(range(100)))
    page = label_store.questions.take_page(ann.id, batch.id, 100)
    say(label_store, page, *[truth(item.image_id) for item in page.items])
    clock.pass_seconds(LEASE_SECONDS + 1)
    label_store.gold.make(BIRD, 60, seed=1)
    draw(label_store, list(range(100, 400)))
    return label_store


def truth(image_id: int) -> Value:
    return Y if (image_id // 10) % 2 else N


def wrong(image_id: int) -> Value:
    return N if truth(image_id) is Y else Y


def take_test(store: LabelStore, annotator: Annotator, mistakes: int, size: int = 24) -> list[Page]:
    """Answer the gold questions of a test, the first so many wrongly."""
    taken: list[Page] = []
    while (page := store.questions.next_page(annotator.id, BIRD, size, purpose=Purpose.GOLD)) is not None:
        for item in page.items:
            one = Page(**{name: getattr(page, name) for name in Page.__slots__} | {"items": (item,)})
            say(store, one, wrong(item.image_id) if mistakes > 0 else truth(item.image_id))
            mistakes -= 1
        taken.append(page)
        if store.qualifications.find(annotator.id, BIRD).left == STRICT.test:
            break
    return taken


def test_without_bars_everybody_may_answer(label_store: LabelStore, bo: Annotator) -> None:
    assert label_store.qualifications.find(bo.id, BIRD).allowed
    assert label_store.attributes.find(BIRD).requirements == Requirements()
    assert label_store.questions.next_page(bo.id, BIRD) is not None
    assert label_store.qualifications.disqualified(BIRD) == frozenset()


def test_answers_of_any_attribute_reach_the_bar_and_strokes_do_not(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    before = label_store.state()
    entry = label_store.qualifications.set_requirements(ann.id, BIRD, Requirements(answers=12))
    assert entry.requirements == label_store.attributes.find(BIRD).requirements == Requirements(answers=12)
    assert label_store.state() != before
    draw(label_store, list(range(30)), attribute=CAT)
    label_store.answers.bulk_answer(new_action_id(), bo.id, CAT, 1, [image(row) for row in range(200, 260)], Y)
    act = say(label_store, label_store.questions.next_page(bo.id, CAT, 12), *[Y] * 12)
    label_store.answers.undo(new_action_id(), bo.id, act)
    with pytest.raises(NotQualifiedError, match=r"0 of 12 answers given, of any attribute\. Answer other attributes"):
        label_store.questions.next_page(bo.id, BIRD)
    with pytest.raises(NotQualifiedError):
        label_store.questions.next_page(bo.id, BIRD, purpose=Purpose.GOLD)
    with pytest.raises(NotQualifiedError):
        label_store.answers.bulk_answer(new_action_id(), bo.id, BIRD, 1, [image(300)], Y)
    label_store.answers.redo(new_action_id(), bo.id)
    assert label_store.questions.next_page(bo.id, BIRD) is not None
    assert label_store.qualifications.disqualified(BIRD) == frozenset(), "who lacks answers failed nothing"


@pytest.mark.parametrize("size", [4, 24])
def test_a_test_of_gold_of_both_kinds_opens_the_way(
    label_store: LabelStore, ann: Annotator, bo: Annotator, size: int
) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    with pytest.raises(NotQualifiedError, match=r"0 of 10 questions of the test answered, 9 must be right"):
        label_store.questions.next_page(bo.id, BIRD)
    pages = take_test(label_store, bo, mistakes=1, size=size)
    asked = [item.image_id for page in pages for item in page.items]
    assert len(asked) == len(set(asked)) == 10, "not one more than the test has"
    assert {truth(image_id) for image_id in asked} == {Y, N}
    found = label_store.qualifications.find(bo.id, BIRD)
    assert (found.allowed, found.words, found.failed) == (True, "9 of 10 right in the last test", False)
    assert label_store.questions.next_page(bo.id, BIRD) is not None
    assert not label_store.answers.labels(BIRD, Purpose.TRAINING, ONE).ids_of(Label.SPLIT).size, "a test labels nothing"


def test_pages_of_a_test_in_hand_are_of_that_test(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    first = label_store.questions.next_page(bo.id, BIRD, 6, purpose=Purpose.GOLD)
    assert first is not None
    clock.pass_seconds(1)
    second = label_store.questions.next_page(bo.id, BIRD, 6, purpose=Purpose.GOLD, beside=[first.id])
    assert second is not None
    assert (len(first.items), len(second.items)) == (6, 4)
    assert label_store.questions.next_page(bo.id, BIRD, 6, purpose=Purpose.GOLD, beside=[first.id, second.id]) is None
    again = label_store.questions.next_page(bo.id, BIRD, 6, purpose=Purpose.GOLD)
    assert again is not None
    assert (again.id, again.items) == (first.id, first.items)


def test_who_fails_takes_another_test_of_other_questions(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    first = take_test(label_store, bo, mistakes=2)
    found = label_store.qualifications.find(bo.id, BIRD)
    assert (found.allowed, found.test, found.failed, found.left) == (False, True, True, 10)
    assert found.words.startswith("8 of 10 right in the last test; 0 of 10 questions of the next test")
    with pytest.raises(NotQualifiedError, match="8 of 10"):
        label_store.questions.next_page(bo.id, BIRD)
    second = take_test(label_store, bo, mistakes=0)
    seen = [{item.image_id for page in pages for item in page.items} for pages in (first, second)]
    assert not seen[0] & seen[1]
    assert label_store.qualifications.find(bo.id, BIRD).allowed


def test_hidden_gold_answered_badly_closes_the_way_and_what_was_said_stays(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    take_test(label_store, bo, mistakes=0)
    while label_store.qualifications.find(bo.id, BIRD).allowed:
        page = label_store.questions.next_page(bo.id, BIRD, 24)
        assert page is not None
        say(label_store, page, *[wrong(item.image_id) for item in page.items])
        clock.pass_seconds(LEASE_SECONDS + 1)
    with pytest.raises(NotQualifiedError, match="of 10 right in the last test"):
        label_store.questions.next_page(bo.id, BIRD, 24)
    assert label_store.qualifications.disqualified(BIRD) == {bo.id}
    everything = label_store.answers.labels(BIRD, Purpose.TRAINING, ONE)
    assert len(everything) > 100, "answers of somebody disqualified stay"
    without = label_store.answers.labels(
        BIRD, Purpose.TRAINING, ONE, exclude=label_store.qualifications.disqualified(BIRD)
    )
    assert without.image_ids.tolist() == [image(row) for row in range(100)]
    table = label_store.answers.table(BIRD, exclude={bo.id})
    assert {table.people[place].id for place in table.annotators.tolist()} == {ann.id}
    assert len(label_store.answers.table(BIRD)) == len(everything)


def test_without_gold_left_there_is_no_test(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    with pytest.raises(NotQualifiedError):
        label_store.questions.next_page(ann.id, BIRD)
    assert label_store.questions.next_page(ann.id, BIRD, purpose=Purpose.GOLD) is None, (
        "who settled it is not tested by it"
    )
    label_store.qualifications.permit(ann.id, BIRD, ann.id, allowed=True)
    assert label_store.questions.next_page(ann.id, BIRD) is not None


def test_people_are_let_in_and_kept_out_by_hand(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    label_store.qualifications.permit(ann.id, BIRD, bo.id, allowed=False)
    with pytest.raises(NotQualifiedError, match=r"kept out by hand\. Another annotator can change this"):
        label_store.questions.next_page(bo.id, BIRD)
    with pytest.raises(NotQualifiedError):
        label_store.questions.next_page(bo.id, BIRD, purpose=Purpose.GOLD)
    assert label_store.questions.next_page(bo.id, CAT) is None, "of this attribute alone"
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    label_store.qualifications.permit(ann.id, BIRD, bo.id, allowed=True)
    before = label_store.state()
    assert rows_of(label_store.questions.next_page(bo.id, BIRD, 4))
    label_store.qualifications.permit(ann.id, BIRD, bo.id, allowed=None)
    assert label_store.state() != before
    with pytest.raises(NotQualifiedError, match="questions of the test"):
        label_store.questions.next_page(bo.id, BIRD)
    assert label_store.qualifications.disqualified(BIRD) == frozenset()
    with pytest.raises(UnknownRecordError):
        label_store.qualifications.permit(ann.id, BIRD, "nobody", allowed=True)
    with pytest.raises(UnknownRecordError):
        label_store.qualifications.permit(ann.id, "content_dragon", bo.id, allowed=True)


def test_a_batch_taken_by_name_is_closed_as_well_and_pages_in_hand_are_answered(
    label_store: LabelStore, ann: Annotator, bo: Annotator
) -> None:
    batch = draw(label_store, list(range(100, 110)), again=True)
    page = label_store.questions.take_page(bo.id, batch.id)
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    with pytest.raises(NotQualifiedError):
        label_store.questions.take_page(bo.id, batch.id)
    say(label_store, page, *[Y] * len(page.items))


def test_a_retired_question_is_taken_out_of_a_test(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    label_store.qualifications.set_requirements(ann.id, BIRD, STRICT)
    (page,) = take_test(label_store, bo, mistakes=2)
    assert not label_store.qualifications.find(bo.id, BIRD).allowed
    label_store.gold.retire(ann.id, BIRD, page.items[0].image_id)
    found = label_store.qualifications.find(bo.id, BIRD)
    assert (found.words.startswith("9 of 10 questions of the test answered"), found.left) == (True, 1)
    assert len(take_test(label_store, bo, mistakes=0)[0].items) == 1
    assert label_store.qualifications.find(bo.id, BIRD).allowed


@pytest.mark.parametrize(
    "numbers", [{"answers": -1}, {"accuracy": 1.1}, {"accuracy": float("nan")}, {"test": 4}, {"gold_share": 0.3}]
)
def test_bars_that_make_no_sense_are_said(numbers: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="is outside"):
        Requirements(**numbers)  # type: ignore[arg-type]


@given(st.lists(st.booleans(), max_size=60), st.integers(5, 12), st.floats(0.05, 1))
def test_the_last_full_block_decides(right: list[bool], test: int, accuracy: float) -> None:
    requirements = Requirements(accuracy=accuracy, test=test)
    found = judge(requirements, 0, right, None)
    full = len(right) // test
    block = right[(full - 1) * test : full * test] if full else []
    assert found.allowed == (bool(block) and sum(block) / test >= accuracy - 1e-12)
    assert found.left == test - len(right) % test
    assert found.failed == (bool(block) and not found.allowed)
    assert found.test != found.allowed
    for hand in (True, False):
        assert judge(requirements, 0, right, hand).allowed is hand


def test_a_block_that_is_not_full_decides_nothing() -> None:
    requirements = Requirements(accuracy=0.9, test=10)
    assert judge(requirements, 0, [True] * 10 + [False] * 9, None).allowed
    assert not judge(requirements, 0, [True] * 10 + [False] * 10, None).allowed
    assert not judge(requirements, 0, [False] * 10 + [True] * 9, None).allowed


@pytest.mark.parametrize(("accuracy", "test", "needed"), [(0.95, 20, 19), (0.9, 10, 9), (0.7, 10, 7), (1.0, 7, 7)])
def test_shares_that_binary_numbers_miss_by_a_hair_are_counted_as_meant(
    accuracy: float, test: int, needed: int
) -> None:
    assert Requirements(accuracy=accuracy, test=test).needed == needed
