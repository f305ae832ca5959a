"""The report of a build: failed files, files left out, and names that the terminal cannot execute."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from explorer.cli.build import SourceOptions, build_from
from explorer.cli.command import app
from pipeline.build import BuildOptions
from pipeline.collection import Collection
from pipeline.errors import ParameterError, TaxonomyError
from pipeline.sources.folders_as import FolderUse
from tests.conftest import draw_images

HOSTILE = os.fsdecode(b"ph\xffo\x1b[31mtos\n\xe2\x80\xae")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a hostile name, pictures, and files that are no pictures."""
    folder = tmp_path_factory.mktemp("hostile") / HOSTILE
    draw_images(folder, 6)
    (folder / "escape\x1b[2J.jpg").write_bytes(b"words")
    (folder / os.fsdecode(b"bytes\xfe.png")).write_bytes((folder / "images" / "disc-000.png").read_bytes())
    (folder / "c1\x9b31m.psd").write_bytes(b"8BPS\0\1" + bytes(99))
    (folder / "self.png").symlink_to("self.png")
    os.mkfifo(folder / "pipe\u202e.png")
    return folder


@pytest.fixture(scope="module")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The collection of that folder, and the output of the build."""
    output, out = io.StringIO(), tmp_path_factory.mktemp("built") / "collection"
    build_from(
        folder,
        out,
        Console(file=output, width=300),
        BuildOptions(weights=Path("distilled"), offline=True),
        SourceOptions(folders_as=FolderUse.CATEGORY),
    )
    return out, output.getvalue()


def is_fit_for_a_terminal(text: str) -> bool:
    text.encode("utf-8")
    return all(character.isprintable() or character == "\n" for character in text)


def test_the_end_of_a_build_counts_what_failed_and_what_was_left_out(built: tuple[Path, str]) -> None:
    _, output = built
    assert "2 images could not be used" in output
    assert "1 .psd file was left out: Photoshop is not read" in output
    assert "1 link leads nowhere" in output
    assert "1 other file is no picture (1 .csv)" in output
    assert "became the category" in output
    assert output.splitlines()[-1].startswith("Show it with: explorer serve")


def test_no_name_from_the_folder_is_obeyed_by_the_terminal(built: tuple[Path, str]) -> None:
    assert is_fit_for_a_terminal(built[1])


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_facts_of_a_collection_are_safe_for_a_terminal_too(built: tuple[Path, str], options: list[str]) -> None:
    result = CliRunner().invoke(app, ["info", str(built[0]), *options])
    assert result.exit_code == 0
    assert is_fit_for_a_terminal(result.stdout)
    if options:
        values = json.loads(result.stdout)
        assert {"ending": ".psd", "reason": "Photoshop", "count": 1} in values["left_out"]
        assert "escape\x1b[2J.jpg" in [failure["source"] for failure in values["failures"]]


def test_the_collection_opens_again_and_knows_where_it_came_from(built: tuple[Path, str], folder: Path) -> None:
    manifest = Collection(built[0]).manifest
    assert manifest.source_root == str(folder.resolve())
    assert manifest.source_name == HOSTILE
    assert is_fit_for_a_terminal(manifest.name)


def test_a_collection_from_before_what_was_left_out_was_counted_opens(built: tuple[Path, str]) -> None:
    file = built[0] / "collection.json"
    whole = file.read_text(encoding="utf-8")
    values = json.loads(whole)
    del values["left_out"]
    try:
        file.write_text(json.dumps(values), encoding="utf-8")
        assert Collection(built[0]).manifest.left_out == ()
    finally:
        file.write_text(whole, encoding="utf-8")


def test_the_taxonomy_and_the_seed_are_checked_before_a_link_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("url\nhttp://127.0.0.1:9/a.png\n", "utf-8")
    seed = BuildOptions(seed=-1)
    (tmp_path / "bad.toml").write_text("[[attribute]]\nname = 'bird'", "utf-8")
    for name in ("bad.toml", "missing.toml"):
        wrong = SourceOptions(taxonomy=tmp_path / name)
        with pytest.raises(TaxonomyError):
            build_from(tmp_path / "links.csv", tmp_path / "out", Console(file=io.StringIO()), BuildOptions(), wrong)
    with pytest.raises(ParameterError, match="--seed"):
        build_from(tmp_path / "links.csv", tmp_path / "out", Console(file=io.StringIO()), seed, SourceOptions())
    assert not (tmp_path / "out.pictures").exists()


def test_the_columns_of_a_collection_are_listed(built: tuple[Path, str]) -> None:
    out, output = built
    (folder,) = Collection(out).manifest.columns
    assert folder.name in output
    values = json.loads(CliRunner().invoke(app, ["info", str(out), "--json"]).stdout)
    assert values["columns"] == [{"name": folder.name, "kind": "category", "known": folder.known}]
    table = CliRunner().invoke(app, ["info", str(out)]).stdout
    assert f"{folder.name}: category, known for {folder.known} images" in table
    assert "., 0 yes" not in table
