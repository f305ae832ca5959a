"""Work over many batches: the next page, several at once, third opinions, skips, cancelled batches."""

from __future__ import annotations

import itertools

import pytest

from pipeline.annotation.consensus import AgreementRule
from pipeline.errors import LeaseError, ParameterError, PublishedError, PurposeError, UnknownRecordError
from pipeline.label_store import LEASE_SECONDS, Annotator, Draft, Drawn, LabelStore, Purpose, Value, new_action_id
from tests.pipeline.label_store.conftest import BIRD, Clock, draw, image, rows_of, say

Y, N, U = Value.YES, Value.NO, Value.UNSURE
CAT = "content_cat"


def test_pages_in_hand_stand_side_by_side(label_store: LabelStore, ann: Annotator) -> None:
    batch = draw(label_store, list(range(12, 20)))
    first = label_store.questions.take_page(ann.id, batch.id, 3)
    second = label_store.questions.take_page(ann.id, batch.id, 3, beside=[first.id])
    assert (rows_of(first), rows_of(second)) == ([12, 13, 14], [15, 16, 17])
    assert label_store.questions.take_page(ann.id, batch.id, 3, beside=[first.id]).id == second.id
    third = label_store.questions.next_page(ann.id, BIRD, 3, beside=[first.id, second.id])
    assert rows_of(third) == [18, 19]


