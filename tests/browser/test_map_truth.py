"""Never a wrong picture for a point: images that carry their number in their colour, checked on screen by pixels."""

from __future__ import annotations

import csv
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from pipeline.build import BuildOptions, build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.served import Visit, start_server, stop_server

pytestmark = pytest.mark.slow  # servers that stop and start again: forty seconds; `.ci/run` runs them too

COUNT = 64
COLORS = np.array([(70 + 60 * (n % 4), 60 + 60 * (n // 4 % 4), 60 + 60 * (n // 16)) for n in range(COUNT)])


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection in which every image is of one colour, which says its number."""
    folder = tmp_path_factory.mktemp("numbered")
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "content_cat"])
        for number, color in enumerate(COLORS.tolist()):
            Image.new("RGB", (80, 80), tuple(color)).save(folder / f"{number:02d}.png")
            writer.writerow([f"{number:02d}.png", f"number {number}", "yes" if number % 2 else "no"])
    options = BuildOptions(near_duplicates=0.0)
    build_collection(
        open_source(folder / "table.csv"),
        folder / "built",
        FakeEmbedder(),
        load_taxonomy(asset("taxonomy/bam.toml")),
        options,
    )
    return folder / "built"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def page_of(chromium: Browser) -> Iterator[Browser]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context  # type: ignore[misc]
    context.close()


def pixel(visit: Visit, x: float, y: float) -> np.ndarray:
    """Read the canvas at a place of the map."""
    found: list[int] = visit.map.locator("canvas").evaluate(
        "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3)",
        [round(x), round(y)],
    )
    return np.array(found)


def checked(visit: Visit, wanted: int = 6) -> int:
    """Hover over a picture's own colour on the screen; the map must name that picture."""
    visit.settle()
    box = visit.map.bounding_box()
    assert box is not None
    agreed: set[int] = set()
    for x in range(70, int(box["width"]) - 70, 23):  # half a picture, so that each is met
        for y in range(60, int(box["height"]) - 60, 19):
            distance = np.abs(COLORS - pixel(visit, x, y)).max(axis=1)
            if distance.min() > 6 or int(np.argmin(distance)) in agreed:  # ground, a frame, a count, or a dimmed one
                continue
            visit.page.mouse.move(box["x"] + x, box["y"] + y)
            tip = visit.page.locator(".ex-map .tip-text")
            expect(tip).to_be_visible()
            told = re.search(r"number (\d+)", tip.inner_text())
            assert told is not None
            assert int(told.group(1)) == int(np.argmin(distance))
            agreed.add(int(np.argmin(distance)))
            visit.page.mouse.move(box["x"] + 5, box["y"] + 5)
            expect(tip).to_be_hidden()
            if len(agreed) == wanted:
                return wanted
    return len(agreed)


def test_every_picture_is_its_points_own_after_filter_reload_and_restart(
    page_of: Browser, numbered: Path, port: int
) -> None:
    process, address = start_server(numbered, port)
    try:
        visit = Visit(page_of.new_page(), address)
        assert checked(visit) == 6
        visit.page.locator("[data-attribute=content_cat] .chip").click()
        assert checked(visit) >= 3
        visit.page.reload()
        visit.page.locator(".ex-map[data-frame]").wait_for()
        assert checked(visit) == 6
        visit.page.evaluate("document.documentElement.dataset.before = 'true'")
    finally:
        stop_server(process)
    process, _ = start_server(numbered, port)
    try:
        expect(visit.page.locator("html[data-before]")).to_have_count(0, timeout=60_000)  # it came back by itself
        visit.page.locator(".ex-map[data-frame]").wait_for(timeout=30_000)
        assert checked(visit) == 6
    finally:
        stop_server(process)


def test_a_server_that_restarts_finds_the_page_as_the_person_left_it(
    page_of: Browser, served_path: Path, port: int
) -> None:
    process, address = start_server(served_path, port)
    try:
        visit = Visit(page_of.new_page(), address)
        visit.page.locator("[data-attribute=content_cat] .chip").click()
        visit.map.hover(position={"x": 300, "y": 300})
        serial = visit.number("serial")
        visit.page.mouse.wheel(0, -600)
        visit.newer_frame(serial)
        visit.settle()
        scale, passing = visit.number("scale"), visit.page.locator(".ex-status .passing").inner_text()
    finally:
        stop_server(process)
    expect(visit.page.locator(".ex-map .problem")).to_contain_text("connection to the server was lost")
    process, _ = start_server(served_path, port)
    try:
        expect(visit.page.locator(".ex-map .problem")).to_be_hidden(timeout=30_000)
        expect(visit.page.locator(".ex-status .passing")).to_have_text(passing, timeout=30_000)
        visit.page.locator(".ex-map[data-frame]").wait_for(timeout=30_000)
        visit.settle()
        assert passing != "72"
        assert visit.number("scale") == pytest.approx(scale, rel=0.01)
    finally:
        stop_server(process)


def test_a_collection_built_again_while_open_says_so_and_never_mixes(
    page_of: Browser, numbered: Path, tmp_path: Path, port: int
) -> None:
    place = tmp_path / "copy"
    shutil.copytree(numbered, place)
    process, address = start_server(place, port)
    try:
        visit = Visit(page_of.new_page(), address)
        visit.settle()
        place.rename(tmp_path / "old")
        shutil.copytree(numbered, place)
        visit.map.hover(position={"x": 300, "y": 300})
        visit.page.mouse.wheel(0, -300)
        expect(visit.page.locator(".ex-map .problem")).to_contain_text("Reload the page")
        visit.page.reload()
        visit.page.locator(".ex-map[data-frame]").wait_for()
        assert checked(visit) == 6
        shutil.rmtree(place)
        visit.page.mouse.wheel(0, -300)
        expect(visit.page.locator(".ex-map .problem")).to_contain_text("Reload the page")
    finally:
        stop_server(process)
