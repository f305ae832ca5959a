"""A running certification: its next questions come at once, after the answer of any person and after any error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from explorer.services.services import Services
from pipeline.certification.files import Certification, latest
from pipeline.certification.lifecycle import begin, make_plan, outcome
from pipeline.label_store import Purpose, Reply, Value, new_action_id
from pipeline.rounds.run import run_round
from tests.helpers.answering_sessions import CAT, Person, clock, new_person, replies, run, services

__all__ = ["clock", "new_person", "services"]  # fixtures


@pytest.fixture
def trained(services: Services) -> Services:
    """The collection after a round, whose own questions wait to be answered."""
    run_round(services.collection, services.labels.store, CAT)
    services.refresh_scores()
    return services


def certify(services: Services) -> Certification:
    """Start a certification that takes several sets when everything is a yes."""
    collection, store = services.collection, services.labels.store
    return begin(collection, store, make_plan(collection, store, CAT, target_precision=0.5, seed=1))


def finished(services: Services) -> bool:
    certification = latest(services.collection, CAT)
    assert certification is not None
    return outcome(services.labels.store, certification).finished


def asks_for_certification(services: Services, person: Person, place: int = -1) -> bool:
    """Return whether a person's page belongs to the certification. Only the store knows this."""
    page = services.labels.store.questions.renew_page(person.pages()[place]["page"], person.state.annotator.id)
    return page.purpose is Purpose.CERTIFICATION


async def say(person: Person, page: dict[str, Any], value: str = "yes") -> None:
    await person.session.answer(new_action_id(), page["page"], replies(page, value))


async def answer_in_turn(services: Services, people: Iterable[Person], value: str = "yes") -> None:
    """Let all people answer their pages, one after the other, until the certification is decided."""
    answered = {id(person): 0 for person in people}
    while not finished(services):
        before = dict(answered)
        for person in people:
            if answered[id(person)] < len(person.pages()):
                await say(person, person.pages()[answered[id(person)]], value)
                answered[id(person)] += 1
            elif person.session.nothing_left:
                await person.session.fill()  # as a browser's session does whenever the store changed
        assert answered != before or any(answered[id(person)] < len(person.pages()) for person in people), "stuck"


def test_set_after_set_comes_before_all_that_teaches(trained: Services, new_person: Callable[[], Person]) -> None:
    ann = new_person()
    certify(trained)

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        await ann.session.work()
        await answer_in_turn(trained, [ann])

    run(story())
    kinds = [asks_for_certification(trained, ann, place) for place in range(len(ann.pages()))]
    certification = latest(trained.collection, CAT)
    assert certification is not None
    assert len(certification.batches) > 2
    assert kinds == sorted(kinds, reverse=True)
    assert not all(kinds), "then the round's own questions follow"


def test_one_image_at_a_time_it_is_the_same(trained: Services, new_person: Callable[[], Person]) -> None:
    ann = new_person()
    certification = certify(trained)

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        await ann.session.work()
        for number in range(certification.plan.answers[0] + 1):
            page, at = [(page, at) for page in ann.pages() for at in range(len(page["items"]))][number]
            assert asks_for_certification(trained, ann)
            await ann.session.answer(new_action_id(), page["page"], replies(page, "yes")[at : at + 1])

    run(story())