def test_the_page_that_was_taken_first_is_given_first(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    batch = draw(label_store, list(range(12, 20)))
    first = label_store.questions.take_page(ann.id, batch.id, 3)
    clock.pass_seconds(1)
    second = label_store.questions.take_page(ann.id, batch.id, 3, beside=[first.id])
    assert label_store.questions.take_page(ann.id, batch.id).id == first.id
    say(label_store, first, Y, Y, Y)
    assert label_store.questions.take_page(ann.id, batch.id).id == second.id


def test_no_image_is_on_two_pages_of_one_person_even_from_two_batches(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    draw(label_store, [1, 2, 3])
    first = label_store.questions.next_page(ann.id, BIRD, 3)
    assert first is not None
    other = draw(label_store, [2, 3, 7], again=True)
    assert rows_of(label_store.questions.take_page(ann.id, other.id, beside=[first.id])) == [7]
    draw(label_store, [1, 2], attribute=CAT)
    assert rows_of(label_store.questions.next_page(ann.id, CAT)) == [1, 2], "another question is another matter"
    clock.pass_seconds(LEASE_SECONDS)
    assert rows_of(label_store.questions.take_page(ann.id, other.id)) == [2, 3, 7]
    assert rows_of(label_store.questions.renew_page(first.id, ann.id)) == [1], (
        "a page that comes back lacks what another has"
    )


def test_the_newest_batch_comes_first_then_what_is_left_of_older_ones(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    old = draw(label_store, [1, 2, 3], title="old")
    clock.pass_seconds(1)
    draw(label_store, [7, 8], title="new")
    clock.pass_seconds(1)
    draw(label_store, [9], Purpose.VALIDATION)
    page = label_store.questions.next_page(ann.id, BIRD)
    assert rows_of(page) == [7, 8]
    assert rows_of(label_store.questions.next_page(ann.id, BIRD, batch_id=old.id)) == [1, 2, 3]
    say(label_store, page, Y, Y)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [1, 2, 3]
    assert rows_of(label_store.questions.next_page(ann.id, BIRD, purpose=Purpose.VALIDATION)) == [9]


def test_where_nothing_is_left_there_is_no_page(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    assert label_store.questions.next_page(ann.id, BIRD) is None
    batch = draw(label_store, [1, 2])
    page = label_store.questions.next_page(ann.id, BIRD)
    assert label_store.questions.next_page(bo.id, BIRD) is None
    work = label_store.questions.count_left(BIRD, bo.id)
    assert (work.left, work.held_by_others) == (2, 2), "and whoever waits is told for whom"
    say(label_store, page, Y, Y)
    assert label_store.questions.count_left(BIRD, bo.id).left == 0
    label_store.batches.publish(draw(label_store, [7, 8]).id)
    assert label_store.questions.next_page(ann.id, BIRD) is None
    assert label_store.questions.next_page(ann.id, BIRD, batch_id=batch.id) is None


def test_numbers_of_a_page_are_checked(label_store: LabelStore, ann: Annotator) -> None:
    draw(label_store, [1])
    for options in ({"size": 0}, {"size": 501}, {"repeats": 0.6}, {"repeats": -0.1}, {"beside": ["x"] * 101}):
        with pytest.raises(ParameterError, match=r"is outside|beside contains"):
            label_store.questions.next_page(ann.id, BIRD, **options)  # type: ignore[arg-type]
    with pytest.raises(UnknownRecordError, match="no annotator"):
        label_store.questions.next_page("nobody", BIRD)


def test_a_split_goes_to_a_third_and_what_agrees_does_not(
    label_store: LabelStore, ann: Annotator, bo: Annotator, cy: Annotator
) -> None:
    draw(label_store, [1, 2, 3, 7], agree=2)
    first, second = label_store.questions.next_page(ann.id, BIRD), label_store.questions.next_page(bo.id, BIRD)
    assert rows_of(first) == rows_of(second) == [1, 2, 3, 7], "two are asked from the start"
    say(label_store, first, Y, Y, Y, U)
    say(label_store, second, Y, N, U, U)
    third = label_store.questions.next_page(cy.id, BIRD)
    assert rows_of(third) == [2, 3, 7]
    say(label_store, third, N, Y, U)
    dot = label_store.annotators.add("Dot")
    assert label_store.questions.next_page(dot.id, BIRD) is None
    labels = label_store.answers.labels(BIRD, Purpose.TRAINING, AgreementRule(2, 3))
    assert labels.labels.tolist() == [1, 0, 1, 2]


def test_with_a_split_undone_nobody_else_is_asked_and_done_again_somebody_is(
    label_store: LabelStore, ann: Annotator, bo: Annotator, cy: Annotator, clock: Clock
) -> None:
    draw(label_store, [1], agree=2)
    say(label_store, label_store.questions.next_page(ann.id, BIRD), Y)
    page = label_store.questions.next_page(bo.id, BIRD)
    split = say(label_store, page, N)
    label_store.answers.undo(new_action_id(), bo.id)
    assert label_store.questions.next_page(cy.id, BIRD) is None, "Bo thinks again"
    clock.pass_seconds(LEASE_SECONDS)
    assert rows_of(label_store.questions.next_page(cy.id, BIRD)) == [1], "as the second, not the third"
    assert label_store.questions.next_page(label_store.annotators.add("Dot").id, BIRD) is None
    label_store.answers.redo(new_action_id(), bo.id, split)
    say(label_store, label_store.questions.next_page(cy.id, BIRD), Y)
    label_store.answers.undo(new_action_id(), ann.id)
    (fact,) = label_store.questions.count_left(BIRD, ann.id).batches
    assert (fact.asked, fact.answered) == (1, 0), "one yes and one no want a third again"


def test_without_a_rule_a_split_stays(label_store: LabelStore, ann: Annotator, bo: Annotator, cy: Annotator) -> None:
    draw(label_store, [1], opinions=2)
    say(label_store, label_store.questions.next_page(ann.id, BIRD), Y)
    say(label_store, label_store.questions.next_page(bo.id, BIRD), N)
    assert label_store.questions.next_page(cy.id, BIRD) is None


@pytest.mark.parametrize("agree", [0, 6])
def test_a_rule_outside_what_is_allowed_is_refused(label_store: LabelStore, agree: int) -> None:
    with pytest.raises(ParameterError, match="1 to 5"):
        draw(label_store, [1], agree=agree, opinions=1)


def test_raising_agreement_asks_more_people_and_lowering_it_asks_nothing_in_vain(
    label_store: LabelStore, ann: Annotator, bo: Annotator, cy: Annotator
) -> None:
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    batch, sealed = draw(label_store, [1, 2, 3], agree=1), draw(label_store, [7], agree=1)
    for each in (batch, sealed):
        say(label_store, label_store.questions.next_page(ann.id, BIRD, 2, batch_id=each.id), Y)
    label_store.batches.publish(sealed.id)
    before = label_store.state()
    assert label_store.attributes.set_agreement(ann.id, BIRD, 2).agree == 2
    assert label_store.state() != before
    page = label_store.questions.next_page(bo.id, BIRD)
    assert rows_of(page) == [1, 2, 3], "answered and open ones, but not what is sealed"
    say(label_store, page, N, Y, Y)
    assert rows_of(label_store.questions.next_page(cy.id, BIRD, 1)) == [1]
    label_store.attributes.set_agreement(ann.id, BIRD, 3)
    assert label_store.questions.count_left(BIRD, cy.id).left == 3
    label_store.attributes.set_agreement(ann.id, BIRD, 1)
    assert label_store.questions.count_left(BIRD, cy.id).left == 0
    label_store.attributes.set_agreement(ann.id, BIRD, 2)
    assert label_store.questions.count_left(BIRD, cy.id).left == 3


def test_a_skipped_image_goes_to_the_others_and_not_back(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3])
    page = label_store.questions.next_page(ann.id, BIRD)
    assert page is not None
    label_store.questions.skip(page.id, ann.id, [page.items[1].draw_id])
    label_store.questions.skip(page.id, ann.id, [page.items[1].draw_id])
    assert rows_of(label_store.questions.take_page(ann.id, batch.id)) == [1, 3]
    assert rows_of(label_store.questions.next_page(bo.id, BIRD)) == [2]
    clock.pass_seconds(LEASE_SECONDS)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [1, 3]
    assert (
        label_store.questions.count_left(BIRD, ann.id).left,
        label_store.questions.count_left(BIRD, bo.id).left,
    ) == (2, 3)


def test_a_skip_is_a_sign_of_life_and_is_taken_back_by_an_answer(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    draw(label_store, [1, 2])
    page = label_store.questions.next_page(ann.id, BIRD)
    assert page is not None
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    label_store.questions.skip(page.id, ann.id, [page.items[0].draw_id])
    clock.pass_seconds(LEASE_SECONDS * 0.8)
    say(label_store, page, Y)
    assert [entry.image_id for entry in label_store.answers.log()] == [image(1)]
    label_store.answers.undo(new_action_id(), ann.id)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [1, 2]
    clock.pass_seconds(LEASE_SECONDS)
    assert rows_of(label_store.questions.next_page(ann.id, BIRD)) == [1, 2], "the skip is forgotten, not only covered"


def test_only_what_is_on_ones_own_page_is_skipped(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    draw(label_store, [1, 2])
    mine, theirs = label_store.questions.next_page(ann.id, BIRD, 1), label_store.questions.next_page(bo.id, BIRD, 1)
    assert mine is not None
    assert theirs is not None
    with pytest.raises(UnknownRecordError, match="has no page"):
        label_store.questions.skip(mine.id, bo.id, [mine.items[0].draw_id])
    with pytest.raises(UnknownRecordError, match="not on this page"):
        label_store.questions.skip(mine.id, ann.id, [theirs.items[0].draw_id])


def test_what_is_called_off_is_asked_of_nobody_but_answered_where_it_is(
    label_store: LabelStore, ann: Annotator, bo: Annotator, clock: Clock
) -> None:
    batch = draw(label_store, [1, 2, 3, 7, 8], agree=2)
    page = label_store.questions.next_page(ann.id, BIRD, 2)
    say(label_store, page, Y)
    assert label_store.batches.cancel(batch.id) == 5
    assert label_store.batches.cancel(batch.id) == 0
    assert label_store.questions.next_page(bo.id, BIRD) is None
    clock.pass_seconds(LEASE_SECONDS)
    say(label_store, page, Y, N)  # late, but no other person has answered, so it is kept
    assert len(list(label_store.answers.log())) == 3
    label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0)
    label_store.attributes.set_agreement(ann.id, BIRD, 3)
    assert label_store.questions.next_page(bo.id, BIRD) is None, "and a new rule does not bring it back"
    again = draw(label_store, [1, 2, 3, 7])
    assert again.images == 2, "what nobody answered may be drawn again"


def test_only_training_is_called_off(label_store: LabelStore) -> None:
    for purpose in (Purpose.VALIDATION, Purpose.AUDIT, Purpose.CERTIFICATION):
        with pytest.raises(PurposeError, match=f"batch of {purpose} cannot be cancelled"):
            label_store.batches.cancel(draw(label_store, [1], purpose, f"content_{purpose}").id)
    batch = draw(label_store, [1])
    label_store.batches.publish(batch.id)
    with pytest.raises(PublishedError):
        label_store.batches.cancel(batch.id)
    with pytest.raises(UnknownRecordError, match="no batch 'x'"):
        label_store.batches.cancel("x")


def test_unfinished_batches_are_told_newest_first(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    for number, rows in enumerate(([1, 2], [3, 7], [8, 9, 12])):
        clock.pass_seconds(1)
        draw(label_store, rows, title=f"batch {number}")
    say(label_store, label_store.questions.next_page(ann.id, BIRD, 2), Y, Y)
    say(label_store, label_store.questions.next_page(ann.id, BIRD, 1), Y)
    work = label_store.questions.count_left(BIRD, ann.id)
    told = [(each.title, each.reason, each.asked, each.answered, each.left_for_me) for each in work.batches]
    assert told == [("batch 1", "uniform", 2, 0, 2), ("batch 0", "uniform", 2, 0, 2)]
    assert (work.left, work.held_by_others) == (4, 0)


def test_a_batch_for_one_person_is_asked_of_them_alone(label_store: LabelStore, ann: Annotator, bo: Annotator) -> None:
    act = label_store.answers.bulk_answer(new_action_id(), ann.id, BIRD, 1, [image(30)], Y).act
    drawn = [Drawn(image(1), "check")]
    label_store.batches.draw(BIRD, 1, Purpose.TRAINING, drawn, only_for=bo.id, about=act.id, title="check <b>")
    assert label_store.questions.next_page(ann.id, BIRD) is None
    assert label_store.questions.count_left(BIRD, ann.id).left == 0
    assert label_store.questions.count_left(BIRD, bo.id).batches[0].title == "check <b>"
    assert rows_of(label_store.questions.next_page(bo.id, BIRD)) == [1]
    with pytest.raises(UnknownRecordError, match="no action 'x'"):
        draw(label_store, [2], about="x")
    with pytest.raises(UnknownRecordError, match="no annotator"):
        draw(label_store, [2], only_for="x")
    with pytest.raises(ParameterError, match="opinions=2 exceeds 1 for a single annotator"):
        draw(label_store, [2], only_for=bo.id, agree=2)
    with pytest.raises(ParameterError, match="1 to 200"):
        draw(label_store, [2], title="x" * 201)


def test_what_happened_is_told_by_the_state_and_who_is_here_is_not(
    label_store: LabelStore, ann: Annotator, clock: Clock
) -> None:
    states = [label_store.state()]

    def changed() -> bool:
        states.append(label_store.state())
        return states[-1] not in states[:-1]

    batch = draw(label_store, [1, 2])
    assert changed()
    page = label_store.questions.next_page(ann.id, BIRD)
    assert page is not None
    label_store.annotators.heartbeat("w", ann.id)
    label_store.questions.renew_page(page.id, ann.id)
    assert not changed()
    steps = [
        lambda: say(label_store, page, Y),
        lambda: label_store.answers.undo(new_action_id(), ann.id),
        lambda: label_store.attributes.define(ann.id, BIRD, Draft("bird"), seen_version=0),
        lambda: label_store.attributes.define(ann.id, BIRD, Draft("birds"), seen_version=1),
        lambda: label_store.attributes.set_archived(ann.id, BIRD, True),
        lambda: label_store.attributes.set_archived(ann.id, BIRD, False),
        lambda: label_store.attributes.set_agreement(ann.id, BIRD, 2),
        lambda: label_store.batches.ask_more([page.items[0].draw_id], 3),
        lambda: label_store.batches.cancel(batch.id),
        lambda: label_store.batches.publish(batch.id),
    ]
    for step in steps:
        step()
        assert changed()


def test_a_late_third_is_told_so(label_store: LabelStore, ann: Annotator, clock: Clock) -> None:
    people = [ann, *(label_store.annotators.add(name) for name in "BCDE")]
    draw(label_store, [1], agree=2)
    for person, value in zip(people[:2], (Y, N), strict=True):
        say(label_store, label_store.questions.next_page(person.id, BIRD), value)
    slow = label_store.questions.next_page(people[2].id, BIRD)
    clock.pass_seconds(LEASE_SECONDS)
    say(label_store, label_store.questions.next_page(people[3].id, BIRD), Y)
    with pytest.raises(LeaseError, match="another annotator has answered"):
        say(label_store, slow, Y)
    assert label_store.questions.next_page(people[4].id, BIRD) is None


def test_eight_people_beside_each_other_are_never_given_too_much(label_store: LabelStore, clock: Clock) -> None:
    people = [label_store.annotators.add(str(number)) for number in range(8)]
    draw(label_store, list(range(12, 40)), agree=2)
    given: dict[int, list[str]] = {}
    for person, _ in itertools.product(people, range(2)):
        pages = [each for each in given.get(-1, []) if each]
        page = label_store.questions.next_page(person.id, BIRD, 5, beside=pages)
        for row in rows_of(page):
            given.setdefault(row, []).append(person.id)
        if page is not None:
            given.setdefault(-1, []).append(page.id)
    given.pop(-1)
    assert all(len(set(holders)) == len(holders) <= 2 for holders in given.values())
    assert sum(map(len, given.values())) == 56
