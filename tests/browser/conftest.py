"""Browser tests: skipped where there is no browser, an error with CI=true."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers import served
from tests.helpers.waiting import DEADLINE

# How long a page takes is the benchmarks' matter: beside other tests on two cores a pause of seconds is no defect.
expect.set_options(timeout=1000 * DEADLINE)


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
        yield browser


@pytest.fixture(scope="session")
def address(collection_path: Path) -> Iterator[str]:
    """Address of a server of the drawn collection."""
    with served.serving(collection_path) as url:
        yield url


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[served.Visit]:
    """The app in a fresh browser context of 1280 x 800, settled."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    opened = served.Visit(context.new_page(), address)
    opened.settle()
    yield opened
    context.close()
