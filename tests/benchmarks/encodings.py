"""Formats of a frame side by side, on real frames of a collection: ``python -m tests.benchmarks.encodings DIR``.

Prints one JSON line for ``docs/measurements/encodings.jsonl``.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import simplejpeg
from PIL import Image

from explorer.composition import build_services
from pipeline.collection import Collection
from pipeline.map import density
from pipeline.map.filters import PassingSet
from pipeline.map.frame import compose_frame
from pipeline.map.frame_encoding import encode_frame
from pipeline.map.frame_view import FrameStyle, FrameView
from tests.benchmarks.machine import facts

FRAMES = 12


def pillow(form: str, **options: object) -> Callable[[np.ndarray], bytes]:
    """Encode with Pillow."""

    def encode(rgb: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, form, **options)
        return buffer.getvalue()

    return encode


FORMATS: dict[str, Callable[[np.ndarray], bytes]] = {
    "as sent": encode_frame,
    "jpeg 84 4:4:4, libjpeg-turbo": lambda rgb: simplejpeg.encode_jpeg(rgb, 84, "RGB", "444", fastdct=True),
    "jpeg 84 4:4:4, pillow": pillow("JPEG", quality=84, subsampling=0),
    "jpeg 84 4:2:0, libjpeg-turbo": lambda rgb: simplejpeg.encode_jpeg(rgb, 84, "RGB", "420", fastdct=True),
    "webp 80, method 0": pillow("WEBP", quality=80, method=0),
    "webp 80, method 2": pillow("WEBP", quality=80, method=2),
    "png, level 1": pillow("PNG", compress_level=1),
}


def frames_of(path: Path) -> list[np.ndarray]:
    """Draw 1200 x 800 frames at seeded places."""
    services = build_services(Collection(path))
    density.warm_up()
    index = services.index(services.collection.manifest.layouts[0].name)
    everyone, rng, made = PassingSet.everything(len(services.collection)), np.random.default_rng(0), []
    for _ in range(FRAMES):
        at, half = int(rng.integers(index.order.size)), index.side / 2 ** float(rng.uniform(1, 4))
        x, y = float(index.x[at]), float(index.y[at])
        view = FrameView(x - half * 1.5, y - half, x + half * 1.5, y + half, 1200, 800)
        made.append(compose_frame(index, everyone, services.cache, view, FrameStyle()).rgb)
    return made


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    options = parser.parse_args()
    frames = frames_of(options.collection)
    results = {}
    for name, encode in FORMATS.items():
        times, sizes = [], []
        for rgb in frames:
            start = time.perf_counter()
            sizes.append(len(encode(rgb)))
            times.append((time.perf_counter() - start) * 1e3)
        results[name] = {"ms": round(median(times), 1), "kB": round(median(sizes) / 1000), "max_kB": max(sizes) // 1000}
    values = {"measure": "encodings", "frames": len(frames), "width": 1200, "height": 800, "formats": results}
    sys.stdout.write(json.dumps(values | facts("python -m tests.benchmarks.encodings DIR")) + "\n")


if __name__ == "__main__":
    main()
