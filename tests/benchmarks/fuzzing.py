"""A long fuzz of a server of one's own: requests, raw pieces of messages, and somebody who looks on.

``python -m tests.benchmarks.fuzzing DIR [COUNT] [SEED]`` with a collection of which it serves a copy.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.fuzzing import LONGEST_WAIT, Finding, Watch, fuzz_channel, fuzz_requests
from tests.served import start_server, stop_server

SHARE_OF_REQUESTS = 0.6


def main() -> None:
    """Fuzz, and print what came of it."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with tempfile.TemporaryDirectory(prefix="fuzz-") as home:
        place = Path(shutil.copytree(sys.argv[1], Path(home) / "collection"))
        process, address = start_server(place)
        try:
            with Watch(address) as other:
                for words, work in {
                    "requests": lambda: fuzz_requests(address, round(count * SHARE_OF_REQUESTS), seed),
                    "pieces": lambda: asyncio.run(fuzz_channel(address, round(count * (1 - SHARE_OF_REQUESTS)), seed)),
                }.items():
                    _tell(words, work)
            alive = process.poll() is None
        finally:
            stop_server(process)
    waits = sorted(other.waits)
    late = sum(wait > LONGEST_WAIT for wait in waits)
    _print(f"somebody else: {len(waits)} looks, median {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s")
    _print(f"waits over {LONGEST_WAIT:.0f} s: {late}; trouble: {other.trouble or 'none'}")
    _print(f"the server {'goes on' if alive else 'has ended'}")


def _tell(words: str, work: Callable[[], Finding]) -> None:
    begun = time.monotonic()
    found = work()
    _print(f"{words}: {dict(found.kinds)} in {time.monotonic() - begun:.0f} s, slowest {found.slowest:.1f} s")
    _print(f"leaks: {len(found.leaks)} {found.leaks[:5]}")


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
