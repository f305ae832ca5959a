"""``explorer synth`` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.collection import Collection
from tests.explorer.cli.test_cli import explorer, sentence
from tests.helpers.interrupted import interrupted


@pytest.mark.slow
def test_a_synthetic_collection_is_made_described_and_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "made"
    made = explorer("synth", "--images", 120, "--out", out, "--seed", 4)
    assert made.returncode == 0, made.stderr
    for words in ("Drawing vectors and scores", "120 of 120 images", "120 synthetic images", "bam-release.sqlite"):
        assert words in made.stderr
    facts = json.loads(explorer("info", out, "--json").stdout)
    assert (facts["images"], facts["failed"], facts["dimensions"]) == (120, 0, 512)
    assert facts["backbone"] == "synthetic"
    assert len(facts["attributes"]) == 20
    assert "--replace" in sentence(explorer("synth", "--images", 5, "--out", out))
    assert len(Collection(out)) == 120
    again = explorer("synth", "--images", 5, "--out", out, "--replace")
    assert again.returncode == 0, again.stderr
    assert len(Collection(out)) == 5


@pytest.mark.parametrize("given", [("--images", 0), ("--images", 30_000_000), ("--images", 5, "--seed", -1)])
def test_numbers_outside_what_is_allowed_are_one_sentence(tmp_path: Path, given: tuple[object, ...]) -> None:
    output = sentence(explorer("synth", "--out", tmp_path / "out", *given), 2)
    assert "allowed are" in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(".out.building", id="beginning"),
        pytest.param(".out.building/embeddings", id="drawing", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, sign: str) -> None:
    ended = interrupted("synth", "--images", 300_000, "--out", tmp_path / "out", sign=tmp_path / sign)
    assert ended.returncode == 130, ended.stderr
    assert "Stopped." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
