"""Seconds from ``explorer demo`` to a map that answers: ``python -m tests.benchmarks.demo_time``.

The folder is new, so everything is computed on the first start and nothing on the second. Prints one JSON line for
``docs/measurements/demo.jsonl``.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from pipeline.collection import Collection
from tests.benchmarks.machine import facts


def seconds_to_map(folder: Path) -> float:
    """Start the demo, fetch its page once and stop it."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "explorer", "demo", "--dir", str(folder), "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "http://" in line)
        with urlopen(next(word for word in line.split() if word.startswith("http://"))) as answer:  # noqa: S310
            answer.read()
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "demo"
        first, second = seconds_to_map(folder), seconds_to_map(folder)
        manifest = Collection(folder).manifest
    result = {
        "measure": "demo_to_served_map",
        "images": manifest.images,
        "backbone": manifest.embedding.backbone,
        "first_s": round(first, 1),
        "second_s": round(second, 2),
    }
    sys.stdout.write(json.dumps(result | facts("python -m tests.benchmarks.demo_time")) + "\n")


if __name__ == "__main__":
    main()
