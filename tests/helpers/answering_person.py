"""An annotator who answers in a real browser by keyboard and knows the truth; for tests and benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

__all__ = ["AnsweringPerson"]

SHOWN = "([tab, old]) => tab.dataset.place && tab.dataset.shown === tab.dataset.place && tab.dataset.place !== old"
ITEMS = "tab => [...tab.querySelectorAll('.tile')].map(tile => [tile.dataset.image, tile.dataset.value])"


@dataclass
class AnsweringPerson:
    """A person at a page that is open already.

    Parameters
    ----------
    page
        The browser's page with the app.
    truth
        Tells of an image id whether it matches.
    think
        Seconds of thought for each image.
    """

    page: Page
    truth: Callable[[int], bool]
    think: float = 0.0
    keys: int = 0
    restarts: int = 0
    given: dict[int, str] = field(default_factory=dict)
    turns: list[float] = field(default_factory=list)

    @property
    def tab(self) -> Locator:
        """The tab where people answer."""
        return self.page.locator(".ex-labeling")

    def data(self, name: str) -> str:
        """Read the state that the tab shows."""
        return self.tab.get_attribute(f"data-{name}") or ""

    def join(self, name: str) -> None:
        """Open the tab and say a name."""
        self.page.get_by_role("button", name="Label", exact=True).click()
        self.tab.locator(".join input").fill(name)
        self.page.keyboard.press("Enter")
        self.tab.locator(".head").wait_for()

    def come_back(self) -> None:
        """Open the tab again, and wait until it hears the keys and shows pictures."""
        self.page.get_by_role("button", name="Label", exact=True).click()
        self.page.wait_for_function(
            "tab => tab.offsetParent && tab.getRootNode().activeElement === tab", arg=self.tab.element_handle()
        )
        self.wait_for_pictures()

    def choose(self, attribute: str, mode: str = "page") -> None:
        """Choose the attribute, the questions and the way of answering."""
        self.tab.locator("select.attribute").select_option(attribute)
        self.tab.locator(f'button[data-mode="{mode}"]').click()

    def ask(self, source: str, value: str = "") -> None:
        """Have images asked from a source."""
        more = self.tab.locator("details.more")
        if more.get_attribute("open") is None:
            more.locator("summary").click()
        form = self.tab.locator(f'form[data-source="{source}"]')
        if value:
            form.locator("input, select").fill(value)
        form.locator('button[type="submit"]').click()

    def begin(self, name: str, attribute: str, mode: str = "page") -> None:
        """Enter a name, choose an attribute, and add questions about random images."""
        self.join(name)
        self.choose(attribute, mode)
        self.ask("chance")

    def press(self, key: str) -> None:
        """Press one key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def wait_for_pictures(self, old: str = "") -> None:
        """Wait until the pictures of another page or image than `old` are painted."""
        self.page.wait_for_function(SHOWN, arg=[self.tab.element_handle(), old], polling=5)

    def answer_page(self) -> int:
        """Mark matching images by arrow keys and space, confirm, and wait for the next page; return the answers.

        A person who finds other pictures or other marks than before starts again.
        """
        items = self._mark_page()
        while not self._marked_as_meant(items):
            self.restarts += 1
            items = self._mark_page()
        for image in items:
            self.given[image] = "yes" if self.truth(image) else "no"
        before = self.data("place")
        self.press("Enter")
        if not any(map(self.truth, items)):
            self.press("Enter")  # a page without a mark is asked about once
        self._turned(before)
        return len(items)

    def _mark_page(self) -> list[int]:
        """Correct the marks so that exactly the matching images are marked; return the images."""
        self.wait_for_pictures()
        items, columns = self.tab.evaluate(ITEMS), int(self.tab.locator(".sheet").get_attribute("data-columns") or 1)
        at = int(self.data("at") or 0)
        for place, (image, value) in enumerate(items):
            if self.think:
                time.sleep(self.think)
            if self.truth(int(image)) is not (value == "yes"):
                self._go(at, place, columns)
                at = place
                self.press("Space")
        return [int(image) for image, _ in items]

    def _marked_as_meant(self, items: list[int]) -> bool:
        shown = [(int(image), value == "yes") for image, value in self.tab.evaluate(ITEMS)]
        return bool(items) and shown == [(image, self.truth(image)) for image in items]

    def answer_one(self) -> int:
        """Answer the image on screen by one key and wait for the next."""
        self.wait_for_pictures()
        image = int(self.tab.locator("figure").get_attribute("data-image") or 0)
        if self.think:
            time.sleep(self.think)
        matches, before = self.truth(image), self.data("place")
        self.press("y" if matches else "n")
        self.given[image] = "yes" if matches else "no"
        self._turned(before)
        return 1

    def saved(self, count: int) -> None:
        """Wait until so many answers are acknowledged."""
        self.page.wait_for_function(
            "([tab, count]) => Number(tab.dataset.saved) >= count && tab.dataset.pending === '0'",
            arg=[self.tab.element_handle(), count],
            polling=20,
        )

    def _go(self, start: int, goal: int, columns: int) -> None:
        """Go over full lines: the last one may be short."""
        down, right = goal // columns - start // columns, goal % columns - start % columns
        along = ["ArrowDown" if down > 0 else "ArrowUp"] * abs(down)
        across = ["ArrowRight" if right > 0 else "ArrowLeft"] * abs(right)
        for key in (across + along) if down > 0 else (along + across):
            self.press(key)

    def _turned(self, before: str) -> None:
        self.page.wait_for_function(
            "([tab, old]) => tab.dataset.place !== old", arg=[self.tab.element_handle(), before], polling=5
        )
        if self.data("page"):
            self.wait_for_pictures(before)
            self.turns.append(float(self.data("turn") or 0))
