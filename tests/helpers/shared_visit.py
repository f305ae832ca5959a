"""One page for the tests of a file: each begins from the view that the page had when it was loaded."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.sync_api import Page, ViewportSize
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.helpers.served import Visit

__all__ = ["SharedVisit"]

SIZE: ViewportSize = {"width": 1280, "height": 800}
SHORT = 500
"""Milliseconds to click on what may go."""
PATIENCE = 10.0
"""Seconds until a view that cannot be put back is loaded again."""

OF_MAP = (
    "map => ({...Object.fromEntries(['scale', 'level', 'drawn', 'selected', 'mode', 'nothing']"
    ".map(name => [name, map.dataset[name] ?? ''])), dark: map.classList.contains('dark'), "
    "box: Object.values(map.getBoundingClientRect().toJSON()).join(), "
    "help: !map.querySelector('.help').hidden, bar: !map.querySelector('.ex-selection-bar').hidden})"
)
OF_CHOICES = "bar => [...bar.querySelectorAll('select, button')].map(e => e.value || e.ariaPressed || e.ariaExpanded)"


@dataclass
class SharedVisit:
    """A visit that tests use one after the other.

    Attributes
    ----------
    page
        An empty page of 1280 x 800.
    address
        Address of the app.
    loads
        How often the page was loaded.
    """

    page: Page
    address: str
    loads: int = 0
    _visit: Visit | None = field(default=None, repr=False)
    _known: dict[str, object] = field(default_factory=dict, repr=False)

    def begin(self) -> Visit:
        """Return the visit with the view of a page that was just loaded; load it if there is no other way."""
        if self._visit is None:
            self._visit = Visit(self.page, self.address)
            self._load()
        elif not self._is_back(self._visit):
            self.page.goto(self.address)
            self.page.locator(".ex-map[data-frame]").wait_for()
            self._load()
        return self._visit

    def _load(self) -> None:
        assert self._visit is not None
        self.loads += 1
        self._visit.rest()
        self._visit.settle()
        self._known = _state(self._visit)

    def _is_back(self, visit: Visit) -> bool:
        end, different = time.monotonic() + PATIENCE, self._differences(visit)
        while True:
            with suppress(PlaywrightTimeoutError):  # what was to be clicked may just have gone
                _put_back(visit, different)
            visit.settle()
            different = self._differences(visit)
            if not different:
                return True
            if time.monotonic() > end:
                print(f"The page is loaded again, because the view did not come back: {different}")  # noqa: T201
                return False

    def _differences(self, visit: Visit) -> dict[str, tuple[object, object]]:
        """Return what differs from the page that was loaded: its value now, and then."""
        found = _state(visit)
        return {name: (found[name], then) for name, then in self._known.items() if found[name] != then}


def _state(visit: Visit) -> dict[str, object]:
    """Everything of the view that a test may have changed."""
    page = visit.page
    state: dict[str, object] = visit.map.evaluate(OF_MAP)
    state["size"] = page.viewport_size
    state["choices"] = page.locator(".ex-toolbar").evaluate(OF_CHOICES)
    state["filters"] = page.locator(".ex-filters").inner_text()
    state["search"] = page.locator(".ex-search").inner_text() + page.locator(".ex-search input").input_value()
    state["tab"] = page.locator("[data-tab][aria-selected=true]").get_attribute("data-tab")
    state["card"] = page.locator(".ex-card").get_attribute("data-image")
    return state


def _put_back(visit: Visit, different: Collection[str]) -> None:
    """Take back what a test may have chosen, one step further, as a person does it."""
    page = visit.page
    page.mouse.move(SIZE["width"] / 2, 1)
    if "size" in different:
        page.set_viewport_size(SIZE)
    if "dark" in different:
        page.get_by_role("button", name="Toggle theme").click(timeout=SHORT)
    if "search" in different:
        page.locator(".ex-search input").fill("")
    clear = page.locator(".ex-filters .clear")
    if clear.is_visible():
        clear.click(timeout=SHORT)
    if "choices" in different:
        for choice, value in (("Show first", "chance"), ("Colour", ""), ("Size", "medium")):
            select = page.locator(".ex-toolbar label", has_text=choice).locator("select")
            if select.input_value() != value:
                select.select_option(value, timeout=SHORT)
        for button in page.locator(".ex-toolbar button[aria-pressed=false]").all():
            button.click(timeout=SHORT)
    visit.map.focus()
    for _ in range(4):  # the help, a mode, the card, the selection
        page.keyboard.press("Escape")
    image, closing = page.locator("[data-tab=image]"), page.get_by_role("button", name="Close contextbar")
    if "tab" in different:
        if not image.is_visible():
            page.get_by_role("button", name="Open contextbar").click(timeout=SHORT)
        image.click(timeout=SHORT)
    if closing.is_visible():
        closing.click(timeout=SHORT)
    visit.map.focus()
    page.keyboard.press("0")
    page.wait_for_timeout(20)
