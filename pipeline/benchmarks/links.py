"""Measure fetching a list of links of which a third misbehaves, from a server on this machine.

The server runs in a process of its own. All addresses of the list are numeric ones of this machine, and no name is
looked up, so no request leaves it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.benchmarks.embedding_speed import processor_name
from pipeline.benchmarks.link_server import BAD, GOOD, picture
from pipeline.errors import ParameterError
from pipeline.fetching import (
    FetchLimits,
    FetchOptions,
    Link,
    LinkState,
    Politeness,
    fetch,
    link_records,
    picture_path,
)
from pipeline.progress import ProgressCallback

__all__ = ["LIMITS", "REQUESTS", "Expected", "bench_links", "expected_links", "serving"]

REQUESTS = 64
LIMITS = FetchLimits(max_bytes=2 << 20, connect=2.0, answer=5.0, stall=5.0, whole=12.0)
WAITING = 20
"""Number of links whose host asks clients to wait. It is small, because all other links of that host wait as well."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A link and its expected reason of failure; "" if its picture should arrive."""

    link: Link
    reason: str


def expected_links(url: str, count: int, seed: int) -> list[Expected]:
    """Return a list of links in random order, of which a third brings no picture.

    Parameters
    ----------
    url
        Where the server is.
    count
        Number of links.
    seed
        Seed of the order.
    """
    order = np.random.default_rng(seed).permutation(count).tolist()
    good = [name for name in GOOD if name != "limited"]
    rows = []
    for key, place in enumerate(order):
        if place % 3 == 0:
            name = list(BAD)[place // 3 % len(BAD)]
        elif place < WAITING * 3 // 2:
            name = "limited"
        else:  # most good links are simply good
            name = good[place // 30 % len(good)] if place % 10 == 1 else "good"
        rows.append(Expected(Link(key, f"{url}/{name}/{key}"), BAD.get(name, "")))
    return rows


@contextmanager
def serving() -> Iterator[str]:
    """Run the server in a separate process, and yield its address."""
    command = [sys.executable, "-m", "pipeline.benchmarks.link_server"]
    process = subprocess.Popen(  # noqa: S603 -- our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- it was asked for
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.communicate()


def bench_links(count: int, *, seed: int = 0, progress: ProgressCallback | None = None) -> dict[str, object]:
    """Fetch a list twice: the second run finds everything done.

    Parameters
    ----------
    count
        Number of links.
    seed
        Seed of their order.
    progress
        Called during the first run.

    Returns
    -------
    dict
        ``links``, ``good`` (links that bring a picture), ``arrived`` (those whose picture is there, byte for byte),
        ``failed``, ``misnamed`` (links that failed with another reason than they should), ``reasons``, ``megabytes``,
        ``seconds``, ``links_per_second``, ``second_run_seconds``, ``requests`` (at a time), ``processor``.

    Raises
    ------
    ParameterError
        For fewer than 100 links.
    """
    if count < 100:
        raise ParameterError(f"{count} links are too few. Use at least 100.")
    with serving() as url, tempfile.TemporaryDirectory(prefix="bench-links-") as folder:
        return measure(expected_links(url, count, seed), Path(folder), progress=progress)


def measure(rows: Sequence[Expected], folder: Path, *, progress: ProgressCallback | None = None) -> dict[str, object]:
    """Fetch a list into an empty folder, and compare the result with the expected one; see `bench_links`."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError(None, "no name is looked up in a measurement")

    polite = Politeness(requests=REQUESTS, host_requests=REQUESTS, host_rate=None, tries=2, backoff=0.1)
    options = FetchOptions(LIMITS, polite, allow_private=True, resolve=resolve)
    report = fetch([row.link for row in rows], folder, options, progress=progress)
    again = fetch([row.link for row in rows], folder, options)
    wanted = {row.link.key: row.reason for row in rows}
    arrived, reasons = 0, Counter[str]()
    misnamed = 0
    for record in link_records(folder):
        whole = record.state is LinkState.ARRIVED and picture_path(folder, record.key).read_bytes() == picture(
            record.key
        )
        arrived += whole and not wanted[record.key]
        misnamed += record.reason != wanted[record.key]
        reasons[record.reason] += 1
    del reasons[""]
    return {
        "bench": "links",
        "links": len(rows),
        "good": sum(not row.reason for row in rows),
        "arrived": arrived,
        "failed": report.failed,
        "misnamed": misnamed,
        "reasons": dict(reasons.most_common()),
        "megabytes": round(report.size / 1e6, 1),
        "seconds": round(report.seconds, 1),
        "links_per_second": round(len(rows) / report.seconds, 1),
        "second_run_seconds": round(again.seconds, 2),
        "second_run_requests": again.arrived + again.failed,
        "requests": REQUESTS,
        "processor": processor_name(),
    }
