"""Importing the packages loads nothing heavy; checked in a process of its own, as only that is true."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "torchvision",
    "umap",
    "panel",
    "bokeh",
    "sklearn",
    "scipy",
    "pyarrow",
    "lance",
    "numba",
    "holoviews",
    "datashader",
    "sqlalchemy",
}
PROBE = 'import json, sys, {package}; print(json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))'


@pytest.mark.parametrize("package", ["explorer", "pipeline", "explorer.cli"])
def test_importing_is_light(package: str) -> None:
    result = subprocess.run([sys.executable, "-c", PROBE.format(package=package)], capture_output=True, check=True)
    assert not HEAVY & set(json.loads(result.stdout))
