"""A long fuzz of a server while a visitor uses it, of its messages, and of a collection's files.

``python -m tests.benchmarks.fuzzing DIR [COUNT] [SEED]`` serves, changes and damages copies of a collection.
COUNT requests and raw pieces of messages are sent, COUNT messages sent, half of them without a name, and a hundredth as
many files damaged. The results are printed as JSON, for ``docs/measurements/fuzzing.jsonl``.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import facts
from tests.helpers.fuzzing import LONGEST_WAIT, Finding, Watch, fuzz_channel, fuzz_requests
from tests.helpers.fuzzing_files import fuzz_files
from tests.helpers.fuzzing_messages import fuzz_messages
from tests.helpers.served import start_server, stop_server
from tests.helpers.visitors import on_a_loop

SHARE_OF_REQUESTS = 0.6


def main() -> None:
    """Fuzz, and print the results."""
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    found: dict[str, Any] = facts(f"python -m tests.benchmarks.fuzzing DIR {count} {seed}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as home:
        places = [Path(home) / name for name in ("served", "nobody", "somebody")]
        for place in places:
            shutil.copytree(sys.argv[1], place)
        found |= _server(places[0], count, seed)
        for place, nameless in ((places[1], True), (places[2], False)):
            found[f"messages, {place.name}"] = _messages(place, count // 2, seed, nameless=nameless)
        scratch = Path(home) / "files"
        scratch.mkdir()
        damaged = max(1, count // 100)
        found["files"] = {"damaged": damaged, "wrong": dict(fuzz_files(Path(sys.argv[1]), scratch, damaged, seed=seed))}
    print(json.dumps(found, ensure_ascii=False))  # noqa: T201


def _server(place: Path, count: int, seed: int) -> dict[str, Any]:
    requests = round(count * SHARE_OF_REQUESTS)
    process, address = start_server(place)
    try:
        with Watch(address) as other:
            found = {
                "requests": _told(lambda: fuzz_requests(address, requests, seed)),
                "pieces": _told(lambda: asyncio.run(fuzz_channel(address, count - requests, seed))),
            }
        alive = process.poll() is None
    finally:
        stop_server(process)
    waits = sorted(other.waits)
    found["somebody else"] = {
        "looks": len(waits),
        "median_s": round(waits[len(waits) // 2], 2),
        "longest_s": round(waits[-1], 2),
        f"over {LONGEST_WAIT:.0f} s": sum(wait > LONGEST_WAIT for wait in waits),
        "trouble": str(other.trouble or ""),
        "server alive": alive,
    }
    return found


def _messages(place: Path, count: int, seed: int, *, nameless: bool) -> dict[str, Any]:
    wrong = on_a_loop(lambda: fuzz_messages(place, count, seed=seed, nameless=nameless))
    return {"said": count, "wrong": dict(wrong)}


def _told(work: Callable[[], Finding]) -> dict[str, Any]:
    begun = time.monotonic()
    found = work()
    return {
        "kinds": dict(found.kinds),
        "seconds": round(time.monotonic() - begun),
        "slowest_s": round(found.slowest, 1),
        "leaks": [str(leak)[:200] for leak in found.leaks[:5]],
        "leak_count": len(found.leaks),
    }


if __name__ == "__main__":
    main()
