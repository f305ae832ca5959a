"""Selecting on the map, the tab of the selection and searching, as a person does it in a real browser."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from pipeline.build import BuildOptions, build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.served import Visit, serving
from tests.helpers.waiting import wait_until

ACCENT = (7, 10, 15)  # of the dark palette, 16 steps a channel
HOSTILE = '<img src=x onerror="document.title=\'broken\'"> zebra & "quotes"'


def selected(visit: Visit, number: int) -> None:
    """Wait until so many images are selected, and everything that says so does."""
    visit.page.wait_for_function(
        "([map, number]) => Number(map.dataset.selected) === number", arg=[visit.map.element_handle(), number]
    )
    if number:
        expect(visit.page.locator(".ex-selection-bar .open")).to_contain_text(f"{number} selected")


def count(visit: Visit) -> int:
    return int(visit.number("selected"))


def drag(visit: Visit, points: list[tuple[float, float]], *keys: str) -> None:
    """Drag over places of the map, from 0 to 1 across and down, and wait for the answer."""
    box, answered = visit.map.bounding_box(), visit.number("answered")
    assert box is not None
    places = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in points]
    for key in keys:
        visit.page.keyboard.down(key)
    visit.page.mouse.move(*places[0])
    visit.page.mouse.down()
    for place in places[1:]:
        visit.page.mouse.move(*place, steps=4)
    expect(visit.map.locator("svg.outline")).to_be_visible()
    visit.page.mouse.up()
    for key in keys:
        visit.page.keyboard.up(key)
    visit.page.wait_for_function(
        "([map, old]) => Number(map.dataset.answered || 0) > old", arg=[visit.map.element_handle(), answered]
    )
    expect(visit.map.locator("svg.outline")).to_be_hidden()
    visit.settle()


def gallery(visit: Visit) -> Locator:
    return visit.page.locator(".ex-gallery:visible").first


LEFT, RIGHT, LOW = [(0.02, 0.98), (0.5, 0.1)], [(0.5, 0.1), (0.85, 0.98)], [(0.02, 0.5), (0.85, 0.98)]


def test_a_box_replaces_adds_and_takes_away_and_every_step_can_be_undone(visit: Visit) -> None:
    visit.map.focus()
    visit.page.keyboard.press("b")
    drag(visit, LEFT)
    left = count(visit)
    assert 0 < left < 72
    visit.page.locator(".ex-tabs").wait_for()
    visit.rest()  # the panel has opened and the map is as wide as it stays
    visit.settle()
    drag(visit, LEFT)
    left = count(visit)
    drag(visit, RIGHT, "Shift")
    both = count(visit)
    assert both > left
    drag(visit, LOW, "Alt")
    assert 0 < count(visit) < both
    visit.page.keyboard.press("Control+z")
    selected(visit, both)
    visit.page.keyboard.press("Control+z")
    selected(visit, left)
    drag(visit, RIGHT)
    assert count(visit) == both - left, "a plain drag replaces"


def test_a_lasso_drawn_at_once_with_shift_shows_a_gallery_and_marks_the_map(visit: Visit) -> None:
    assert visit.colours().get(ACCENT, 0) < 3
    serial = visit.number("serial")
    drag(visit, [(0.02, 0.1), (0.5, 0.1), (0.5, 0.98), (0.02, 0.98), (0.02, 0.1)], "Shift")
    number = count(visit)
    assert 0 < number < 72
    visit.newer_frame(serial)
    wait_until(lambda: visit.colours().get(ACCENT, 0) > 8)  # pictures of the selection are framed
    tab = gallery(visit)
    expect(tab.locator("h3")).to_have_text(f"{number} images selected")
    expect(tab.locator(".picture")).to_have_count(min(number, 48))
    expect(tab).to_contain_text("lasso")


@pytest.mark.slow
def test_a_selection_is_cleared_and_brought_back_in_its_tab(visit: Visit) -> None:
    visit.map.focus()
    visit.page.keyboard.press("Control+a")
    selected(visit, 72)
    visit.page.locator(".ex-selection-bar .open").click()
    gallery(visit).locator("[data-action=clear]").click()
    selected(visit, 0)
    expect(gallery(visit).locator(".empty")).to_contain_text("Nothing is selected")
    gallery(visit).locator("[data-action=undo]").click()
    selected(visit, 72)
    visit.page.locator(".ex-selection-bar .clear").click()
    selected(visit, 0)
    expect(visit.page.locator(".ex-selection-bar")).to_be_hidden()


@pytest.mark.slow
def test_a_gallery_turns_its_pages_by_key_and_opens_a_card(visit: Visit) -> None:
    visit.map.focus()
    visit.page.keyboard.press("Control+a")
    visit.page.locator(".ex-selection-bar .open").click()
    tab = gallery(visit)
    expect(tab.locator(".place")).to_have_text("1-48 of 72")
    tab.locator(".picture").first.focus()
    visit.page.keyboard.press("PageDown")
    expect(tab.locator(".place")).to_have_text("49-72 of 72")
    expect(tab.locator(".picture")).to_have_count(24)
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".ex-card h3")).to_contain_text("number")
    assert visit.map.locator(".ring").is_visible(), "the map shows where the image is"
    visit.page.locator(".ex-tabs [data-tab=selection]").click()
    expect(tab.locator(".picture[aria-current]")).to_have_count(1)
    visit.page.keyboard.press("Tab")
    tab.locator(".picture[aria-current]").focus()
    visit.page.keyboard.press("Delete")
    selected(visit, 71)
    expect(tab.locator(".place")).to_have_text("49-71 of 71")


@pytest.mark.slow
def test_by_keys_alone_a_picture_is_selected_and_left(visit: Visit) -> None:
    visit.map.focus()
    visit.page.keyboard.press("s")
    if count(visit) == 0:  # nothing lies in the middle: go where something does
        visit.page.keyboard.press("Control+a")
        selected(visit, 72)
        visit.page.keyboard.press("Escape")
        selected(visit, 0)
    for mode, key in (("box", "b"), ("lasso", "l"), ("pan", "v"), ("box", "b")):
        visit.page.keyboard.press(key)
        expect(visit.map).to_have_attribute("data-mode", mode)
    visit.page.keyboard.press("Escape")
    expect(visit.map).to_have_attribute("data-mode", "pan")
    visit.page.keyboard.press("Control+a")
    selected(visit, 72)
    visit.page.keyboard.press("Escape")
    selected(visit, 0)


@pytest.mark.slow
def test_a_click_with_control_picks_and_a_plain_one_in_a_mode_opens_the_card(visit: Visit) -> None:
    box = visit.map.bounding_box()
    assert box is not None
    for across in range(100, int(box["width"]) - 100, 50):
        visit.page.keyboard.down("Control")
        met = visit.click_meets_picture(across, box["height"] / 2)
        visit.page.keyboard.up("Control")
        if met:
            break
    selected(visit, 1)
    expect(visit.page.locator(".ex-card h3")).to_have_count(0)
    visit.page.keyboard.press("l")
    visit.page.mouse.click(box["x"] + across, box["y"] + box["height"] / 2)
    expect(visit.page.locator(".ex-card h3")).to_contain_text("number")
    selected(visit, 1)


@pytest.mark.slow
def test_an_outline_around_nothing_says_so(visit: Visit) -> None:
    visit.map.focus()
    visit.page.keyboard.press("b")
    drag(visit, [(0.01, 0.01), (0.03, 0.03)])
    expect(visit.page.locator(".ex-selection-bar .open")).to_have_text("No image inside passes the filters")


@pytest.mark.slow
def test_a_search_selects_by_relevance_and_says_when_there_is_nothing(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("squares")
    selected(visit, 24)
    expect(visit.page.locator(".ex-search .result")).to_have_text("24 images")
    expect(gallery(visit)).to_contain_text("search: squares")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("<b>zeppelin</b>")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".ex-search .advice")).to_contain_text("No caption or keyword has “<b>zeppelin</b>”")
    selected(visit, 24)
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator(".ex-search .advice")).to_be_hidden()
    assert visit.page.locator(".ex-search input").evaluate("input => input.getRootNode().activeElement !== input")


@pytest.mark.slow
def test_letters_typed_in_the_search_box_are_no_keys_of_the_map(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("b l s ?")
    expect(visit.map).to_have_attribute("data-mode", "pan")
    assert visit.map.locator(".help").is_hidden()


@pytest.mark.slow
def test_similar_images_are_found_from_a_card_and_from_the_selection(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("stripes 2")
    visit.page.keyboard.press("Enter")
    tab = gallery(visit)
    tab.locator(".picture").first.click()
    visit.page.locator(".ex-card .similar").click()
    expect(gallery(visit)).to_contain_text("similar to an image")
    assert count(visit) > 3
    gallery(visit).locator("[data-action=similar]").click()
    expect(gallery(visit)).to_contain_text("similar to")
    gallery(visit).locator("[data-action=undo]").click()
    expect(gallery(visit)).to_contain_text("similar to an image")
    assert visit.complaints == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a collection whose captions would like to be markup."""
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "keywords"])
        for number in range(12):
            Image.new("RGB", (64, 64), (20 * number, 200 - 15 * number, 90)).save(folder / f"{number}.png")
            writer.writerow([f"{number}.png", HOSTILE, "<script>alert(1)</script>"])
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    options = BuildOptions(near_duplicates=0.0)
    build_collection(open_source(folder / "table.csv"), folder / "built", FakeEmbedder(), taxonomy, options)
    with serving(folder / "built") as address:
        yield address


