"""Read a store of many answers: ``python -m tests.benchmarks.label_store_reading``.

Makes a store of 500,000 answers to 20 attributes by 8 people, in 10,000 finished batches, and
measures what a page waits for: the board, an attribute's answers, the state that is polled, and
the next page of a new batch of 20,000 images, with second looks.
Prints one JSON line for ``docs/measurements/label-store.jsonl`` for each of SQLite and PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sqlalchemy import Table, insert, text

from pipeline.annotation.consensus import AgreementRule
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import Drawn, LabelStore, Page, Purpose, Reply, Value, new_action_id
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.tables import acts, answers, batches, draws, leases, pages
from pipeline.resources import asset
from tests.benchmarks.label_store_load import databases
from tests.benchmarks.machine import facts
from tests.helpers.label_worker import known_images

PAGE = 24
PEOPLE = 8


def fill(store: LabelStore, count: int) -> str:
    """Write answers page by page, by two people per image, as in the app; return the id of one person."""
    people = [store.annotators.add(f"person {number}").id for number in range(PEOPLE)]
    store.attributes.seed(load_taxonomy(asset("taxonomy/bam.toml")))
    names = [entry.name for entry in store.attributes.list_all()]
    chance = np.random.default_rng(7)
    rows: dict[Table, list[dict[str, object]]] = {table: [] for table in (batches, draws, pages, leases, acts, answers)}
    draw_id = sequence = 0
    for number in range(count // (2 * PAGE)):
        attribute, batch, created = names[number % len(names)], f"batch{number}", 1e9 + number
        of_all = {"attribute": attribute, "purpose": "training"}
        told = {"definition_version": 1, "model_version": ""}
        rows[batches].append({"id": batch, "created": created, "title": "", "agree": 2, "changes": 0} | of_all | told)
        images = chance.choice(len(store.images.image_ids), PAGE, replace=False).tolist()
        ids = range(draw_id + 1, draw_id + PAGE + 1)
        draw_id += PAGE
        asked = {"batch_id": batch, "reason": "boundary", "wanted": 2, "answered": 2, "opinions": 2, "only_for": ""}
        rows[draws] += [
            of_all | asked | {"id": each, "position": place, "image_id": image}
            for place, (each, image) in enumerate(zip(ids, images, strict=True))
        ]
        for person in chance.choice(people, 2, replace=False).tolist():
            sequence += 1
            page = f"page{sequence}"
            mine = {"annotator_id": person}
            rows[pages].append({"id": page, "batch_id": batch, "created": created, "expires": created + 45} | mine)
            rows[leases] += [
                {"page_id": page, "draw_id": each, "open": False, "skipped": False, "place": place} | mine
                for place, each in enumerate(ids)
            ]
            rows[acts].append({"sequence": sequence, "id": f"act{sequence}", "at": created, "kind": "answer"} | mine)
            said = chance.choice(["yes", "no", "unsure"], PAGE, p=[0.3, 0.65, 0.05]).tolist()
            shared = {"sequence": sequence, "seconds": 1.0, "page_id": page, "reason": "boundary"}
            rows[answers] += [
                of_all | told | mine | shared | {"draw_id": each, "image_id": image, "value": value}
                for each, image, value in zip(ids, images, said, strict=True)
            ]
    with store.database.writing() as connection:
        for table, lines in rows.items():
            connection.execute(insert(table), lines)
        if not store.database.sqlite:
            for table, column, last in (("draws", "id", draw_id), ("acts", "sequence", sequence)):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {last})"))
    return people[0]


def median_ms(call: Callable[[], object], times: int) -> float:
    """Call several times; return the median in milliseconds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return round(float(np.median(taken)) * 1000, 1)


def measure(database: Database, count: int) -> dict[str, object]:
    """Fill a store, and measure the time of each query."""
    store = LabelStore(database, known_images(200_000), "store")
    me = fill(store, count)
    if not database.sqlite:
        with database.writing() as connection:
            connection.execute(text("ANALYZE"))
    attribute = store.attributes.list_all()[0].name
    found: dict[str, object] = {
        "answers": sum(store.answers.counts().values()),
        "board_ms": median_ms(store.attributes.list_progress, 3),
        "answer_table_ms": median_ms(lambda: store.answers.table(attribute), 3),
        "labels_ms": median_ms(lambda: store.answers.labels(attribute, Purpose.TRAINING, AgreementRule(2, 3)), 3),
        "state_ms": median_ms(store.state, 20),
        "nothing_left_ms": median_ms(lambda: store.questions.next_page(me, attribute), 5),
    }
    drawn = [Drawn(image, "top") for image in range(20_000)]
    store.batches.draw(attribute, 1, Purpose.TRAINING, drawn, agree=2, again=True)
    pages_taken: list[Page] = []

    def next_page() -> None:
        page = store.questions.next_page(me, attribute, PAGE, repeats=0.05)
        assert page is not None
        pages_taken.append(page)

    def answer() -> None:
        page = pages_taken[-1]
        store.answers.record(new_action_id(), page.id, me, [Reply(item.draw_id, Value.NO, 1.0) for item in page.items])

    taken, answered = [], []
    for _ in range(20):
        taken.append(median_ms(next_page, 1))
        answered.append(median_ms(answer, 1))
    found |= {
        "next_page_ms": float(np.median(taken)),
        "next_page_max_ms": max(taken),
        "answer_page_ms": float(np.median(answered)),
        "work_left_ms": median_ms(lambda: store.questions.count_left(attribute, me), 3),
    }
    return found


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=500_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as opened:
        for name, database in opened:
            line = {"measure": "label_store_reading", "database": name, **measure(database, options.answers)}
            sys.stdout.write(json.dumps(line | facts("python -m tests.benchmarks.label_store_reading")) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
