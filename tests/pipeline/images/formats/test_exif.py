"""EXIF: date, camera and place of files written by Pillow, and of blocks that were made to do harm."""

from __future__ import annotations

import datetime
import io
import struct
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features
from PIL.TiffImagePlugin import IFDRational

from pipeline.images.decoding import decode_rgb
from pipeline.images.formats.exif import NO_FACTS, ExifFacts, exif_facts, orientation_of
from pipeline.images.formats.extras import is_installed

MAKE, MODEL, CHANGED, INNER, GPS = 0x010F, 0x0110, 0x0132, 0x8769, 0x8825
TAKEN, DIGITIZED = 0x9003, 0x9004
PARIS = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
FACTS = ExifFacts(datetime.datetime(2019, 5, 3, 14, 5, 59), "Canon EOS 5D", "48.858222, 2.294500")  # noqa: DTZ001

FORMS = ["JPEG", "PNG", "TIFF", "WEBP", *(["AVIF"] if features.check("avif") else [])]


def exif(first: dict[int, Any], inner: dict[int, Any], gps: dict[int, Any]) -> Image.Exif:
    made = Image.Exif()
    made.update(first)
    made.get_ifd(INNER).update(inner)
    made.get_ifd(GPS).update(gps)
    return made


def block(first: dict[int, Any] | None = None, inner: dict[int, Any] | None = None, gps: Any = None) -> bytes:
    return exif(first or {}, inner or {}, gps or {}).tobytes()


def written(form: str, made: Image.Exif) -> bytes:
    buffer = io.BytesIO()
    exif = made.tobytes() if made else None  # of an `Exif`, Pillow writes no inner directories into a TIFF
    Image.new("RGB", (40, 30), "teal").save(buffer, form, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


FULL = exif({MAKE: "Canon", MODEL: "Canon EOS 5D"}, {TAKEN: "2019:05:03 14:05:59"}, PARIS)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_says_when_with_what_and_where_it_was_taken(form: str) -> None:
    assert decode_rgb(written(form, FULL)).facts == FACTS


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_exif_says_nothing(form: str) -> None:
    assert decode_rgb(written(form, Image.Exif())).facts == NO_FACTS


@pytest.mark.skipif(not is_installed("HEIC"), reason="HEIC is not installed")
def test_a_heic_is_read_in_its_own_process() -> None:
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(Image.new("RGB", (64, 64), "teal")).save(buffer, exif=FULL.tobytes())
    assert decode_rgb(buffer.getvalue()).facts == FACTS


@pytest.mark.skipif(not is_installed("JPEG XL"), reason="JPEG XL is not installed")
def test_a_jpeg_xl_is_read_in_its_own_process() -> None:
    import pylibjxl

    made = pylibjxl.encode(np.zeros((16, 16, 3), np.uint8), exif=FULL.tobytes())
    assert decode_rgb(made).facts == FACTS


def test_each_page_of_a_tiff_says_its_own() -> None:
    buffer = io.BytesIO()
    second = Image.new("RGB", (40, 30))
    second.encoderinfo = {"tiffinfo": {MODEL: "Two"}}
    Image.new("RGB", (40, 30)).save(buffer, "TIFF", save_all=True, append_images=[second], tiffinfo={MODEL: "One"})
    assert [decode_rgb(buffer.getvalue(), page=page).facts.camera for page in (1, 2)] == ["One", "Two"]


@given(st.datetimes(datetime.datetime(1800, 1, 1), datetime.datetime(9999, 12, 31)))  # noqa: DTZ001
def test_every_date_is_read_to_the_second(date: datetime.datetime) -> None:
    date = date.replace(microsecond=0)
    text = f"{date.year:04}:{date:%m:%d %H:%M:%S}"
    assert exif_facts(block(inner={TAKEN: text})).taken == date


@pytest.mark.parametrize(
    "text",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2019:13:01 00:00:00",
        "2019:02:30 10:00:00",
        "2019:05:03 24:00:00",
        "1601:01:01 00:00:00",
        "yesterday",
        "",
        "2019",
        "٢٠١٩:05:03 14:05:59",
        "2019:05:03 14:05:59 and more",
    ],
)
def test_a_date_that_is_none_is_absent(text: str) -> None:
    data = text.encode() + b"\0"
    assert exif_facts(_tiff(inner={TAKEN: (2, data)})).taken is None


