"""A certification in a real browser: planned, tested set by set by all annotators, and stored in a release."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from pipeline.certification.files import latest
from pipeline.certification.lifecycle import outcome
from pipeline.certification.sequential_testing import CertificationResult
from pipeline.collection import Collection
from pipeline.label_store import LabelStore, Purpose
from pipeline.releases.files import list_releases, verify_release
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.own_collection import CAT, address, new_person, place, store, tab_of

pytestmark = pytest.mark.slow  # stories of several sets; the rules are tested without a browser

__all__ = ["address", "new_person", "place", "store"]  # fixtures

INK = "media_pen_ink"


def begin_certification(person: AnsweringPerson, name: str, attribute: str) -> Locator:
    """Train a round, plan a certification of every other image, and start it."""
    person.join(name)
    person.choose(attribute)
    tab = tab_of(person.page)
    tab.locator("summary", has_text="Options").click()
    tab.get_by_label("Questions per round").select_option("24")
    tab.locator(".train").click()
    expect(tab).to_have_attribute("data-round", "1", timeout=60_000)
    section = tab.locator(".certification")
    expect(section.locator(".sentences")).to_contain_text("No precision is guaranteed yet")
    section.get_by_label("Precision to guarantee").fill("50")
    section.locator(".plan").click()
    expect(section.locator(".sentences")).to_contain_text("The first test needs")
    section.locator(".begin").click()
    expect(section.locator(".sentences")).to_contain_text("Nothing is decided yet")
    tab.locator(".answer").click()
    expect(person.tab).to_be_visible()
    return section


def so_far(store: LabelStore, place: Path, attribute: str) -> CertificationResult:
    certification = latest(Collection(place), attribute)
    assert certification is not None
    return outcome(store, certification)


def answer_until_decided(person: AnsweringPerson, store: LabelStore, place: Path, attribute: str) -> int:
    """Answer page after page, and do nothing else; return the number of pages."""
    pages = 0
    while not so_far(store, place, attribute).finished:
        person.answer_page()
        person.wait_for_pictures()  # questions of the next set or, after the decision, training questions
        pages += 1
    return pages


def test_set_after_set_is_asked_until_a_precision_is_guaranteed_and_released(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, place: Path
) -> None:
    ann, collection = new_person(), Collection(place)
    # Not all discs, because twenty equal answers in a row within a minute open a question.
    discs = [
        image
        for image, name in zip(collection.image_ids.tolist(), collection.sources().to_pylist(), strict=True)
        if "disc" in name
    ]
    ann.truth = {image for place, image in enumerate(discs) if place % 4}.__contains__
    section = begin_certification(ann, "Ann", CAT)
    first = ann.answer_page()
    ann.wait_for_pictures()
    page, second = ann.data("page"), so_far(store, place, CAT)
    assert (second.answers, second.finished) == (first, False)
    ann.page.reload()
    ann.page.locator(".ex-map[data-frame]").wait_for()
    ann.come_back()
    assert ann.data("page") == page, "the second set is there where it was"
    assert answer_until_decided(ann, store, place, CAT) > 2
    done = so_far(store, place, CAT)
    assert store.answers.counts() == {(CAT, Purpose.CERTIFICATION): done.answers}, "what teaches waited"

    tab = tab_of(ann.page)
    expect(section.locator(".sentences")).to_contain_text(f"Certified: of the {done.passed_size:,} images that score")
    expect(section.locator(".tested tr")).to_have_count(1 + len(done.tested))
    expect(section.locator(".begin")).to_be_hidden()
    expect(tab.locator(".steps li").nth(1)).to_contain_text("done")
    slider = tab.get_by_label("Threshold:", exact=False)
    assert np.float32(slider.input_value()) == np.float32(done.threshold)  # scores are of so many digits
    expect(tab.locator(".releases .sentences")).to_contain_text("Its precision is guaranteed for scores of at least")
    tab.locator("button.release").click()
    expect(tab.locator(".notes")).to_contain_text("Release 1 was made")
    (release,) = list_releases(Collection(place), CAT)
    assert np.float32(release.threshold) == np.float32(done.threshold)
    assert (release.promise["images"], release.promise["from_score"]) == (done.passed_size, done.threshold)
    verify_release(Collection(place), release)


def test_where_nothing_can_be_certified_it_says_what_it_would_take(
    new_person: Callable[[], AnsweringPerson], store: LabelStore, place: Path
) -> None:
    bo = new_person()
    bo.truth = lambda _: False
    section = begin_certification(bo, "Bo", INK)
    answer_until_decided(bo, store, place, INK)
    tab_of(bo.page)
    expect(section.locator(".sentences")).to_contain_text("was not shown for the first set")
    expect(section.locator(".sentences")).to_contain_text("More answers would not help. Train another round")
    expect(section.locator(".tested tr.failed")).to_have_count(1)
    for act in (".plan", ".begin", ".drop"):
        expect(section.locator(act)).to_be_hidden()  # these scores are tested once
