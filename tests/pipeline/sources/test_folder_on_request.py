"""Pages and drawings become images on request, and what is left out is counted with its reason."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest
from PIL import Image

from pipeline.errors import ErrorKind, SourceError
from pipeline.images.formats import tiff
from pipeline.images.identity import image_id
from pipeline.images.locations import FileLocation, PageLocation, location_from_text, location_text
from pipeline.sources import folder as folder_source
from pipeline.sources.folder import OnRequest
from pipeline.sources.left_out import LeftOut, left_out_sentences
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from tests.helpers.format_files import MAKERS, camera_raw, many_page_tiff, pdf, svg
from tests.helpers.image_files import encode, photo, quadrants

PAGES, SVG = OnRequest(pages=True), OnRequest(svg=True)
PICTURE = encode(quadrants(), "PNG")
THREE = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, a TIFF of three pages and one of one page, a document and a drawing."""
    (tmp_path / "a.png").write_bytes(PICTURE)
    (tmp_path / "many.tif").write_bytes(many_page_tiff(*THREE))
    (tmp_path / "one.tiff").write_bytes(encode(quadrants(), "TIFF"))
    (tmp_path / "words.pdf").write_bytes(pdf(*THREE))
    (tmp_path / "drawing.svg").write_bytes(svg())
    return tmp_path


def keys(source: Source) -> list[str]:
    return [item.key for item in source.items]


def told(source: Source) -> str:
    return " ".join(left_out_sentences(source.left_out))


def test_without_a_request_a_tiff_is_its_first_page_and_the_rest_is_counted(folder: Path) -> None:
    source = open_source(folder)
    assert keys(source) == ["a.png", "many.tif", "one.tiff"]
    assert set(source.left_out) == {LeftOut(".pdf", "PDF on request", 1), LeftOut(".svg", "SVG on request", 1)}
    assert "1 .pdf file was left out: the pages of PDF become images only on request." in told(source)
    assert "1 .svg file was left out: SVG becomes images only on request." in told(source)


def test_on_request_each_page_is_an_image_and_no_key_changes(folder: Path) -> None:
    source = open_source(folder, wanted=PAGES)
    pages = ["many.tif#page=2", "many.tif#page=3", "words.pdf#page=1", "words.pdf#page=2", "words.pdf#page=3"]
    assert keys(source) == sorted(["a.png", "many.tif", "one.tiff", *pages])
    assert set(keys(open_source(folder))) < set(keys(source)), "answers stay with their images"
    locations = {item.key: item.location for item in source.items}
    assert locations["many.tif"] == FileLocation(folder / "many.tif")
    assert locations["many.tif#page=3"] == PageLocation(folder / "many.tif", 3)
    assert locations["words.pdf#page=1"] == PageLocation(folder / "words.pdf", 1)


def test_the_identity_of_a_page_never_changes() -> None:
    assert image_id("photos", "x.pdf#page=2") == 2476043250104547598


def test_drawings_are_taken_up_on_request_packed_ones_too(folder: Path) -> None:
    (folder / "packed.svgz").write_bytes(gzip.compress(svg()))
    (folder / "commented.svg").write_bytes(svg(head="<!--" + "x" * 500 + "-->"))
    source = open_source(folder, wanted=SVG)
    assert {"drawing.svg", "packed.svgz", "commented.svg"} < set(keys(source))
    assert not any("page" in key for key in keys(source))


def test_a_damaged_document_is_one_page_that_fails_later(tmp_path: Path) -> None:
    (tmp_path / "cut.pdf").write_bytes(pdf(*THREE)[:60])
    (tmp_path / "words.pdf").write_bytes(b"these are words")
    (tmp_path / "cut.tif").write_bytes(many_page_tiff(*THREE)[:60])
    assert keys(open_source(tmp_path, wanted=PAGES)) == ["cut.pdf#page=1", "cut.tif", "words.pdf#page=1"]


def test_a_document_of_very_many_pages_yields_the_first_and_counts_the_rest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_source, "MOST_PAGES", 2)
    monkeypatch.setattr(tiff, "MOST_PAGES", 2)
    source = open_source(folder, wanted=PAGES)
    assert "words.pdf#page=3" not in keys(source)
    assert "2 pages were left out: their files have more pages than one file may have." in told(source)


@pytest.mark.parametrize("name", ["a.heic", "a.HIF", "a.jxl", "a.dng", "a.cr3", "a.nef", "none"])
def test_formats_of_the_extra_are_taken_up_like_others(name: str, tmp_path: Path) -> None:
    form = {"a.jxl": "JPEG XL", "a.dng": "camera raw", "a.cr3": "camera raw", "a.nef": "camera raw"}.get(name, "HEIC")
    content = b"\0\0\0\x18ftypcrx " + bytes(40) if name == "a.cr3" else MAKERS[form]()
    (tmp_path / name).write_bytes(content)
    assert keys(open_source(tmp_path)) == [name]


def test_a_damaged_file_with_such_an_ending_becomes_a_row_with_a_reason(tmp_path: Path) -> None:
    for name in ("a.heic", "b.nef", "c.jxl"):
        (tmp_path / name).write_bytes(b"words")
    (tmp_path / "volume.raw").write_bytes(bytes(999))  # other programs store any data under this ending
    source = open_source(tmp_path)
    assert keys(source) == ["a.heic", "b.nef", "c.jxl"]
    assert source.left_out == (LeftOut(".raw", "no_picture", 1),)


@pytest.mark.parametrize("form", MAKERS)
def test_a_format_whose_decoder_is_missing_is_counted_and_named(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = {"HEIC": ".heic", "JPEG XL": ".jxl", "SVG": ".svg", "PDF": ".pdf", "camera raw": ".dng"}[form]
    (tmp_path / "a.png").write_bytes(PICTURE)
    for number in range(12):
        (tmp_path / f"{number}{ending}").write_bytes(MAKERS[form]())
    for name in ("pillow_heif", "pylibjxl", "pypdfium2", "pyvips", "rawpy"):
        monkeypatch.setitem(sys.modules, name, None)
    source = open_source(tmp_path, wanted=OnRequest(pages=True, svg=True))
    assert keys(source) == ["a.png"]
    assert source.left_out == (LeftOut(ending, form, 12),)
    assert f"12 {ending} files were left out: {form} needs the extra `formats`, which is not installed." in told(source)


def test_a_folder_of_documents_alone_says_that_they_come_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf())
    with pytest.raises(SourceError, match="the pages of PDF become images only on request") as caught:
        open_source(tmp_path)
    assert caught.value.kind is ErrorKind.NO_IMAGES
    assert caught.value.fields["left_out"] == (LeftOut(".pdf", "PDF on request", 1),)


def test_a_table_names_its_images_itself(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file\na.png\n")
    with pytest.raises(SourceError, match="read on request from a folder only"):
        open_source(tmp_path / "t.csv", wanted=PAGES)


def test_the_place_of_a_page_can_be_stored(folder: Path) -> None:
    place = PageLocation(folder / "words.pdf", 3)
    assert location_text(place, folder) == '["page", "words.pdf", 3]'
    assert location_from_text('["page", "words.pdf", 3]', folder) == place


def test_a_raw_beside_a_photo_is_an_image_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(encode(photo(), "JPEG"))
    (tmp_path / "1.dng").write_bytes(camera_raw())
    assert keys(open_source(tmp_path)) == ["1.dng", "1.jpg"]
