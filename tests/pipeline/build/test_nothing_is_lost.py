"""Whatever a command is given, and whatever ends it: each file that this program did not write is there, as it was."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from explorer.cli.build import SourceOptions, build_from
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.errors import BamExplorerError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.label_store import open_label_store
from pipeline.label_tables import export_table
from pipeline.releases.export import export_collection
from pipeline.resources import asset
from pipeline.sources.source import Source
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.sizes import sizes

STEPS = {"os.rename", "os.remove", "os.rmdir", "os.link", "os.mkdir", "os.symlink", "os.truncate", "shutil.rmtree"}
TARGETS = (
    "out",
    "./out",
    "photos/../out",
    "photos",
    "photos/images",
    "photos/new",
    ".",
    "link",
    "elsewhere",
    "out/log/x",
)
PLACES = (
    *("out/mine.txt", "out/collection.json", "out/images.lance/mine.txt", "out/models/mine.safetensors"),
    *("out/releases/mine.txt", "out/rounds/content_cat/mine.json", "out/labels.sqlite.bak", "out/.DS_Store", "out"),
    *(".out.building", ".out.building/mine.txt", ".out.building/build.json", ".out.building/releases/mine.txt"),
    *(".out.old", ".out.old/mine.txt", ".out.old/collection.json", ".out.lock", "out.csv", "out.parquet", "link"),
    *("photos/new/mine.txt", "elsewhere/mine.txt", "elsewhere/collection.json", "elsewhere", "photos/collection.json"),
    *("tables/scores.csv", "tables/labels.csv", "tables/releases", "tables/releases/mine.csv", "tables"),
)
COLLECTIONS = ("out", ".out.building", ".out.old", "elsewhere", "photos/new", "given")
CONTENT = st.sampled_from([b"", b"mine", b"{}", b'{"format_version": 2}', b"image_id,file\n1,a.png\n"])

files = st.tuples(st.just("file"), st.sampled_from(PLACES), CONTENT)
links = st.tuples(
    st.just("link"), st.sampled_from(PLACES), st.sampled_from(["photos", "elsewhere", "out", "nowhere", "link"])
)
folders = st.tuples(st.just("folder"), st.sampled_from(PLACES), st.none())
collections = st.tuples(st.just("collection"), st.sampled_from(COLLECTIONS), st.none())
replaced = st.just([("collection", "out", None)])  # most faults need a collection that may be replaced
entries = st.lists(files | links | folders | collections, max_size=6)
trees = st.tuples(replaced | st.just([]), entries).map(lambda both: both[0] + both[1])
commands = st.sampled_from(["build", "build", "build", "synth", "export", "labels"])
endings = st.sampled_from(["well", "well", "Ctrl-C", "kill"])


class Interruption:
    """Raises Ctrl-C at a step on the disk; a process that was killed takes no step after it either."""

    def __init__(self) -> None:
        self.left, self.killed = 0, False
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.left and event in STEPS:
            self.left -= 1
            if not self.left:
                self.left = 1 if self.killed else 0
                raise KeyboardInterrupt

    @contextmanager
    def at(self, step: int, *, killed: bool) -> Iterator[None]:
        """Interrupt the block at a step, never if it is 0."""
        self.left, self.killed = step, killed
        try:
            yield
        finally:
            self.left = 0


@pytest.fixture(scope="module")
def interruption() -> Interruption:
    return Interruption()


@pytest.fixture(scope="module")
def answered(drawn_source: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with a label store, to be copied: it has left the place that its store remembers."""
    folder = tmp_path_factory.mktemp("answered")
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(drawn_source, folder / "made", FakeEmbedder(), taxonomy, BuildOptions())
    open_label_store(Collection(folder / "made")).close()
    (folder / "made/rounds/content_cat").mkdir(parents=True)
    (folder / "made/releases").mkdir()
    return (folder / "made").rename(folder / "kept")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw_images(tmp_path_factory.mktemp("drawn") / "photos", 3)
    return next(tmp_path_factory.getbasetemp().glob("drawn*/photos"))


