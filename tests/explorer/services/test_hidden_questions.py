"""Gold questions cannot be distinguished from others, and a qualification test comes before other questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.controllers.labeling.draw_numbers import DrawNumbers
from explorer.controllers.labeling.records import LabelStatus
from explorer.controllers.labeling.status import read_status
from explorer.services.services import Services
from pipeline.label_store import Drawn, Purpose, Reply, Requirements, Value, new_action_id
from tests.helpers.answering_sessions import CAT, Person, ask, clock, new_person, run, services

__all__ = ["clock", "new_person", "services"]  # fixtures


def truth(image_id: int) -> Value:
    return Value.YES if image_id % 2 else Value.NO


def settle(services: Services) -> str:
    """Answer thirty images as one person, and make most of them gold; return the person's id. Forty images are left."""
    store, ids = services.labels.store, services.collection.image_ids[:30].tolist()
    owner = store.annotators.add("Olive")
    batch = store.batches.draw(CAT, 1, Purpose.TRAINING, [Drawn(image_id, "some") for image_id in ids], again=True)
    page = store.questions.take_page(owner.id, batch.id, 30)
    store.answers.record(
        new_action_id(), page.id, owner.id, [Reply(i.draw_id, truth(i.image_id), 1.0) for i in page.items]
    )
    store.questions.give_back(page.id, owner.id)
    store.gold.make(CAT, 24, seed=1)
    return owner.id


def said(page: dict[str, Any]) -> list[tuple[int, str, float]]:
    return [(item["draw"], truth(int(item["image"])).value, 1.5) for item in page["items"]]


def test_nothing_in_a_page_tells_gold_from_the_rest(services: Services, new_person: Callable[[], Person]) -> None:
    owner, person = settle(services), new_person()
    services.labels.store.qualifications.set_requirements(owner, CAT, Requirements(gold_share=0.2))

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        answered = 0
        while answered < len(person.pages()) and answered < 12:
            page = person.pages()[answered]
            await person.session.answer(new_action_id(), page["page"], said(page))
            answered += 1

    run(story())
    store = services.labels.store
    purposes = {answer.image_id: answer.purpose for answer in store.answers.log(CAT) if answer.annotator_id != owner}
    items = [item for page in person.pages() for item in page["items"] if int(item["image"]) in purposes]
    gold = [item for item in items if purposes[int(item["image"])] is Purpose.GOLD]
    assert 0 < len(gold) < len(items)
    assert {tuple(item) for item in items} == {("draw", "image", "row", "words", "picture")}
    kinds = {(tuple(page), page["attribute"], page["version"], page["captions"]) for page in person.pages()}
    assert len(kinds) == 1, "nor do pages differ in anything but their images"
    assert not any("gold" in str({**item, "picture": ""}) for item in items)
    ids = {answer.draw_id for answer in store.answers.log(CAT)}
    assert not ids & {item["draw"] for item in items}, "numbers are not those of the store, which tell the batch"


@given(st.lists(st.integers(1, 2**47), min_size=2, max_size=20, unique=True), st.binary(min_size=32, max_size=32))
def test_a_number_leads_back_to_its_draw_and_to_no_other(draws: list[int], secret: bytes) -> None:
    numbers = DrawNumbers(secret)
    given = [numbers.of(draw) for draw in draws]
    assert [DrawNumbers(secret).draw(number) for number in given] == draws
    assert len(set(given)) == len(draws)
    assert all(0 <= number < 2**48 for number in given), "a browser holds it exactly"
    assert [DrawNumbers(secret + b"x").draw(number) for number in given] != draws


def test_draws_in_a_row_get_numbers_all_over(services: Services) -> None:
    numbers = [DrawNumbers(services.labels.store.secret).of(draw) for draw in range(1, 2001)]
    assert abs(np.corrcoef(numbers, np.arange(2000))[0, 1]) < 0.1
    assert abs(np.mean(numbers) / 2**47 - 1) < 0.05


def test_who_does_not_meet_the_bar_is_given_a_test_and_then_the_work(
    services: Services, new_person: Callable[[], Person]
) -> None:
    owner, person = settle(services), new_person()
    store = services.labels.store
    store.qualifications.set_requirements(owner, CAT, Requirements(accuracy=0.9, test=10))
    told: list[LabelStatus] = []

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        told.append(await services.labels.run(read_status, services.labels, person.session, None))
        for _ in range(2):
            page = person.pages()[-2] if len(person.pages()) == 2 and not told[1:] else person.pages()[-1]
            await person.session.answer(new_action_id(), page["page"], said(page))
            told.append(await services.labels.run(read_status, services.labels, person.session, None))

    run(story())
    assert "test for" in told[0].closed
    assert "0 of 10 questions of the test answered, 9 must be right" in told[0].closed
    assert "6 of 10" in told[1].closed
    assert (told[2].closed, told[2].qualified) == ("", "open to you: 10 of 10 right in the last test")
    assert [len(page["items"]) for page in person.pages()] == [6, 4, 6, 6]
    assert store.answers.counts()[CAT, Purpose.GOLD] == 10
    assert person.of("note") == []


def test_an_annotator_who_cannot_be_tested_sees_why_nothing_is_asked(
    services: Services, new_person: Callable[[], Person]
) -> None:
    store, person = services.labels.store, new_person()
    owner = store.annotators.add("Olive")
    store.qualifications.set_requirements(owner.id, CAT, Requirements(accuracy=0.9))

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        store.qualifications.permit(owner.id, CAT, person.state.annotator.id, allowed=True)
        await person.session.fill()

    run(story())
    (note,) = person.of("note")
    assert "is not open to you yet: 0 of 20 questions of the test answered" in note["text"]
    assert "no test questions left for you now" in note["text"]
    assert note["kind"] == "warning"
    assert len(person.of("nothing")) == 1
    assert len(person.pages()) == 2, "and let in by hand there is work at once"
