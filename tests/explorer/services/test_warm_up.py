"""Nothing is compiled on anybody's first frame, wherever the program is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import datashader
import pytest

import explorer
import pipeline
from explorer.composition import build_services
from explorer.services import services as services_module
from explorer.services.warm_up import warm_up
from pipeline.collection import Collection
from pipeline.progress import Progress
from tests.helpers.waiting import DEADLINE, wait_until

PROGRAM = """
import json, sys
from numba.core.dispatcher import Dispatcher

wanted, compile_one = [], Dispatcher.compile

def compile_and_tell(self, signature):
    wanted.append(self.py_func.__name__)
    return compile_one(self, signature)

Dispatcher.compile = compile_and_tell
from explorer.controllers.map.rendering import Content, render
from explorer.controllers.map.choices import ColorKey, Order
from explorer.composition import OpenCollections
from explorer.services.warm_up import warm_up
from pipeline.map.filters import AttributeFilter, FilterSet
from pipeline.map.frame_view import LIGHT, FrameStyle, FrameView
from pipeline.map.level_of_detail import representatives, row_at
from pipeline.map.priorities import PriorityKind

opened = OpenCollections()
services = opened.services(sys.argv[1])
warm_up(services, whole=sys.argv[2] == "whole")
warm = len(wanted)
layout, attribute = services.collection.manifest.layouts[0].name, services.collection.scored[0]
some = FilterSet((AttributeFilter(attribute, 0.5),))
for filters in (FilterSet(), some):
    for order in (Order(PriorityKind.CHANCE), Order(PriorityKind.SALIENCE), Order(PriorityKind.SCORE, attribute)):
        for color in (None, ColorKey("score", attribute), ColorKey("cluster", layout=layout)):
            for half, ratio, style in ((1.4, 1.0, FrameStyle()), (0.05, 2.0, FrameStyle(LIGHT, excluded=False))):
                view = FrameView(-half, -half, half, half, 600, 600, ratio)
                render(services, Content(layout, filters, order, color, style), view)
    services.counts(filters, tuple((name, 0.5) for name in services.collection.scored))
    index, passing = services.index(layout), services.passing(filters)
    row_at(index, passing, 0.1, 0.1, 3)
    representatives(index, passing, (0.1, 0.1, 0.1, 0.1), 3)
opened.close()
print(json.dumps({"warm": warm, "late": sorted(set(wanted[warm:]))}))
"""


def installed(folder: Path) -> Path:
    """Copy the program, and a library that keeps compiled code too, to where not even the superuser can add to it."""
    for package in (explorer, pipeline, datashader):
        source = Path(package.__file__ or "").parent
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for place in [path for path in folder.rglob("*") if path.is_dir()]:
        (place / "__pycache__").write_text("")
    return folder


def late_compilations(collection: Path, folder: Path, home: Path, *, whole: bool = True) -> list[str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}
    }
    environment |= {"HOME": str(home), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-B", "-c", PROGRAM, str(collection), "whole" if whole else "first"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["warm"] > 5, "warming up is what compiles"
    late: list[str] = found["late"]
    return late


@pytest.mark.slow
def test_after_warming_up_no_frame_of_any_kind_compiles_anything(collection_path: Path) -> None:
    root = Path(explorer.__file__ or "").parents[1]
    assert late_compilations(collection_path, root, Path.home()) == []


def test_nor_does_a_frame_before_the_tint_is_compiled(collection_path: Path) -> None:
    root = Path(explorer.__file__ or "").parents[1]
    assert late_compilations(collection_path, root, Path.home(), whole=False) == []


@pytest.mark.slow
def test_nor_where_the_program_and_the_home_cannot_be_written(collection_path: Path, tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    (tmp_path / "home").write_text("")
    assert late_compilations(collection_path, installed(tmp_path / "program"), tmp_path / "home") == []


def test_every_step_of_the_warm_up_is_reported_once(collection_path: Path) -> None:
    told: list[Progress] = []
    services = build_services(Collection(collection_path))
    warm_up(services, told.append)
    assert [progress.done for progress in told] == list(range(told[-1].total + 1))
    assert any("compiling" in progress.note for progress in told)
    warm_up(services, told.append)
    assert len(told) == told[-1].total + 1
    services.close()


def test_what_the_first_frame_can_do_without_is_compiled_once_and_apart(
    collection_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, rest = [], threading.Event()
    monkeypatch.setattr(services_module, "TINT", ("", lambda: done.append(threading.current_thread().name)))
    monkeypatch.setattr(services_module, "LATER", (("", rest.set),))
    services = build_services(Collection(collection_path))
    tint = services.start()
    assert services.start() is tint
    tint.result(DEADLINE)
    assert rest.wait(DEADLINE)
    assert [name.partition("_")[0] for name in done] == ["search"], "no thread of the frames is taken"
    services.close()


def test_closing_before_the_tint_ends_every_wait_for_it(collection_path: Path) -> None:
    services, go = build_services(Collection(collection_path)), threading.Event()
    for _ in range(2):
        services.searches.submit(go.wait, DEADLINE)
    tint = services.start()
    closing = threading.Thread(target=services.close)
    closing.start()
    wait_until(tint.cancelled)
    go.set()
    closing.join(DEADLINE)
    assert services.start().cancelled()
