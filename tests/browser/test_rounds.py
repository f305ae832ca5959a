"""Rounds in a real browser: answers become scores, scores questions, and in the end a release that says what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pipeline.collection import Collection
from pipeline.label_store import LabelStore, Purpose
from pipeline.releases.files import list_releases, verify_release
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.own_collection import CAT, address, new_person, place, room_of, store

__all__ = ["address", "new_person", "place", "store"]  # fixtures


@pytest.fixture
def ann(new_person: Callable[[], AnsweringPerson]) -> AnsweringPerson:
    """Somebody who knows cats."""
    return new_person()


def test_from_answers_to_a_release(ann: AnsweringPerson, store: LabelStore, place: Path) -> None:
    ann.join("Ann")
    ann.choose(CAT)
    room = room_of(ann.page)
    expect(room.locator(".work .said")).to_contain_text("No round yet")
    room.locator("summary", has_text="Options").click()
    room.get_by_label("Questions of a round").select_option("24")
    room.locator(".train").click()
    expect(room).to_have_attribute("data-round", "1", timeout=60_000)
    expect(room.locator(".work .said")).to_contain_text("Round 1: trained on")
    expect(room.locator(".answer")).to_have_text("Answer 24 questions")
    expect(room.locator(".threshold .figures dd").first).to_contain_text("of 72")

    room.locator(".answer").click()
    expect(ann.room).to_be_visible()  # its pictures were there before
    asked = 0
    while asked < 24:
        asked += ann.answer_page()
    ann.saved(24)
    assert store.counts() == {(CAT, Purpose.TRAINING): 18, (CAT, Purpose.VALIDATION): 6}

    room = room_of(ann.page)
    room.locator(".train").click()
    expect(room).to_have_attribute("data-round", "2", timeout=60_000)
    expect(room.locator(".knowledge .figures")).to_contain_text("Validation answers")
    reports = [json.loads((place / f"rounds/{CAT}/{number}.json").read_text()) for number in (1, 2)]
    assert [report["validation"] for report in reports] == [0, 6]

    room.locator("button.release").click()
    expect(room.locator(".releases li")).to_have_count(1)
    expect(room.locator(".notes")).to_contain_text("Release 1 is made")
    room.locator("button.release").click()
    expect(room.locator(".notes")).to_contain_text("Nothing has changed since release 1")
    (release,) = list_releases(Collection(place), CAT)
    assert release.positive_by_people + release.negative_by_people == 24
    assert release.by == "Ann"
    verify_release(Collection(place), release)
    head = room.get_by_label("Attribute", exact=True)
    head.select_option(index=2 if head.evaluate("node => node.selectedIndex") == 1 else 1)
    expect(room.locator(".notes")).to_be_empty()  # what was said of one is not read beside another


def test_the_cut_is_moved_by_keyboard_and_its_pictures_follow(ann: AnsweringPerson) -> None:
    ann.join("Ann")
    ann.choose(CAT)
    room = room_of(ann.page)
    expect(room.locator(".threshold")).to_be_visible()
    slider = room.get_by_label("Threshold:", exact=False)
    figures = room.locator(".threshold .figures dd").first
    slider.focus()
    ann.page.keyboard.press("End")
    expect(figures).to_contain_text("0 of 72")
    ann.page.keyboard.press("Home")
    expect(figures).to_contain_text("72 of 72")
    expect(room.locator(".strip .picture").first).to_be_visible()
    room.get_by_text("Keep an unsure band below it").click()
    room.get_by_role("button", name="Filter the map by it").click()
    expect(ann.page.locator(f".ex-filter[data-attribute={CAT}] .chip")).to_have_attribute("aria-pressed", "true")


def test_what_cannot_be_is_said_in_words(ann: AnsweringPerson, store: LabelStore) -> None:
    from pipeline.label_store import Draft

    author = store.add_annotator("Author")
    store.define(author.id, "content_shell", Draft(title="sea shell"), seen_version=0)
    ann.join("Ann")
    ann.choose("content_shell")
    room = room_of(ann.page)
    room.locator(".train").click()
    expect(room.locator(".notes")).to_contain_text("There is no yes for sea shell yet")
    expect(room.locator(".train")).to_be_visible()
