"""Bodies of answers: unpacked in small steps, counted, looked at, written."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.benchmarks.link_server import PAGE, picture
from pipeline.errors import FetchError, LinkError
from pipeline.fetching.body import STEP, PictureBody, unpacker

PICTURE = picture(7)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKED = {
    "": PICTURE,
    "identity": PICTURE,
    "gzip": gzip.compress(PICTURE),
    "x-gzip": gzip.compress(PICTURE[:3000]) + gzip.compress(PICTURE[3000:]),
    " Deflate ": zlib.compress(PICTURE),
    "deflate": raw_deflate(PICTURE),
}


@pytest.mark.parametrize("encoding", PACKED)
@given(cuts=st.lists(st.integers(0, len(PICTURE)), max_size=6))
def test_a_picture_arrives_whole_however_it_is_packed_and_cut(
    encoding: str, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    part = tmp_path_factory.getbasetemp() / "cut.part"
    data = PACKED[encoding]
    body = PictureBody(part, 1 << 20, encoding)
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    for start, end in pairwise(places):
        body.feed(data[start:end])
    assert body.finish() == hashlib.sha256(PICTURE).digest()
    assert part.read_bytes() == PICTURE
    assert (body.size, body.image_format) == (len(PICTURE), "JPEG")


def reason_of(data: bytes, part: Path, *, encoding: str = "", most: int = 1 << 20) -> str:
    with pytest.raises(LinkError) as error:  # noqa: PT012 -- any of the steps may notice it
        body = PictureBody(part, most, encoding)
        try:
            for start in range(0, len(data), 1000):
                body.feed(data[start : start + 1000])
            body.finish()
        finally:
            body.close()
    return error.value.reason


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        b"<html>",
        b"\xef\xbb\xbf  \r\n<!-- gone --><HTML lang=en>",
        b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C'>",
        b"<script src=x>",
        b"<!DOCTYPE HTML>" + b" " * 5000,
    ],
)
def test_a_page_is_refused_by_name_before_a_file_is_made(page: bytes, tmp_path: Path) -> None:
    assert reason_of(page, tmp_path / "p") == "html_page"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", [b"{}", b"gone", b"\0" * 500, b"<xml>"])
def test_what_begins_like_no_picture_is_refused_before_a_file_is_made(text: bytes, tmp_path: Path) -> None:
    assert reason_of(text, tmp_path / "p") == "not_a_picture"
    assert not list(tmp_path.iterdir())


def test_a_picture_that_is_not_decoded_yet_is_recognised_too(tmp_path: Path) -> None:
    body = PictureBody(tmp_path / "p", 1000, "")
    body.feed(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    body.finish()
    assert body.image_format == "SVG"


def test_bytes_are_counted_before_and_after_unpacking(tmp_path: Path) -> None:
    assert reason_of(PICTURE, tmp_path / "p", most=len(PICTURE) - 1) == "too_large"
    assert reason_of(gzip.compress(PICTURE), tmp_path / "p", encoding="gzip", most=len(PICTURE) - 1) == "too_large"
    body = PictureBody(tmp_path / "p", len(PICTURE), "")
    body.feed(PICTURE)
    body.finish()


def test_a_bomb_is_noticed_at_the_limit_and_takes_no_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(PICTURE + bytes(64 << 20))
    assert len(bomb) < 1 << 17
    body = PictureBody(tmp_path / "p", 10 << 20, "gzip")
    tracemalloc.start()
    with pytest.raises(LinkError, match="when it is unpacked"):
        body.feed(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    body.close()
    assert peak < 20 * STEP
    assert (tmp_path / "p").stat().st_size <= 10 << 20


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "gzip;q=1", "\u202e"])
def test_a_packing_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(LinkError) as error:
        unpacker(encoding)
    assert error.value.reason == "encoding"
    assert str(error.value).isprintable()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_damaged_and_cut_packings_are_told_apart(encoding: str, tmp_path: Path) -> None:
    data = PACKED[encoding]
    assert reason_of(data[:-100], tmp_path / "p", encoding=encoding) == "incomplete"
    assert reason_of(b"\x78\x9c\xff" + data[2:500] + bytes(2000), tmp_path / "p", encoding=encoding) == "encoding"


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_an_empty_answer_is_named(encoding: str, tmp_path: Path) -> None:
    assert reason_of(b"", tmp_path / "p", encoding=encoding) == "empty"
    if encoding == "gzip":
        assert reason_of(gzip.compress(b""), tmp_path / "p", encoding=encoding) == "empty"


def test_a_refusal_of_the_disk_is_no_failure_of_the_link(tmp_path: Path) -> None:
    body = PictureBody(tmp_path / "gone" / "p", 1 << 20, "")
    with pytest.raises(FetchError, match="cannot be written"):
        body.feed(PICTURE)


def test_a_link_at_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "p").symlink_to(tmp_path / "elsewhere")
    body = PictureBody(tmp_path / "p", 1 << 20, "")
    with pytest.raises(FetchError):
        body.feed(PICTURE)
    assert not (tmp_path / "elsewhere").exists()
