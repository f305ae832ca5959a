"""A real server process and a real Chromium, for tests, benchmarks and screenshots alike."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, Dialog, Locator, Page, sync_playwright

from tests.helpers.prepared import Process, start
from tests.helpers.waiting import DEADLINE

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The pages of Chromium's own bar and address list, which are not visible here, cost three seconds a window; of two
# flags of this name the last one counts, so the others are those of Playwright that save work.
UNSEEN = (
    "InitialWebUI,PreloadTopChromeWebUI,WebUILocationBar,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,WebUIOmniboxPopup,"
    "WebUIReloadButton,WebUIToolbar,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch"
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={UNSEEN}",
)
RESTS = """map => {
    const place = Object.values(map.getBoundingClientRect().toJSON()).join()
    const seen = map.seenAt?.place === place ? map.seenAt : (map.seenAt = { place, frames: 0 })
    seen.frames += 1
    return seen.frames > 30 && delete map.seenAt
}"""


def chromium_path() -> str | None:
    """Find the system's Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def start_server(collection: Path, port: int = 0, *options: str, fresh: bool = False) -> tuple[Process, str]:
    """Serve a collection in a process of its own; return the process and its address once it answers."""
    command = ["serve", str(collection), "--port", str(port), "--no-browser", *options]
    # What the server prints on its way out must not get among the lines of a benchmark.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        process = start(command, nowhere.fileno(), fresh=fresh)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "http://" in line:
            # Continue to read, because a server stops when its output no longer fits into the pipe.
            threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
            return process, next(word for word in line.split() if word.startswith("http://"))
    raise AssertionError("the server did not start: " + "".join(lines))


def _pass_on(words: IO[str]) -> None:
    with words:
        for line in words:
            sys.stderr.write(f"server: {line}")


@contextmanager
def serving(collection: Path) -> Iterator[str]:
    """Serve a collection while the block runs; return its address."""
    process, address = start_server(collection)
    try:
        yield address
    finally:
        stop_server(process)


@contextmanager
def panel_serving(collection: Path, *options: str) -> Iterator[str]:
    """Serve a collection by Panel's own command while the block runs; return the map's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "explorer", "--address", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *options, "--args", str(collection)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # forked processes outlive their parent unless the whole group is ended
    )
    try:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "Bokeh app running at" in line:
                break
        else:
            raise AssertionError("the server did not start: " + "".join(lines))
        threading.Thread(target=_pass_on, args=(process.stderr,), daemon=True).start()
        yield line.split()[-1]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stop_server(process: Process) -> None:
    """Press Ctrl-C in a server, and make sure."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def complain_of_dialogs(visit: Visit) -> None:
    """Count each dialog as an error, and close it. A page whose dialog nobody closes waits for ever."""

    def close(dialog: Dialog) -> None:
        visit.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    visit.page.on("dialog", close)


class Visit:
    """A watched page: its requests and its errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(1000 * DEADLINE)
        page.goto(address)
        page.locator(".ex-map[data-frame]").wait_for(timeout=60_000)

    @property
    def map(self) -> Locator:
        """The map's element."""
        return self.page.locator(".ex-map")

    def number(self, name: str) -> float:
        """Read one of the numbers that the map keeps about itself, e.g. ``serial`` of the frame on screen."""
        return float(self.map.get_attribute(f"data-{name}") or 0)

    def settle(self) -> None:
        """Wait until the frame on screen is the one asked for last."""
        self.page.wait_for_function(
            "map => map.dataset.frame === map.dataset.requested", arg=self.map.element_handle(), polling=5
        )

    def newer_frame(self, serial: float) -> None:
        """Wait for a frame later than `serial`."""
        self.page.wait_for_function(
            "([map, old]) => Number(map.dataset.serial) > old", arg=[self.map.element_handle(), serial], polling=5
        )

    def rest(self) -> None:
        """Wait until nothing moves the map any more: its place is the same over 30 frames of the screen."""
        self.page.wait_for_function(RESTS, arg=self.map.element_handle(), polling="raf")

    def click_meets_picture(self, x: float, y: float) -> bool:
        """Click on a place of the map, wait for the answer, and tell whether a picture was there."""
        before, box = self.number("tapped"), self.map.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + x, box["y"] + y)
        self.page.wait_for_function(
            "([map, old]) => Number(map.dataset.tapped || 0) > old", arg=[self.map.element_handle(), before]
        )
        return self.map.get_attribute("data-met") == "yes"

    def colours(self) -> dict[tuple[int, int, int], int]:
        """Count the colours on the canvas, 16 steps a channel, every tenth pixel."""
        counts: dict[str, int] = self.map.locator("canvas").evaluate(
            "canvas => { const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, "
            "counts = {}; for (let i = 0; i < data.length; i += 40) { const key = [data[i] >> 4, data[i + 1] >> 4, "
            "data[i + 2] >> 4].join(); counts[key] = (counts[key] || 0) + 1 } return counts }"
        )
        result = {}
        for key, count in counts.items():
            red, green, blue = map(int, key.split(","))
            result[red, green, blue] = count
        return result
