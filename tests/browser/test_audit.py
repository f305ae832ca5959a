"""An audit in a real browser: two people answer it blindly to the end, and then it shows its result."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from pipeline.audit.files import list_audits, read_sample
from pipeline.audit.publication import read_certificate
from pipeline.audit.records import State
from pipeline.audit.reports import audit_report
from pipeline.audit.statistics.precision import rounded_down
from pipeline.audit.verification import verify_certificate
from pipeline.collection import Collection
from pipeline.label_store import LabelStore, Purpose, open_label_store
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.run import run_round
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.own_collection import address, store

pytestmark = pytest.mark.slow  # one long story from a plan to a certificate; the rules are tested without a browser

__all__ = ["address", "store"]  # fixtures

CAT = "content_cat"


@pytest.fixture(scope="module")
def place(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the drawn collection with a release of cats: discs are cats."""
    copy = Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("audit") / "collection"))
    collection = Collection(copy)
    with open_label_store(collection) as store:
        run_round(collection, store, CAT, RoundOptions(batch=12))
        collection.refresh_scores()
        make_release(collection, store, CAT, threshold=0.5, lower=0.5, by="Ann")
    return copy


@contextmanager
def somebody(chromium: Browser, address: str, name: str, cats: set[int]) -> Iterator[AnsweringPerson]:
    """A person in a separate browser who knows cats. An error in the browser fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    visit = served.Visit(context.new_page(), address)
    visit.settle()
    person = AnsweringPerson(visit.page, cats.__contains__)
    person.join(name)
    yield person
    context.close()
    assert visit.complaints == []


def tab_of(person: AnsweringPerson) -> Locator:
    """Open the tab of audits at cats."""
    person.page.locator("[data-tab=audit]").click()
    tab = person.page.locator(".ex-audit")
    expect(tab).to_be_visible()
    tab.get_by_label("Attribute", exact=True).select_option(CAT)
    return tab


def answer_all(person: AnsweringPerson, count: int) -> None:
    person.choose(CAT)
    asked = 0
    while asked < count:
        asked += person.answer_page()
    person.saved(asked)


def plan_and_draw(tab: Locator) -> None:
    """Wish an audit of 12 and 10 images under the rule "both", freeze it and draw it."""
    expect(tab.locator(".plan .sentence")).to_contain_text("To certify 90% at an expected precision of 95%")
    tab.get_by_label("Rule for a yes").select_option("both")
    expected = tab.get_by_label("Expected precision")
    expected.fill("40")
    expected.press("Enter")
    expect(tab.locator(".notes")).to_contain_text("Expected precision: 40% is not possible. Enter 50% to 100%.")
    expect(expected).to_have_value("95")
    for side, count in (("Negatives", 10), ("Positives", 12)):
        field = tab.get_by_label(f"{side} to ask")
        field.fill(str(count))
        field.press("Tab")
    expect(tab.locator(".plan .sentences")).to_contain_text("22 images take each of 2 people")
    tab.get_by_role("button", name="Freeze").click()
    expect(tab).to_have_attribute("data-state", "frozen")
    expect(tab.locator(".steps [aria-current=step]")).to_contain_text("2 Draw")
    expect(tab.locator(".current .hashes")).to_contain_text("Population")
    tab.get_by_role("button", name="Draw", exact=True).click()
    expect(tab).to_have_attribute("data-state", "drawn")


def nothing_is_told(tab: Locator) -> None:
    """After one of two people has answered everything there is progress, and nothing else."""
    current = tab.locator(".current")
    expect(current.locator(".people")).to_contain_text("Ann 20 or more")
    expect(current).to_have_attribute("data-done", "0")  # a single no decides an image, and the page does not show this
    expect(current.locator(".warn").first).to_contain_text("1 person has answered so far")
    for part in (".result", ".current .watched", ".wall", ".regions"):
        expect(tab.locator(part)).to_be_hidden()
    assert tab.locator("img").count() == 0


def certificates_hold(tab: Locator, words: str, place: Path, store: LabelStore, folder: Path) -> None:
    """Save both certificates, and have them checked."""
    for kind in ("html", "json"):
        with tab.page.expect_download() as download:
            tab.locator(f".certificate.{kind}").click()
        download.value.save_as(folder / f"certificate.{kind}")
    assert verify_certificate(Collection(place), store, read_certificate(folder / "certificate.json")) == []
    assert words in (folder / "certificate.html").read_text(encoding="utf-8")
    tab.get_by_role("button", name="Verify").click()
    expect(tab.locator(".notes")).to_contain_text("The certificate holds")


def test_two_people_audit_a_release_to_its_end(
    chromium: Browser, address: str, place: Path, store: LabelStore, tmp_path: Path
) -> None:
    collection = Collection(place)
    sources = collection.sources().to_pylist()
    cats = {int(image) for image, name in zip(collection.image_ids, sources, strict=True) if "disc" in name}
    with somebody(chromium, address, "Ann", cats) as ann, somebody(chromium, address, "Bo", cats) as bo:
        tab = tab_of(ann)
        plan_and_draw(tab)
        (audit,) = list_audits(Collection(place), CAT)
        sample = read_sample(Collection(place), audit)
        positives = sample.image_ids[sample.positive].tolist()
        # Ann errs about one of them. An image needs a yes of both people.
        mistaken = next(image for image in positives if image in cats)
        ann.truth = (cats - {mistaken}).__contains__
        tab.locator(".current .answer").click()
        expect(ann.tab).to_be_visible()
        answer_all(ann, 22)
        tab = tab_of(ann)
        nothing_is_told(tab)
        tab.get_by_role("button", name="Publish", exact=True).click()
        expect(tab.locator(".ask")).to_contain_text("Up to 22 images still wait for answers")
        ann.page.keyboard.press("Escape")  # the same key confirms the question
        expect(tab.locator(".ask")).to_be_hidden()
        assert list_audits(Collection(place), CAT)[0].state is State.DRAWN

        answer_all(bo, 22)
        assert store.answers.counts()[CAT, Purpose.AUDIT] == 44
        expect(tab.locator(".current")).to_have_attribute("data-done", "22")
        others = tab_of(bo)
        expect(others).to_have_attribute("data-state", "drawn")
        tab.get_by_role("button", name="Publish", exact=True).click()
        expect(tab).to_have_attribute("data-state", "published")
        (audit,) = list_audits(Collection(place), CAT)
        result = audit_report(Collection(place), store, audit).result
        assert result is not None
        yes = len(set(positives) & cats) - 1
        assert (result.precision.yes, result.precision.sampled) == (yes, 12)
        expect(tab.locator(".statement")).to_have_text(result.words)
        figure = tab.locator(".result .figures dd").first
        expect(figure).to_contain_text(f"{100 * yes / 12:.1f}% ({rounded_down(result.precision.low)} to ")
        expect(tab.locator(f'.wall .picture[data-row="{collection.row_of(mistaken)}"]')).to_be_visible()
        expect(tab.locator(".family .bar")).to_have_count(1)
        certificates_hold(tab, result.words, place, store, tmp_path)

        # Bo's page heard of it by itself; from a bar one goes to the place on the map.
        expect(others.locator(".statement")).to_have_text(result.words)
        others.locator(".regions .bar").first.click()
        expect(bo.page.locator(".ex-selection-bar")).to_contain_text("positives")
