"""The architecture: the imports of each folder, the pure folders, and those that load no Panel.

`architecture_table.py` holds the rule.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture_table import (
    DISK,
    EXPLORER,
    FOUNDATIONS,
    KEEPS_MACHINE_CODE,
    NO_PANEL,
    PIPELINE,
    PURE,
    STORE,
)

ROOT = Path(__file__).parent.parent


def all_modules() -> dict[str, Path]:
    files = [*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "explorer").rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


MODULES = all_modules()
RULES = PIPELINE | EXPLORER


@cache
def imported(module: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return our modules and the libraries that a module imports, also inside functions and for types."""
    ours: set[str] = set()
    libraries: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import loads a second copy under `panel serve`"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in whole]
        for name in names:
            if name in MODULES:
                ours.add(name)
            else:
                libraries.add(name.partition(".")[0])
    return frozenset(ours), frozenset(libraries)


def row_of(module: str) -> str:
    """Return the row of the tables for a module: its own, or that of the nearest folder."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        if (name := ".".join(parts[:end])) in RULES:
            return name
    raise AssertionError(f"{module} is in no row")


def allowed(row: str) -> set[str]:
    package = row.partition(".")[0]
    named = {f"{package}.{name}" for name in RULES[row]}
    wide = {name.removesuffix("*") for name in named if name.endswith("*")}
    named |= {other for other in RULES for start in wide if other.startswith(start)}
    if row.startswith("pipeline.label_store."):
        named |= STORE
    if package == "explorer":
        named |= set(PIPELINE)
    return named | FOUNDATIONS | {row}


def reached(module: str) -> set[str]:
    """Return a module and all our modules that it imports, directly or not."""
    found, waiting = {module}, [module]
    while waiting:
        for name in imported(waiting.pop())[0] - found:
            found.add(name)
            waiting.append(name)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_a_folder_imports_only_what_its_row_names(module: str) -> None:
    row = row_of(module)
    wrong = [name for name in imported(module)[0] if row_of(name) not in allowed(row)]
    assert not wrong, f"{module} (row {row}) may not import {wrong}"


def test_every_row_is_there_and_names_only_rows_above_it() -> None:
    for table in (PIPELINE, EXPLORER):
        above: set[str] = set()
        for row, named in table.items():
            assert row in MODULES, f"there is no {row}"
            package = row.partition(".")[0]
            ahead = [name for name in named if not name.endswith("*") and f"{package}.{name}" not in above]
            # migrations are found beside the tables and loaded by Alembic, never imported
            assert not ahead or row.endswith("migrations"), f"{row} names {ahead}, which stands below it"
            above.add(row)


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("pipeline")])
def test_the_compute_layer_knows_nothing_of_the_screen(module: str) -> None:
    ours, libraries = imported(module)
    assert not libraries & {"panel", "bokeh", "holoviews", "param", "typer"}
    assert not any(name.startswith("explorer") for name in ours)


@pytest.mark.parametrize("module", [name for name in MODULES if row_of(name) in PURE])
def test_pure_folders_reach_neither_disk_nor_network(module: str) -> None:
    for name in reached(module) - {KEEPS_MACHINE_CODE}:
        assert not imported(name)[1] & DISK, f"{module} reaches {name}"


def in_a_process(program: str, *arguments: str) -> object:
    """Run a program alone and return its JSON output, because only a new process shows what it loads and opens."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


LOAD = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("folder", NO_PANEL)
def test_what_is_below_the_views_loads_no_panel(folder: str) -> None:
    names = [name for name in MODULES if name == folder or name.startswith(folder + ".")]
    loaded = in_a_process(LOAD, *names)
    assert isinstance(loaded, list)
    assert not {"panel", "bokeh", "holoviews"} & set(loaded)


WATCH = """
import importlib, json, sys
wanted = sys.argv[1:]
# Libraries read their own files while they load: they come first, then everything that ours open is a find.
import numba, numpy, PIL.Image, scipy.optimize, scipy.sparse, scipy.sparse.csgraph, scipy.special, scipy.stats
import pipeline.compilation
found = []
ours = ("pipeline", "explorer")
def look(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", ".nbi", ".nbc")):
        frame = sys._getframe(1)
        while frame is not None:
            name = frame.f_globals.get("__name__", "")
            if name == "pipeline.compilation":
                return
            if name.startswith(ours):
                found.append([name, str(arguments[0])])
                return
            if name.startswith("importlib"):
                return
            frame = frame.f_back
    elif event.startswith("socket.") and event != "socket.__new__":
        found.append(["socket", event])
sys.addaudithook(look)
for name in wanted:
    importlib.import_module(name)
print(json.dumps(found))
"""


def test_loading_the_pure_folders_opens_nothing() -> None:
    names = [name for name in MODULES if row_of(name) in PURE]
    assert len(names) > 60
    assert in_a_process(WATCH, *names) == []


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.startswith("explorer.") and name.count(".") == 1], ids=str
)
def test_nothing_directly_in_explorer_shadows_another_package(name: str) -> None:
    """`panel serve explorer` puts the folder first on the path: a module there would hide a library of its name."""
    taken = set(sys.stdlib_module_names) | set(packages_distributions())
    assert name.partition(".")[2] not in taken - {"explorer", "__main__"}


def test_no_circle_of_imports() -> None:
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name in done:
            return
        for other in imported(name)[0]:
            visit(other, (*trail, name))
        done.add(name)

    for name in MODULES:
        visit(name, ())


def test_no_folder_holds_more_files_than_one_can_see() -> None:
    """At most eighteen files: scripts, styles and modules."""
    for folder in {file.parent for file in MODULES.values()}:
        own = [file for file in folder.iterdir() if file.suffix in {".py", ".js", ".css"} and file.stem != "__init__"]
        assert len(own) <= 18, f"{folder.relative_to(ROOT)}: {len(own)}"