def test_the_date_of_the_picture_comes_first_and_that_of_a_change_never() -> None:
    both = {TAKEN: "2019:05:03 14:05:59", DIGITIZED: "2020:01:01 00:00:00"}
    assert exif_facts(block(inner=both)).taken == FACTS.taken
    copied = exif_facts(block(inner={TAKEN: "0000:00:00 00:00:00", DIGITIZED: "2020:01:01 00:00:00"}))
    assert copied.taken == datetime.datetime(2020, 1, 1)  # noqa: DTZ001
    assert exif_facts(block({CHANGED: "2020:01:01 00:00:00"})).taken is None


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("NIKON CORPORATION", "NIKON D90", "NIKON D90"),
        ("EASTMAN KODAK COMPANY", "KODAK Z712", "KODAK Z712"),
        ("Apple", "iPhone 12", "Apple iPhone 12"),
        ("", "iPhone 12", "iPhone 12"),
        ("Leica Camera AG", "", "Leica Camera AG"),
        ("  Sony  ", "  ILCE-7\n ", "Sony ILCE-7"),
    ],
)
def test_the_make_is_not_doubled(make: str, model: str, camera: str) -> None:
    assert exif_facts(block({MAKE: make, MODEL: model})).camera == camera


def _text_data(data: bytes) -> str:
    return exif_facts(_tiff({MODEL: (2, data)})).camera


@pytest.mark.parametrize(
    ("data", "camera"),
    [
        (b"X100\0hidden\0", "X100"),
        (b"\0X100", ""),
        ("Größe".encode() + b"\0", "Größe"),
        ("Größe".encode("latin-1") + b"\0", "Größe"),
        (b"\x1b[31mred\x07\r\n two\x7f", "[31mred two"),
        ("\u202egpj.exe\u2028\0".encode(), "gpj.exe"),
        (b"A" * 100_000, "A" * 100),
    ],
)
def test_a_text_ends_at_its_nul_and_has_no_control_characters(data: bytes, camera: str) -> None:
    assert _text_data(data) == camera


@given(st.binary(max_size=300))
def test_any_bytes_as_a_text_are_one_short_line(data: bytes) -> None:
    found = _text_data(data)
    assert found == " ".join(found.split())
    assert len(found) <= 100
    assert found.isprintable() or all(one.isprintable() or one.isspace() or ord(one) > 127 for one in found)


degrees = st.floats(0, 1, exclude_max=True)


@given(st.integers(-89_999_999, 89_999_999), st.integers(-179_999_999, 179_999_999))
def test_every_place_is_read_to_six_digits(latitude: int, longitude: int) -> None:
    def parts(millionths: int) -> tuple[IFDRational, ...]:
        whole, rest = divmod(abs(millionths), 1_000_000)
        minutes = Fraction(rest, 1_000_000) * 60
        seconds = (minutes - int(minutes)) * 60
        return IFDRational(whole), IFDRational(int(minutes)), IFDRational(seconds.numerator, seconds.denominator)

    gps = {1: "S" if latitude < 0 else "N", 2: parts(latitude), 3: "W" if longitude < 0 else "E", 4: parts(longitude)}
    expected = f"{latitude / 1e6 + 0.0:.6f}, {longitude / 1e6 + 0.0:.6f}" if latitude or longitude else ""
    assert exif_facts(block(gps=gps)).place == expected


def _gps(
    latitude: list[tuple[int, int]], longitude: list[tuple[int, int]], north: bytes = b"N", east: bytes = b"E"
) -> str:
    def packed(pairs: list[tuple[int, int]]) -> tuple[int, bytes]:
        return 5, b"".join(struct.pack("<II", *pair) for pair in pairs)

    return exif_facts(_tiff(gps={1: (2, north), 2: packed(latitude), 3: (2, east), 4: packed(longitude)})).place


SOUND = [(10, 1), (30, 1), (0, 1)]


def test_a_place_may_have_one_two_or_three_fractions() -> None:
    assert _gps(SOUND, SOUND) == "10.500000, 10.500000"
    assert _gps([(21, 2)], [(10, 1), (300, 10)]) == "10.500000, 10.500000"
    assert _gps([(90, 1)], [(180, 1)], b"S", b"W") == "-90.000000, -180.000000"


