"""Compare fetching with img2dataset in one run, over one list of links, a third of which are slow or fail.

``python -m tests.benchmarks.fetching --links 10000 --img2dataset PATH`` where PATH is the command ``img2dataset`` of an
environment of its own: it is no requirement of the tests. Both get 64 requests at a time, the same limits of time where
both have them, and a server each, so that what a server remembers of a link helps neither. Prints one JSON line for
``docs/measurements/fetching.jsonl``.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.benchmarks.link_server import picture
from pipeline.benchmarks.links import LIMITS, REQUESTS, Expected, expected_links, measure, serving
from tests.benchmarks.machine import facts

MOST_SECONDS = 1500
CONNECTIONS = Counter[str]()
"""Hosts that this process connected to. The links of the list name one, in numbers."""


def watch() -> None:
    """Count the hosts that connections lead to."""

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            CONNECTIONS[str(arguments[1][0])] += 1

    sys.addaudithook(look)


def other_side(command: Path, rows: Sequence[Expected], folder: Path) -> dict[str, object]:
    """Run img2dataset on the list, with unchanged files; return its results."""
    table = folder / "links.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["url", "link"])
        writer.writerows([row.link.url, row.link.key] for row in rows)
    options = {
        "url_list": table,
        "input_format": "csv",
        "url_col": "url",
        "save_additional_columns": '["link"]',
        "output_folder": folder / "out",
        "output_format": "files",
        "resize_mode": "no",
        "disable_all_reencoding": True,
        "processes_count": 1,
        "thread_count": REQUESTS,
        "timeout": int(LIMITS.stall),
        "retries": 1,
        "number_sample_per_shard": len(rows),
        "enable_wandb": False,
    }
    words = [str(command), *(f"--{name}={value}" for name, value in options.items())]
    start = time.perf_counter()
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=MOST_SECONDS)
        ended = f"exit {done.returncode}" + (f": {done.stderr[-300:]}" if done.returncode else "")
    except subprocess.TimeoutExpired:
        ended = f"stopped after {MOST_SECONDS} s"
    seconds = time.perf_counter() - start
    wanted = {row.link.key: row.reason for row in rows}
    good = wrong = 0
    for path in (folder / "out").rglob("*.json"):
        values = json.loads(path.read_text(encoding="utf-8"))
        image = path.with_suffix(".jpg")
        if "link" not in values or not image.exists():
            continue
        key = int(values["link"])
        if wanted.get(key, "x"):
            wrong += 1
        else:
            good += image.read_bytes() == picture(key)
    return {
        "arrived": good,
        "kept_though_bad": wrong,
        "seconds": round(seconds, 1),
        "links_per_second": round(len(rows) / seconds, 1),
        "ended": ended,
    }


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=10_000)
    parser.add_argument("--img2dataset", type=Path)
    options = parser.parse_args()
    watch()
    with tempfile.TemporaryDirectory() as place:
        with serving() as url:
            ours = measure(expected_links(url, options.links, 0), Path(place) / "ours")
        assert set(CONNECTIONS) == {"127.0.0.1"}, CONNECTIONS
        theirs: dict[str, object] = {}
        if options.img2dataset is not None:
            with serving() as url:
                rows = expected_links(url, options.links, 0)
                folder = Path(place) / "theirs"
                folder.mkdir()
                theirs = other_side(options.img2dataset, rows, folder)
    command = f"python -m tests.benchmarks.fetching --links {options.links} --img2dataset PATH"
    hosts = {"hosts_connected_to": sorted(CONNECTIONS)}
    sys.stdout.write(json.dumps(ours | hosts | {"img2dataset": theirs} | facts(command)) + "\n")


if __name__ == "__main__":
    main()
