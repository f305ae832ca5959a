"""``explorer doctor``, and the table of files that could not be used."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from pipeline.build import BuildOptions, build_collection
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.resources import asset
from pipeline.sources import open_source
from tests.conftest import draw_images
from tests.explorer.cli.test_cli import explorer
from tests.helpers.fake_embedder import FakeEmbedder


@pytest.mark.slow
def test_the_doctor_says_that_nothing_is_damaged(collection_path: Path) -> None:
    done = explorer("doctor", collection_path)
    assert done.returncode == 0
    assert "Nothing is damaged." in done.stdout
    assert "thumbnails: All 72 thumbnails are pictures." in done.stdout


@pytest.mark.slow
def test_damage_has_an_exit_code_and_a_remedy(collection_path: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(collection_path, tmp_path / "own"))
    shutil.rmtree(own / "words.lance")
    (own / "words.lance").write_bytes(b"")
    done = explorer("doctor", own, "--json")
    assert done.returncode == 1
    (bad,) = [finding for finding in json.loads(done.stdout) if finding["state"] == "bad"]
    assert bad["subject"] == "captions"
    assert "Build the collection again" in bad["remedy"]
    assert "Traceback" not in done.stderr


@pytest.fixture
def with_failures(tmp_path: Path) -> Path:
    """A collection with two files that could not be used, one of them with a hostile name."""
    table = draw_images(tmp_path / "source", 6)
    (table.parent / "images" / "disc-000.png").write_bytes(b"no picture")
    (table.parent / "=1+1.png").write_bytes(b"none either")
    target = tmp_path / "made"
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(table.parent), target, FakeEmbedder(), taxonomy, BuildOptions())
    return target


def test_files_that_could_not_be_used_are_written_to_a_new_table(with_failures: Path, tmp_path: Path) -> None:
    table = tmp_path / "failed.csv"
    assert explorer("info", with_failures, "--failed-csv", table).returncode == 0
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["file"] for row in rows) == ["'=1+1.png", "images/disc-000.png"]
    assert {row["reason"] for row in rows} == {"not_an_image"}
    assert all(row["error"] for row in rows)
    before = table.read_bytes()
    again = explorer("info", with_failures, "--failed-csv", table)
    assert (again.returncode, table.read_bytes()) == (2, before)
    assert "Choose a new file" in again.stderr
