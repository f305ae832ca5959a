"""Measure answering by keyboard in a real browser: ``python -m tests.benchmarks.answering_person DIR``.

A script that knows the answers that came with the collection answers 200 images in each mode, once without a thought
and once with a stated time to think for each image. Every key is counted on: what the store holds afterwards must be
what was meant. Works on a copy. Prints one JSON line for ``docs/measurements/answering.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser

from pipeline.collection import Collection
from pipeline.label_store import Purpose, open_label_store
from tests.benchmarks.machine import facts
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson

WIDTH, HEIGHT = 1280, 800
THINK = {"page": 0.5, "single": 1.0}  # seconds for each image


def answer(browser: Browser, address: str, collection: Collection, attribute: str, mode: str, count: int, think: float):  # type: ignore[no-untyped-def]
    """Answer images; return figures, and the intended answer of each image."""
    known = dict(zip(collection.image_ids.tolist(), (collection.known(attribute) == 1).tolist(), strict=True))
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    visit = served.Visit(context.new_page(), address)
    visit.settle()
    person = AnsweringPerson(visit.page, known.__getitem__, think)
    person.join(f"{mode} {think}")
    person.choose(attribute, mode)
    for _ in range(-(-count // 96) + 1):
        person.ask("chance")
        visit.page.wait_for_timeout(300)
    person.wait_for_pictures()
    start, keys = time.perf_counter(), person.keys
    answered = 0
    while answered < count:
        answered += person.answer_page() if mode == "page" else person.answer_one()
    took = time.perf_counter() - start
    person.saved(answered)
    context.close()
    p50, p95, most = np.percentile(person.turns, [50, 95, 100]).round(1).tolist()
    result = {
        "mode": mode,
        "think_s_an_image": think,
        "answered": answered,
        "keys": person.keys - keys,
        "seconds": round(took, 2),
        "answers_an_hour": round(3600 * answered / took),
        "key_to_next_pictures_ms": {"p50": p50, "p95": p95, "max": most},
    }
    return result, person.given


def measure(path: Path, attribute: str, count: int) -> dict[str, object]:
    """Measure both modes on a copy of a collection."""
    browser_path = served.chromium_path()
    if browser_path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "collection"
        shutil.copytree(path, copy, ignore=shutil.ignore_patterns("labels.sqlite*", ".labels*"))
        collection, runs, meant = Collection(copy), [], {}
        with served.serving(copy) as address, served.chromium(browser_path) as browser:
            for think in (False, True):
                for mode in ("page", "single"):
                    seconds = THINK[mode] if think else 0.0
                    run, given = answer(browser, address, collection, attribute, mode, count, seconds)
                    runs.append(run)
                    meant |= given
        with open_label_store(Collection(copy)) as store:
            said = {answer.image_id: answer.value.value for answer in store.answers.log(attribute) if answer.survives}
            recorded = store.answers.counts()[attribute, Purpose.TRAINING]
        wrong = sum(said.get(image) != value for image, value in meant.items())
        return {
            "measure": "answering_by_keyboard",
            "images": len(collection),
            "viewport": [WIDTH, HEIGHT],
            "runs": runs,
            "recorded": recorded,
            "missed_or_wrong": wrong,
        }


def main() -> None:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--attribute", default="content_bird")
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    result = measure(options.collection, options.attribute, options.count)
    command = f"python -m tests.benchmarks.answering_person DIR --count {options.count}"
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
