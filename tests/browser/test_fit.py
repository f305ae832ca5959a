"""Everything that one can press or type into fits into the window, in every tab, from a phone to a large screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.helpers import served
from tests.helpers.own_collection import address, place
from tests.helpers.sizes import sizes

__all__ = ["address", "place"]  # fixtures

MISFITS = (Path(__file__).parent / "fit.js").read_text(encoding="utf-8").partition("export default ")[2].strip()
SIZES = sizes(
    [(360, 640)],
    [(390, 844), (360, 640), (844, 390), (800, 600), (853, 533), (1280, 800), (1440, 900), (1920, 1080)],
)
ROOMS = ["image", "selection", "label", "attributes", "answers", "rounds", "audit"]


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Callable[[int, int], Page]]:
    """The app in a window of a size."""
    contexts = []

    def open_page(width: int, height: int) -> Page:
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}))
        return served.Visit(contexts[-1].new_page(), address).page

    yield open_page
    for context in contexts:
        context.close()


def assert_fits(page: Page, where: str) -> None:
    """Wait until nothing moves, and check that everything fits."""
    with suppress(PlaywrightTimeoutError):
        page.wait_for_function(f"() => ({MISFITS})().length === 0", timeout=10_000)
    assert page.evaluate(MISFITS) == [], where


def open_panel(page: Page) -> None:
    if not page.locator("[data-tab]").first.is_visible():
        page.get_by_role("button", name="Open contextbar").click()
        expect(page.locator("[data-tab]").first).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_control_overlaps_another_or_leaves_the_window(
    opened: Callable[[int, int], Page], width: int, height: int
) -> None:
    page = opened(width, height)
    assert_fits(page, "the map")
    for tab in ROOMS:
        open_panel(page)
        page.locator(f"[data-tab={tab}]").click()
        expect(page.locator(f"[data-tab={tab}]")).to_have_attribute("aria-selected", "true")
        if tab == "label":
            join = page.locator(".ex-labeling .join")
            expect(join).to_be_visible()
            assert_fits(page, "a name is asked for")
            join.locator("input").fill("Ann")
            join.locator("button").click()
            page.locator(".ex-labeling select.attribute").select_option("content_cat")
            page.locator(".ex-labeling summary").click()
            expect(page.locator(".ex-labeling .source").first).to_be_visible()
        if tab == "attributes":
            page.locator(".ex-attribute").first.click()
            expect(page.locator(".ex-board .detail")).to_be_visible()
            assert_fits(page, "an attribute")
            page.locator(".ex-board .back").click()
        if tab == "rounds":
            page.locator(".ex-rounds select").first.select_option("content_cat")
        assert_fits(page, f"tab {tab}")


@pytest.mark.slow
def test_the_filters_of_a_phone_are_closed_at_first_and_open_and_close_by_a_button(
    opened: Callable[[int, int], Page],
) -> None:
    page = opened(390, 844)
    chips = page.locator(".ex-filter").first
    page.get_by_role("button", name="Open drawer").wait_for()
    expect(chips).to_be_hidden()
    page.get_by_role("button", name="Open drawer").click()
    expect(chips).to_be_visible()
    assert_fits(page, "filters")
    page.get_by_role("button", name="Close drawer").click()
    expect(chips).to_be_hidden()
    assert_fits(page, "the map again")


@pytest.mark.slow
def test_filters_and_side_panel_take_turns_in_a_narrow_window(
    opened: Callable[[int, int], Page],
) -> None:
    page = opened(853, 533)
    chips = page.locator(".ex-filter").first
    expect(chips).to_be_visible()
    open_panel(page)
    expect(chips).to_be_hidden()
    page.get_by_role("button", name="Close contextbar").click()
    expect(chips).to_be_visible()
