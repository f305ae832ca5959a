"""Measure pictures that are made to be costly: ``python -m tests.benchmarks.costly_pictures``.

Draws them in a temporary folder: pictures of 200 and 196 megapixels, a small JPEG of thousands of scans, ordinary
photographs with colour profiles, and a folder of many files with any ending. Each is read as a build reads, on two
threads, in a process of its own. Prints one JSON line for ``docs/measurements/costly-pictures.jsonl``: seconds, the
most memory above that of the process before it began, and how many could be used.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from queue import Empty

import numpy as np
from PIL import Image

from pipeline.build.image_stage import process_images
from pipeline.images.locations import FileLocation
from pipeline.images.records import SourceItem
from pipeline.sources.opening import open_source
from tests.benchmarks.machine import facts
from tests.helpers.color_profiles import rgb_profile
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import encode, photo

PATIENCE = 60.0


def vast(folder: Path, form: str, side: int, **options: object) -> None:
    """Draw two pictures of one kind."""
    Image.MAX_IMAGE_PIXELS = None
    for number in range(2):
        small = Image.fromarray(np.random.default_rng(number).integers(0, 256, (12, 12, 3), dtype=np.uint8))
        small.resize((side, side), Image.Resampling.NEAREST).save(folder / f"{number}.{form.lower()}", form, **options)


def many_scans(folder: Path) -> None:
    """Draw a small progressive JPEG whose last scan comes 20,000 times."""
    data = encode(photo(4000, 3000), "JPEG", progressive=True)
    places = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    end = data.rindex(b"\xff\xd9")
    shortest = min(pairwise([*places, end]), key=lambda pair: pair[1] - pair[0])
    (folder / "scans.jpg").write_bytes(data[:end] + data[shortest[0] : shortest[1]] * 20_000 + data[end:])


def photographs(folder: Path) -> None:
    """Draw 50 photographs of two megapixels with a wide profile."""
    for number in range(50):
        (folder / f"{number}.jpg").write_bytes(
            encode(photo(1600, 1200, number), "JPEG", quality=90, icc_profile=rgb_profile())
        )


def crowd(folder: Path) -> None:
    """Write 100,000 small files, nine in ten of which are looked into."""
    picture = encode(photo(16, 12), "JPEG")
    for number in range(100_000):
        ending = ("", ".txt", ".xmp", ".dat", ".jpg")[number % 5]
        (folder / f"{number}{ending}").write_bytes(picture if number % 10 == 0 else b"words and numbers")


CASES: dict[str, Callable[[Path], None]] = {
    "PNG of 200 megapixels": lambda folder: vast(folder, "PNG", 14_142, compress_level=1),
    "JPEG of 196 megapixels": lambda folder: vast(folder, "JPEG", 14_000),
    "progressive JPEG of 196 megapixels": lambda folder: vast(folder, "JPEG", 14_000, progressive=True),
    "JPEG of 20,000 scans": many_scans,
    "photographs with a profile": photographs,
}


def peak() -> float:
    """Return the peak memory of this process in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def read(folder: Path, told: multiprocessing.Queue[dict[str, object]]) -> None:
    """Read a folder as a build does."""
    paths = sorted(folder.iterdir())
    items = [(number, SourceItem("costly", path.name, FileLocation(path))) for number, path in enumerate(paths)]
    before, started = peak(), time.perf_counter()
    used = sum(len(batch.ok_ids) for batch in process_images(items, FakeEmbedder(), workers=2))
    seconds = time.perf_counter() - started
    told.put({"files": len(items), "used": used, "seconds": round(seconds, 1), "memory_mb": round(peak() - before)})


def listed(folder: Path, told: multiprocessing.Queue[dict[str, object]]) -> None:
    """List a folder as a source."""
    before, started = peak(), time.perf_counter()
    used = len(open_source(folder).items)
    seconds = time.perf_counter() - started
    told.put({"used": used, "seconds": round(seconds, 1), "memory_mb": round(peak() - before)})


def measured(work: Callable[..., None], folder: Path) -> dict[str, object]:
    """Measure in a separate process; stop a file that takes too long."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=work, args=(folder, told))
    process.start()
    try:
        return dict(told.get(timeout=PATIENCE))
    except Empty:
        process.terminate()
        return {"stopped_after_seconds": PATIENCE}
    finally:
        process.join()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--crowd", action="store_true", help="also list a folder of 100,000 files")
    chosen = parser.parse_args()
    results = {}
    for name, draw in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            draw(Path(folder))
            results[name] = measured(read, Path(folder))
    if chosen.crowd:
        with tempfile.TemporaryDirectory() as folder:
            crowd(Path(folder))
            results["a folder of 100,000 files, listed"] = measured(listed, Path(folder))
    command = "python -m tests.benchmarks.costly_pictures" + (" --crowd" if chosen.crowd else "")
    sys.stdout.write(json.dumps({"measure": "costly_pictures", "results": results, **facts(command)}) + "\n")


if __name__ == "__main__":
    main()
