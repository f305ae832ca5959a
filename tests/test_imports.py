"""Importing the packages is quick and loads nothing heavy; checked in a process of its own, as only that is true."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "torchvision", "umap", "panel", "bokeh", "sklearn", "lance", "numba", "holoviews", "datashader"}
PROBE = """
import json, sys, time
started = time.perf_counter()
import {package}
seconds = time.perf_counter() - started
print(json.dumps([seconds, sorted(name.partition(".")[0] for name in sys.modules)]))
"""


@pytest.mark.parametrize("package", ["explorer", "pipeline", "explorer.cli"])
def test_importing_is_light(package: str) -> None:
    best = float("inf")
    for _ in range(3):  # the best of three: a busy machine must not fail this
        result = subprocess.run([sys.executable, "-c", PROBE.format(package=package)], capture_output=True, check=True)
        seconds, modules = json.loads(result.stdout)
        assert not HEAVY & set(modules)
        best = min(best, seconds)
    assert best < 0.5