def grow(root: Path, tree: list[tuple[str, str, Any]], answered: Path) -> dict[Path, bytes | str]:
    """Make a tree; return the person's own entries in it: files with their bytes, links with their targets."""
    own: dict[Path, bytes | str] = {}
    for kind, name, more in sorted(tree, key=lambda entry: entry[0] != "collection"):
        place = root / name
        if os.path.lexists(place) and kind != "folder":
            continue
        with suppress(OSError):
            if kind == "collection":
                shutil.copytree(answered, place)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if kind == "folder":
                place.mkdir(exist_ok=True)
            elif kind == "link":
                place.symlink_to(root / more)
                own[place] = str(root / more)
            else:
                place.write_bytes(more)
                own[place.parent.resolve() / place.name] = more
    for file in (root / "photos").rglob("*.png"):
        own[file] = file.read_bytes()
    return own


def run(command: str, root: Path, target: str, *, replace: bool, table: bool) -> None:
    """Run one command as a person does."""
    quiet = Console(file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    try:
        place = root / target
        if command == "build":
            source = root / "photos/table.csv" if table else root / "photos"
            options = BuildOptions(offline=True, replace=replace, set_aside_answers=True)
            build_from(source, place, quiet, options, SourceOptions())
        elif command == "synth":
            spec = SyntheticSpec(5, dimensions=32, training_images=1024, pictures=3)
            build_synthetic(spec, place, replace_existing=replace)
        elif command == "export":
            with open_label_store(Collection(root / "given")) as store:
                out = place if table else root / "tables"
                export_collection(Collection(root / "given"), store, out, "csv", replace=replace)
        else:
            with open_label_store(Collection(root / "given")) as store:
                out = root / ("tables/labels.csv" if table else "out.csv")
                export_table(store, Collection(root / "given"), out, replace=replace)
    finally:
        quiet.file.close()


WELL = {"command": "build", "replace": True, "table": True, "ending": "well", "step": 1}
KEPT = ("file", "out/releases/mine.txt", b"mine")
MINE = ("file", "out/mine.txt", b"mine")
THERE = ("collection", "out", None)


@settings(max_examples=sizes(8, 30), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    tree=trees,
    target=st.just("out") | st.sampled_from(TARGETS),
    command=commands,
    replace=st.booleans(),
    table=st.booleans(),
    ending=endings,
    step=st.integers(1, 60),
)
@example(tree=[MINE], target="out", **WELL)
@example(tree=[THERE, MINE], target="out", **WELL)
@example(tree=[THERE, KEPT], target="out", **WELL | {"ending": "kill", "step": 30})
@example(tree=[("file", ".out.building/mine.txt", b"mine")], target="out", **WELL)
@example(tree=[("file", ".out.lock", b"mine")], target="out", **WELL)
@example(tree=[("file", "tables/scores.csv", b"mine")], target="out", **WELL | {"command": "export", "table": False})
@example(tree=[("file", "out.csv", b"mine")], target="out", **WELL | {"command": "labels", "table": False})
def test_every_file_that_this_program_did_not_write_is_there_after_any_command(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    interruption: Interruption,
    answered: Path,
    pictures: Path,
    tree: list[tuple[str, str, Any]],
    target: str,
    command: str,
    replace: bool,
    table: bool,
    ending: str,
    step: int,
) -> None:
    monkeypatch.setattr("pipeline.embedding.embedder_choice.choose_embedder", lambda **_: FakeEmbedder())
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(pictures, root / "photos")
    shutil.copytree(answered, root / "given")
    own = grow(root, tree, answered)
    for killed in (ending == "kill", False):  # a complete run then removes the leftovers
        at = 0 if ending == "well" or (ending == "kill" and not killed) else step
        with suppress(BamExplorerError, KeyboardInterrupt), interruption.at(at, killed=killed):
            run(command, root, target, replace=replace, table=table)
        for place, said in own.items():
            now = str(place.readlink()) if place.is_symlink() else place.read_bytes()
            assert now == said, place
    shutil.rmtree(root)
