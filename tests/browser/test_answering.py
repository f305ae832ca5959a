"""People answer in a real browser, by keyboard alone, and see each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from pipeline.label_store import LabelStore, Purpose
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.own_collection import address, attribute, new_person, place, store
from tests.helpers.waiting import wait_until

__all__ = ["address", "attribute", "new_person", "place", "store"]  # fixtures

NAME = 'Ann <img src=x onerror=alert(1)> "O\'Hara" 🦜'


def said(store: LabelStore, attribute: str) -> dict[int, str]:
    """Everybody's last word on each image."""
    return {answer.image_id: answer.value.value for answer in store.answers.log(attribute) if answer.survives}


def test_pages_are_answered_by_keyboard_alone_and_no_key_is_missed(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Ann", attribute)
    count = ann.answer_page() + ann.answer_page()
    ann.saved(count)
    assert count == 48
    assert said(store, attribute) == ann.given
    assert all(answer.seconds > 0 and answer.definition_version == 1 for answer in store.answers.log(attribute))


@pytest.mark.slow
def test_one_image_at_a_time_is_answered_skipped_corrected_and_undone(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Ann", attribute, "single")
    ann.wait_for_pictures()
    first = int(ann.tab.locator("figure").get_attribute("data-image") or 0)
    for key in "yusn":  # yes, unsure, skip, no
        before = ann.data("place")
        ann.press(key)
        ann.wait_for_pictures(before)
    ann.saved(3)
    assert sorted(said(store, attribute).values()) == ["no", "unsure", "yes"]
    for _ in range(4):
        ann.press("ArrowLeft")
    expect(ann.tab.locator("figure")).to_have_attribute("data-image", str(first))
    ann.press("n")
    ann.saved(4)
    assert said(store, attribute)[first] == "no"
    ann.press("z")
    expect(ann.tab.locator("figure")).to_have_attribute("data-image", str(first))
    expect(ann.tab.locator(".choice.no")).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: said(store, attribute)[first] == "yes")  # the earlier answer counts again


@pytest.mark.slow
def test_an_undone_page_comes_back_as_it_was_marked(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Ann", attribute)
    ann.wait_for_pictures()
    page = ann.data("page")
    ann.saved(ann.answer_page())
    ann.press("z")
    ann.page.wait_for_function(
        "([tab, page]) => tab.dataset.page === page", arg=[ann.tab.element_handle(), page], polling=10
    )
    expect(ann.tab.locator('.tile[data-value="yes"]')).to_have_count(list(ann.given.values()).count("yes"))
    assert said(store, attribute) == {}


@pytest.mark.slow
def test_a_reloaded_page_has_the_same_person_page_and_marks(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin(NAME, attribute)
    ann.wait_for_pictures()
    ann.press("ArrowRight")
    ann.press("Space")
    ann.press("ArrowDown")
    ann.press("u")
    before, page = ann.tab.evaluate("tab => [...tab.querySelectorAll('.tile')].map(t => t.dataset.value)"), ""
    page = ann.data("page")
    ann.page.reload()
    ann.page.locator(".ex-map[data-frame]").wait_for()
    ann.page.get_by_role("button", name="Label", exact=True).click()
    ann.wait_for_pictures()
    assert ann.data("page") == page
    assert ann.tab.evaluate("tab => [...tab.querySelectorAll('.tile')].map(t => t.dataset.value)") == before
    assert [person.name for person in store.annotators.list_all()].count(NAME) == 1
    ann.tab.locator("summary").click()
    expect(ann.tab.locator(".people")).to_contain_text(NAME)


@pytest.mark.slow
def test_two_people_share_the_work_and_see_each_other(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann, bo = new_person(), new_person()
    for person, name in ((ann, "Ann"), (bo, "Bo")):
        person.join(name)
        person.choose(attribute)
    ann.ask("chance")
    ann.wait_for_pictures()
    bo.wait_for_pictures()
    count = ann.answer_page() + bo.answer_page()
    ann.saved(24)
    bo.saved(24)
    assert set(ann.given).isdisjoint(bo.given)
    assert said(store, attribute) == ann.given | bo.given
    for person in (ann, bo):
        person.page.wait_for_function(
            "([tab, count]) => Number(tab.dataset.labels) === count",
            arg=[person.tab.element_handle(), count],
            polling=20,
        )
    ann.tab.locator("summary").click()
    expect(ann.tab.locator(".people")).to_contain_text("Bo")


@pytest.mark.slow
def test_a_second_window_of_one_person_waits_until_they_go_on_there(
    new_person: Callable[[], AnsweringPerson], attribute: str
) -> None:
    first = new_person()
    first.join("Ann")
    first.choose(attribute)
    second = first.page.context.new_page()
    served.Visit(second, first.page.url)
    second.get_by_role("button", name="Label", exact=True).click()
    expect(first.tab.locator(".notice.warning")).to_contain_text("another window", timeout=15_000)
    first.tab.get_by_role("button", name="Continue here").click()
    expect(first.tab.locator(".notice.warning")).to_have_count(0)
    expect(second.locator(".ex-labeling .notice.warning")).to_contain_text("another window", timeout=15_000)


@pytest.mark.slow
def test_descriptions_are_kept_with_their_author_and_found_at_once(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.join("Ann")
    ann.choose(attribute)
    ann.tab.get_by_role("button", name="Describe").click()
    ann.ask("chance")
    ann.wait_for_pictures()
    image, before = int(ann.tab.locator("figure").get_attribute("data-image") or 0), ann.data("place")
    ann.page.keyboard.type("a zebra <b>of glass</b>")
    ann.press("Enter")
    ann.wait_for_pictures(before)
    ann.saved(1)
    [caption] = store.captions.of_images([image])
    assert caption.text == "a zebra <b>of glass</b>"
    assert store.annotators.find(caption.annotator_id).name.startswith(
        "Ann"
    )  # a number distinguishes people with the same name
    assert store.captions.search(["zebra"]) == [image]


@pytest.mark.slow
def test_an_attribute_that_is_archived_during_work_is_reported_and_the_open_page_still_counts(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.join("Ann")
    ann.choose(attribute)
    ann.tab.locator("select.size").select_option("48")
    ann.ask("chance")
    ann.wait_for_pictures()
    store.attributes.set_archived(store.annotators.list_all()[-1].id, attribute, archived=True)
    count = ann.tab.locator(".tile").count()
    ann.press("Enter")
    ann.press("Enter")  # nothing is marked: it is asked about once
    ann.saved(count)
    expect(ann.tab.locator(".notices")).to_contain_text("archived")
    expect(ann.tab.locator("select.attribute option:checked")).to_contain_text("(archived)")
    assert store.answers.counts()[attribute, Purpose.TRAINING] == count


@pytest.mark.slow
def test_when_nothing_is_left_to_ask_it_says_so_and_what_to_do(
    new_person: Callable[[], AnsweringPerson], attribute: str
) -> None:
    ann = new_person()
    ann.join("Ann")
    ann.choose(attribute)
    expect(ann.tab.locator(".empty")).to_contain_text("Add questions below")
    ann.ask("search", "there is no such word")
    expect(ann.tab.locator(".notices")).to_contain_text("No new images left")


@pytest.mark.slow
def test_a_selection_is_labelled_at_once_checked_and_rolled_back(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.join("Ann")
    ann.choose(attribute)
    ann.page.locator(".ex-map").focus()
    ann.page.keyboard.press("Control+a")
    ann.page.locator('.ex-tabs [data-tab="selection"]').click()
    ann.page.get_by_role("button", name="Label no").click()
    expect(ann.tab.locator(".notices")).to_contain_text("0 of 30 checked")
    assert set(said(store, attribute).values()) == {"no"}
    everything = len(said(store, attribute))
    count = ann.answer_page() + ann.answer_page()
    ann.saved(count)
    assert count == 30
    expect(ann.tab.locator(".notices")).to_contain_text("of 30 differ")
    ann.tab.get_by_role("button", name="Undo bulk label").click()
    expect(ann.tab.locator(".notices")).to_contain_text("Bulk label undone")
    assert everything == 72
    assert said(store, attribute) == ann.given
