"""Make the documentation's screenshots from the real app: ``python -m tests.screenshots DIR --out docs/images``."""

from __future__ import annotations

import argparse
import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page

from pipeline.collection import Collection
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson
from tests.helpers.audited import audit_releases

PEN_AND_INK, ROUNDS = "media_pen_ink", 4
VECTOR_ART = "media_vectorart"
AUDITED = [VECTOR_ART, "content_building", "content_people", "content_food"]
SIZES = ((1280, 800), (1920, 1080))


def save(page: Page, path: Path) -> None:
    """Write the picture of a page as WebP, which has a fifth of the size of PNG."""
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=85, method=6)


def shoot(browser: Browser, address: str, out: Path, *, dark: bool, width: int, height: int) -> None:
    """Take the whole map, the map filtered with a card open, and a page of answers beside the map."""
    theme = "dark" if dark else "light"
    page = browser.new_page(viewport={"width": width, "height": height})
    visit = served.Visit(page, address + ("" if dark else "?theme=default"))
    visit.settle()
    page.wait_for_timeout(500)
    save(page, out / f"map-{theme}-{width}.webp")
    chips = page.locator(".ex-filter .chip")
    if chips.count():
        wanted = page.locator("[data-attribute=content_bird] .chip")
        (wanted if wanted.count() else chips.first).click()
        page.wait_for_timeout(600)
    box = visit.map.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.wheel(0, -500)
    page.wait_for_timeout(400)
    _open_card_of_a_bird(page, box)
    page.wait_for_timeout(900)
    visit.settle()
    save(page, out / f"card-{theme}-{width}.webp")
    page.close()
    _shoot_answering(browser, visit.address, out / f"label-{theme}-{width}.webp", width, height)


def _shoot_answering(browser: Browser, address: str, path: Path, width: int, height: int) -> None:
    """Take a page of birds, some of them marked."""
    page = browser.new_page(viewport={"width": width, "height": height})
    served.Visit(page, address).settle()
    person = AnsweringPerson(page, lambda _: True)
    person.join("Ann")
    person.choose("content_bird")
    page.wait_for_timeout(500)
    person.ask("search", "bird")
    person.wait_for_pictures()
    for key in (
        "Space",
        "ArrowRight",
        "Space",
        "ArrowRight",
        "Space",
        "ArrowDown",
        "u",
        "ArrowLeft",
        "Space",
        "ArrowDown",
    ):
        person.press(key)
    page.wait_for_timeout(9500)  # until the notice about the questions disappears
    save(page, path)
    page.close()


def shoot_rounds(browser: Browser, address: str, collection: Path, out: Path) -> None:
    """Run rounds of pen and ink, answered from the sample's known answers, and take the Rounds tab in both themes."""
    opened = Collection(collection)
    known = dict(zip(opened.image_ids.tolist(), (opened.known(PEN_AND_INK) == 1).tolist(), strict=True))
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    served.Visit(page, address).settle()
    person = AnsweringPerson(page, known.__getitem__)
    person.join("Ann")
    person.choose(PEN_AND_INK)
    tab = page.locator(".ex-rounds")
    for number in range(1, ROUNDS + 1):
        page.locator("[data-tab=rounds]").click()
        tab.locator(".train").click()
        page.wait_for_selector(f'.ex-rounds[data-round="{number}"]', timeout=60_000)
        if number < ROUNDS:
            tab.locator(".answer").click()
            person.tab.wait_for()
            asked = 0
            while asked < 96:
                asked += person.answer_page()
            person.saved(96 * number)
    page.get_by_label("Colour").first.select_option("uncertainty")
    for theme, (width, height) in (("dark", SIZES[1]), ("light", SIZES[0])):
        page.set_viewport_size({"width": width, "height": height})
        if theme == "light":
            page.get_by_role("button", name="Toggle theme").click()
        page.mouse.move(width / 2, height - 20)  # away from anything that shows help under the pointer
        page.wait_for_timeout(2500)
        save(page, out / f"rounds-{theme}-{width}.webp")
    page.close()


def shoot_audit(browser: Browser, address: str, out: Path) -> None:
    """Take the Audit tab for vector art, with the map coloured by region, in both themes."""
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    served.Visit(page, address).settle()
    page.get_by_role("button", name="Label", exact=True).click()
    page.locator("[data-tab=audit]").click()
    tab = page.locator(".ex-audit")
    tab.get_by_label("Attribute", exact=True).select_option(VECTOR_ART)
    tab.locator(".statement").wait_for(timeout=60_000)
    tab.get_by_role("button", name="Colour the map by precision").click()
    for theme, (width, height) in (("dark", SIZES[1]), ("light", SIZES[0])):
        page.set_viewport_size({"width": width, "height": height})
        if theme == "light":
            page.get_by_role("button", name="Toggle theme").click()
        tab.evaluate("tab => { tab.scrollTop = 0 }")
        page.mouse.move(width / 2, height - 20)
        page.wait_for_timeout(2500)
        save(page, out / f"audit-{theme}-{width}.webp")
    page.close()


def _open_card_of_a_bird(page: Page, box: FloatRect) -> None:
    """Click outwards from the middle until the card shows a known bird that passes the filter."""
    steps = sorted(((x, y) for x in range(-6, 7) for y in range(-6, 7)), key=lambda step: step[0] ** 2 + step[1] ** 2)
    for across, down in steps:
        page.mouse.click(
            box["x"] + box["width"] * (0.4 + across * 0.05), box["y"] + box["height"] * (0.5 + down * 0.06)
        )
        page.wait_for_timeout(200)
        card = page.locator(".ex-card")
        score = re.search(r"bird\s+(\d\.\d+)\s+✓", card.inner_text()) if card.count() else None
        if score and float(score.group(1)) > 0.7:
            break
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 30)


def main() -> None:
    """Parse the command line and take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    path = served.chromium_path()
    if path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    with served.serving(options.collection) as address, served.chromium(path) as browser:
        shoot_rounds(browser, address, options.collection, options.out)
        for width, height in SIZES:
            for dark in (True, False):
                shoot(browser, address, options.out, dark=dark, width=width, height=height)
        audit_releases(options.collection, AUDITED)
        shoot_audit(browser, address, options.out)


if __name__ == "__main__":
    main()
