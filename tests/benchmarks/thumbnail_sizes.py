"""Compare sizes and formats of thumbnails: ``python -m tests.benchmarks.thumbnail_sizes DIR``.

Takes pictures of a built collection (its previews), encodes them in each size and format, writes each to a Lance
dataset of its own with as many rows as asked for, and times what a frame of the map needs: reading at random rows,
decoding, and shrinking to the size that the frame draws. Prints one JSON line for
``docs/measurements/thumbnails.jsonl``.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import simplejpeg
from PIL import Image

from pipeline.collection import Collection
from pipeline.images.decoding import decode_rgb
from pipeline.images.square_fit import fit_square
from tests.benchmarks.machine import facts

FORMATS = ("JPEG", "WEBP", "PNG")
STORED = (64, 128, 256, 512)
DRAWN = {44: 300, 88: 120, 200: 24, 480: 4}
"""Css pixels of a picture in the frame -> how many such pictures a window holds."""

REPEATS = 7
QUALITY = {"JPEG": {"quality": 85, "subsampling": 0}, "WEBP": {"quality": 80, "method": 2}, "PNG": {}}


def encoded(picture: Image.Image, kind: str) -> bytes:
    """Encode a picture in one of `FORMATS`."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **QUALITY[kind])
    return buffer.getvalue()


def decoded(data: bytes, kind: str, side: int, drawn: int) -> np.ndarray:
    """Decode a stored thumbnail and bring it to the size that is drawn, as cheaply as its format allows."""
    if kind == "JPEG":
        smaller = {"min_height": drawn, "min_width": drawn, "min_factor": 2} if drawn < side else {}
        pixels = simplejpeg.decode_jpeg(data, "RGB", fastdct=True, **smaller)
    else:
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    if pixels.shape[0] == drawn:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((drawn, drawn), Image.Resampling.BILINEAR, reducing_gap=2.0))


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median of some runs after one that does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def measure(collection: Collection, pictures: int, rows: int, seed: int) -> list[dict[str, object]]:
    """Measure every stored size and format against every drawn size that it can serve."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(collection), min(pictures, len(collection)), replace=False)).astype(np.int32)
    squares = [fit_square(decode_rgb(data).rgb, max(STORED)) for data in collection.previews(chosen)]
    found: list[dict[str, object]] = []
    for side in STORED:
        small = [Image.fromarray(square).resize((side, side), Image.Resampling.LANCZOS) for square in squares]
        for kind in FORMATS:
            blobs = [encoded(picture, kind) for picture in small]
            with tempfile.TemporaryDirectory() as folder:
                table = pa.table({"data": pa.array([blobs[row % len(blobs)] for row in range(rows)], pa.binary())})
                dataset = lance.write_dataset(table, folder)
                drawn_at = {}
                for drawn, count in DRAWN.items():
                    if drawn > 2 * side:
                        continue
                    places = [rng.choice(rows, count, replace=False) for _ in range(REPEATS + 1)]
                    turn = iter(places)
                    read = milliseconds(lambda turn=turn, dataset=dataset: dataset.take(next(turn), columns=["data"]))
                    some = [blobs[row % len(blobs)] for row in places[0]]
                    target = min(drawn, side)
                    decode = milliseconds(
                        lambda some=some, kind=kind, side=side, target=target: [
                            decoded(data, kind, side, target) for data in some
                        ]
                    )
                    drawn_at[drawn] = {"count": count, "read_ms": round(read, 2), "decode_ms": round(decode, 2)}
            found.append(
                {
                    "stored": side,
                    "format": kind,
                    "bytes_each": round(float(np.mean([len(blob) for blob in blobs]))),
                    "drawn": drawn_at,
                }
            )
    return found


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--pictures", type=int, default=400)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    result = {
        "measure": "thumbnail_sizes",
        "pictures": options.pictures,
        "rows": options.rows,
        "results": measure(Collection(options.collection), options.pictures, options.rows, options.seed),
    }
    command = f"python -m tests.benchmarks.thumbnail_sizes DIR --pictures {options.pictures} --rows {options.rows}"
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
