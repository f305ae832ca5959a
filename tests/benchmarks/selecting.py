"""Selecting and searching a collection, layer by layer: ``python -m tests.benchmarks.selecting DIR --words "a bird"``.

Prints one JSON line for ``docs/measurements/selecting.jsonl``: wall milliseconds, median of a few turns.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from explorer.composition import build_services
from pipeline.collection import Collection
from pipeline.map import density
from pipeline.map import frame as frames
from pipeline.map.filters import PassingSet
from pipeline.map.frame import compose_frame
from pipeline.map.frame_view import FrameStyle, FrameView
from pipeline.map.regions import codes_of, rows_in_outline
from tests.benchmarks.machine import facts

TURNS = 7


def timed(work: Callable[[], object]) -> float:
    """Return the median time of some runs in milliseconds, after one that does not count."""
    times = []
    for _ in range(TURNS + 1):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return round(median(times[1:]), 1)


def lasso(vertices: int, turns: float, radius: float) -> np.ndarray:
    """Draw a wavy line around the middle, several times if wished."""
    angle = np.linspace(0, 2 * np.pi * turns, vertices, endpoint=False)
    away = radius * (1 + 0.2 * np.sin(9 * angle + 1))
    return np.column_stack([away * np.cos(angle), away * np.sin(angle)])


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--words", default="bird")
    options = parser.parse_args()
    services = build_services(Collection(options.collection))
    frames.warm_up()
    density.warm_up()
    count, name = len(services.collection), services.collection.manifest.layouts[0].name
    index, everyone = services.index(name), PassingSet.everything(count)
    chosen = PassingSet.of(np.random.default_rng(0).random(count) < 0.3)
    codes = codes_of(index, everyone, chosen)
    view = FrameView(-1.8, -1.2, 1.8, 1.2, 1200, 800)

    def frame(selected: np.ndarray | None) -> object:
        return compose_frame(index, everyone, services.cache, view, FrameStyle(), selected=selected)

    times = {
        "lasso_500": timed(lambda: rows_in_outline(index, everyone, lasso(500, 1, 1.1))),
        "lasso_2000": timed(lambda: rows_in_outline(index, everyone, lasso(2000, 1, 1.1))),
        "lasso_seven_turns": timed(lambda: rows_in_outline(index, everyone, lasso(500, 7.3, 0.9))),
        "codes": timed(lambda: codes_of(index, everyone, chosen)),
        "frame": timed(lambda: frame(None)),
        "frame_selected": timed(lambda: frame(codes)),
        "words": timed(lambda: services.search.by_words(options.words)),
        "beginning": timed(lambda: services.search.by_words(options.words[:-1])),
        "similar": timed(lambda: services.search.similar(np.array([5, 6], np.int32), 240)),
    }
    found = int(services.search.by_words(options.words).rows.size)
    values = {"measure": "selecting", "images": count, "dimensions": services.collection.manifest.dimensions}
    values |= {"selected": chosen.count, "words": options.words, "found": found, "ms": times}
    sys.stdout.write(json.dumps(values | facts("python -m tests.benchmarks.selecting DIR")) + "\n")


if __name__ == "__main__":
    main()
