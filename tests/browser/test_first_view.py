"""A collection of a plain folder shows the possible first steps; an empty map says that it is empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from pipeline.build import BuildOptions, build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.helpers import served
from tests.helpers.fake_embedder import FakeEmbedder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a collection that was built from nothing but pictures."""
    place = tmp_path_factory.mktemp("plain")
    draw_images(place / "pictures", 24).unlink()  # the table of them
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(place / "pictures"), place / "collection", FakeEmbedder(), taxonomy, BuildOptions())
    with served.serving(place / "collection") as url:
        yield url


def active_class(page: Page) -> str:
    return str(
        page.evaluate(
            "() => { let found = document.activeElement; while (found?.shadowRoot?.activeElement) "
            "{ found = found.shadowRoot.activeElement } return found?.className ?? '' }"
        )
    )


def ways(page: Page) -> Locator:
    return page.locator(".ex-beginning .way")


def test_a_collection_of_a_folder_says_what_can_be_done_and_does_it(fresh_visit: served.Visit) -> None:
    visit = fresh_visit
    page = visit.page
    expect(ways(page).locator("b")).to_have_text(["Label something", "Add an attribute", "Select on the map"])
    expect(page.locator(".ex-status")).to_have_text("24 images")
    ways(page).nth(2).click()
    expect(visit.map).to_have_attribute("data-mode", "lasso")
    page.keyboard.press("Escape")
    expect(visit.map).to_have_attribute("data-mode", "pan")
    ways(page).nth(1).click()
    title = page.locator(".ex-define #field-title")
    expect(title).to_be_visible()
    title.fill("red disc")
    ways(page).nth(1).click()
    expect(title).to_have_value("red disc")  # the typed text stays
    ways(page).nth(0).click()
    tab = page.locator(".ex-labeling")
    tab.locator(".join input").fill("Ann")
    tab.locator(".join button").click()
    expect(tab.locator(".head")).to_be_visible()
    ways(page).nth(1).click()
    expect(title).to_have_value("red disc")
    page.locator(".ex-define .save").click()
    page.get_by_role("button", name="Answer now").click()
    expect(tab.locator("select.attribute")).to_have_value("content_red_disc")
    assert not visit.complaints


@pytest.mark.slow
def test_an_empty_place_says_so_and_leads_back(visit: served.Visit) -> None:
    page, note = visit.page, visit.map.locator(".ex-nothing")
    expect(note).to_be_hidden()
    for _ in range(12):
        page.keyboard.press("+")
    for _ in range(40):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    expect(note).to_contain_text("No images here")
    note.get_by_role("button", name="Show all images (0)").click()
    expect(note).to_be_hidden()
    visit.settle()
    assert visit.number("drawn") > 0


@pytest.mark.slow
def test_the_map_has_the_keys_from_the_start_and_wherever_the_focus_is(fresh_visit: served.Visit) -> None:
    visit = fresh_visit
    page, help_box = visit.page, visit.map.locator(".help")
    assert "ex-map" in active_class(page)
    page.keyboard.press("?")
    expect(help_box).to_be_visible()
    page.keyboard.press("?")
    expect(help_box).to_be_hidden()
    page.get_by_role("button", name="Toggle theme").focus()
    page.keyboard.press("?")
    expect(help_box).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    page.locator(".ex-search input").focus()
    page.keyboard.type("l?")
    expect(help_box).to_be_hidden()
    expect(visit.map).to_have_attribute("data-mode", "pan")
    expect(page.locator(".ex-search input")).to_have_value("l?")
    page.keyboard.press("Escape")
    scale = visit.number("scale")
    page.keyboard.press("+")
    page.wait_for_function("([map, old]) => Number(map.dataset.scale) > old", arg=[visit.map.element_handle(), scale])


@pytest.mark.slow
def test_the_help_scrolls_where_it_is_longer_than_the_window(visit: served.Visit) -> None:
    page, help_box, scale = visit.page, visit.map.locator(".help"), visit.number("scale")
    before = page.viewport_size or {"width": 1280, "height": 800}
    page.set_viewport_size({"width": 1000, "height": 420})
    page.keyboard.press("?")
    expect(help_box).to_be_visible()
    help_box.hover()
    page.mouse.wheel(0, 2000)
    expect(help_box.locator("p").last).to_be_in_viewport(ratio=1)
    assert visit.number("scale") <= scale, "the wheel over the help does not zoom in"
    page.keyboard.press("?")
    page.set_viewport_size(before)
