"""Shared by all tests: no network, no user's caches, and one small real collection."""

from __future__ import annotations

import csv
import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

# About a worker a core, and each library one thread in it: more would get in each other's way. Set before they load.
for variable in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from explorer.installation import outdated_words

# One sentence instead of a traceback for every file. The parent has checked this for its workers.
if "PYTEST_XDIST_WORKER" not in os.environ and (words := outdated_words("test", other_versions=False)):
    raise SystemExit(words)

import numpy as np
import portalocker
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from tests.helpers import sizes
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.prepared import ready_to_fork
from tests.helpers.waiting import DEADLINE

DRAWN = 72
FIRST = [
    Path(__file__).parent / place
    for place in (
        "browser/test_answering.py",
        "pipeline/layout",
        "pipeline/fetching",
        "pipeline/label_store",
        "browser",
        "explorer",
    )
]
"""Files that begin a run, then folders whose files take longest.

The first worker builds what all share, and the others have work for which they need not wait: that of a first run
takes half a minute.
"""

# The cyclic garbage of a worker is looked for rarely: a worker holds half a million objects of libraries and tests, and
# to look through them took a tenth of its time. A test that needs it collects it by itself.
gc.set_threshold(20_000, 20, 50)

# The same examples every time; first calls compile kernels, so no example has a deadline.
settings.register_profile("full", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("quick", derandomize=True, deadline=None, max_examples=12)

# A shell starts what runs in the background with Ctrl-C ignored, and its children inherit that: the tests that press
# Ctrl-C in a child would wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all", "--slow", action="store_true", dest="everything", help="run everything: slow tests, and full sizes"
    )


def pytest_configure(config: pytest.Config) -> None:
    sizes.choose(full=bool(config.getoption("everything")))
    settings.load_profile("full" if sizes.are_full() else "quick")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Run two workers more than there are cores: tests wait for browsers, for servers and for the disk."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist's own answer reads it
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return (cores or 1) + 2


@pytest.hookimpl(trylast=True)  # after the folders' own, which mark tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run the longest files first, and leave slow tests out without ``--all``.

    Workers take whole files in this order. A long file at the end would run alone.
    """
    ranks: dict[Path, int] = {}
    for path in {item.path for item in items}:
        around = (path, *path.parents)
        ranks[path] = next((rank for rank, folder in enumerate(FIRST) if folder in around), len(FIRST))
    items.sort(key=lambda item: ranks[item.path])
    if sizes.are_full():
        return
    slow = [item for item in items if "slow" in item.keywords]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if "slow" not in item.keywords]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep tests away from the network and from the user's model cache."""
    monkeypatch.setenv("BAM_EXPLORER_OFFLINE", "1")
    monkeypatch.delenv("BAM_EXPLORER_COLLECTION", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.getbasetemp() / "torch-home"))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def processes(run_folder: Path) -> Iterator[None]:
    """Fork the processes of the command. With ``--all`` each process is fresh."""
    if sizes.are_full() or sys.platform != "linux":
        yield
        return
    with ready_to_fork(run_folder):
        yield


def draw_images(folder: Path, count: int = DRAWN, *, seed: int = 0) -> Path:
    """Draw red discs, blue squares and green stripes, with a table that knows which is which for two thirds."""
    generator = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(count):
        kind = ("disc", "square", "stripes")[number % 3]
        image = Image.new("RGB", (96, 72 + number % 40), "white")
        pen, shift = ImageDraw.Draw(image), int(generator.integers(0, 30))
        shade = 140 + int(generator.integers(0, 110))
        if kind == "disc":
            pen.ellipse((10 + shift, 10, 50 + shift, 50), fill=(shade, 20, 20))
        elif kind == "square":
            pen.rectangle((10 + shift, 12, 48 + shift, 50), fill=(20, 20, shade))
        else:
            for x in range(shift, 96, 12):
                pen.line((x, 0, x, 110), fill=(20, shade, 20), width=5)
        name = f"images/{kind}-{number:03d}.png"
        image.save(folder / name)
        known = number % 9 < 6
        row = {"file": name, "caption": f"a {kind}, number {number}", "keywords": f"{kind};drawing"}
        row |= {"project_id": str(number), "licence": "CC0-1.0", "author": "", "source": "drawn"}
        row["content_cat"] = ("yes" if kind == "disc" else "no") if known else ""
        row["media_pen_ink"] = ("yes" if kind == "stripes" else "no") if known else ""
        rows.append(row)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder / "table.csv"


@pytest.fixture(scope="session")
def drawn_table(run_folder: Path) -> Path:
    """A table of drawn images; drawn once a run."""
    folder = run_folder / "drawn"
    with portalocker.Lock(run_folder / "drawn.lock", timeout=DEADLINE):
        return folder / "table.csv" if folder.exists() else draw_images(folder)


@pytest.fixture(scope="session")
def drawn_source(drawn_table: Path) -> Source:
    """The table, listed."""
    return open_source(drawn_table)


@pytest.fixture(scope="session")
def collection_path(drawn_source: Source, run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of the drawn images, built with the fake embedder; built once a run, and a copy a worker."""
    built = run_folder / "drawn-collection"
    with portalocker.Lock(run_folder / "drawn-collection.lock", timeout=DEADLINE):
        if not built.exists():
            taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
            build_collection(drawn_source, built, FakeEmbedder(), taxonomy, BuildOptions())
    return Path(shutil.copytree(built, tmp_path_factory.mktemp("collections") / "drawn"))


@pytest.fixture(scope="session")
def served_path(collection_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the collection for servers: they keep a label store in it, at any moment. Others copy the first one."""
    return Path(shutil.copytree(collection_path, tmp_path_factory.mktemp("served") / "drawn"))


@pytest.fixture
def collection(collection_path: Path) -> Collection:
    """The drawn collection, opened; not to be changed."""
    return Collection(collection_path)


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ResNet-18 weights of the right shapes, drawn at random."""
    import torch
    import torchvision
    from safetensors.torch import save_file

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet18.safetensors"
    save_file(torchvision.models.resnet18(weights=None).state_dict(), path)
    return path
