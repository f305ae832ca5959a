"""A checkout that was updated and not installed again: one sentence names the command, wherever it is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.installation import checkout, outdated_words, unmet_requirements

ROOT = Path(__file__).parents[2]
REMEDY = f"Run this in {ROOT}: python -m pip install -e "


def python_without(package: str, folder: Path) -> dict[str, str]:
    """The environment of a Python in which a package is not installed: neither its modules nor its metadata."""
    (folder / "sitecustomize.py").write_text(
        f"""
import sys
from importlib import metadata

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

version = metadata.version
def installed(name):
    if name == {package!r}:
        raise metadata.PackageNotFoundError(name)
    return version(name)

metadata.version = installed
sys.meta_path.insert(0, Absent)
""",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(folder), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "400", "NO_COLOR": "1"}


def ended(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in the checkout until it ends."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)


def check_sentence(result: subprocess.CompletedProcess[str], package: str, place: str = ".") -> None:
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{package} is not installed" in result.stderr
    assert result.stderr.rstrip().endswith(REMEDY + place)
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize("package", ["typer", "cachetools"])
def test_a_command_that_misses_a_package_names_it_and_the_remedy(
    package: str, tmp_path: Path, collection_path: Path
) -> None:
    command = ("serve", collection_path, "--port", 0, "--no-browser")
    check_sentence(ended(python_without(package, tmp_path), "explorer", *command), package)


@pytest.mark.slow
def test_a_command_that_misses_the_locks_ends_with_the_sentence(tmp_path: Path, collection_path: Path) -> None:
    own = shutil.copytree(collection_path, tmp_path / "own")  # a round may write answers
    command = ("explorer", "round", own, "--attribute", "content_cat")
    check_sentence(ended(python_without("portalocker", tmp_path), *command), "portalocker")


def test_a_command_that_needs_no_missing_package_runs(tmp_path: Path, collection_path: Path) -> None:
    assert ended(python_without("portalocker", tmp_path), "explorer", "info", collection_path).returncode == 0


def test_a_torchvision_of_another_build_than_torch_is_one_sentence(tmp_path: Path) -> None:
    words = "operator torchvision::nms does not exist"
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision/__init__.py").write_text(f"raise RuntimeError({words!r})\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]), "NO_COLOR": "1"}
    result = ended(environment, "explorer", "demo", "--dir", tmp_path / "demo", "--no-serve", "--offline")
    assert result.returncode == 1
    assert f"do not fit together ({words}). Install both by one command." in " ".join(result.stderr.split())
    assert "unexpected" not in result.stderr


def test_the_server_of_panel_ends_with_the_sentence(tmp_path: Path, collection_path: Path) -> None:
    command = ("panel", "serve", "explorer", "--address", "127.0.0.1", "--port", 0, "--args", collection_path)
    check_sentence(ended(python_without("cachetools", tmp_path), *command), "cachetools")


def test_the_tests_end_with_the_sentence(tmp_path: Path) -> None:
    environment = python_without("cachetools", tmp_path)
    environment.pop("PYTEST_XDIST_WORKER", None)
    here = Path(__file__).relative_to(ROOT)
    check_sentence(ended(environment, "pytest", "-n", 0, "--collect-only", here), "cachetools", '".[test]"')


def test_a_package_of_another_version_is_named_with_the_range(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n'
        """dependencies = ["numpy<1", "no-such-package>=2", "pytest", "not-here; python_version < '3'"]""",
        encoding="utf-8",
    )
    (old, absent) = unmet_requirements(tmp_path)
    assert old[0].startswith("numpy is ")
    assert old[0].endswith(", and <1 is needed")
    assert not old[1]
    assert absent == ("no-such-package is not installed", True)


def test_this_installation_fits_its_checkout() -> None:
    assert checkout() == ROOT
    assert outdated_words(other_versions=False) is None
