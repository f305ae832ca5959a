"""Qualification in a real browser: requirements and gold in the Attributes tab, then the test of a new annotator."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from explorer.controllers.attributes.annotator_messages import people_message
from pipeline.collection import Collection
from pipeline.label_store import Drawn, LabelStore, Purpose, Reply, Requirements, Value, new_action_id
from tests.browser.test_attributes import CAT, HOSTILE, detail, enter, row
from tests.helpers.own_collection import address, place, store

pytestmark = pytest.mark.slow  # one long story of two people; the rules are tested without a browser

__all__ = ["address", "place", "store"]  # fixtures


def answer(store: LabelStore, annotator_id: str, purpose: Purpose, *, right: bool = True) -> None:
    """Answer a page, even images yes."""
    page = store.questions.next_page(annotator_id, CAT, 48, purpose=purpose)
    assert page is not None
    said = [Value.YES if (item.image_id % 2 == 0) is right else Value.NO for item in page.items]
    replies = [Reply(item.draw_id, value, 2.0) for item, value in zip(page.items, said, strict=True)]
    store.answers.record(new_action_id(), page.id, annotator_id, replies)
    store.questions.give_back(page.id, annotator_id)


def test_requirements_are_set_gold_is_made_and_a_new_annotator_is_tested(
    chromium: Browser, address: str, store: LabelStore, place: Path
) -> None:
    olive = store.annotators.add(HOSTILE)
    store.attributes.set_agreement(olive.id, CAT, 1)
    ids = store.images.image_ids.tolist()
    store.batches.draw(CAT, 1, Purpose.TRAINING, [Drawn(image_id, "some") for image_id in ids[:40]], again=True)
    answer(store, olive.id, Purpose.TRAINING)
    ann = enter(chromium, address, "Ann")
    row(ann, CAT).click()
    section = detail(ann).locator(".who-may")
    section.locator("summary").click()
    expect(section.locator(".gold p")).to_contain_text("Gold in use: 0 yes, 0 no.")
    section.locator(".gold-count").fill("20")
    section.locator(".make-gold").click()
    expect(section.locator(".gold p")).to_contain_text("Gold in use: 10 yes, 10 no.")
    section.locator(".requirement-accuracy").fill("90")
    section.locator(".requirement-test").fill("10")
    section.locator(".save-requirements").click()
    expect(ann.locator(".ex-board .notes")).to_contain_text("The requirements apply from each annotator's next page on")
    people = section.locator(".person")
    expect(people).to_have_count(2)
    expect(people.first.locator("b")).to_have_text(HOSTILE)
    expect(people.nth(1)).to_contain_text("may not answer: 0 of 10 questions of the test answered, 9 must be right")
    assert store.attributes.find(CAT).requirements == Requirements(accuracy=0.9, test=10)

    store.batches.draw(CAT, 1, Purpose.TRAINING, [Drawn(image_id, "some") for image_id in ids[40:]], again=True)
    detail(ann).locator(".answer").click()
    notices = ann.locator(".ex-labeling .notices")
    expect(notices).to_contain_text("These questions are a test for")
    expect(ann.locator(".ex-labeling .tile")).to_have_count(10)
    ann.keyboard.press("a")  # all yes: half of them are wrong
    ann.keyboard.press("Enter")
    expect(notices).to_contain_text("5 of 10 right in the last test; 0 of 10 questions of the next test answered")
    expect(ann.locator(".ex-labeling .tile")).to_have_count(10)

    for name in ("Bo", "Cy", "Di", "Ed", "Fay", "Gus"):  # each is given other images: some are answered by three
        answer(store, store.annotators.add(name).id, Purpose.GOLD, right=False)
    ann.locator("[data-tab=attributes]").click()
    expect(section.locator(".suspect").first).to_contain_text("say the opposite")
    suspects = len(people_message(store, Collection(place), CAT).suspects)
    expect(section.locator(".suspect")).to_have_count(suspects)  # the page reads on while the last answers come in
    section.locator(".retire").first.click()
    expect(section.locator(".gold p")).to_contain_text("1 retired")
    expect(section.locator(".suspect")).to_have_count(suspects - 1)
    mine = section.locator(".person", has_text="Ann")
    expect(mine).to_contain_text("accuracy on gold:")
    mine.locator(".permit-true").click()
    expect(mine).to_contain_text("may answer: let in by hand")
    board = ann.locator(".ex-board")
    assert board.evaluate("board => board.scrollWidth <= board.clientWidth")
    detail(ann).locator(".answer").click()
    expect(ann.locator(".ex-labeling .foot")).to_contain_text("open to you: let in by hand")
    assert ann.complaints == []  # type: ignore[attr-defined]
    ann.context.close()
