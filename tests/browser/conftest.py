"""Browser tests: skipped where there is no browser, an error with CI=true."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers import served
from tests.helpers.shared_visit import SIZE, SharedVisit
from tests.helpers.waiting import DEADLINE

# How long a page takes is the benchmarks' matter: beside other tests on two cores a pause of seconds is no defect.
expect.set_options(timeout=1000 * DEADLINE)


LONGEST = 4 * DEADLINE
"""Seconds after which a test is taken to wait for ever; a condition that never holds ends it earlier."""
_loops: list[asyncio.AbstractEventLoop] = []
"""The loop that Playwright runs in this worker."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Fail a test that waits for ever, at the line that waits: what a page evaluates has no time limit of its own."""
    watch = threading.Timer(LONGEST, _give_up, [item.nodeid])
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()


def _give_up(name: str) -> None:
    """Cancel the call to the browser that a test waits for."""
    print(f"{name} waits for longer than {LONGEST:.0f} s")  # noqa: T201 -- shown with the failure
    for loop in _loops:
        for task in asyncio.all_tasks(loop):
            # Playwright marks the calls of a test so, by one name or the other; its own work goes on.
            if hasattr(task, "__pw_caller_frame__") or hasattr(task, "__pw_stack__"):
                loop.call_soon_threadsafe(task.cancel)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    path = served.chromium_path()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("CI needs a browser: install the system's package 'chromium'.")
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(served.NAMES)} is installed")
    with served.chromium(path) as browser:
        _loops.append(asyncio.get_running_loop())
        yield browser
        _loops.clear()


@pytest.fixture(scope="session")
def address(served_path: Path) -> Iterator[str]:
    """Address of a server of the drawn collection."""
    with served.serving(served_path) as url:
        yield url


@pytest.fixture(scope="module")
def shared_visit(chromium: Browser, address: str) -> Iterator[SharedVisit]:
    """The page that the tests of a file share, in a browser context of 1280 x 800."""
    context = chromium.new_context(viewport=SIZE)
    yield SharedVisit(context.new_page(), address)
    context.close()


@pytest.fixture
def visit(shared_visit: SharedVisit) -> served.Visit:
    """The app of the file's address, with the view that it had when it was loaded."""
    return shared_visit.begin()


@pytest.fixture
def fresh_visit(chromium: Browser, address: str) -> Iterator[served.Visit]:
    """The app in a browser context of the test's own, settled; for what a page does when it is loaded."""
    context = chromium.new_context(viewport=SIZE)
    opened = served.Visit(context.new_page(), address)
    opened.settle()
    yield opened
    context.close()
