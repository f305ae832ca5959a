"""Four rounds by hand in the page, for several attributes: ``python -m tests.benchmarks.rounds_person DIR``.

A script drives the real app in Chromium: it trains, answers by keyboard what the round asks, trains again, and
releases. It knows the answers that came with the collection and says no where none did, so choose attributes of which
nearly all are known. The answers of the source do not train: they are taken out of the copy on which it works, and the
first page holds five images that are a yes among others. With ``--shots FOLDER`` it keeps pictures of the tab after
the last round of each attribute, with the wall of what crossed the threshold. Prints one JSON line for
``docs/measurements/rounds.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lance
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from pipeline.collection import Collection
from pipeline.label_store import Drawn, Purpose, open_label_store
from pipeline.releases.files import list_releases, verify_release
from pipeline.rounds.reports import read_reports
from tests.benchmarks.machine import facts
from tests.helpers import served
from tests.helpers.answering_person import AnsweringPerson

ATTRIBUTES = ("media_pen_ink", "media_3d_graphics", "media_photo")
ROUNDS, BATCH, EXAMPLES, SEED = 4, 96, 24, 0
KEPT = ("answers", "yes", "validation", "threshold", "up", "down", "train_s", "score_s", "rank_s")


def forget_answers(path: Path, attributes: tuple[str, ...]) -> dict[str, NDArray[np.int8]]:
    """Remove the source's answers to some attributes from a copy; return them, int8 (n,) each."""
    collection = Collection(path)
    known = {name: collection.known(name) for name in attributes}
    lance.dataset(str(path / "images.lance")).drop_columns([f"known_{name}" for name in attributes])
    return known


def label(page: Page, person: AnsweringPerson, attribute: str, shots: Path | None) -> list[float]:
    """Run the rounds of one attribute and release it; return the seconds from each press to the round on the screen."""
    tab, seconds = page.locator(".ex-rounds"), []
    person.choose(attribute)
    page.wait_for_timeout(500)
    answered = person.answer_page()
    for number in range(1, ROUNDS + 1):
        page.locator("[data-tab=rounds]").click()
        page.wait_for_timeout(1_000)
        start = time.perf_counter()
        tab.locator(".train").click()
        page.wait_for_selector(f'.ex-rounds[data-round="{number}"]', timeout=120_000)
        seconds.append(round(time.perf_counter() - start, 2))
        if number < ROUNDS:
            tab.locator(".answer").click()
            person.tab.wait_for()
            asked = 0
            while asked < BATCH:
                asked += person.answer_page()
            answered += asked
    tab.locator(".crossed .picture, .threshold .picture").first.wait_for()
    if shots is not None:
        shots.mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(1_500)
        tab.screenshot(path=shots / f"{attribute}-figures.png")
        tab.locator(".crossed").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        tab.screenshot(path=shots / f"{attribute}-crossed.png")
    tab.locator("button.release").click()
    tab.locator(".releases li").first.wait_for()
    page.locator("[data-tab=label]").click()
    return seconds


def measure(path: Path, attributes: tuple[str, ...], shots: Path | None) -> dict[str, Any]:
    """Measure the chain on a copy of a collection."""
    browser_path = served.chromium_path()
    if browser_path is None:
        sys.exit(f"No browser: install one of {', '.join(served.NAMES)}.")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "collection"
        shutil.copytree(path, copy, ignore=shutil.ignore_patterns("labels.sqlite*", ".labels*", "rounds", "releases"))
        known = forget_answers(copy, attributes)
        collection = Collection(copy)
        draw_examples(collection, known)
        truth: dict[int, bool] = {}
        results: dict[str, Any] = {}
        with served.serving(copy) as address, served.chromium(browser_path) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            served.Visit(page, address).settle()
            person = AnsweringPerson(page, truth.__getitem__)
            person.join("Ann")
            for name in attributes:
                truth |= dict(zip(collection.image_ids.tolist(), (known[name] == 1).tolist(), strict=True))
                seconds = label(page, person, name, shots)
                results[name] = outcome(copy, name, known[name]) | {"press_to_round_s": seconds}
        return {"measure": "rounds_in_the_page", "images": len(collection), "batch": BATCH, "attributes": results}


def draw_examples(collection: Collection, known: dict[str, NDArray[np.int8]]) -> None:
    """Have a first page asked of each attribute: five that are a yes, among others drawn by chance."""
    rng = np.random.default_rng(SEED)
    with open_label_store(collection) as store:
        for name, answers in known.items():
            five = rng.choice(np.flatnonzero(answers == 1), 5, replace=False)
            others = rng.choice(np.flatnonzero(answers == 0), EXAMPLES - 5, replace=False)
            rows = rng.permutation(np.concatenate([five, others]))
            drawn = [Drawn(int(collection.image_ids[row]), "examples") for row in rows]
            store.batches.draw(name, 1, Purpose.TRAINING, drawn, agree=1, title="examples")


def outcome(path: Path, name: str, known: NDArray[np.int8]) -> dict[str, Any]:
    """Print the results of the rounds and the release, and compare the release with the source's answers."""
    collection = Collection(path)
    reports, release = read_reports(collection, name), list_releases(collection, name)[-1]
    verify_release(collection, release)
    table = collection.scores[collection.scored.index(name)]
    positive = (table >= np.float32(release.threshold)) & (known >= 0)
    right = int((positive & (known == 1)).sum())
    return {
        "rounds": [
            {
                key: asdict(report)[key]
                for key in ("answers", "yes", "validation", "threshold", "up", "down", "train_s", "score_s", "rank_s")
            }
            for report in reports
        ],
        "release": release.summary,
        "precision_where_known": round(right / max(1, int(positive.sum())), 3),
        "recall_where_known": round(right / int((known == 1).sum()), 3),
    }


def main() -> None:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--attribute", action="append", default=[])
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    result = measure(options.collection, tuple(options.attribute) or ATTRIBUTES, options.shots)
    sys.stdout.write(json.dumps(result | facts("python -m tests.benchmarks.rounds_person DIR")) + "\n")


if __name__ == "__main__":
    main()
