"""The command reads every format, pages and drawings on request, and says how to get what was left out."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from explorer.cli.command import app
from explorer.cli.remedies import left_out_words, words_of
from pipeline.collection import Collection
from pipeline.collection.originals import read_original
from pipeline.errors import ErrorKind, SourceError
from pipeline.sources.left_out import LeftOut
from tests.explorer.cli.test_labels import run
from tests.helpers.format_files import camera_raw, heic, jpeg_xl, many_page_tiff, pdf, svg
from tests.helpers.image_files import corner_colours, encode, photo, quadrants

WORKS = ["--weights", "distilled", "--offline"]
PAGES = [quadrants(400, 300), photo(400, 300, 1), photo(400, 300, 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each format, a document twice, and a broken HEIC."""
    folder = tmp_path_factory.mktemp("formats")
    files = {
        "a.png": encode(photo(), "PNG"),
        "b.heic": heic(quadrants(400, 300)),
        "c.jxl": jpeg_xl(quadrants(400, 300)),
        "d.dng": camera_raw(size=(400, 300)),
        "e.svg": svg(),
        "f.pdf": pdf(*PAGES),
        "g.pdf": pdf(*PAGES),
        "h.tif": many_page_tiff(*PAGES),
        "i": heic(photo(400, 300, 3)),
        "broken.heic": heic()[:100],
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def build(folder: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["build", str(folder), "--out", str(out), *WORKS, *options])


@pytest.fixture(scope="module")
def everything(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("everything") / "collection"
    result = build(folder, out, "--pages", "--svg")
    assert result.exit_code == 0, result.output
    return out


def rows(collection: Collection) -> dict[str, int]:
    return {collection.record(row).source: row for row in range(len(collection))}


@pytest.mark.slow
def test_every_format_is_in_the_collection(everything: Path) -> None:
    collection = Collection(everything)
    pages = [f"{name}.pdf#page={page}" for name in "fg" for page in (1, 2, 3)]
    alone = ["a.png", "b.heic", "c.jxl", "d.dng", "e.svg", "h.tif", "h.tif#page=2", "h.tif#page=3", "i"]
    assert sorted(rows(collection)) == sorted([*alone, *pages])
    assert [source for source, _ in collection.failures()] == ["broken.heic"]
    assert collection.manifest.left_out == ()


def test_a_build_in_its_place_reads_the_same_on_request(everything: Path, folder: Path, tmp_path: Path) -> None:
    assert Collection(everything).manifest.requested == ("pages", "svg")
    out = Path(shutil.copytree(everything, tmp_path / "collection"))
    result = build(folder, out, "--replace", "--no-svg")
    assert result.exit_code == 0, result.output
    assert Collection(out).manifest.requested == ("pages",)
    assert {"h.tif#page=2"} == rows(Collection(out)).keys() & {"h.tif#page=2", "e.svg"}


def test_a_refresh_reads_the_same_on_request(everything: Path, folder: Path) -> None:
    changes = json.loads(run("refresh", everything, folder, "--json"))
    assert (changes["new"], changes["gone"]) == ([], [])
    assert "e.svg" in json.loads(run("refresh", everything, folder, "--no-svg", "--json"))["gone"]


def test_originals_of_every_format_are_shown(everything: Path) -> None:
    collection = Collection(everything)
    for source, row in rows(collection).items():
        picture = read_original(collection, row, 64).picture
        assert picture, source
        if source in {"b.heic", "c.jxl", "d.dng", "e.svg", "f.pdf#page=1", "h.tif"}:
            with Image.open(io.BytesIO(picture)) as shown:
                found = corner_colours(np.asarray(shown.convert("RGB")))
            assert np.abs(np.array(found) - [(220, 30, 30), (30, 180, 40), (30, 50, 210), (255, 255, 255)]).max() < 25


def test_equal_pages_are_exact_duplicates_and_pages_of_one_file_are_not(everything: Path) -> None:
    collection = Collection(everything)
    hashes = {source: collection.record(row).sha256 for source, row in rows(collection).items()}
    for page in (1, 2, 3):
        assert hashes[f"f.pdf#page={page}"] == hashes[f"g.pdf#page={page}"]
    assert len({hashes[f"f.pdf#page={page}"] for page in (1, 2, 3)}) == 3
    assert collection.duplicate_kinds()["exact"] >= 6


def test_without_a_request_the_end_of_the_build_says_how_to_ask(folder: Path, tmp_path: Path) -> None:
    result = build(folder, tmp_path / "plain")
    assert result.exit_code == 0, result.output
    output = result.output
    assert "2 .pdf files were left out: the pages of PDF become images only on request." in output
    assert "1 .svg file was left out: SVG becomes images only on request." in output
    assert "--pages reads the pages of documents." in output
    assert "--svg reads drawings." in output
    assert sorted(rows(Collection(tmp_path / "plain"))) == [
        "a.png",
        "b.heic",
        "c.jxl",
        "d.dng",
        "h.tif",
        "i",
    ]
    shown = CliRunner().invoke(app, ["info", str(tmp_path / "plain")])
    assert "--pages reads the pages of documents." in " ".join(shown.stdout.split())


@pytest.mark.slow
def test_without_the_extra_all_else_is_built_and_the_end_says_what_to_install(folder: Path, tmp_path: Path) -> None:
    program = """
import sys
for name in ("pillow_heif", "pylibjxl", "pypdfium2", "pyvips", "rawpy"):
    sys.modules[name] = None
from explorer.cli import main
main()
"""
    command = ["build", str(folder), "--out", str(tmp_path / "less"), *WORKS, "--pages", "--svg"]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    output = " ".join(done.stderr.split())
    for count, ending, form in (
        (2, "heic", "HEIC"),
        (1, "jxl", "JPEG XL"),
        (1, "dng", "camera raw"),
        (2, "pdf", "PDF"),
    ):
        were = "file was" if count == 1 else "files were"
        assert f"{count} .{ending} {were} left out: {form} needs the extra `formats`, which is not installed." in output
    assert "1 file without an ending was left out: HEIC needs the extra" in output
    assert 'python -m pip install "bam-explorer[formats]"' in output
    assert sorted(rows(Collection(tmp_path / "less"))) == ["a.png", "h.tif", "h.tif#page=2", "h.tif#page=3"]


def test_a_folder_that_holds_only_documents_says_how_to_take_them_up() -> None:
    left_out = (LeftOut(".pdf", "PDF on request", 2), LeftOut(".heic", "HEIC", 1))
    output = words_of(SourceError("There are no images.", kind=ErrorKind.NO_IMAGES, left_out=left_out))
    assert "--pages reads" in output
    assert "bam-explorer[formats]" in output
    assert (
        words_of(SourceError("There are no images.", kind=ErrorKind.NO_IMAGES, left_out=())) == "There are no images."
    )


def test_what_needs_nothing_names_no_remedy() -> None:
    assert left_out_words([LeftOut(".psd", "Photoshop", 1)]) == [
        "1 .psd file was left out: Photoshop is not read by this version. Convert to JPEG or PNG."
    ]
