"""The keys of answering in a real browser: accidental keys record no answer."""

# ruff: noqa: RUF001 -- letters of other alphabets are what these tests are about

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from pipeline.label_store import LabelStore
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.own_collection import address, attribute, new_person, place, store

__all__ = ["address", "attribute", "new_person", "place", "store"]  # fixtures


def values(store: LabelStore, attribute: str) -> list[str]:
    return [answer.value.value for answer in store.answers.log(attribute) if answer.survives]


def press(ann: AnsweringPerson, key: str, code: str, **more: object) -> None:
    """Press a key of another keyboard than this machine has."""
    session = ann.page.context.new_cdp_session(ann.page)
    for kind in ("keyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, **more})
    session.detach()


@pytest.mark.slow
def test_caps_lock_and_other_alphabets_mark_what_their_keys_mean(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Ann", attribute)
    ann.wait_for_pictures()
    for key, code in [("Y", "KeyY"), ("н", "KeyY"), ("ט", "KeyY"), ("U", "KeyU"), ("т", "KeyN")]:
        press(ann, key, code)
        ann.press("ArrowRight")
    marks = ann.tab.evaluate("tab => [...tab.querySelectorAll('.tile')].slice(0, 6).map(tile => tile.dataset.value)")
    assert marks == ["yes", "yes", "yes", "unsure", "no", ""]
    ann.press("Enter")
    ann.saved(24)
    assert sorted(set(values(store, attribute))) == ["no", "unsure", "yes"]
    assert values(store, attribute).count("yes") == 3
    ann.press("z")
    expect(ann.tab.locator(".notices")).to_contain_text("Undone")
    ann.press("Z")  # with Caps Lock: nothing is left to undo, and nothing is done again
    ann.press("Shift+Z")
    expect(ann.tab.locator(".notices")).to_contain_text("Redone")


@pytest.mark.slow
def test_a_page_without_a_mark_is_confirmed_by_a_second_enter_alone(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Ben", attribute)
    ann.wait_for_pictures()
    doubt, page = ann.tab.locator(".ex-doubt"), ann.data("page")
    press(ann, "ж", "Semicolon")  # means nothing
    ann.press("Enter")
    expect(doubt).to_have_text("No image is marked. Press Enter again to answer no to all 24.No to allCancel")
    for key in ("Escape", "x", "ArrowRight"):  # each takes the question back
        ann.press(key)
        expect(doubt).to_be_hidden()
        ann.press("Enter")
        expect(doubt).to_be_visible()
    ann.tab.locator(".tile").nth(3).click()
    ann.tab.locator(".tile").nth(3).click()
    expect(doubt).to_be_hidden()
    assert ann.data("page") == page
    assert ann.data("pending") == "0"
    assert values(store, attribute) == []
    ann.press("Enter")
    ann.press("Enter")
    ann.saved(24)
    assert values(store, attribute) == ["no"] * 24


@pytest.mark.slow
def test_enter_held_down_answers_one_page_at_most(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str
) -> None:
    ann = new_person()
    ann.begin("Cem", attribute)
    ann.wait_for_pictures()
    before = ann.data("place")
    ann.press("y")
    for _ in range(4):  # without a key up between: the second and later ones are repeats
        ann.page.keyboard.down("Enter")
    ann.wait_for_pictures(before)
    for _ in range(4):
        ann.page.keyboard.down("Enter")
    ann.page.keyboard.up("Enter")
    ann.saved(24)
    expect(ann.tab.locator(".ex-doubt")).to_be_hidden()
    assert len(values(store, attribute)) == 24


@pytest.mark.parametrize("field", ["name", "description"])
@pytest.mark.slow
def test_enter_of_an_input_method_sends_no_form(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, attribute: str, field: str
) -> None:
    ann = new_person()
    if field == "name":
        ann.page.get_by_role("button", name="Label", exact=True).click()
        box = ann.tab.locator(".join input")
    else:
        ann.begin("Dai", attribute)
        ann.wait_for_pictures()
        ann.tab.get_by_role("button", name="Describe").click()
        ann.ask("chance")
        box = ann.tab.get_by_label("Description")
    expect(box).to_be_visible()
    box.focus()
    session, composed = ann.page.context.new_cdp_session(ann.page), f"にわ{uuid.uuid4().hex[:4]}"
    session.send("Input.imeSetComposition", {"text": composed, "selectionStart": 2, "selectionEnd": 2})
    enter = {"key": "Enter", "code": "Enter", "text": "\r", "nativeVirtualKeyCode": 229, "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", **enter})
    session.send("Input.insertText", {"text": composed})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Enter", "code": "Enter"})
    expect(box).to_have_value(composed)  # it is still there, and was sent nowhere
    expect(ann.tab.locator(".join input") if field == "name" else box).to_be_visible()
    if field == "name":
        assert composed not in [person.name for person in store.annotators.list_all()]
        box.press("Enter")
        expect(ann.tab.locator(".head")).to_be_visible()
        assert composed in [person.name for person in store.annotators.list_all()]
    else:
        assert ann.data("pending") == "0"
        box.press("Enter")
        ann.saved(1)
        assert composed in [caption.text for caption in store.captions.log()]
