"""The app as a person meets it, in a real browser on a real server."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.served import Visit

SLIDER = "[data-attribute=content_cat] input"


def set_slider(visit: Visit, value: float) -> None:
    visit.page.locator(f".ex-filters {SLIDER}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})) }", value
    )


def test_pictures_are_drawn(visit: Visit) -> None:
    red, blue = "red", "blue"
    kinds = {red: 0, blue: 0}
    for (r, g, b), count in visit.colours().items():
        kinds[red] += count * (r > 7 and g < 4 and b < 4)
        kinds[blue] += count * (b > 7 and r < 4 and g < 4)
    assert min(kinds.values()) > 20, "discs and squares of the drawn collection are on the canvas"


@pytest.mark.slow
def test_the_wheel_zooms_and_a_frame_of_the_new_range_arrives(visit: Visit) -> None:
    scale, serial = visit.number("scale"), visit.number("serial")
    visit.map.hover(position={"x": 300, "y": 300})
    visit.page.mouse.wheel(0, -400)
    visit.newer_frame(serial)
    visit.settle()
    assert visit.number("scale") > 1.5 * scale
    assert visit.number("latency") > 0


def test_dragging_moves_the_picture_with_the_hand(visit: Visit) -> None:
    visit.page.mouse.wheel(0, 0)
    before, serial = visit.colours(), visit.number("serial")
    box = visit.map.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 300, box["y"] + 300)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 380, box["y"] + 340, steps=4)
    visit.page.mouse.up()
    visit.newer_frame(serial)
    assert visit.colours() != before
    expect(visit.page.locator(".ex-card h3")).to_have_count(0)


def test_a_slider_changes_the_count_and_the_picture(visit: Visit) -> None:
    passing = visit.page.locator(".ex-status .passing")
    assert passing.inner_text() == "72"
    serial = visit.number("serial")
    set_slider(visit, 0.5)
    expect(passing).not_to_have_text("72")
    some = int(passing.inner_text())
    assert 10 <= some <= 40, "about a third of the drawn images are discs"
    visit.newer_frame(serial)
    set_slider(visit, 1)
    expect(visit.page.locator(".ex-status .hint")).to_contain_text("No image passes")
    visit.page.locator(".ex-filters").get_by_role("button", name="Clear filters").click()
    expect(passing).to_have_text("72")


def tap_a_picture(visit: Visit) -> None:
    """Click where one of the drawn discs is red on the canvas; its card opens."""
    place = visit.map.locator("canvas").evaluate(
        """canvas => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
          for (let at = 0; at < data.length; at += 4) {
            if (data[at] > 180 && data[at + 1] < 60 && data[at + 2] < 60) {
              return [at / 4 % canvas.width, Math.floor(at / 4 / canvas.width)]
            }
          }
        }"""
    )
    visit.map.click(position={"x": place[0], "y": place[1] + 1})
    visit.page.locator(".ex-card[data-image]:not([data-image=''])").wait_for()


def test_tapping_a_picture_opens_its_card(visit: Visit) -> None:
    tap_a_picture(visit)
    card = visit.page.locator(".ex-card")
    expect(card.locator("h3")).to_contain_text("number")
    expect(card.locator("dd").first).to_contain_text("images/")
    expect(card.locator(".score")).to_have_count(2)
    expect(card.locator("img")).to_have_js_property("naturalWidth", 96)
    visit.page.keyboard.press("Escape")
    expect(card.locator("h3")).to_have_count(0)


def test_keys_zoom_and_show_everything(visit: Visit) -> None:
    home = visit.number("scale")
    visit.map.focus()
    visit.page.keyboard.press("+")
    visit.settle()
    assert visit.number("scale") != home
    visit.page.keyboard.press("0")
    visit.settle()
    assert visit.number("scale") == home


@pytest.mark.slow
def test_light_and_dark_have_grounds_of_their_own(visit: Visit) -> None:
    dark = visit.map.evaluate("node => node.classList.contains('dark')")
    serial = visit.number("serial")
    visit.page.get_by_role("button", name="theme", exact=False).first.click()
    visit.newer_frame(serial)
    assert visit.map.evaluate("node => node.classList.contains('dark')") is not dark


def test_the_page_talks_to_its_own_server_only_and_complains_of_nothing(visit: Visit, address: str) -> None:
    tap_a_picture(visit)
    hosts = {urlsplit(url).netloc for url in visit.requests if urlsplit(url).scheme in {"http", "https", "ws", "wss"}}
    assert hosts == {urlsplit(address).netloc}
    assert visit.complaints == []


@pytest.mark.slow
def test_two_sessions_do_not_share_filters(chromium: Browser, address: str, visit: Visit) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    other = Visit(context.new_page(), address)
    set_slider(visit, 0.9)
    expect(visit.page.locator(".ex-status .passing")).not_to_have_text("72")
    expect(other.page.locator(".ex-status .passing")).to_have_text("72")
    context.close()
