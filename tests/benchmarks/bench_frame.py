"""Time each step of one 1200 x 800 frame and print JSON; nothing is asserted.

Run as ``python tests/benchmarks/bench_frame.py --points 2500000``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline import density, frame
from pipeline.collage import blit_pictures
from pipeline.filters import AttributeFilter, FilterSet, passing_counts, passing_mask
from pipeline.level_of_detail import LayoutIndex, default_priority, points_in_view, representatives, row_at
from pipeline.tile_cache import TileCache

ATTRIBUTES = 20
REPEATS = 15


def milliseconds(work: Callable[[], Any]) -> float:
    """Return the median of repeated runs after one that does not count."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1e3, 3)


def clustered_layout(n: int, rng: np.random.Generator) -> np.ndarray:
    """Scatter points around 60 centres of different spread."""
    centres, spreads = rng.uniform(-0.85, 0.85, (60, 2)), rng.uniform(0.01, 0.12, (60, 1))
    cluster = rng.integers(0, 60, n)
    return np.clip(centres[cluster] + rng.normal(size=(n, 2)) * spreads[cluster], -1, 1).astype(np.float32)


def random_tiles(rows: np.ndarray, size: int) -> np.ndarray:
    """Make soft coloured tiles, which compress about as pictures do."""
    rng = np.random.default_rng(int(rows[0]))
    coarse = rng.integers(0, 256, (rows.size, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def measure_view(index: LayoutIndex, mask: np.ndarray, view: frame.FrameView) -> dict[str, Any]:
    """Time a frame, whole and by steps."""
    caches = {size: TileCache(random_tiles, size, 2048) for size in frame.TILE_SIZES}
    drawn = frame.compose_frame(index, mask, caches.__getitem__, view, frame.DARK)
    cache, shown = caches[drawn.tile_px], drawn.representatives
    style = frame._style(frame.DARK, drawn.picture_px, 1.0)
    slots, dimmed = cache.slots(shown.rows), shown.count_passing == 0
    canvas = drawn.rgb.copy()
    keep_one_of = -(-int(shown.count_passing.sum()) // frame.DENSITY_POINTS)
    x, y = points_in_view(index, mask, view.bounds, keep_one_of=keep_one_of)

    def compose(with_density: bool) -> None:
        frame.compose_frame(index, mask, caches.__getitem__, view, frame.DARK, density=with_density)

    def blit(dim: np.ndarray) -> None:
        place = {"left": drawn.left, "top": drawn.top, "size": drawn.picture_px}
        blit_pictures(canvas, cache.slab, slots, **place, dimmed=dim, style=style)

    return {
        "pictures": int(shown.rows.size),
        "level": drawn.level,
        "picture_px": drawn.picture_px,
        "density_points": int(x.size),
        "frame_ms": milliseconds(lambda: compose(True)),
        "frame_without_density_ms": milliseconds(lambda: compose(False)),
        "choose_ms": milliseconds(lambda: representatives(index, mask, view.bounds, drawn.level)),
        "tiles_ms": milliseconds(lambda: cache.slots(shown.rows)),
        "blit_ms": milliseconds(lambda: blit(dimmed)),
        "blit_none_dimmed_ms": milliseconds(lambda: blit(np.zeros_like(dimmed))),
        "density_gather_ms": milliseconds(lambda: points_in_view(index, mask, view.bounds, keep_one_of=keep_one_of)),
        "density_count_ms": milliseconds(lambda: density.count_points(x, y, view.bounds, (90, 60))),
        "pick_ms": milliseconds(lambda: row_at(index, mask, 0.1, 0.1, drawn.level)),
        "encode_ms": milliseconds(lambda: frame.encode_frame(drawn.rgb)),
        "encoded_bytes": len(frame.encode_frame(drawn.rgb)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=3000)
    n = parser.parse_args().points
    rng = np.random.default_rng(0)
    result: dict[str, Any] = {"points": n}
    start = time.perf_counter()
    frame.warm_up()
    result["warm_up_s"] = round(time.perf_counter() - start, 3)
    start = time.perf_counter()
    density.warm_up()
    result["density_warm_up_s"] = round(time.perf_counter() - start, 3)
    layout, priority = clustered_layout(n, rng), default_priority(np.arange(n), 0)
    start = time.perf_counter()
    index = LayoutIndex.build(layout, priority)
    result["build_s"] = round(time.perf_counter() - start, 3)
    scores = rng.random((ATTRIBUTES, n), dtype=np.float32)
    names = [f"attribute_{number}" for number in range(ATTRIBUTES)]
    filters = FilterSet((AttributeFilter(names[0], 0.5), AttributeFilter(names[1], 0.4)))
    result["mask_ms"] = milliseconds(lambda: passing_mask(scores, names, filters))
    minima = dict.fromkeys(names, 0.5)
    result["counts_ms"] = milliseconds(lambda: passing_counts(scores, names, filters, minima=minima))
    mask = passing_mask(scores, names, filters)
    result["overview"] = measure_view(index, mask, frame.FrameView(-1.2, -0.8, 1.2, 0.8, 1200, 800))
    result["zoomed"] = measure_view(index, mask, frame.FrameView(-0.3, -0.2, 0.3, 0.2, 1200, 800))
    print(json.dumps(result, indent=2))  # noqa: T201 - this is its output


if __name__ == "__main__":
    main()
