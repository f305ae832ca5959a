"""Measure the time and memory of ``explorer synth``, and how fast its collection opens.

``python -m tests.benchmarks.synth_time --images 2500000 --out DIR`` makes the collection by the real command in a
process of its own, opens it in this one, and prints one JSON line for ``docs/measurements/synth.jsonl``. Without
``--out`` the collection is thrown away.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.collection import Collection
from tests.benchmarks.machine import facts

REPEATS = 20
TILES = 400


def seconds(work: Callable[[], Any]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def making(images: int, seed: int, out: Path) -> dict[str, object]:
    """Run the command; its memory is the largest that any child of this process had."""
    command = [sys.executable, "-m", "explorer", "synth", "--images", str(images), "--out", str(out)]
    taken = seconds(lambda: subprocess.run([*command, "--seed", str(seed)], check=True, stderr=subprocess.DEVNULL))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KiB on Linux
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return {"minutes": round(taken / 60, 2), "bytes_on_disk": size, "peak_memory_bytes": peak * 1024}


def opening(out: Path) -> dict[str, object]:
    """Measure the time of each read of a viewer, on its first read unless the name says median."""
    held: list[Collection] = []
    result: dict[str, object] = {"open_s": round(seconds(lambda: held.append(Collection(out))), 3)}
    opened = held[0]
    rng = np.random.default_rng(0)

    def tiles() -> float:
        rows = rng.integers(0, len(opened), TILES)
        return seconds(lambda: opened.tiles(rows))

    def record() -> float:
        row = int(rng.integers(len(opened)))
        return seconds(lambda: opened.record(row))

    result["image_ids_s"] = round(seconds(lambda: opened.image_ids), 3)
    result["layout_s"] = round(seconds(lambda: opened.layout(opened.manifest.layouts[0].name)), 3)
    result["scores_s"] = round(seconds(lambda: opened.scores), 3)
    result["first_tiles_s"] = round(tiles(), 3)
    result["tiles_400_median_ms"] = round(1000 * float(np.median([tiles() for _ in range(REPEATS)])), 1)
    result["record_median_ms"] = round(1000 * float(np.median([record() for _ in range(REPEATS)])), 1)
    result["known_s"] = round(seconds(lambda: opened.known(opened.scored[0])), 3)
    result["opened_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    command = [sys.executable, "-m", "explorer", "info", str(out), "--json"]
    result["info_s"] = round(seconds(lambda: subprocess.run(command, check=True, capture_output=True)), 2)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="keep the collection here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        out = options.out or Path(place) / "synthetic"
        result = making(options.images, options.seed, out) | opening(out)
        manifest = Collection(out).manifest
    shape = {"images": manifest.images, "dimensions": manifest.dimensions, "attributes": len(manifest.attributes)}
    command = f"python -m tests.benchmarks.synth_time --images {options.images}"
    sys.stdout.write(json.dumps({"measure": "synth", **shape, **result} | facts(command)) + "\n")


if __name__ == "__main__":
    main()
