"""A process that answers pages as a person would, for tests and benchmarks that kill it or run several at once.

``python -m tests.helpers.label_worker URL SCHEMA BATCH NAME`` prints ``ready``, then one line for every answer once the
store has acknowledged it: the act's id, the image and the seconds it took to be durable. ``-`` stands for no schema.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from sqlalchemy.engine import make_url

from pipeline.errors import LeaseError
from pipeline.label_store import KnownImages, LabelStore, Reply, Value, new_action_id
from pipeline.label_store.schema.database import Database


def known_images(count: int) -> KnownImages:
    """Images 0 .. count - 1, each alone."""
    return KnownImages(np.arange(count, dtype=np.int64))


def open_store(url: str, schema: str | None, count: int) -> LabelStore:
    """Open a store without a collection."""
    database = Database(make_url(url), schema=schema)
    database.upgrade()
    return LabelStore(database, known_images(count), "store")


def work(store: LabelStore, batch_id: str, name: str, page_size: int = 24) -> None:
    """Answer until nothing is left, telling every acknowledged answer."""
    person = store.annotators.add(name)
    tell("ready")
    while True:
        page = store.questions.take_page(person.id, batch_id, page_size)
        if not page.items and not page.held_by_others:
            return
        if not page.items:
            time.sleep(0.05)
        for item in page.items:
            act, started = new_action_id(), time.perf_counter()
            try:
                store.answers.record(act, page.id, person.id, [Reply(item.draw_id, Value.YES, 0.5)])
            except LeaseError:
                break  # this process was stopped so long that another one answered: take the next page
            tell(f"{act} {item.image_id} {time.perf_counter() - started:.6f}")


def tell(line: str) -> None:
    """Write a whole line at once. A written line means an acknowledged answer."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and work."""
    url, schema, batch_id, name = sys.argv[1:]
    work(open_store(url, None if schema == "-" else schema, 1), batch_id, name)


if __name__ == "__main__":
    main()
