"""Kernels run wherever the package is installed, writable or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pipeline.compilation

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import kernel
print(kernel.double(np.arange(3.0)).tolist(), kernel.double.stats.cache_path is not None)
"""

KERNEL = """
from pipeline.compilation import compiled

@compiled
def double(values):
    return 2 * values
"""

OF_A_LIBRARY = """
import numba
from pipeline.compilation import keep_machine_code

@numba.njit(parallel=True)
def double(values):
    return 2 * values

keep_machine_code(double)
"""

of_both = pytest.mark.parametrize("folder", [KERNEL, OF_A_LIBRARY], ids=["ours", "a library's"], indirect=True)


def run(folder: Path, home: Path) -> str:
    package_root = Path(pipeline.compilation.__file__).parents[1]
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}},
        "HOME": str(home),
        "PYTHONPATH": str(package_root),
    }
    command = [sys.executable, "-B", "-c", PROGRAM, str(folder)]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def folder(request, tmp_path):
    folder = tmp_path / "installed"
    folder.mkdir()
    (folder / "kernel.py").write_text(getattr(request, "param", KERNEL))
    return folder


def make_unwritable(place: Path) -> None:
    """Put a file where a folder is needed, which stops even the superuser."""
    place.write_text("")


@of_both
def test_machine_code_is_kept_beside_the_module(folder, tmp_path):
    assert run(folder, tmp_path) == "[0.0, 2.0, 4.0] True\n"
    assert list((folder / "__pycache__").glob("kernel.double*.nbi"))


def test_in_a_read_only_package_it_is_kept_in_the_users_cache(folder, tmp_path):
    make_unwritable(folder / "__pycache__")
    home = tmp_path / "home"
    assert run(folder, home) == "[0.0, 2.0, 4.0] True\n"
    assert list(home.rglob("kernel.double*.nbi"))


@of_both
def test_where_nothing_can_be_written_it_still_runs(folder, tmp_path):
    make_unwritable(folder / "__pycache__")
    make_unwritable(tmp_path / "home")
    assert run(folder, tmp_path / "home").startswith("[0.0, 2.0, 4.0]")
