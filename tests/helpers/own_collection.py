"""A served collection of one browser test module: fixtures for people who answer, round after round."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pipeline.collection import Collection
from pipeline.label_store import Draft, LabelStore, open_label_store
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson

__all__ = ["CAT", "address", "attribute", "new_person", "place", "store", "tab_of"]

CAT = "content_cat"
"""The source knows it for two thirds of the images: discs are yes."""


@pytest.fixture(scope="module")
def place(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the drawn collection, with nothing answered yet."""
    return Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("own") / "collection"))


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    with served.serving(place) as url:
        yield url


@pytest.fixture(scope="module")
def store(place: Path, address: str) -> Iterator[LabelStore]:
    """The store beside the server's own, as another process would have it open."""
    del address
    with open_label_store(Collection(place)) as opened:
        yield opened


@pytest.fixture
def new_person(chromium: Browser, address: str, place: Path) -> Iterator[Callable[[], AnsweringPerson]]:
    """People in separate browsers who know cats. An error in a browser fails the test."""
    collection = Collection(place)
    cats = dict(zip(collection.image_ids.tolist(), (collection.known(CAT) == 1).tolist(), strict=True))
    visits = []

    def come() -> AnsweringPerson:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        visits.append((context, served.Visit(context.new_page(), address)))
        visits[-1][1].settle()
        return AnsweringPerson(visits[-1][1].page, cats.__getitem__)

    yield come
    complaints = [complaint for _, visit in visits for complaint in visit.complaints]
    foreign = [url for _, visit in visits for url in visit.requests if not url.startswith((address, "blob:", "data:"))]
    for context, _ in visits:
        context.close()
    assert not complaints
    assert not foreign


def tab_of(page: Page) -> Locator:
    """Open the tab of rounds."""
    page.locator("[data-tab=rounds]").click()
    tab = page.locator(".ex-rounds")
    expect(tab).to_be_visible()
    return tab


@pytest.fixture
def attribute(store: LabelStore) -> str:
    """An attribute of the test's own, of which nothing is answered."""
    name = f"content_test_{uuid.uuid4().hex[:8]}"
    author = store.annotators.add("Author")
    store.attributes.define(author.id, name, Draft(title=name), seen_version=0)
    store.attributes.set_agreement(author.id, name, 1)
    return name
