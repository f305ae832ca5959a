"""What a browser keeps from the last version, or damaged, leads to a working page: cookies and storage."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_attributes import enter
from tests.helpers import served
from tests.helpers.own_collection import address, place

__all__ = ["address", "place"]  # fixtures

OTHERS = {"bokeh-session-id": "x" * 40, "is_guest": "1", "user": "2|1:0|10:1|4:user|4:eA==|0", "_xsrf": "2|a|b|1"}
"""Cookies that Panel and Bokeh set elsewhere: every port of one machine shares them."""

DAMAGE = """garbage => {
    for (const store of [localStorage, sessionStorage])
        for (const name of Object.keys(store)) store.setItem(name, garbage)
    localStorage.setItem(`bam-explorer:outbox:${name}:0`, garbage)
    sessionStorage.setItem(`bam-explorer:work:${name}`, garbage)
}"""


@pytest.mark.parametrize("garbage", ["{", "[1]", '[{"id": 1}, null]'])
def test_damaged_cookies_and_storage_lead_to_a_page_that_works(chromium: Browser, address: str, garbage: str) -> None:
    page = enter(chromium, address, "Ann")
    (token,) = [cookie for cookie in page.context.cookies() if cookie["name"] not in OTHERS]
    page.evaluate(DAMAGE.replace("${name}", token["name"]), garbage)
    for name, value in (OTHERS | {token["name"]: garbage.replace(" ", "") or "old"}).items():
        page.context.add_cookies([{"name": name, "value": value, "url": address}])
    page.close()
    again = page.context.new_page()
    again.add_init_script(f"if (!sessionStorage.length) ({DAMAGE.replace('${name}', token['name'])})({garbage!r})")
    visit = served.Visit(again, address)
    again.locator("header").get_by_role("button", name="Label").click()
    again.locator(".join input").fill("Bo")
    again.keyboard.press("Enter")
    expect(again.locator(".join")).to_be_hidden()
    again.locator("[data-tab=attributes]").click()
    expect(again.locator(".ex-attribute").first).to_be_visible()
    assert visit.complaints == []
    page.context.close()
