"""Measure reading and embedding of many small images: ``python -m tests.benchmarks.embedding_memory --images 100000``.

Draws small JPEGs in a temporary folder, builds a collection of them with the packaged network, and stops the build when
all of them are embedded. Prints one JSON line for ``docs/measurements/embedding-memory.jsonl``: the peak memory of the
process, and images a second in the first and the last block.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.build import build_collection
from pipeline.embedding.embedder_choice import choose_embedder
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from tests.benchmarks.machine import facts

SIDE = 64


class EmbeddedError(Exception):
    """Every image is embedded: the measurement ends here."""


def draw(folder: Path, count: int) -> None:
    """Draw small pictures that differ."""
    generator = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"{number // 1000:04}"
        place.mkdir(exist_ok=True)
        rough = Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        rough.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(place / f"{number:07}.jpg", quality=85)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--block", type=int, default=1000, help="images of the first and of the last block")
    chosen = parser.parse_args()
    times: dict[int, float] = {}

    def watch(progress: Progress) -> None:
        if not progress.stage.startswith("Reading"):
            raise EmbeddedError
        if progress.done:
            times[progress.done] = time.perf_counter()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        draw(folder / "pictures", chosen.images)
        source = open_source(folder / "pictures")
        embedder = choose_embedder(backbone="auto", offline=True)
        started, taxonomy = time.perf_counter(), load_taxonomy(asset("taxonomy/bam.toml"))
        try:
            build_collection(source, folder / "made", embedder, taxonomy, progress=watch)
        except EmbeddedError:
            seconds = time.perf_counter() - started
    rates = _rates(times, chosen.block)
    result = {
        "images": chosen.images,
        "side": SIDE,
        "backbone": embedder.spec.backbone,
        "peak_mb": _peak_mb(),
        "seconds": round(seconds, 1),
        "first_block_a_second": round(rates[0], 1),
        "last_block_a_second": round(rates[-1], 1),
        "last_to_first": round(rates[-1] / rates[0], 3),
    }
    command = f"python -m tests.benchmarks.embedding_memory --images {chosen.images} --block {chosen.block}"
    sys.stdout.write(json.dumps({"measure": "embedding_memory", "result": result, **facts(command)}) + "\n")


def _peak_mb() -> int:
    """Return the peak memory of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return round(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000)


def _rates(times: dict[int, float], block: int) -> list[float]:
    """Return images a second in blocks, the first without the first batch: it loads the network's kernels."""
    counts = [min(times)]
    for count in sorted(times):
        if count - counts[-1] >= block:
            counts.append(count)
    return [(after - before) / (times[after] - times[before]) for before, after in pairwise(counts)]


if __name__ == "__main__":
    main()