@pytest.mark.parametrize(
    "latitude",
    [
        [(91, 1)],
        [(90, 1), (0, 1), (1, 1)],
        [(10, 0), (0, 1), (0, 1)],
        [(10, 1), (0, 0), (0, 1)],
        [(10, 1), (30, 1), (0, 0)],
        [(0, 0)] * 3,
        [(10, 1), (61, 1), (0, 1)],
        [(2**32 - 1, 1)],
        [],
        [(10, 1)] * 4,
    ],
)
def test_a_latitude_that_is_none_is_no_place(latitude: list[tuple[int, int]]) -> None:
    assert _gps(latitude, SOUND) == ""


def test_a_place_needs_both_hemispheres_and_is_never_null_and_null() -> None:
    assert _gps(SOUND, SOUND, b"") == ""
    assert _gps(SOUND, SOUND, b"N", b"X") == ""
    assert _gps(SOUND, [(181, 1)]) == ""
    assert _gps([(0, 1)], [(0, 1)]) == ""
    assert _gps([(0, 1)], [(1, 1)], b"S") == "0.000000, 1.000000"


def test_numbers_that_are_no_numbers_are_no_place() -> None:
    for value in (float("nan"), float("inf"), -10.0):
        doubles = (12, struct.pack("<ddd", value, 0.0, 0.0))
        assert exif_facts(_tiff(gps={1: (2, b"N"), 2: doubles, 3: (2, b"E"), 4: doubles})).place == ""


def test_a_block_that_leads_to_itself_ends() -> None:
    looping = bytearray(_tiff({MODEL: (2, b"X\0"), INNER: (4, struct.pack("<I", 8)), GPS: (4, struct.pack("<I", 8))}))
    assert exif_facts(bytes(looping)).camera == "X"
    assert exif_facts(b"II*\0\0\0\0\0").camera == "", "its first directory is its own header"


def test_a_huge_block_takes_no_time() -> None:
    entries = b"".join(struct.pack("<HHII", 0x010F, 2, 2**32 - 1, 800_000) for _ in range(65_535))
    huge = b"II*\0\x08\0\0\0" + b"\xff\xff" + entries + b"A" * 50_000_000
    started = time.process_time()
    for _ in range(20):
        exif_facts(huge)
    assert time.process_time() - started < 2


@given(st.binary(max_size=400), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"Exif\0\0II*\0"]))
def test_no_bytes_raise_an_error(data: bytes, head: bytes) -> None:
    facts = exif_facts(head + data)
    assert facts.taken is None or facts.taken.year >= 1800
    assert 1 <= orientation_of(head + data) <= 8


@given(st.data())
def test_a_sound_block_with_damage_raises_no_error(data: st.DataObject) -> None:
    damaged = bytearray(FULL.tobytes())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    facts = exif_facts(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    if facts.place:
        latitude, longitude = map(float, facts.place.split(", "))
        assert abs(latitude) <= 90
        assert abs(longitude) <= 180


def _tiff(
    first: dict[int, tuple[int, bytes]] | None = None,
    inner: dict[int, tuple[int, bytes]] | None = None,
    gps: dict[int, tuple[int, bytes]] | None = None,
) -> bytes:
    """Return a block with entries whose type and bytes are given, as no program writes them."""
    sizes = {2: 1, 4: 4, 5: 8, 12: 8}
    made = bytearray(b"II*\0\x08\0\0\0")
    directories = [dict(first or {}), inner or {}, gps or {}]
    starts = [8]
    for number, tag in ((1, INNER), (2, GPS)):
        if directories[number]:
            directories[0][tag] = (4, bytes(4))
    for directory in directories:
        starts.append(starts[-1] + 2 + 12 * len(directory) + 4)
    for number, tag in ((1, INNER), (2, GPS)):
        if directories[number]:
            directories[0][tag] = (4, struct.pack("<I", starts[number]))
    body, tail = bytearray(), bytearray()
    for directory in directories:
        body += struct.pack("<H", len(directory))
        for tag, (kind, data) in sorted(directory.items()):
            where = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", starts[-1] + len(tail))
            body += struct.pack("<HHI", tag, kind, len(data) // sizes[kind]) + where
            tail += data if len(data) > 4 else b""
        body += bytes(4)
    return bytes(made + body + tail)
