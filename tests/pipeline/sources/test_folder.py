"""The files of a folder are read by their content; what is left out is counted and said."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.images.formats.detection import HEAD_BYTES, READ_FORMATS, UNREAD_FORMATS, format_of
from pipeline.images.formats.extras import EXTRA_FORMATS
from pipeline.sources.left_out import LeftOut, left_out_sentences
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from tests.helpers.image_files import encode, photo, quadrants
from tests.helpers.source_items import file_of

HEIC = b"\0\0\0\x18ftypheic" + bytes(99)
JPEG = encode(quadrants(), "JPEG")


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def keys(source: Source) -> list[str]:
    return [item.key for item in source.items]


def told(source: Source) -> str:
    return " ".join(left_out_sentences(source.left_out))


@pytest.mark.parametrize(
    "name", ["a.jfif", "a.jpe", "a.JPG", "noending", "wrong.txt", "wrong.heic", "a.backup", "a.jpg.1", "ends in a dot."]
)
def test_a_jpeg_is_taken_up_whatever_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(JPEG)
    assert keys(open_source(tmp_path)) == [name]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM"])
def test_every_format_that_is_read_is_known_without_an_ending(form: str, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(encode(photo(), form))
    source = open_source(tmp_path)
    assert keys(source) == ["picture"]
    assert source.left_out == ()


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.psd", b"8BPS\0\1" + bytes(40), "Photoshop"),
        ("a.eps", b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        ("a.xcf", b"gimp xcf file" + bytes(40), "GIMP"),
    ],
)
def test_pictures_that_are_not_read_are_counted_by_ending_and_reason(
    name: str, content: bytes, form: str, tmp_path: Path
) -> None:
    put(tmp_path, a__png=JPEG)
    for number in range(3):
        (tmp_path / f"{number}{name}").write_bytes(content)
    source = open_source(tmp_path)
    assert keys(source) == ["a.png"]
    assert source.left_out == (LeftOut(Path(name).suffix, form, 3),)
    assert f"3 {Path(name).suffix} files were left out: {form} is not read" in told(source)


def test_what_is_no_picture_is_told_in_one_short_sentence(tmp_path: Path) -> None:
    put(tmp_path, a__png=JPEG, a__txt=b"BMW and Mercedes", b__txt=b"P1 and P2", Thumbs__db=b"\xd0\xcf", a__xmp=b"<x/>")
    put(tmp_path, c__html=b"<html><svg></svg></html>", empty=b"", video__mp4=b"\0\0\0\x18ftypisom" + bytes(40))
    source = open_source(tmp_path)
    assert keys(source) == ["a.png"]
    assert told(source).startswith("7 other files are no pictures (2 .txt, 1 ")


def test_links_are_counted_by_where_they_lead(tmp_path: Path) -> None:
    inside = put(tmp_path / "inside", a__png=JPEG)
    put(tmp_path / "outside", b__png=JPEG)
    (inside / "deeper").mkdir()
    (inside / "out.png").symlink_to("../outside/b.png")
    (inside / "folder out").symlink_to("../outside")
    (inside / "folder in").symlink_to("deeper")
    (inside / "good").symlink_to("a.png")
    (inside / "gone.png").symlink_to("nothing.png")
    (inside / "self.png").symlink_to("self.png")
    (inside / "one.png").symlink_to("other.png")
    (inside / "other.png").symlink_to("one.png")
    (inside / "up").symlink_to("..")
    source = open_source(inside)
    assert keys(source) == ["a.png", "good"]
    assert "3 links lead out of the folder" in told(source)
    assert "4 links lead nowhere" in told(source)
    assert "1 link to a folder inside was not followed" in told(source)


def test_a_folder_of_links_says_so_rather_than_that_it_is_empty(tmp_path: Path) -> None:
    put(tmp_path / "store", a__png=JPEG, b__png=JPEG)
    (tmp_path / "photos").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "photos" / name).symlink_to(f"../store/{name}")
    with pytest.raises(SourceError, match="2 links lead out of the folder"):
        open_source(tmp_path / "photos")


def test_pipes_sockets_and_hidden_files_are_counted_and_never_opened(tmp_path: Path) -> None:
    put(tmp_path, a__png=JPEG, _hidden=b"").joinpath("_hidden").rename(tmp_path / ".DS_Store")
    (tmp_path / ".cache").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        source = open_source(tmp_path)
    assert keys(source) == ["a.png"]
    assert "2 pipes, sockets or devices were left out." in told(source)
    assert "2 hidden files or folders were left out." in told(source)


def test_a_folder_reached_by_a_link_that_leads_to_itself_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    for path in (tmp_path / "self", tmp_path / ("x" * 5000), tmp_path / "a\0b"):
        with pytest.raises(SourceError):
            open_source(path)


@pytest.mark.parametrize("name", [b"\xff\xfe.png", b"\xe9t\xe9", b"\x1b[2Jcleared.png", "\u202egnp.x".encode()])
def test_names_of_any_bytes_are_taken_up(name: bytes, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(name)).write_bytes(JPEG)
    (item,) = open_source(tmp_path).items
    assert file_of(item).read_bytes() == JPEG


def test_an_ending_that_a_terminal_would_obey_is_told_harmlessly(tmp_path: Path) -> None:
    put(tmp_path, a__png=JPEG)
    (tmp_path / "a.\x1b[31m").write_bytes(b"words")
    (tmp_path / os.fsdecode(b"a.\xff")).write_bytes(HEIC)
    sentences = told(open_source(tmp_path))
    assert sentences.isprintable()
    sentences.encode("utf-8")


@given(st.binary(max_size=HEAD_BYTES))
def test_any_beginning_has_a_format_or_none(head: bytes) -> None:
    assert format_of(head) in {*READ_FORMATS, *UNREAD_FORMATS, *EXTRA_FORMATS, ""}


REASONS = [*UNREAD_FORMATS, *EXTRA_FORMATS, "PDF on request", "SVG on request", "hidden", "many_pages", "no_picture"]


@given(st.lists(st.builds(LeftOut, st.text(max_size=5), st.sampled_from(REASONS), st.integers(1, 9))))
def test_every_count_is_told_once(left_out: list[LeftOut]) -> None:
    sentences = left_out_sentences(left_out)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert bool(sentences) == bool(left_out)
