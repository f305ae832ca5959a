"""Errors while answering are reported, and no acknowledged answer is lost or doubled."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from explorer.composition import build_services
from explorer.services.services import Services
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import Purpose, new_action_id
from pipeline.resources import asset
from pipeline.sources.source import Source
from tests.helpers.answering_sessions import CAT, Clock, Person, ask, begin, clock, new_person, replies, run, services
from tests.helpers.fake_embedder import FakeEmbedder

__all__ = ["clock", "new_person", "services"]  # fixtures


def test_what_is_answered_on_a_page_given_back_a_moment_ago_is_taken_off_the_next(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await begin(person, services)
        old = person.pages()[0]
        person.state.size = 12
        await person.session.work()  # the same images are on a page of another size now
        await person.session.answer(new_action_id(), old["page"], replies(old))

    run(story())
    old, new = person.pages()[0], person.pages()[2]
    [drop] = person.of("drop")
    assert drop["page"] == new["page"]
    assert drop["draws"] == sorted(item["draw"] for item in old["items"])


def test_a_browser_closed_in_mid_page_lets_others_have_the_images_unless_it_is_open_in_another_window(
    services: Services, new_person: Callable[[], Person]
) -> None:
    closed, again, bo = new_person(), new_person(), new_person()

    async def story() -> None:
        await begin(closed, services)
        await again.session.attendance.hello(closed.of("who")[0]["token"])
        await again.session.work()
        closed.session.end()  # the same pages are open in the other window
        await bo.session.attendance.join("Bo")
        await bo.session.work()
        again.session.end()
        bo.state.size = 48
        await bo.session.work()

    run(story())
    mine = {item["image"] for page in closed.pages() for item in page["items"]}
    assert {item["image"] for page in again.pages() for item in page["items"]} == mine
    assert not mine & {item["image"] for page in bo.pages()[:2] for item in page["items"]}
    assert mine <= {item["image"] for page in bo.pages()[2:] for item in page["items"]}


def test_a_second_window_of_one_person_is_noticed_in_the_first(
    services: Services, new_person: Callable[[], Person]
) -> None:
    first, second = new_person(), new_person()

    async def story() -> None:
        await first.session.attendance.join("Ann")
        await second.session.attendance.hello(first.of("who")[0]["token"])
        await first.session.beat()
        await second.session.beat()

    run(story())
    assert first.session.attendance.elsewhere
    assert not first.session.can_answer
    assert second.session.can_answer


def test_who_is_away_for_minutes_keeps_no_page(
    services: Services, new_person: Callable[[], Person], clock: Clock
) -> None:
    person = new_person()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        clock.now += 301
        await person.session.beat()

    run(story())
    assert person.session.attendance.idle
    assert person.session.attendance.awake()
    assert not person.session.attendance.idle


def test_an_attribute_that_is_archived_during_work_takes_the_open_page_and_asks_no_more(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await begin(person, services)
        services.labels.store.attributes.set_archived(person.state.annotator.id, CAT, archived=True)
        for page in person.pages()[:2]:
            await person.session.answer(new_action_id(), page["page"], replies(page))

    run(story())
    assert services.labels.store.answers.counts() == {(CAT, Purpose.TRAINING): 12}
    assert "archived" in person.of("note")[0]["text"]
    assert len(person.pages()) == 2


def test_two_hundred_equal_answers_in_a_minute_are_asked_about_and_can_be_undone(
    services: Services, new_person: Callable[[], Person], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.state.labeling_state.HASTY_ANSWERS", 12)
    person = new_person()

    async def story() -> tuple[str, int, list[str]] | None:
        await begin(person, services)
        for page in person.pages()[:2]:
            clock.now += 20
            await person.session.answer(new_action_id(), page["page"], replies(page))
        found = person.session.pace.hasty()
        assert await person.session.undo_run() == 2
        return found

    found = run(story())
    assert found is not None
    assert found[:2] == ("no", 12)
    assert services.labels.store.answers.counts() == {}


def test_a_full_disk_is_reported_and_the_same_action_is_saved_when_there_is_space(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person, act, store = new_person(), new_action_id(), services.labels.store

    def pages_at_most(count: int) -> None:
        with store.database.reading() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")

    async def story() -> None:
        await begin(person, services)
        page = person.pages()[0]
        answered = [(item["draw"], "yes", 0.0) for item in page["items"]]
        pages_at_most(1)  # SQLite then has no space for another page
        filler = 0
        while not person.of("failed"):  # pages that are there already take some acts yet
            filler += 1
            await person.session.answer(f"{act}{filler}"[-36:], page["page"], answered)
            assert filler < 500
        pages_at_most(1_000_000)
        await person.session.answer(person.of("failed")[0]["id"], page["page"], answered)

    run(story())
    [failed] = person.of("failed")
    assert failed["again"]
    assert "no space left" in failed["text"]
    assert person.of("saved")[-1]["id"] == failed["id"]
    acknowledged = {message["id"] for message in person.of("saved")}
    recorded = {one.id for one in store.answers.latest(person.state.annotator.id, 1000)}
    assert recorded == acknowledged


def test_an_image_that_is_gone_from_the_collection_is_on_no_page_and_waits(
    services: Services, new_person: Callable[[], Person], drawn_source: Source
) -> None:
    ann, place = new_person(), services.collection.path

    async def before() -> None:
        await ann.session.attendance.join("Ann")
        ask(services)

    async def after(bo: Person) -> None:
        await bo.session.attendance.join("Bo")
        await bo.session.work()
        answered = 0
        while not bo.session.nothing_left:
            page = bo.pages()[answered]
            answered += 1
            await bo.session.answer(new_action_id(), page["page"], replies(page))

    run(before())
    gone, taxonomy = replace(drawn_source, items=drawn_source.items[:-20]), load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(gone, place, FakeEmbedder(), taxonomy, BuildOptions(replace=True))
    rebuilt = build_services(Collection(place))
    bo = Person(rebuilt, lambda: 0.0)
    run(after(bo))
    gone_images = rebuilt.labels.store.absent_images.list_all()
    rebuilt.close()
    assert gone_images
    assert not bo.of("note")
    shown = {int(item["image"]) for page in bo.pages() for item in page["items"]}
    assert shown
    assert not shown & set(gone_images)
    assert shown <= set(Collection(place).image_ids.tolist())


def test_a_clock_on_the_wall_that_jumps_neither_loses_nor_doubles_anything(
    services: Services, new_person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bo, store = new_person(), new_person(), services.labels.store
    jump = [0.0]
    monkeypatch.setattr(store._transactions, "now", lambda: time.time() + jump[0])

    async def story() -> None:
        for person, name in ((ann, "Ann"), (bo, "Bo")):
            await person.session.attendance.join(name)
        ask(services)
        await ann.session.work()
        jump[0] = 86_400.0  # a day ahead: Ann's page has expired, and Bo gets the same images
        await bo.session.work()
        for person in (bo, ann):
            page = person.pages()[0]
            await person.session.answer(new_action_id(), page["page"], replies(page))
        jump[0] = -86_400.0  # and two days back
        page = bo.pages()[1]
        await bo.session.answer(new_action_id(), page["page"], replies(page))

    run(story())
    assert {item["image"] for item in ann.pages()[0]["items"]} == {item["image"] for item in bo.pages()[0]["items"]}
    assert not ann.of("failed")[0]["again"]  # too late: the page reported it, and the images were answered once
    counted = Counter(answer.image_id for answer in store.answers.log(CAT) if answer.survives)
    assert set(counted.values()) == {1}
    assert len(counted) == 12
