"""Ten visitors of one map in one process: nine clients on the page's own channel and one browser, all panning.

Run as ``python -m tests.benchmarks.map_crowd DIR``. Prints one JSON line for ``docs/measurements/map.jsonl``: how long
the browser waits from a key that pans to the painted frame of the final range, and the server's memory over time.

The clients first look at enough places that the caches of thumbnails of all sizes are full. Else these fill during all
of the ten minutes, and what fills cannot be told from what leaks.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.services.services import CACHE_BYTES
from pipeline.collection import Collection
from pipeline.map.frame import TILE_SIZES
from tests.benchmarks.machine import facts
from tests.benchmarks.map_browser import HEIGHT, WIDTH, memory_mb, summary
from tests.helpers import served
from tests.helpers.map_client import MapClient

CLIENTS = 9
VIEWS_A_SECOND = 20.0  # of each client while its hand moves
MOST_UNANSWERED = 3  # as in the browser's half of the map
STEPS = 60  # views between two jumps to another place
SAMPLE_EVERY = 10.0  # seconds between two looks at the memory
FILLING = 2  # pictures looked at for each place in a cache: some are looked at twice
LOOKS = ((32, 2), (60, 2), (128, 0), (256, 0), (512, 0))
"""Pixels of a cell that make the server read thumbnails of each size, and levels above the finest grid: small pictures
come sooner from a grid that is well filled, large ones come from the finest alone."""
PAN = """([map, key]) => new Promise((resolve) => {
  const start = performance.now(), before = Number(map.dataset.requested)
  map.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
  const look = () => Number(map.dataset.requested) > before && map.dataset.frame === map.dataset.requested
    ? resolve(performance.now() - start) : requestAnimationFrame(look)
  requestAnimationFrame(look)
})"""
KEYS = ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp")


async def fill(client: MapClient, number: int, places: NDArray[np.float32]) -> None:
    """Look at a client's share of as many pictures of every size as the server keeps, around random images."""
    chance = random.Random(-1 - number)  # noqa: S311 -- places to look at, no secret
    for size, (pixels, above) in zip(TILE_SIZES, LOOKS, strict=True):
        kept = CACHE_BYTES // len(TILE_SIZES) // (size * size * 3)
        half = client.half_where_cells_are(pixels, above=above)
        missing = FILLING * kept / CLIENTS
        while missing > 0:
            x, y = places[chance.randrange(len(places))].tolist()
            asked = await client.ask(x, y, half)
            while int((frame := await client.frame())["id"]) != asked:
                pass
            missing -= int(frame["drawn"])


async def pan(client: MapClient, number: int, until: float) -> dict[str, float]:
    """Drag a map about: circles of views at a place, then another place and zoom, as fast as a hand."""
    chance = random.Random(number)  # noqa: S311 -- places to look at, no secret
    x0, y0, x1, y1 = client.extent
    before = client.bytes
    asked: dict[int, float] = {}
    waits: list[float] = []

    async def take() -> None:
        while True:
            frame = await client.frame()
            if int(frame["id"]) in asked:
                waits.append(time.monotonic() - asked[int(frame["id"])])

    taking = asyncio.ensure_future(take())
    try:
        while time.monotonic() < until:
            x, y = chance.uniform(x0, x1), chance.uniform(y0, y1)
            half = (y1 - y0) / 2 ** chance.uniform(1, 6)
            for step in range(STEPS):
                turn = step / STEPS * 2 * math.pi
                if client.asked - client.answered >= MOST_UNANSWERED:
                    await asyncio.sleep(1 / VIEWS_A_SECOND)
                    continue
                asked[await client.ask(x + half * math.cos(turn), y + half * math.sin(turn), half)] = time.monotonic()
                await asyncio.sleep(1 / VIEWS_A_SECOND)
                if taking.done():
                    await taking
    finally:
        taking.cancel()
        client.close()
    return {"frames": len(waits), "p95_ms": float(np.percentile(waits, 95)) * 1e3, "bytes": client.bytes - before}


