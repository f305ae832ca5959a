"""A process that answers is killed at random moments: ``python -m tests.benchmarks.label_store_kills --kills 1000``.

Prints one JSON line each for SQLite and PostgreSQL, for ``docs/measurements/label-store.jsonl``: answers acknowledged,
how many of them were lost or doubled (none may be), and the seconds until the store was open and read again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipeline.label_store import Drawn, LabelStore, Purpose
from pipeline.label_store.schema.database import Database
from tests.benchmarks.label_store_load import ATTRIBUTE, databases
from tests.benchmarks.machine import facts
from tests.helpers.label_worker import known_images, work


def killed_worker(database: Database, batch_id: str, name: str, wait: float) -> list[str]:
    """Fork a process that answers, and kill it `wait` seconds after its first line; return its lines."""
    reader, writer = os.pipe()
    child = os.fork()  # before this process opens a connection: modules are shared, sockets and locks are not
    if child == 0:
        os.close(reader)
        os.dup2(writer, 1)
        sys.stdout = os.fdopen(1, "w")
        work(LabelStore(Database(database.url, schema=database.schema), known_images(1), "store"), batch_id, name, 4)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        assert told.readline() == "ready\n"
        time.sleep(wait)
        os.kill(child, signal.SIGKILL)
        lines = told.read().splitlines()
    os.waitpid(child, 0)
    return lines


def opened_again(database: Database) -> tuple[float, list[int]]:
    """Open the store as a new process would; return the seconds it took to read the log, and the images in it."""
    started = time.perf_counter()
    fresh = Database(database.url, schema=database.schema)
    fresh.upgrade()
    with LabelStore(fresh, known_images(1), "store") as store:
        images = [entry.image_id for entry in store.answers.log()]
        store.annotators.add("after the kill")  # it can be written, too
        return time.perf_counter() - started, images


def kill(database: Database, kills: int, images: int) -> dict[str, object]:
    """Kill a number of workers, and check their acknowledged answers against the log."""
    chance = np.random.default_rng(20261124)
    drawn = [Drawn(image, "uniform", 0.5) for image in range(images)]
    with LabelStore(Database(database.url, schema=database.schema), known_images(images), "store") as store:
        batch_id = store.batches.draw(ATTRIBUTE, 1, Purpose.TRAINING, drawn).id
    acknowledged: list[int] = []
    seconds = []
    lost = doubled = 0
    for number in range(kills):
        told = killed_worker(database, batch_id, f"worker {number}", float(chance.uniform(0, 0.2)))
        acknowledged += [int(line.split()[1]) for line in told if len(line.split()) == 3]
        took, recorded = opened_again(database)
        seconds.append(took)
        lost += len(set(acknowledged) - set(recorded))
        doubled += len(recorded) - len(set(recorded))
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "recorded": len(recorded),
        "lost": lost,
        "doubled": doubled,
        "open_again_p50_s": round(float(np.median(seconds)), 3),
        "open_again_max_s": round(max(seconds), 3),
    }


def main() -> None:
    """Parse the command line, kill and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--images", type=int, default=60_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as opened:
        for name, database in opened:
            database.close()  # nothing is open when a child is forked
            measured = kill(database, options.kills, options.images)
            line = {"measure": "label_store_kills", "database": name, **measured}
            command = f"python -m tests.benchmarks.label_store_kills --kills {options.kills}"
            sys.stdout.write(json.dumps(line | facts(command)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