def test_answers_that_come_late_are_followed_by_the_next_set(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    """A reloaded browser sends its unacknowledged answers first, and then takes its pages."""
    ann = new_person()
    first = certify(trained)

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        ann.state.size = 24
        await ann.session.work()
        [page] = ann.pages()
        await ann.session.answer(new_action_id(), page["page"], replies(page, "yes"), fill=False)
        await ann.session.work()

    assert first.plan.answers[0] <= 24
    run(story())
    assert [asks_for_certification(trained, ann, place) for place in range(len(ann.pages()))] == [True, True]


def test_where_two_must_agree_the_waiting_annotator_gets_a_page_when_the_other_completes_the_set(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann, bo, store = new_person(), new_person(), trained.labels.store

    async def story() -> None:
        for person, name in ((ann, "Ann"), (bo, "Bo")):
            await person.session.attendance.join(name)
            person.state.size = 24
        store.attributes.set_agreement(ann.state.annotator.id, CAT, 2)
        certify(trained)
        await ann.session.work()
        await bo.session.work()
        await say(ann, ann.pages()[0])
        assert not asks_for_certification(trained, ann, 1)
        await say(bo, bo.pages()[0])
        assert asks_for_certification(trained, bo, 1)
        await say(ann, ann.pages()[1], "no")
        assert asks_for_certification(trained, ann)

    run(story())


def test_the_next_annotator_continues_a_set_that_was_completed_by_one_who_left_at_once(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann, store = new_person(), trained.labels.store
    gone, first = store.annotators.add("Bo"), certify(trained)
    page = store.questions.take_page(gone.id, first.batches[0], 100)

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        said = [Reply(item.draw_id, Value.YES, 1.0) for item in page.items]
        store.answers.record(new_action_id(), page.id, gone.id, said)  # nothing reads its state now
        await ann.session.work()
        assert asks_for_certification(trained, ann, 0)

    run(story())


def test_a_skipped_image_delays_nothing_once_another_annotator_answers_it(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann, bo = new_person(), new_person()
    certify(trained)

    async def story() -> None:
        for person, name in ((ann, "Ann"), (bo, "Bo")):
            await person.session.attendance.join(name)
            person.state.size = 24
        await ann.session.work()
        page = ann.pages()[0]
        await ann.session.answer(new_action_id(), page["page"], replies(page, "yes")[1:])
        await ann.session.skip(page["page"], [page["items"][0]["draw"]])
        await bo.session.work()
        await say(bo, bo.pages()[0])
        assert asks_for_certification(trained, bo, 1)
        assert {item["draw"] for item in bo.pages()[0]["items"]} == {page["items"][0]["draw"]}

    run(story())


def test_undone_after_the_next_set_was_asked_it_asks_nothing_twice(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann, store = new_person(), trained.labels.store
    certify(trained)

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        ann.state.size = 24
        await ann.session.work()
        await say(ann, ann.pages()[0])
        await ann.session.undo(new_action_id())
        back = ann.pages()[-1]
        assert back["first"]
        await say(ann, back)
        await say(ann, ann.pages()[1])

    run(story())
    images = store.batches.probabilities(CAT, Purpose.CERTIFICATION)[0].tolist()
    assert len(set(images)) == len(images)
    assert all(asks_for_certification(trained, ann, place) for place in range(len(ann.pages())))


def test_an_annotator_who_chose_the_questions_of_one_set_gets_those_of_the_next(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann = new_person()
    ann.state.batch = certify(trained).batches[0]

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        await ann.session.work()
        await answer_in_turn(trained, [ann])

    run(story())
    assert finished(trained)


def test_an_error_of_the_certification_removes_no_question_and_is_tried_again(
    trained: Services, new_person: Callable[[], Person]
) -> None:
    ann = new_person()
    certify(trained)
    file = trained.collection.path / "rounds" / CAT / "certification-1.json"
    plan = file.read_bytes()

    async def story() -> None:
        await ann.session.attendance.join("Ann")
        ann.state.size = 24
        await ann.session.work()
        file.write_bytes(b"{")
        await say(ann, ann.pages()[0])
        assert len(ann.of("saved")) == 1
        assert "certification-1.json cannot be read" in ann.of("note")[-1]["text"]
        assert not asks_for_certification(trained, ann, 1)
        notes = len(ann.of("note"))
        await say(ann, ann.pages()[1], "no")
        assert len(ann.of("note")) == notes, "said once"
        file.write_bytes(plan)
        await say(ann, ann.pages()[2], "no")
        assert asks_for_certification(trained, ann)

    run(story())


def test_a_heartbeat_brings_free_questions_to_an_annotator_without_any(
    trained: Services, new_person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An abandoned page is free after its lease expires, without a write or a message."""
    ann, store = new_person(), trained.labels.store
    first, later = certify(trained), [0.0]
    monkeypatch.setattr(store._transactions, "now", lambda: time.time() + later[0])

    async def story() -> None:
        store.questions.take_page(store.annotators.add("Bo").id, first.batches[0], 100)
        for purpose in (Purpose.TRAINING, Purpose.VALIDATION):
            store.questions.next_page(store.annotators.add("Cy").id, CAT, 500, purpose=purpose)
        await ann.session.attendance.join("Ann")
        await ann.session.work()
        assert ann.session.nothing_left
        later[0] = 3_600.0
        await ann.session.beat()

    run(story())
    assert asks_for_certification(trained, ann, 0)