async def crowd(
    address: str, seconds: float, pid: int, places: NDArray[np.float32], begin: Callable[[float], None]
) -> tuple[list[dict[str, float]], list[tuple[float, float]]]:
    """Run all clients, and look at the server's memory meanwhile.

    `begin` is called with the time until which they pan once the caches are full.
    """
    clients = await asyncio.gather(*(MapClient.open(address) for _ in range(CLIENTS)))
    await asyncio.gather(*(fill(client, number, places) for number, client in enumerate(clients)))
    start = time.monotonic()
    until = start + seconds
    begin(until)
    memory: list[tuple[float, float]] = []

    async def watch() -> None:
        while time.monotonic() < until:
            memory.append((time.monotonic() - start, memory_mb(pid)["now"]))
            await asyncio.sleep(SAMPLE_EVERY)

    watching = asyncio.ensure_future(watch())
    panned = await asyncio.gather(*(pan(client, number, until) for number, client in enumerate(clients)))
    await watching
    return list(panned), memory


def browse(address: str, until: float) -> list[float]:
    """Pan in a browser; return the milliseconds from each key to the painted frame."""
    path = served.chromium_path()
    if path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    latencies: list[float] = []
    with served.chromium(path) as browser:
        visit = served.Visit(browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}), address)
        visit.settle()
        box = visit.map.bounding_box()
        assert box is not None
        while time.monotonic() < until:
            place = len(latencies)
            if place % 100 == 0:  # deeper by turns, so that there is always something new
                visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
                visit.page.mouse.wheel(0, -300 if place % 300 else 900)
                visit.page.wait_for_timeout(300)
                visit.settle()
            key = KEYS[place // 6 % len(KEYS)]
            latencies.append(float(visit.page.evaluate(PAN, [visit.map.element_handle(), key])))
            time.sleep(0.03)
        assert visit.complaints == []
    return latencies


def trend(memory: list[tuple[float, float]]) -> dict[str, float | list[int]]:
    """Summarise samples of second and MB: by minute, of the first and the last third, slope of the last two thirds."""
    third = max(1, len(memory) // 3)
    later = memory[third:]
    seconds, megabytes = np.array(later, np.float64).reshape(-1, 2).T
    slope = np.polyfit(seconds, megabytes, 1)[0] * 60 if len(later) > 1 else 0.0
    first, last = (float(np.mean([mb for _, mb in part])) for part in (memory[:third], memory[-third:]))
    minutes = sorted({int(second // 60) for second, _ in memory})
    by_minute = [[mb for second, mb in memory if second // 60 == minute] for minute in minutes]
    return {
        "by_minute": [round(float(np.mean(part))) for part in by_minute],
        "first_third": round(first),
        "last_third": round(last),
        "slope_a_minute": round(float(slope), 2),
        "peak": max(mb for _, mb in memory),
    }


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    options = parser.parse_args()
    collection = Collection(options.collection)
    places = collection.layout(collection.manifest.layouts[0].name).positions
    places = places[np.isfinite(places).all(axis=1)]
    server, address = served.start_server(options.collection)
    try:
        opened = time.monotonic()
        with ThreadPoolExecutor(1) as thread:
            browsing: list[Future[list[float]]] = []

            def begin(until: float) -> None:
                browsing.append(thread.submit(browse, address, until))

            clients, memory = asyncio.run(crowd(address, options.minutes * 60, server.pid, places, begin))
            filled = time.monotonic() - opened - options.minutes * 60
            latencies = browsing[0].result()
    finally:
        served.stop_server(server)
    result = {
        "measure": "map_in_a_crowd",
        "images": len(collection),
        "clients": CLIENTS,
        "views_a_second_each": VIEWS_A_SECOND,
        "caches_filled_s": round(filled),
        "minutes": options.minutes,
        "browser_pans": len(latencies),
        "browser_key_to_painted_frame_ms": summary(latencies),
        "client_frames_a_second": round(sum(entry["frames"] for entry in clients) / options.minutes / 60, 1),
        "client_wait_p95_ms": round(max(entry["p95_ms"] for entry in clients), 1),
        "server_memory_mb": trend(memory),
    }
    command = f"python -m tests.benchmarks.map_crowd DIR --minutes {options.minutes:g}"
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
