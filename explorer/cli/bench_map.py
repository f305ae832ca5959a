"""Time of one frame of the map (choose, read, decode, draw, encode) on a synthetic collection.

The walk visits new places: it jumps to a random place at a random zoom, pans by half a window twice, zooms in twice,
and jumps again, under three filters. Pictures of no earlier frame are read and decoded within the measured time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.composition import build_services
from explorer.controllers.map.rendering import Content, EncodedFrame, render
from explorer.services.services import BY_CHANCE
from pipeline.collection import Collection
from pipeline.errors import ParameterError
from pipeline.map import density
from pipeline.map import frame as frames
from pipeline.map.filters import AttributeFilter, FilterSet
from pipeline.map.frame_view import FrameStyle, FrameView
from pipeline.map.layout_index import LayoutIndex
from pipeline.progress import Progress, ProgressCallback

__all__ = ["bench_map"]

WIDTH, HEIGHT = 1200, 800
FILTERS = 3
PASSING_EACH = 0.5  # share of all images that each filter lets through: an eighth pass where they are independent
ZOOMS = 5.0  # doublings between the whole map and the closest jump


@dataclass(frozen=True, slots=True)
class _Step:
    kind: str
    view: FrameView


def bench_map(path: Path, *, frame_count: int, seed: int, progress: ProgressCallback) -> dict[str, object]:
    """Measure frames.

    Parameters
    ----------
    path
        A built collection.
    frame_count
        Number of frames that are measured after the first.
    seed
        Seed of the walk.
    progress
        Called after every frame.

    Returns
    -------
    dict
        ``points``, ``frames``, ``first_ms`` (filter and first frame, kernels warm), ``p50_ms``, ``p95_ms``,
        ``thumbnails`` and ``bytes`` (of the median and largest frame), and the same by kind of step.

    Raises
    ------
    ParameterError
        For a collection without layouts or scores, or fewer than one frame.
    """
    if frame_count < 1:
        raise ParameterError(f"--frames {frame_count} is too small. Use at least 1.")
    services = build_services(Collection(path))
    collection = services.collection
    if not collection.manifest.layouts or len(collection.scored) < FILTERS:
        raise ParameterError(
            f"{path} has no layout or fewer than {FILTERS} scored attributes. Make a collection with explorer synth."
        )
    frames.warm_up()
    density.warm_up()
    name = collection.manifest.layouts[0].name
    filters = _filters(collection)
    content = Content(name, filters, BY_CHANCE, None, FrameStyle())
    index = services.index(name)
    start = time.perf_counter()
    passing = services.passing(filters)
    filter_ms = (time.perf_counter() - start) * 1e3
    render(services, content, _overview(index))
    first_ms = (time.perf_counter() - start) * 1e3
    kinds: list[str] = []
    times: list[float] = []
    made: list[EncodedFrame] = []
    for step in _walk(index, frame_count, np.random.default_rng(seed)):
        start = time.perf_counter()
        made.append(render(services, content, step.view))
        times.append((time.perf_counter() - start) * 1e3)
        kinds.append(step.kind)
        progress(Progress("Drawing frames", len(times), frame_count, "frames"))
    return {
        "bench": "map",
        "points": len(collection),
        "attributes": len(collection.scored),
        "passing": passing.count,
        "frames": frame_count,
        "width": WIDTH,
        "height": HEIGHT,
        "filter_ms": round(filter_ms, 2),
        "first_ms": round(first_ms, 1),
        **_summary(times),
        "by_kind": {
            kind: _summary([took for took, of in zip(times, kinds, strict=True) if of == kind])
            for kind in sorted(set(kinds))
        },
        "thumbnails": _middle_and_most([frame.drawn for frame in made]),
        "bytes": _middle_and_most([len(frame.data) for frame in made]),
        "peak_memory_mb": _peak_memory_mb(),
    }


def _summary(times: list[float]) -> dict[str, float]:
    p50, p95, most = np.percentile(times, [50, 95, 100]).tolist()
    return {"p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "max_ms": round(most, 1)}


def _middle_and_most(values: list[int]) -> dict[str, int]:
    return {"p50": int(np.median(values)), "max": max(values)}


def _filters(collection: Collection) -> FilterSet:
    """Return filters by the three attributes with the widest spread of scores, each at its median."""
    spread = np.argsort(-np.nanstd(collection.scores[:, :: max(1, len(collection) // 50_000)], axis=1), kind="stable")
    chosen = []
    for row in spread[:FILTERS].tolist():
        minimum = float(np.nanquantile(collection.scores[row], 1 - PASSING_EACH))
        chosen.append(AttributeFilter(collection.scored[row], minimum))
    return FilterSet(tuple(chosen))


def _overview(index: LayoutIndex) -> FrameView:
    x, y, half = index.origin_x + index.side / 2, index.origin_y + index.side / 2, index.side / 2
    return FrameView(x - half * WIDTH / HEIGHT, y - half, x + half * WIDTH / HEIGHT, y + half, WIDTH, HEIGHT)


def _walk(index: LayoutIndex, count: int, rng: np.random.Generator) -> Iterator[_Step]:
    x = y = high = 0.0
    moves = ("jump", "pan", "pan", "zoom", "zoom")
    for place in range(count):
        kind = moves[place % len(moves)]
        if kind == "jump":
            at = int(rng.integers(index.order.size))
            x, y, high = float(index.x[at]), float(index.y[at]), index.side / 2 ** float(rng.uniform(0, ZOOMS))
        elif kind == "pan":
            turn = float(rng.uniform(0, 2 * np.pi))
            x, y = x + high * np.cos(turn) / 2, y + high * np.sin(turn) / 2
        else:
            high /= 2
        half_width, half_height = high * WIDTH / HEIGHT / 2, high / 2
        yield _Step(kind, FrameView(x - half_width, y - half_height, x + half_width, y + half_height, WIDTH, HEIGHT))


def _peak_memory_mb() -> int | None:
    """Return the peak memory of this process in MB; None on Windows, which has no such count."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))
