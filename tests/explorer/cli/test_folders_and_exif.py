"""``explorer build`` with folders as classes, and with or without what the pictures state about themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from explorer.cli.command import FoldersAs, app
from pipeline.collection import Collection
from pipeline.sources.folders_as import FolderUse

MAKE, MODEL, INNER, TAKEN = 0x010F, 0x0110, 0x8769, 0x9003


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders of four photographs with a date and a camera each."""
    folder = tmp_path_factory.mktemp("source") / "pets"
    for number, name in enumerate(["cat", "dog"] * 4):
        (folder / name).mkdir(parents=True, exist_ok=True)
        said = Image.Exif()
        said.update({MAKE: "Canon", MODEL: "Canon EOS 5D"})
        said.get_ifd(INNER)[TAKEN] = f"2019:05:0{number + 1} 10:00:00"
        Image.new("RGB", (32, 32), (number * 30, 90, 200)).save(folder / name / f"{number}.jpg", exif=said.tobytes())
    return folder


def run(pets: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(
        app, ["build", str(pets), "--out", str(out), "--weights", "distilled", "--offline", *options]
    )


def test_the_end_of_a_build_says_what_became_of_folders_and_of_exif(pets: Path, tmp_path: Path) -> None:
    result = run(pets, tmp_path / "made", "--folders-as", "attribute")
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    assert "The first folder of all 8 images became 2 attributes: yes for its own images (4 images)" in told
    assert "Read from EXIF, and shown to everyone who opens the collection: 'date taken' (8), 'camera' (8)." in told
    collection = Collection(tmp_path / "made")
    assert collection.manifest.taxonomy.names == ("content_cat", "content_dog")
    assert sorted(collection.known("content_cat").tolist()) == [0] * 4 + [1] * 4
    assert collection.categories("camera")[1] == ["Canon EOS 5D"]


def test_nothing_of_exif_is_kept_on_request(pets: Path, tmp_path: Path) -> None:
    result = run(pets, tmp_path / "made", "--no-exif", "--folders-as", "category")
    assert result.exit_code == 0, result.output
    assert "EXIF" not in result.output
    assert [facts.name for facts in Collection(tmp_path / "made").manifest.columns] == ["folder"]


def test_a_use_that_is_none_is_refused(pets: Path, tmp_path: Path) -> None:
    result = run(pets, tmp_path / "made", "--folders-as", "story")
    assert result.exit_code == 2
    assert not (tmp_path / "made").exists()


def test_the_option_has_the_values_of_the_pipeline() -> None:
    assert [one.value for one in FoldersAs] == [use.value for use in FolderUse]
