"""The tab of attributes in a real browser: defined, changed, archived and exported, by keyboard, by two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pipeline.label_store import Draft, LabelStore, Value, new_action_id
from tests.helpers import served
from tests.helpers.own_collection import address, place, store

__all__ = ["address", "place", "store"]  # fixtures

CAT = "content_cat"
HOSTILE = "<img src=x onerror=alert(1)> 🐦 \"'"
LONG = f"{HOSTILE} {'w' * 26}"


def enter(chromium: Browser, address: str, name: str, width: int = 1280) -> Page:
    """Open the page, enter a name, and open the Attributes tab."""
    page = chromium.new_context(viewport={"width": width, "height": 800}, accept_downloads=True).new_page()
    visit = served.Visit(page, address)
    page.locator("header").get_by_role("button", name="Label").click()
    page.locator(".join input").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".join")).to_be_hidden()
    page.locator("[data-tab=attributes]").click()
    expect(page.locator(".ex-attribute").first).to_be_visible()
    served.complain_of_dialogs(visit)
    page.complaints = visit.complaints  # type: ignore[attr-defined]
    return page


@pytest.fixture
def ann(chromium: Browser, address: str) -> Iterator[Page]:
    page = enter(chromium, address, "Ann")
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def row(page: Page, name: str) -> Locator:
    return page.locator(f".ex-attribute[data-attribute='{name}']")


def detail(page: Page) -> Locator:
    return page.locator(".ex-board .detail")


@pytest.mark.slow
def test_an_attribute_is_defined_and_changed_by_keyboard_alone(ann: Page, store: LabelStore) -> None:
    keys = ann.keyboard
    row(ann, CAT).focus()
    keys.press("n")
    keys.type("Sea shell")
    expect(ann.locator("#field-name")).to_have_value("content_sea_shell")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("Does it show a shell?")
    keys.press("Tab")
    keys.type("a shell\nhalf a shell")
    keys.press("Control+Enter")
    expect(detail(ann).locator("> h3")).to_have_text("Sea shell")
    expect(detail(ann).locator(".side.yes li")).to_have_text(["a shell", "half a shell"])
    keys.press("e")
    keys.press("End")
    keys.type("s")
    keys.press("Control+Enter")
    expect(detail(ann).locator("> h3")).to_have_text("Sea shells")
    expect(detail(ann).locator(".history ins")).to_have_text("shells")
    keys.press("Escape")
    expect(row(ann, "content_sea_shell")).to_be_focused()
    keys.press("ArrowUp")
    expect(row(ann, "content_sea_shell")).not_to_be_focused()
    assert [version.title for version in store.attributes.history("content_sea_shell")] == ["Sea shell", "Sea shells"]


@pytest.mark.slow
def test_hostile_words_are_only_words(ann: Page, store: LabelStore) -> None:
    who = store.annotators.add(HOSTILE)
    points = ("<script>alert(2)</script>", "x" * 200)
    store.attributes.define(who.id, "content_evil", Draft(LONG, "y" * 500, points, points), seen_version=0)
    expect(row(ann, "content_evil").locator(".title")).to_have_text(LONG)
    row(ann, "content_evil").click()
    expect(detail(ann).locator(".side.yes li").first).to_have_text(points[0])
    expect(detail(ann).locator(".history .version")).to_contain_text(HOSTILE)
    board = ann.locator(".ex-board")
    assert board.evaluate("board => board.scrollWidth <= board.clientWidth")
    ann.keyboard.press("i")
    overlay = ann.locator(".ex-instructions-overlay")
    expect(overlay.locator("h2")).to_have_text(LONG)
    assert overlay.evaluate("box => box.scrollWidth <= box.clientWidth")
    ann.keyboard.press("i")
    expect(overlay).to_have_count(0)


@pytest.mark.slow
def test_mistakes_stand_beside_their_fields_and_nothing_is_lost(ann: Page) -> None:
    ann.keyboard.press("Tab")
    ann.get_by_role("button", name="New", exact=True).click()
    ann.locator("#field-title").fill("привет")
    ann.locator("#field-counts").fill("z" * 201)
    ann.locator(".save").click()
    expect(ann.locator("#problem-name")).to_contain_text("is not the name of an attribute")
    expect(ann.locator("#problem-counts")).to_contain_text("Allowed are 1 to 200")
    expect(ann.locator("#field-name")).to_be_focused()
    ann.keyboard.press("Escape")
    ann.locator("[data-tab=image]").click()
    ann.locator("[data-tab=attributes]").click()
    ann.keyboard.press("Escape")
    ann.get_by_role("button", name="New", exact=True).click()
    expect(ann.locator("#field-title")).to_have_value("привет")
    ann.locator("#field-name").fill("content_privet")
    ann.locator("#field-counts").fill("short")
    ann.locator(".save").click()
    expect(detail(ann).locator("> h3")).to_have_text("привет")


@pytest.mark.slow
def test_two_people_change_one_attribute_and_both_texts_are_seen(
    ann: Page, chromium: Browser, address: str, store: LabelStore
) -> None:
    bo = enter(chromium, address, "Bo")
    before = store.attributes.find("media_pen_ink").definition.version
    for page in (ann, bo):
        row(page, "media_pen_ink").click()
        detail(page).locator(".edit").click()
    bo.locator("#field-definition").fill("Bo's words")
    bo.locator(".save").click()
    expect(detail(bo).locator(".question")).to_have_text("Bo's words")
    ann.locator("#field-definition").fill("Ann's words")
    ann.locator("#field-counts_not").fill("pencil")
    ann.locator(".save").click()
    conflict = ann.locator(".conflict")
    expect(conflict).to_contain_text("changed by Bo")
    expect(ann.locator(".other blockquote").first).to_have_text("Bo's words")
    expect(ann.locator("#field-definition")).to_have_value("Ann's words")
    conflict.locator(".overwrite").click()
    expect(detail(ann).locator(".question")).to_have_text("Ann's words")
    expect(detail(bo).locator(".question")).to_have_text("Ann's words")
    assert [version.definition for version in store.attributes.history("media_pen_ink")][before:] == [
        "Bo's words",
        "Ann's words",
    ]
    assert bo.complaints == []  # type: ignore[attr-defined]
    bo.context.close()


@pytest.mark.slow
def test_numbers_move_while_others_answer_and_an_archived_one_is_folded_away(ann: Page, store: LabelStore) -> None:
    bo = store.annotators.add("Bo")
    store.answers.bulk_answer(new_action_id(), bo.id, CAT, 1, store.images.image_ids[:7].tolist(), Value.YES)
    expect(row(ann, CAT).locator(".numbers .yes")).to_have_text("7 yes")
    row(ann, CAT).click()
    store.answers.bulk_answer(new_action_id(), bo.id, CAT, 1, store.images.image_ids[7:9].tolist(), Value.NO)
    expect(detail(ann).locator(".numbers .no")).to_have_text("2 no")
    detail(ann).locator(".archive").click()
    assert not store.attributes.find(CAT).archived, "it is asked first"
    ann.keyboard.press("Enter")
    expect(detail(ann).locator(".restore")).to_be_visible()
    ann.keyboard.press("Escape")
    expect(row(ann, CAT)).to_be_hidden()
    ann.locator(".archived summary").click()
    expect(row(ann, CAT)).to_be_visible()
    ann.locator(".notes .undo").click()
    expect(ann.locator(f".groups [data-attribute={CAT}]")).to_be_visible()
    assert not store.attributes.find(CAT).archived


@pytest.mark.slow
def test_how_many_must_agree_is_said_in_a_sentence(ann: Page, store: LabelStore) -> None:
    row(ann, CAT).click()
    detail(ann).locator("[data-agree='2']").click()
    expect(detail(ann).locator(".agreement .soft")).to_contain_text("2 people must give the same answer")
    assert store.attributes.find(CAT).agree == 2
    detail(ann).locator("[data-agree='1']").click()
    expect(detail(ann).locator(".agreement .soft")).to_have_text("One answer settles an image.")


@pytest.mark.slow
def test_labels_are_saved_as_a_file(ann: Page, store: LabelStore, tmp_path: Path) -> None:
    store.answers.bulk_answer(
        new_action_id(), store.annotators.add("Bo").id, CAT, 1, store.images.image_ids[:7].tolist(), Value.YES
    )
    row(ann, CAT).click()
    with ann.expect_download() as waiting:
        detail(ann).locator(".exports [data-kind=csv]").click()
    waiting.value.save_as(tmp_path / "saved.csv")
    assert waiting.value.suggested_filename == f"{CAT}.csv"
    assert (tmp_path / "saved.csv").read_text().startswith('"image_id","file"')


@pytest.mark.slow
def test_the_selection_becomes_examples(ann: Page, store: LabelStore) -> None:
    ann.locator(".ex-map").focus()
    ann.keyboard.press("Control+a")
    row(ann, CAT).click()
    detail(ann).locator(".edit").click()
    ann.get_by_role("button", name="Add the selection (72)").last.click()
    expect(ann.locator(".examples.no .example img")).to_have_count(24)
    expect(ann.locator(".examples.no .note")).to_contain_text("48 of the selected images were left out")
    for _ in range(22):
        ann.locator(".examples.no .example").first.click()
    ann.locator(".save").click()
    expect(detail(ann).locator(".side.no .pictures img")).to_have_count(2)
    assert len(store.attributes.find(CAT).definition.examples_no) == 2


@pytest.mark.slow
def test_two_hundred_attributes_are_found_by_typing(chromium: Browser, address: str, store: LabelStore) -> None:
    who = store.annotators.add("Many")
    for number in range(200):
        store.attributes.define(who.id, f"emotion_mood_{number}", Draft(f"mood {number}"), seen_version=0)
    page = enter(chromium, address, "Cy")
    page.keyboard.press("Escape")
    page.locator(".ex-attribute").first.focus()
    page.keyboard.press("/")
    page.keyboard.type("mood 117")
    expect(page.locator(".ex-attribute")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(detail(page).locator("> h3")).to_have_text("mood 117")
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()