@pytest.mark.slow
def test_captions_that_would_be_markup_are_text_everywhere(chromium: Browser, hostile: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    visit = Visit(context.new_page(), hostile)
    visit.page.keyboard.press("/")
    visit.page.keyboard.type('zebra "onerror" <img')
    visit.page.keyboard.press("Enter")
    selected(visit, 12)
    first = gallery(visit).locator(".picture").first
    assert first.get_attribute("title") == HOSTILE
    expect(gallery(visit)).to_contain_text('search: zebra "onerror" <img')
    first.click()
    expect(visit.page.locator(".ex-card h3")).to_have_text(HOSTILE)
    assert visit.page.title() != "broken"
    assert visit.complaints == []
    context.close()


@pytest.mark.slow
def test_who_looks_at_everything_still_does_when_the_panel_opens(visit: Visit) -> None:
    before = visit.number("scale")
    visit.map.focus()
    visit.page.keyboard.press("Control+a")
    visit.page.locator(".ex-selection-bar .open").click()
    visit.page.wait_for_function(
        "([map, old]) => Number(map.dataset.scale) < old", arg=[visit.map.element_handle(), before]
    )
    visit.settle()
    zoomed_out = visit.number("scale")
    visit.map.focus()
    visit.page.keyboard.press("0")
    visit.settle()
    assert visit.number("scale") == zoomed_out
