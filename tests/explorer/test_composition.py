"""One place builds the shared services: once per collection, without threads until needed, and closed again."""

from __future__ import annotations

import ast
import asyncio
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.app import Explorer
from explorer.composition import THIS_PROCESS, OpenCollections, build_services
from explorer.settings import LABELS_ENVIRONMENT
from pipeline.collection import Collection
from pipeline.collection.updating import CollectionUpdate
from pipeline.progress import Progress, ProgressCallback
from tests.helpers.visitors import on_a_loop
from tests.helpers.waiting import DEADLINE, wait_until

ROOT = Path(__file__).parents[2]
ENTRY = "explorer.main"
"""The script of a session: it makes a page whenever it runs, and nothing imports it."""

IMPORT = """
import importlib, json, os, sys, threading

reads, read = [], os._Environ.__getitem__


def seen(self, name):
    caller = sys._getframe(1)
    while caller.f_globals.get("__name__") in ("os", "collections.abc", "_collections_abc"):
        caller = caller.f_back
    reads.append([caller.f_globals.get("__name__", ""), name])
    return read(self, name)


os._Environ.__getitem__ = seen
for name in sys.argv[1:]:
    importlib.import_module(name)
threads = [thread.name for thread in threading.enumerate()]
ours = [read for read in reads if read[0].partition(".")[0] == "explorer"]
os.environ.get("ANYTHING")
print(json.dumps({"threads": threads, "ours": ours, "seen": reads[-1]}))
"""


def modules() -> list[str]:
    """Name every module of the explorer but the script of a session."""
    files = sorted((ROOT / "explorer").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return [name for name in names if name != ENTRY]


def threads_since(before: set[threading.Thread]) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread not in before]


def test_importing_starts_no_thread_and_reads_no_environment() -> None:
    names = modules()
    assert len(names) > 80
    command = [sys.executable, "-c", IMPORT, *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["threads"] == ["MainThread"]
    assert found["ours"] == []
    assert found["seen"] == ["__main__", "ANYTHING"], "reads are seen"


def test_two_pages_of_one_collection_share_services(collection_path: Path) -> None:
    with OpenCollections() as opened:
        first, second = Explorer(collection_path, opened=opened), Explorer(str(collection_path), opened=opened)
        assert first.services is second.services
        assert first.view is not second.view


def test_pages_that_name_no_other_share_those_of_the_process(collection_path: Path) -> None:
    try:
        assert Explorer(collection_path).services is THIS_PROCESS.services(collection_path)
    finally:
        THIS_PROCESS.close()


def test_other_open_collections_have_services_of_their_own(collection_path: Path) -> None:
    with OpenCollections() as one, OpenCollections() as other:
        assert one.services(collection_path) is not other.services(collection_path)


def test_a_collection_that_was_built_again_is_opened_again(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    before = set(threading.enumerate())
    with OpenCollections() as opened:
        shown = opened.services(path)
        shutil.move(path, tmp_path / "away")
        shutil.copytree(tmp_path / "away", path)
        assert not shown.collection.is_current()
        assert opened.services(path) is not shown
    wait_until(lambda: not threads_since(before))  # those that were replaced are closed as well
    assert threads_since(before) == []


def test_a_collection_that_was_changed_is_opened_again(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    with OpenCollections() as opened:
        shown = opened.services(path)
        with CollectionUpdate(path) as update:
            update.commit(lambda manifest: manifest)
        assert shown.collection.is_current()
        assert opened.services(path) is not shown


def test_building_services_starts_no_thread_and_opens_no_store(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    before = set(threading.enumerate())
    services = build_services(Collection(path))
    assert threads_since(before) == []
    services.close()
    assert not (path / "labels.sqlite").exists()


def test_the_environment_is_read_when_a_collection_is_opened_and_not_before(
    collection_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def store_url() -> None:
        asked.append(LABELS_ENVIRONMENT)

    monkeypatch.setenv(LABELS_ENVIRONMENT, "postgresql://nobody/reads/this")
    with OpenCollections(store_url) as opened:
        assert asked == []
        services = opened.services(collection_path)
        assert services.labels._url is None
        opened.services(collection_path)
    assert asked == [LABELS_ENVIRONMENT]


def test_closing_ends_every_thread(collection_path: Path, tmp_path: Path) -> None:
    """Every pool has threads, people watch, and a round is under way: then all of it ends."""
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    before, begun, ended = set(threading.enumerate()), threading.Event(), list[str]()

    def work(progress: ProgressCallback) -> None:
        begun.set()
        while True:
            progress(step)

    async def story() -> None:
        services = opened.services(path)
        services.labels.watch(lambda: None)
        services.rounds.start("content_cat", "Round 1", work, ended.append)
        services.start()
        services.executor.submit(int)
        await services.originals.get(0, 64, is_wanted=lambda: True)
        await services.labels.run(lambda: services.labels.store.annotators.add("Ann"))
        await services.labels.study(int)
        assert await asyncio.to_thread(begun.wait, DEADLINE)

    step = Progress("Scoring", 1, 2, "images")
    opened = OpenCollections()
    on_a_loop(story)
    kinds = {name.partition("_")[0].partition("-")[0] for name in threads_since(before)}
    assert {"frame", "search", "original", "rounds", "labels", "label", "reading"} <= kinds
    opened.close()
    wait_until(lambda: not threads_since(before))
    assert threads_since(before) == []
    assert "was stopped" in ended[0]


def test_a_page_that_outlives_its_services_starts_no_thread_again(collection_path: Path) -> None:
    before = set(threading.enumerate())
    services = build_services(Collection(collection_path))
    services.close()
    services.labels.watch(lambda: None)
    assert threads_since(before) == []
    services.close()  # once more does no harm


def test_a_collection_is_opened_again_after_all_was_closed(collection_path: Path) -> None:
    opened = OpenCollections()
    first = opened.services(collection_path)
    opened.close()
    assert opened.services(collection_path) is not first
    opened.close()


SOURCES = {
    file.relative_to(ROOT / "explorer").as_posix(): ast.parse(file.read_text(encoding="utf-8"))
    for file in sorted((ROOT / "explorer").rglob("*.py"))
}


def names_in(tree: ast.AST) -> set[str]:
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return named | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_one_module_reads_the_environment() -> None:
    assert {file for file, tree in SOURCES.items() if names_in(tree) & {"environ", "getenv"}} == {"settings.py"}


def test_threads_are_made_by_services_alone() -> None:
    makers = {"Thread", "ThreadPoolExecutor", "Timer"}
    found = {file for file, tree in SOURCES.items() if names_in(tree) & makers}
    assert found
    assert all(file.startswith("services/") for file in found), found


def test_what_sessions_share_is_built_in_one_place() -> None:
    parts = {"Services", "LabelService", "RoundService", "OriginalPictures", "PublishedAudits", "HiddenScores"}
    calls = {
        (file, node.func.id)
        for file, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in parts
    }
    assert calls == {("composition.py", part) for part in parts}


def test_no_constructor_takes_more_than_eight_parameters() -> None:
    for file, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                assert len(taken) - 1 <= 8, f"{file}:{node.lineno}"
