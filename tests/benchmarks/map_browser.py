"""The map in a real browser, beside an empty page of the same template: ``python -m tests.benchmarks.map_browser DIR``.

Measured in headless Chromium at 1280 x 800: first view, wheel turn and slider until the frame of the final range is
painted, frames a second while dragging, bytes, pictures held, memory of the server. Clocks run in the page. Prints one
JSON line for ``docs/measurements/map.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from pipeline.collection import Collection
from tests.benchmarks.machine import facts
from tests.helpers import served

WIDTH, HEIGHT = 1280, 800
EVENTS_A_TURN = 3
VISITS = 7
READY = {"map": ".ex-map[data-frame]", "empty": ".ex-empty"}
FIND = """selector => {
  const inside = (root) => root.querySelector(selector)
    ?? [...root.querySelectorAll("*")].filter((e) => e.shadowRoot).map((e) => inside(e.shadowRoot)).find(Boolean)
  return inside(document) ? performance.now() : 0
}"""
TO_NEXT_FRAME = """([map, act]) => new Promise((resolve) => {
  const start = performance.now(), before = Number(map.dataset.serial)
  const look = () => Number(map.dataset.serial) > before
    ? resolve(performance.now() - start) : requestAnimationFrame(look)
  new Function("map", act)(map)
  look()
})"""


def summary(values: list[float]) -> dict[str, float]:
    """Return the median, 95th percentile and maximum."""
    p50, p95, most = np.percentile(values, [50, 95, 100]).tolist()
    return {"p50": round(p50, 1), "p95": round(p95, 1), "max": round(most, 1)}


@contextmanager
def empty_page() -> Iterator[str]:
    """Serve the empty page in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.empty_page"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def first_views(browser: Browser, addresses: dict[str, str]) -> dict[str, dict[str, object]]:
    """Load both pages in turn; the first visit, which fills the browser's cache, does not count."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    times: dict[str, list[float]] = {name: [] for name in addresses}
    for visit in range(VISITS + 1):
        for name, address in addresses.items():
            page = context.new_page()
            page.goto(address, wait_until="commit")
            shown = page.wait_for_function(FIND, arg=READY[name], polling="raf", timeout=60_000).json_value()
            if visit:
                times[name].append(float(shown))
            page.close()
    context.close()
    return {name: {"first_view_ms": summary(values)} for name, values in times.items()}


def bytes_of(browser: Browser, name: str, address: str) -> int:
    """Load a page with an empty cache; return all bytes until it is ready, the page's channel included."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    total = [0]

    def files(event: dict[str, float]) -> None:
        total[0] += int(event["encodedDataLength"])

    def channel(event: dict[str, dict[str, str]]) -> None:
        total[0] += len(event["response"]["payloadData"])  # binary parts as base64: a third more than they are

    network.on("Network.loadingFinished", files)
    network.on("Network.webSocketFrameReceived", channel)
    page.goto(address)
    page.locator(READY[name]).wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    context.close()
    return total[0]


def wheel(visit: served.Visit, turns: int, chance: random.Random) -> list[float]:
    """Turn the wheel at seeded places, several events a turn as a hand makes them."""
    page, box, latencies = visit.page, visit.map.bounding_box(), []
    assert box is not None
    for turn in range(turns):
        page.mouse.move(box["x"] + box["width"] * chance.uniform(0.3, 0.7), box["y"] + box["height"] * 0.5)
        serial = visit.number("serial")
        for _ in range(EVENTS_A_TURN):
            page.mouse.wheel(0, -120 if turn % 10 < 6 else 160)
        visit.newer_frame(serial)
        visit.settle()
        page.wait_for_function("map => Number(map.dataset.latency) > 0", arg=visit.map.element_handle())
        latencies.append(visit.number("latency"))
        visit.map.evaluate("map => { map.dataset.latency = 0 }")
        time.sleep(0.15)
    return latencies


def slider(visit: served.Visit, moves: int, chance: random.Random) -> list[float]:
    """Move the minimum of the first attribute about; time until a frame under the new filter is painted."""
    handle = visit.page.locator(".ex-filters input").first.element_handle()
    latencies, value = [], 0.0
    for _ in range(moves):
        # never the same twice: a filter that does not change brings no new frame
        value = chance.choice([step / 100 for step in range(2, 60) if step / 100 != value])
        took = visit.page.evaluate(
            TO_NEXT_FRAME.replace("[map, act]", "[map, slider, value]").replace(
                'new Function("map", act)(map)',
                'slider.value = value; slider.dispatchEvent(new Event("input", { bubbles: true }))',
            ),
            [visit.map.element_handle(), handle, value],
        )
        latencies.append(float(took))
        time.sleep(0.15)
    return latencies


def drag(visit: served.Visit, seconds: float) -> float:
    """Drag in circles for a while; return paints a second."""
    page, box = visit.page, visit.map.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    before, start, step = visit.number("paints"), time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step += 1
        page.mouse.move(x + 150 * np.sin(step / 12), y + 110 * np.cos(step / 12))
        time.sleep(0.004)
    took, painted = time.perf_counter() - start, visit.number("paints") - before
    page.mouse.up()
    return painted / took


def memory_mb(pid: int) -> dict[str, float]:
    """Return the present and the peak resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    values = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"now": round(values["VmRSS"]), "peak": round(values["VmHWM"])}


def round_trips(page: Page, count: int) -> list[float]:
    """Time messages to the server and back on the empty page."""
    return [float(page.evaluate("() => window.roundTrip()")) for _ in range(count)]


def measure(collection: Path, turns: int, seed: int) -> dict[str, object]:
    """Measure everything in one run."""
    path = served.chromium_path()
    if path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    chance = random.Random(seed)  # noqa: S311 -- places to turn the wheel at, no secret
    server, address = served.start_server(collection)
    try:
        with empty_page() as empty, served.chromium(path) as browser:
            views = first_views(browser, {"empty": empty, "map": address})
            sizes = {name: bytes_of(browser, name, url) for name, url in (("empty", empty), ("map", address))}
            blank = browser.new_page()
            blank.goto(empty)
            blank.locator(READY["empty"]).wait_for()
            trips = round_trips(blank, 2 * turns)
            blank.close()  # a page in the background is given no animation frames
            visit = served.Visit(browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}), address)
            visit.settle()
            wheeled = wheel(visit, turns, chance)
            rate = drag(visit, 4.0)
            visit.settle()
            slid = slider(visit, turns, chance)
            return {
                "measure": "map_in_browser",
                "images": len(Collection(collection)),
                "viewport": [WIDTH, HEIGHT],
                "turns": turns,
                "wheel_to_painted_frame_ms": summary(wheeled),
                "empty_round_trip_ms": summary(trips),
                "slider_to_painted_frame_ms": summary(slid),
                "dragging_frames_a_second": round(rate, 1),
                "first_view_ms": views["map"]["first_view_ms"],
                "empty_first_view_ms": views["empty"]["first_view_ms"],
                "bytes_beyond_empty_page": sizes["map"] - sizes["empty"],
                "picture_bytes_held": int(visit.number("held")),
                "server_memory_mb": memory_mb(server.pid),
            }
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    result = measure(options.collection, options.turns, options.seed)
    command = f"python -m tests.benchmarks.map_browser DIR --turns {options.turns} --seed {options.seed}"
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
