"""Answering without a browser: pages come and go, acts are acknowledged when they are durable, nothing is doubled."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.answering import AnsweringSession
from explorer.label_service import LabelService
from explorer.question_sources import SourceContext, ask_about, cluster_members
from explorer.services import Services
from explorer.state.labeling_state import LabelingState
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.errors import ParameterError
from pipeline.fake_embedder import FakeEmbedder
from pipeline.label_store import CAPTIONS, Purpose, new_act_id
from pipeline.resources import asset
from pipeline.sources import Source
from pipeline.taxonomy import load_taxonomy

CAT = "content_cat"


class Person:
    """Somebody at a browser: what was sent to it, and the session behind it."""

    def __init__(self, services: Services, now: Callable[[], float]) -> None:
        self.sent: list[dict[str, Any]] = []
        self.state = LabelingState(attribute=CAT, size=6)
        self.session = AnsweringSession(
            services, services.labels, self.state, send=self.sent.append, changed=lambda: None, clock=now
        )

    def pages(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == "page"]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["type"] == kind]


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def services(collection_path: Path, tmp_path: Path) -> Iterator[Services]:
    """The drawn collection, a copy of its own, with nothing answered yet."""
    copy = tmp_path / "collection"
    shutil.copytree(collection_path, copy)
    shared = Services(Collection(copy))
    yield shared
    shared.labels.store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_person(services: Services, clock: Clock) -> Callable[[], Person]:
    return lambda: Person(services, clock)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run in a thread of its own: the browser tests leave a running loop in the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def ask(services: Services, key: str = "chance", value: str = "") -> int:
    context = SourceContext(
        services,
        services.labels,
        CAT,
        layout_name=services.collection.manifest.layouts[0].name,
        selected=services.collection.known(CAT).nonzero()[0][:10].astype("int32"),
        chosen=0,
    )
    return ask_about(context, key, value)[0].images


def replies(page: dict[str, Any], value: str = "no") -> list[tuple[int, str, float]]:
    return [(item["draw"], value, 1.5) for item in page["items"]]


def test_a_page_and_the_next_are_in_hand_with_their_pictures(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()

    run(story())
    first, second = person.pages()
    assert len(first["items"]) == len(second["items"]) == 6
    assert not {i["draw"] for i in first["items"]} & {i["draw"] for i in second["items"]}
    assert all(item["picture"][8:12] == b"WEBP" for item in first["items"])
    assert all(services.collection.row_of(int(item["image"])) == item["row"] for item in first["items"])


def test_an_answered_page_is_acknowledged_once_and_followed_by_another(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person, act = new_person(), new_act_id()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        page = person.pages()[0]
        for _ in range(3):  # a lost acknowledgement makes a browser send the same act again
            await person.session.answer(act, page["page"], replies(page))

    run(story())
    assert [message["id"] for message in person.of("saved")] == [act] * 3
    assert services.labels.store.counts() == {(CAT, Purpose.TRAINING): 6}
    assert len(person.pages()) == 3
    assert all(answer.seconds == 1.5 for answer in services.labels.store.log())


def test_what_is_answered_on_a_page_given_back_a_moment_ago_is_taken_off_the_next(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        old = person.pages()[0]
        person.state.size = 12
        await person.session.work()  # the same images are on a page of another size now
        await person.session.answer(new_act_id(), old["page"], replies(old))

    run(story())
    old, new = person.pages()[0], person.pages()[2]
    [drop] = person.of("drop")
    assert drop["page"] == new["page"]
    assert drop["draws"] == sorted(item["draw"] for item in old["items"])


def test_undone_answers_come_back_as_they_were_given(services: Services, new_person: Callable[[], Person]) -> None:
    person = new_person()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        page = person.pages()[0]
        await person.session.answer(new_act_id(), page["page"], replies(page, "yes"))
        await person.session.change("undo", new_act_id())

    run(story())
    back = person.pages()[-1]
    assert back["first"]
    assert set(back["marks"].values()) == {"yes"}
    assert {item["draw"] for item in back["items"]} == {item["draw"] for item in person.pages()[0]["items"]}
    assert services.labels.store.counts() == {}


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
        await ann.session.attendance.join("Ann")
        ask(services)
        await ann.session.work()
        await ann.session.leave()
        await bo.session.attendance.join("Bo")
        await bo.session.work()

    run(story())
    first = {item["image"] for item in ann.pages()[0]["items"]}
    assert {item["image"] for item in bo.pages()[0]["items"]} == first


def test_a_browser_closed_in_mid_page_lets_others_have_the_images_unless_it_is_open_in_another_window(
    services: Services, new_person: Callable[[], Person]
) -> None:
    closed, again, bo = new_person(), new_person(), new_person()

    async def story() -> None:
        await closed.session.attendance.join("Ann")
        ask(services)
        await closed.session.work()
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


def test_a_cluster_can_be_selected_to_be_labelled_at_once(services: Services) -> None:
    layout = services.collection.manifest.layouts[0].name
    context = SourceContext(services, services.labels, CAT, layout, np.empty(0, np.int32), -1)
    for entry in context.clusters():
        rows, words = cluster_members(context, entry["key"])
        assert rows.size
        assert words == f"cluster: {entry['text']}"
    with pytest.raises(ParameterError, match="no such cluster"):
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


def test_an_attribute_archived_under_somebody_takes_what_is_on_the_page_and_asks_no_more(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person = new_person()

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        services.labels.store.set_archived(person.state.annotator.id, CAT, archived=True)
        for page in person.pages()[:2]:
            await person.session.answer(new_act_id(), page["page"], replies(page))

    run(story())
    assert services.labels.store.counts() == {(CAT, Purpose.TRAINING): 12}
    assert "archived" in person.of("note")[0]["text"]
    assert len(person.pages()) == 2


def test_two_hundred_equal_answers_in_a_minute_are_asked_about_and_can_be_undone(
    services: Services, new_person: Callable[[], Person], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.state.labeling_state.HASTY_ANSWERS", 12)
    person = new_person()

    async def story() -> tuple[str, int, list[str]] | None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        for page in person.pages()[:2]:
            clock.now += 20
            await person.session.answer(new_act_id(), page["page"], replies(page))
        found = person.session.pace.hasty()
        assert await person.session.undo_run() == 2
        return found

    found = run(story())
    assert found is not None
    assert found[:2] == ("no", 12)
    assert services.labels.store.counts() == {}


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
        services.labels.nudge()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if seen:
                break
        stop()

    run(story())
    assert seen


def test_the_label_service_opens_no_store_for_somebody_who_only_looks(services: Services, tmp_path: Path) -> None:
    assert not (tmp_path / "collection" / "labels.sqlite").exists()
    assert isinstance(services.labels, LabelService)


def test_a_disk_that_fills_is_said_and_the_same_act_is_saved_when_there_is_room(
    services: Services, new_person: Callable[[], Person]
) -> None:
    person, act, store = new_person(), new_act_id(), services.labels.store

    def pages_at_most(count: int) -> None:
        with store.database.reading() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {count}")

    async def story() -> None:
        await person.session.attendance.join("Ann")
        ask(services)
        await person.session.work()
        page = person.pages()[0]
        answered = [(item["draw"], "yes", 0.0) for item in page["items"]]
        pages_at_most(1)  # SQLite then has no room for a page more
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
    assert "no room left" in failed["text"]
    assert person.of("saved")[-1]["id"] == failed["id"]
    acknowledged = {message["id"] for message in person.of("saved")}
    recorded = {one.id for one in store.latest_acts(person.state.annotator.id, 1000)}
    assert recorded == acknowledged


def test_an_image_that_is_gone_from_the_collection_is_left_off_its_page(
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
            await bo.session.answer(new_act_id(), page["page"], replies(page))

    run(before())
    gone, taxonomy = replace(drawn_source, items=drawn_source.items[:-20]), load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(gone, place, FakeEmbedder(), taxonomy, BuildOptions(replace=True))
    rebuilt = Services(Collection(place))
    bo = Person(rebuilt, lambda: 0.0)
    run(after(bo))
    rebuilt.labels.store.close()
    assert any("no longer in the collection" in note["text"] for note in bo.of("note"))
    shown = {int(item["image"]) for page in bo.pages() for item in page["items"]}
    assert shown
    assert shown <= set(Collection(place).image_ids.tolist())


def test_a_clock_on_the_wall_that_jumps_neither_loses_nor_doubles_anything(
    services: Services, new_person: Callable[[], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bo, store = new_person(), new_person(), services.labels.store
    jump = [0.0]
    monkeypatch.setattr(store, "_clock", lambda: time.time() + jump[0])

    async def story() -> None:
        for person, name in ((ann, "Ann"), (bo, "Bo")):
            await person.session.attendance.join(name)
        ask(services)
        await ann.session.work()
        jump[0] = 86_400.0  # a day ahead: Ann's page has expired, and Bo gets the same images
        await bo.session.work()
        for person in (bo, ann):
            page = person.pages()[0]
            await person.session.answer(new_act_id(), page["page"], replies(page))
        jump[0] = -86_400.0  # and two days back
        page = bo.pages()[1]
        await bo.session.answer(new_act_id(), page["page"], replies(page))

    run(story())
    assert {item["image"] for item in ann.pages()[0]["items"]} == {item["image"] for item in bo.pages()[0]["items"]}
    assert not ann.of("failed")[0]["again"]  # too late: it was said, and the images were answered once
    counted = Counter(answer.image_id for answer in store.log(CAT) if answer.survives)
    assert set(counted.values()) == {1}
    assert len(counted) == 12


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
        await person.session.describe(new_act_id(), page["page"], item["draw"], int(item["image"]), "a red disc", 2.0)
        await person.session.change("undo", new_act_id())

    run(story())
    assert person.of("undone")
    back = person.pages()[-1]
    assert back["first"]
    assert list(back["marks"].values()) == ["a red disc"]
