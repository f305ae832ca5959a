"""Seconds of the steps of an audit: ``python -m tests.benchmarks.audit_speed DIR``.

DIR is a synthetic collection (``explorer synth``). Works on a copy of hard links, so that the collection stays as it
is: one attribute is taught by its truth, a round is run and released, and the release audited five times over. Prints
one JSON line for ``docs/measurements/audit.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from pipeline.audit.lifecycle import draw, drop, freeze
from pipeline.audit.plan import FIXED, AuditPlan, fit_to_release, plan_to_certify
from pipeline.audit.population import release_of, sets_of
from pipeline.audit.publication import publish
from pipeline.audit.reports import audit_report
from pipeline.audit.statistics.truth_rules import TruthRule
from pipeline.collection import Collection
from pipeline.label_store import Draft, Reply, Value, new_action_id, open_label_store
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.run import run_round
from pipeline.synthetic.truth import read_truth
from tests.benchmarks.machine import facts

ANSWERS, AUDITED, REPEATS = 1_000, 200, 5


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    options = parser.parse_args()
    path = options.dir.with_name(f"{options.dir.name}-audited")
    shutil.copytree(options.dir, path, copy_function=lambda one, other: Path(other).hardlink_to(one))
    try:
        measured = measure(path)
    finally:
        shutil.rmtree(path)
    command = "python -m tests.benchmarks.audit_speed DIR"
    sys.stdout.write(json.dumps(measured | facts(command)) + "\n")


def measure(path: Path) -> dict[str, object]:
    """Audit a release again and again; return the median seconds of each step."""
    collection, truth = Collection(path), read_truth(path)
    name, yes = truth.names[0], truth.answers[0]
    generator = np.random.default_rng(0)
    seconds: dict[str, list[float]] = {}

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        seconds.setdefault(step, []).append(time.perf_counter() - start)

    with open_label_store(collection) as store:
        person = store.annotators.add("Truth")
        if name not in {entry.name for entry in store.attributes.list_all()}:
            store.attributes.define(person.id, name, Draft(name, f"Is it {name}?", ("yes",), ("no",)), seen_version=0)
        for side, value in ((yes, Value.YES), (~yes, Value.NO)):
            rows = generator.choice(np.flatnonzero(side), ANSWERS // 2, replace=False)
            store.answers.bulk_answer(new_action_id(), person.id, name, 1, collection.image_ids[rows].tolist(), value)
        report = run_round(collection, store, name, RoundOptions(from_source=False))
        collection.refresh_scores()
        with timed("release"):
            make_release(collection, store, name, threshold=report.threshold, lower=report.threshold, by="Truth")
        for number in range(REPEATS):
            with timed("plan"):
                population = sets_of(collection, store, release_of(collection, name)).population
                plan = AuditPlan(name, 1, TruthRule.OWNER, 0, AUDITED, 0.9, FIXED, 1, 0.95, number, 0.05, 1)
                plan, _ = fit_to_release(
                    plan_to_certify(plan, 0.95, population.positives), population.positives, population.negatives
                )
            with timed("freeze"):
                audit = freeze(collection, store, plan, person)
            with timed("draw"):
                audit = draw(collection, store, audit)
            page = store.questions.take_page(person.id, audit.batch, 500)
            replies = [
                Reply(item.draw_id, Value.YES if yes[collection.row_of(item.image_id)] else Value.NO)
                for item in page.items
            ]
            store.answers.record(new_action_id(), page.id, person.id, replies)
            with timed("report"):
                audit_report(collection, store, audit, ended=True)
            if number + 1 < REPEATS:
                drop(collection, store, audit)
        with timed("publish"):
            publish(collection, store, audit)
    return {
        "bench": "audit",
        "images": len(collection),
        "drawn": plan.positives + plan.negatives,
        "repeats": REPEATS,
        **{f"{step}_s": round(median(taken), 3) for step, taken in seconds.items()},
        "slowest_s": {step: round(max(taken), 3) for step, taken in seconds.items()},
    }


if __name__ == "__main__":
    main()
