"""The options of explorer build for vectors, layouts, scores and encodings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from explorer.cli.building.given_options import wanted_of
from explorer.cli.command import app
from explorer.cli.remedies import words_of
from pipeline.collection import Collection
from pipeline.errors import BamExplorerError, ParameterError
from tests.conftest import draw_images

COUNT = 40


def run(*arguments: str) -> str:
    """Run explorer build; return what it says, or the words of its error."""
    result = CliRunner().invoke(app, ["build", *arguments])
    if isinstance(result.exception, BamExplorerError):
        return words_of(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [f"{number},Straße {number},{number},{number % 7},{number / COUNT}" for number in range(COUNT)]
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(["id,caption,x,y,p", *rows]).encode("cp1252"))
    np.save(tmp_path / "v.npy", np.random.default_rng(0).normal(size=(COUNT, 5)))
    return path


def test_a_table_and_vectors_become_a_collection(table: Path) -> None:
    vectors, out = str(table.with_name("v.npy")), table.with_name("made")
    given = ["--vectors", vectors, "--layout", "x,y", "--score", "content_bird = p", "--encoding", "Windows-1252"]
    said = run(str(table), "--out", str(out), *given)
    assert "40 vectors of 5 dimensions matched by order" in said
    assert "40 of 40 images have no picture, so cards stand in for them." in said
    collection = Collection(out)
    assert collection.scored == ("content_bird",)
    assert collection.record(0).caption.startswith("Straße ")


def test_the_command_names_its_own_options_in_remedies(table: Path) -> None:
    vectors = str(table.with_name("v.npy"))
    said = run(str(table), "--out", str(table.with_name("made")), "--vectors", vectors)
    assert "line 2 is not UTF-8: it holds the byte 0xDF" in said
    assert said.endswith("--encoding cp1252.")
    given = ["--vectors", vectors, "--encoding", "cp1252", "--backbone", "resnet18"]
    assert "no network is run, and backbone would do nothing" in run(str(table), "--out", "made", *given)


def test_a_layout_is_given_beside_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.helpers.fake_embedder import FakeEmbedder

    monkeypatch.setattr("pipeline.embedding.embedder_choice.choose_embedder", lambda **_: FakeEmbedder())
    table = draw_images(tmp_path / "source", 12)
    lines = table.read_text(encoding="utf-8").splitlines()
    moved = [f"{line},{number},{number**2}" for number, line in enumerate(lines[1:])]
    table.write_text("\n".join([f"{lines[0]},x,y", *moved]), encoding="utf-8")
    run(str(table), "--out", str(tmp_path / "made"), "--layout", "x,y")
    collection = Collection(tmp_path / "made")
    assert [facts.name for facts in collection.manifest.layouts] == ["all-given"]
    assert collection.manifest.embedding.backbone == "fake"
    assert collection.manifest.thumbnails is None


@pytest.mark.parametrize(
    ("layout", "scores", "words"),
    [
        ("x", [], "--layout x is not possible"),
        ("x,y,z", [], "--layout x,y,z is not possible"),
        ("x,", [], "--layout x, is not possible"),
        (None, ["content_bird"], "--score content_bird is not possible"),
        (None, ["=p"], "--score =p is not possible"),
        (None, ["content_bird=p", "content_bird=q"], "--score names 'content_bird' twice"),
    ],
)
def test_options_of_another_form_are_refused(layout: str | None, scores: list[str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        wanted_of(None, layout, scores, None)


def test_names_with_an_equals_sign_are_columns_too() -> None:
    assert wanted_of(None, None, ["content_bird=p=1"], None).scores == {"content_bird": "p=1"}


def test_a_release_takes_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "bam.sqlite").write_bytes(b"SQLite format 3\0")
    said = run(str(tmp_path / "bam.sqlite"), "--out", str(tmp_path / "made"), "--layout", "x,y")
    assert "A BAM release has scores of its own: leave --vectors, --layout, --score, --ids and --encoding out." in said
