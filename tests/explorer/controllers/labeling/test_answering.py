"""Answering without a browser: pages come and go, acts are acknowledged when they are durable, nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer.controllers.labeling.question_sources import ask_about
from explorer.controllers.labeling.source_rankings import SourceContext, cluster_members
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.errors import ParameterError
from pipeline.label_store import CAPTIONS, Drawn, Purpose, new_action_id
from tests.helpers.answering_sessions import CAT, Looks, Person, ask, begin, clock, new_person, replies, run, services
from tests.helpers.waiting import until

__all__ = ["clock", "new_person", "services"]  # fixtures


def test_a_page_and_the_next_are_in_hand_with_their_pictures(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await begin(person, services)

    run(story())
    first, second = person.pages()
    assert len(first["items"]) == len(second["items"]) == 6
    assert not {i["draw"] for i in first["items"]} & {i["draw"] for i in second["items"]}
    assert all(item["picture"][8:12] == b"WEBP" for item in first["items"])
    assert all(services.collection.row_of(int(item["image"])) == item["row"] for item in first["items"])


def test_an_answered_page_is_acknowledged_once_and_followed_by_another(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person, act = new_person(), new_action_id()

    async def story() -> None:
        await begin(person, services)
        page = person.pages()[0]
        for _ in range(3):  # a lost acknowledgement makes a browser send the same act again
            await person.session.answer(act, page["page"], replies(page))

    run(story())
    assert [message["id"] for message in person.of("saved")] == [act] * 3
    assert services.labels.store.answers.counts() == {(CAT, Purpose.TRAINING): 6}
    assert len(person.pages()) == 3
    assert all(answer.seconds == 1.5 for answer in services.labels.store.answers.log())


def test_undone_answers_come_back_as_they_were_given(services: Services, new_person: Callable[[], Person]) -> None:
    person = new_person()

    async def story() -> None:
        await begin(person, services)
        page = person.pages()[0]
        await person.session.answer(new_action_id(), page["page"], replies(page, "yes"))
        await person.session.undo(new_action_id())

    run(story())
    back = person.pages()[-1]
    assert back["first"]
    assert set(back["marks"].values()) == {"yes"}
    assert {item["draw"] for item in back["items"]} == {item["draw"] for item in person.pages()[0]["items"]}
    assert services.labels.store.answers.counts() == {}


def test_two_people_never_hold_the_same_image(services: Services, new_person: Callable[[], Person]) -> None:
    people = [new_person(), new_person()]

    async def story() -> None:
        for number, person in enumerate(people):
            await person.session.attendance.join(f"Person {number}")
        ask(services)
        for person in people:
            await person.session.work()

    run(story())
    held = [{item["image"] for page in person.pages() for item in page["items"]} for person in people]
    assert held[0]
    assert not held[0] & held[1]


def test_who_leaves_gives_their_pages_to_the_others(services: Services, new_person: Callable[[], Person]) -> None:
    ann, bo = new_person(), new_person()

    async def story() -> None:
        await begin(ann, services)
        await ann.session.leave()
        await bo.session.attendance.join("Bo")
        await bo.session.work()

    run(story())
    first = {item["image"] for item in ann.pages()[0]["items"]}
    assert {item["image"] for item in bo.pages()[0]["items"]} == first


def test_a_cluster_can_be_selected_to_be_labelled_at_once(services: Services) -> None:
    layout = services.collection.manifest.layouts[0].name
    context = SourceContext(services, services.labels, CAT, layout, np.empty(0, np.int32), -1)
    for entry in context.clusters():
        rows, words = cluster_members(context, entry.key)
        assert rows.size
        assert words == f"cluster: {entry.text}"
    with pytest.raises(ParameterError, match="does not have this cluster"):
        cluster_members(context, "9:9")


def test_a_browser_is_recognised_by_its_token_and_no_other(
    services: Services, new_person: Callable[[], Person]
) -> None:
    ann, again, forger = new_person(), new_person(), new_person()

    async def story() -> None:
        await ann.session.attendance.join('Ann <b>"O\'Hara"</b> 🦜')
        token = ann.of("who")[0]["token"]
        await again.session.attendance.hello(token)
        await forger.session.attendance.hello(token[:-4] + "beef")

    run(story())
    assert again.state.annotator == ann.state.annotator
    assert again.of("who")[0]["name"] == 'Ann <b>"O\'Hara"</b> 🦜'
    assert forger.state.annotator is None


@pytest.mark.parametrize(("key", "value"), [("known", ""), ("selection", ""), ("score", ""), ("chance", "")])
def test_sources_ask_each_image_once(services: Services, key: str, value: str) -> None:
    first = ask(services, key, value)
    assert first > 0
    assert ask(services, key, value) == 0 or key == "chance"


def test_a_source_that_does_not_exist_is_said(services: Services) -> None:
    with pytest.raises(ParameterError, match="Choose one of"):
        ask(services, "magic")


def test_changes_of_one_session_reach_another(services: Services, new_person: Callable[[], Person]) -> None:
    person, seen = new_person(), []

    async def story() -> None:
        stop = services.labels.watch(lambda: seen.append(1))
        await person.session.attendance.join("Ann")
        ask(services)
        await until(lambda: seen, services.labels.nudge)
        stop()

    run(story())
    assert seen


def test_a_person_who_only_watches_creates_no_store_and_sees_the_answers_of_others(
    services: Services, tmp_path: Path
) -> None:
    labels, file, seen = LabelService(services.collection), tmp_path / "collection" / "labels.sqlite", []
    looks = Looks(labels)

    async def story() -> None:
        stop = labels.watch(lambda: seen.append(1))
        await looks.more(3)
        assert not file.exists()
        services.labels.store.annotators.add("Bo")
        await until(lambda: seen, labels.nudge)
        stop()

    run(story())
    assert seen
    labels.close()


def test_an_undone_description_comes_back_to_be_changed(services: Services, new_person: Callable[[], Person]) -> None:
    person = new_person()
    person.state.param.update(attribute="", captions=True)

    async def story() -> None:
        await person.session.attendance.join("Ann")
        layout = services.collection.manifest.layouts[0].name
        context = SourceContext(services, services.labels, CAPTIONS, layout, np.empty(0, np.int32), -1)
        ask_about(context, "chance", "")
        await person.session.work()
        page = person.pages()[0]
        item = page["items"][0]
        await person.session.describe(
            new_action_id(), page["page"], item["draw"], int(item["image"]), "a red disc", 2.0
        )
        await person.session.undo(new_action_id())

    run(story())
    assert person.of("undone")
    back = person.pages()[-1]
    assert back["first"]
    assert list(back["marks"].values()) == ["a red disc"]


def test_validation_is_asked_before_training_and_looks_the_same(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        some = services.collection.image_ids[:6].tolist()
        drawn = [Drawn(image, "validation: uniform", 0.1) for image in some]
        services.labels.store.batches.draw(CAT, 1, Purpose.VALIDATION, drawn)
        await begin(person, services)

    run(story())
    first, second = person.pages()
    asked = [
        services.labels.store.batches.drawn_images(CAT, purpose) for purpose in (Purpose.VALIDATION, Purpose.TRAINING)
    ]
    for page, drawn in zip((first, second), asked, strict=True):
        assert np.isin([int(item["image"]) for item in page["items"]], drawn).all()
    assert {key for key in first if first[key] != second[key]} <= {"page", "items"}
