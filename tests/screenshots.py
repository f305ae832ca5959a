"""Make the documentation's screenshots from the real app: ``python -m tests.screenshots DIR --out docs/images``."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests import served

SIZES = ((1280, 800), (1920, 1080))


def save(page: Page, path: Path) -> None:
    """Write what the page shows as WebP, a fifth of a PNG's size."""
    Image.open(io.BytesIO(page.screenshot())).save(path, quality=85, method=6)


def shoot(browser: Browser, address: str, out: Path, *, dark: bool, width: int, height: int) -> None:
    """Take the whole map, then the map filtered with a card open."""
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
    for share in (0.5, 0.45, 0.55, 0.4, 0.6, 0.35, 0.65):
        page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * share)
        page.wait_for_timeout(300)
        if page.locator(".ex-card h3").count():
            break
    page.wait_for_timeout(900)
    visit.settle()
    save(page, out / f"card-{theme}-{width}.webp")
    page.close()


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
        for width, height in SIZES:
            for dark in (True, False):
                shoot(browser, address, options.out, dark=dark, width=width, height=height)


if __name__ == "__main__":
    main()
