"""Wheel turn until the frame of the final range is painted: ``python -m tests.benchmarks.map_latency DIR``.

Each turn is several wheel events in a row, as a hand makes them; the clock runs in the page, from the last event to the
animation frame after the frame for the final range was drawn. Prints one JSON line for ``docs/measurements/map.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

import numpy as np

from pipeline.collection import Collection
from tests import served
from tests.benchmarks.machine import facts

WIDTH, HEIGHT = 1280, 800
EVENTS_A_TURN = 3


def measure(collection: Path, turns: int, seed: int) -> dict[str, object]:
    """Turn the wheel at seeded places and give the latencies' summary in milliseconds."""
    path = served.chromium_path()
    if path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    chance = random.Random(seed)  # noqa: S311 -- places to turn the wheel at, no secret
    latencies = []
    with served.serving(collection) as address, served.chromium(path) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        visit = served.Visit(page, address)
        visit.settle()
        box = visit.map.bounding_box()
        assert box is not None
        for turn in range(turns):
            page.mouse.move(box["x"] + box["width"] * chance.uniform(0.3, 0.7), box["y"] + box["height"] * 0.5)
            inwards = turn % 10 < 6
            serial = visit.number("serial")
            for _ in range(EVENTS_A_TURN):
                page.mouse.wheel(0, -120 if inwards else 160)
            visit.newer_frame(serial)
            visit.settle()
            page.wait_for_function("map => Number(map.dataset.latency) > 0", arg=visit.map.element_handle())
            latencies.append(visit.number("latency"))
            visit.map.evaluate("map => { map.dataset.latency = 0 }")
            time.sleep(0.15)
    return {
        "measure": "wheel_to_painted_frame",
        "images": len(Collection(collection)),
        "turns": turns,
        "viewport": [WIDTH, HEIGHT],
        "p50_ms": round(float(np.percentile(latencies, 50)), 1),
        "p95_ms": round(float(np.percentile(latencies, 95)), 1),
        "max_ms": max(latencies),
    }


def main() -> None:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--turns", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    result = measure(options.collection, options.turns, options.seed)
    command = f"python -m tests.benchmarks.map_latency DIR --turns {options.turns} --seed {options.seed}"
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
