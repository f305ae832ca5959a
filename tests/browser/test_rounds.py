"""Rounds in a real browser: answers become scores, scores become questions, and the last step is a release."""

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
from tests.helpers.own_collection import CAT, address, new_person, place, store, tab_of

pytestmark = pytest.mark.slow  # stories of several rounds; the rules are tested without a browser

__all__ = ["address", "new_person", "place", "store"]  # fixtures


@pytest.fixture
def ann(new_person: Callable[[], AnsweringPerson]) -> AnsweringPerson:
    """A person who knows cats."""
    return new_person()


def test_from_answers_to_a_release(ann: AnsweringPerson, store: LabelStore, place: Path) -> None:
    ann.join("Ann")
    ann.choose(CAT)
    tab = tab_of(ann.page)
    expect(tab.locator(".work .sentences")).to_contain_text("No round yet")
    tab.locator("summary", has_text="Options").click()
    tab.get_by_label("Questions per round").select_option("24")
    tab.locator(".train").click()
    expect(tab).to_have_attribute("data-round", "1", timeout=60_000)
    expect(tab.locator(".work .sentences")).to_contain_text("Round 1: trained on")
    expect(tab.locator(".answer")).to_have_text("Answer 24 questions")
    expect(tab.locator(".threshold .figures dd").first).to_contain_text("of 72")

    tab.locator(".answer").click()
    expect(ann.tab).to_be_visible()  # its pictures were there before
    asked = 0
    while asked < 24:
        asked += ann.answer_page()
    ann.saved(24)
    assert store.answers.counts() == {(CAT, Purpose.TRAINING): 18, (CAT, Purpose.VALIDATION): 6}

    tab = tab_of(ann.page)
    tab.locator(".train").click()
    expect(tab).to_have_attribute("data-round", "2", timeout=60_000)
    expect(tab.locator(".knowledge .figures")).to_contain_text("Validation answers")
    reports = [json.loads((place / f"rounds/{CAT}/{number}.json").read_text()) for number in (1, 2)]
    assert [report["validation"] for report in reports] == [0, 6]

    tab.locator("button.release").click()
    expect(tab.locator(".releases li")).to_have_count(1)
    expect(tab.locator(".notes")).to_contain_text("Release 1 was made")
    tab.locator("button.release").click()
    expect(tab.locator(".notes")).to_contain_text("No changes since release 1; no new release was made.")
    (release,) = list_releases(Collection(place), CAT)
    assert release.positive_by_people + release.negative_by_people == 24
    assert release.by == "Ann"
    verify_release(Collection(place), release)
    head = tab.get_by_label("Attribute", exact=True)
    head.select_option(index=2 if head.evaluate("node => node.selectedIndex") == 1 else 1)
    expect(tab.locator(".notes")).to_be_empty()  # notes about one attribute are not shown beside another


def test_the_threshold_is_moved_by_keyboard_and_its_pictures_follow(ann: AnsweringPerson) -> None:
    ann.join("Ann")
    ann.choose(CAT)
    tab = tab_of(ann.page)
    expect(tab.locator(".threshold")).to_be_visible()
    slider = tab.get_by_label("Threshold:", exact=False)
    figures = tab.locator(".threshold .figures dd").first
    slider.focus()
    ann.page.keyboard.press("End")
    expect(figures).to_contain_text("0 of 72")
    ann.page.keyboard.press("Home")
    expect(figures).to_contain_text("72 of 72")
    expect(tab.locator(".strip .picture").first).to_be_visible()
    tab.get_by_text("Keep an unsure band below the threshold").click()
    tab.get_by_role("button", name="Filter the map by this threshold").click()
    expect(ann.page.locator(f".ex-filter[data-attribute={CAT}] .chip")).to_have_attribute("aria-pressed", "true")


def test_what_cannot_be_is_said_in_words(ann: AnsweringPerson, store: LabelStore) -> None:
    from pipeline.label_store import Draft

    author = store.annotators.add("Author")
    store.attributes.define(author.id, "content_shell", Draft(title="sea shell"), seen_version=0)
    ann.join("Ann")
    ann.choose("content_shell")
    tab = tab_of(ann.page)
    tab.locator(".train").click()
    expect(tab.locator(".notes")).to_contain_text('No positive examples for "sea shell" yet')
    expect(tab.locator(".train")).to_be_visible()
