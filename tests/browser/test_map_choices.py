"""The choices above the map and their effect, and the map after zooming in."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.scripts import load_modules
from tests.helpers.served import Visit


def choose(visit: Visit, label: str, value: str) -> None:
    """Choose in the toolbar and wait for the frame that shows it."""
    serial = visit.number("serial")
    visit.page.locator(".ex-toolbar label", has_text=label).locator("select").select_option(value)
    visit.newer_frame(serial)


def switch(visit: Visit, name: str) -> None:
    serial = visit.number("serial")
    visit.page.locator(".ex-toolbar button", has_text=name).click()
    visit.newer_frame(serial)


@pytest.mark.slow
def test_colours_come_with_a_legend_that_counts_every_image(visit: Visit) -> None:
    legend = visit.page.locator(".ex-legend")
    expect(legend).to_be_hidden()
    choose(visit, "Colour", "known")
    expect(legend).to_be_visible()
    counts = [int(text) for text in legend.locator(".number").all_inner_texts()]
    assert sum(counts) == 72
    choose(visit, "Colour", "score")
    expect(legend.locator(".ends span")).to_have_text(["0.00", "1.00"])
    choose(visit, "Colour", "")
    expect(legend).to_be_hidden()


@pytest.mark.slow
def test_an_attribute_is_asked_for_only_where_it_says_something(visit: Visit) -> None:
    attribute = visit.page.locator(".ex-toolbar label", has=visit.page.locator("span").get_by_text("of", exact=True))
    expect(attribute).to_be_hidden()
    choose(visit, "Show first", "score")
    expect(attribute).to_be_visible()


@pytest.mark.slow
def test_the_choices_stay_on_one_line_and_those_that_do_not_fit_are_behind_a_button(visit: Visit) -> None:
    bar, switch_names = visit.page.locator(".ex-toolbar"), visit.page.locator(".ex-toolbar button", has_text="Names")
    opener = visit.page.locator(".ex-toolbar").get_by_role("button", name="More")
    choose(visit, "Show first", "score")  # the widest the line can be
    wide = bar.bounding_box()
    expect(opener).to_be_hidden()
    expect(switch_names).to_be_visible()
    assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth"), "nothing is cut off"
    visit.page.set_viewport_size({"width": 860, "height": 800})
    expect(opener).to_be_visible()
    expect(switch_names).to_be_hidden()
    narrow = bar.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert narrow["height"] == wide["height"] < 50
    assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    opener.click()
    expect(switch_names).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(switch_names).to_be_hidden()
    opener.click()
    visit.page.locator(".ex-toolbar label", has_text="Size").locator("select").select_option("large")
    visit.map.click(position={"x": 5, "y": 5})
    expect(switch_names).to_be_hidden()


@pytest.mark.slow
def test_smaller_pictures_are_more_pictures(visit: Visit) -> None:
    medium = visit.number("drawn")
    choose(visit, "Size", "large")
    assert visit.number("drawn") < medium


@pytest.mark.slow
def test_excluded_images_are_dimmed_or_gone(visit: Visit) -> None:
    everything = visit.number("drawn")
    serial = visit.number("serial")
    visit.page.locator("[data-attribute=content_cat] .chip").click()
    visit.newer_frame(serial)
    assert visit.number("drawn") == everything
    switch(visit, "Excluded")
    assert 0 < visit.number("drawn") < everything


@pytest.mark.slow
def test_close_pictures_are_cards_and_the_closest_the_original(visit: Visit) -> None:
    box = visit.map.bounding_box()
    assert box is not None
    chosen = visit.page.locator(".ex-card[data-image]:not([data-image=''])")
    for x in range(100, int(box["width"]) - 100, 60):
        if visit.click_meets_picture(x, box["height"] / 2):
            break
    expect(chosen).to_have_count(1)
    serial = visit.number("serial")
    visit.page.keyboard.press("f")
    visit.newer_frame(serial)
    visit.page.wait_for_function("map => Number(map.dataset.originals) > 0", arg=visit.map.element_handle())
    expect(visit.page.locator(".card .caption").first).to_contain_text("number")
    assert visit.number("originals") >= 1
    assert visit.number("held") < 64e6


@pytest.mark.parametrize("size", [(200, 200), (7680, 4320)])
@pytest.mark.slow
def test_any_window_has_a_map(chromium: Browser, address: str, size: tuple[int, int]) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    visit = Visit(context.new_page(), address)
    visit.settle()
    assert visit.number("drawn") > 0
    assert visit.number("held") < 400e6
    assert visit.complaints == []
    context.close()


@pytest.mark.slow
def test_no_name_ever_lies_over_another(chromium: Browser) -> None:
    """The placing itself, with names of all lengths at all zooms, in the browser that measures them."""
    page = chromium.new_page(viewport={"width": 900, "height": 600})
    content = "<style>.label { position: absolute; white-space: nowrap; visibility: hidden }</style><div id=box></div>"
    load_modules(page, "map/canvas/map_labels.js", content=content)
    chance = random.Random(4)  # noqa: S311 -- places of names, no secret
    labels = [
        {
            "text": "word " * chance.randint(1, 5),
            "x": chance.uniform(-1, 1),
            "y": chance.uniform(-1, 1),
            "level": level,
            "radius": chance.uniform(0.02, 0.6) / (level + 1),
        }
        for level in (0, 0, 1, 1, 1, 2, 2, 2, 2, 2)
        for _ in range(12)
    ]
    page.evaluate(
        "labels => { window.names = makeLabels(document.getElementById('box')); names.build(labels) }", labels
    )
    seen = set()
    for scale in (60, 200, 450, 1000, 3000):
        boxes = page.evaluate(
            """scale => {
              const toScreen = (x, y) => [450 + x * scale, 300 - y * scale]
              names.place(toScreen, scale, { w: 900, h: 600 }, true, [])
              const shown = [...document.querySelectorAll(".label")].filter((e) => e.style.visibility === "visible")
              return shown.map((e) => [e.getBoundingClientRect(), e.className])
                .map(([box, kind]) => [box.left, box.top, box.right, box.bottom, kind])
            }""",
            scale,
        )
        for place, (left, top, right, bottom, kind) in enumerate(boxes):
            seen.add(kind)
            assert left >= 0
            assert top >= 0
            assert right <= 900
            assert bottom <= 600
            for other in boxes[:place]:
                assert right <= other[0] or left >= other[2] or bottom <= other[1] or top >= other[3], scale
    assert len(seen) == 3, "every level has its zooms"
    page.close()
