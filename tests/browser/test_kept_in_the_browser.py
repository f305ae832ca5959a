"""Old or damaged cookies and storage of a browser lead to a working page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_attributes import enter
from tests.helpers import served
from tests.helpers.own_collection import address, place
from tests.helpers.sizes import sizes

__all__ = ["address", "place"]  # fixtures

OTHERS = {"bokeh-session-id": "x" * 40, "is_guest": "1", "user": "2|1:0|10:1|4:user|4:eA==|0", "_xsrf": "2|a|b|1"}
"""Cookies that Panel and Bokeh set elsewhere: every port of one machine shares them."""

DAMAGE = """garbage => {
    for (const store of [localStorage, sessionStorage])
        for (const name of Object.keys(store)) store.setItem(name, garbage)
    localStorage.setItem(`bam-explorer:outbox:${name}:0`, garbage)
    sessionStorage.setItem(`bam-explorer:work:${name}`, garbage)
}"""


OLD = '[{"id": "%s", "page": "gone", "kind": "answer", "replies": [], "annotator": "%s"}]'
"""An answer that a closed window had not sent."""


def come_back(page: Page, address: str) -> served.Visit:
    """Open another window of the same browser, and its Label tab."""
    visit = served.Visit(page.context.new_page(), address)
    visit.page.locator("header").get_by_role("button", name="Label").click()
    return visit


@pytest.mark.slow
@pytest.mark.parametrize("garbage", sizes(["[1]"], ["{", "[1]", '[{"id": 1}, null]']))
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


@pytest.mark.slow
def test_a_returning_person_who_has_chosen_nothing_is_offered_the_attributes(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "Di")
    visit = come_back(page, address)
    expect(visit.page.locator(".ex-labeling select.attribute option[value=content_cat]")).to_be_attached()
    expect(visit.page.locator(".ex-labeling select.attribute option:checked")).to_have_text("Choose an attribute …")
    assert visit.complaints == []
    page.context.close()


@pytest.mark.slow
def test_a_chosen_attribute_that_is_gone_leaves_the_list_of_the_others(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "Ed")
    (token,) = page.context.cookies()
    page.evaluate(
        'place => sessionStorage.setItem(place, \'{"attribute": "content_gone"}\')',
        f"bam-explorer:work:{token['name']}",
    )
    page.reload()
    page.locator("header").get_by_role("button", name="Label").click()
    expect(page.locator(".ex-labeling select.attribute option[value=content_cat]")).to_be_attached()
    page.context.close()


@pytest.mark.slow
def test_a_damaged_list_of_answers_does_not_hold_back_those_of_other_windows(chromium: Browser, address: str) -> None:
    page = enter(chromium, address, "Flo")
    (token,) = page.context.cookies()
    me = page.locator(".ex-labeling").get_attribute("data-me")
    good = OLD % ("a" * 32, me)
    for end, text in (("0", "{"), ("1", good), ("2", "[1]"), ("3", good[:-1].replace("aaaa", "bbbb") + ", null]")):
        page.evaluate(
            "([place, text]) => localStorage.setItem(place, text)", [f"bam-explorer:outbox:{token['name']}:{end}", text]
        )
    sent: list[str] = []
    again = page.context.new_page()
    again.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    served.Visit(again, address)
    (hello,) = [frame for frame in sent if '"pending"' in frame]
    assert "a" * 32 in hello
    assert "bbbb" in hello
    assert hello.count("gone") == 2
    assert '"pending",[{' in hello
    assert ",null]" not in hello.split('"pending"')[1]
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "words"), [("  ", "Enter a name."), ("a\u202eb", "U+202E")])
def test_a_name_that_is_refused_says_why_above_the_field(
    chromium: Browser, address: str, name: str, words: str
) -> None:
    page = chromium.new_page()
    served.Visit(page, address)
    page.locator("header").get_by_role("button", name="Label").click()
    page.locator(".join input").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".join .why")).to_contain_text(words)
    page.context.close()
