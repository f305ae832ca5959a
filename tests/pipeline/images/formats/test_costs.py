"""Metadata never decides about pixels, and no small file takes a decoder minutes or gigabytes."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.limits import Limits
from tests.helpers.image_files import BLUE, GREEN, RED, WHITE, corner_colours, encode, png_header, quadrants

PLAIN = {form: encode(quadrants(), form) for form in ("PNG", "TIFF", "GIF")}
PLAIN["JPEG"] = encode(quadrants(), "JPEG", quality=95, progressive=True)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(*chunks: bytes) -> bytes:
    """A sound PNG with something before its pixels."""
    place = PLAIN["PNG"].index(b"IDAT") - 4
    return PLAIN["PNG"][:place] + b"".join(chunks) + PLAIN["PNG"][place:]


def jpeg_with(*segments: bytes) -> bytes:
    """A sound JPEG with something behind its first marker."""
    return PLAIN["JPEG"][:2] + b"".join(segments) + PLAIN["JPEG"][2:]


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def gif_with(comment: bytes) -> bytes:
    """A sound GIF with a comment, in blocks of 255 bytes, before its first frame."""
    data = PLAIN["GIF"]
    place = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    blocks = b"".join(bytes([len(part)]) + part for part in parts(comment, 255))
    return data[:place] + b"\x21\xfe" + blocks + b"\0" + data[place:]


def parts(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def scans_of(data: bytes) -> list[int]:
    """Return the starts of the scans of a progressive JPEG, and the end of the last one."""
    places = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]
    return [*places, data.rindex(b"\xff\xd9")]


def with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan, of a few bytes, comes so many times."""
    data = encode(Image.new("RGB", (640, 480), RED), "JPEG", progressive=True)
    begin, end = list(pairwise(scans_of(data)))[-1]
    return data[:begin] + data[begin:end] * count + data[end:]


def exif_bomb(size: int) -> bytes:
    """EXIF whose thousands of entries each claim the whole block."""
    entries = b"".join(struct.pack("<HHII", tag, 7, size - 64, 8) for tag in range(1000, 4000))
    block = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 3000) + entries
    return b"Exif\0\0" + block.ljust(size, b"\0")


def is_right(data: bytes) -> bool:
    found = np.array(corner_colours(decode_rgb(data).rgb))
    return bool(np.abs(found - np.array([RED, GREEN, BLUE, WHITE])).max() <= 14)


METADATA = {
    "a long text, compressed": lambda: png_with(chunk(b"zTXt", b"words\0\0" + zlib.compress(bytes(3_000_000)))),
    "many long texts": lambda: png_with(*[chunk(b"zTXt", b"words\0\0" + zlib.compress(bytes(900_000)))] * 200),
    "an international text": lambda: png_with(
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 2_000_000))
    ),
    "a text with a wrong sum": lambda: png_with(chunk(b"tEXt", b"a\0b")[:-1] + b"?"),
    "a text that is none": lambda: png_with(chunk(b"zTXt", b"\0"), chunk(b"iTXt", b""), chunk(b"tIME", b"never")),
    "a profile that bursts": lambda: png_with(chunk(b"iCCP", b"own\0\0" + zlib.compress(bytes(50_000_000)))),
    "a text behind the pixels": lambda: (
        PLAIN["PNG"][:-12] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(9_000_000))) + PLAIN["PNG"][-12:]
    ),
    "EXIF of a PNG that claims gigabytes": lambda: png_with(chunk(b"eXIf", exif_bomb(4_000_000)[6:])),
    "EXIF of a JPEG that claims gigabytes": lambda: jpeg_with(
        *(segment(0xE1, b"Exif\0\0" + part) for part in parts(exif_bomb(4_000_000)[6:], 65_000))
    ),
    "megabytes of other segments": lambda: jpeg_with(
        *[segment(0xED, bytes(60_000)), segment(0xFE, b"x" * 60_000)] * 40
    ),
    "scans that only metadata show": lambda: jpeg_with(segment(0xE7, b"\xff\xda\0\x08" * 9000)),
    "a comment of a GIF": lambda: gif_with(b"words " * 400_000),
}


@pytest.mark.parametrize("make", METADATA.values(), ids=METADATA)
def test_metadata_neither_spoils_a_picture_nor_takes_memory(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    try:
        assert is_right(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data) + 20_000_000
    finally:
        tracemalloc.stop()


def test_text_that_pillow_writes_is_no_trouble_either() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "<x/>" + " " * 1_500_000, zip=True)
    assert is_right(encode(quadrants(), "PNG", pnginfo=info))


def tiff_bomb() -> bytes:
    size = 1_000_000
    entries = b"".join(struct.pack("<HHII", tag, 7, size - 100, 8) for tag in range(40_000, 44_000))
    return (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 4000) + entries).ljust(size, b"\0")


BOMBS = {
    "thousands of scans": lambda: with_scans(5000),
    "scans over hundreds of megapixels": lambda: resized(with_scans(150), 14_000, 14_000),
    "a million pieces": lambda: png_with(chunk(b"teXt", b"") * 300_000),
    "a hundred thousand sections": lambda: jpeg_with(segment(0xFE, b"") * 100_000),
    "comments of a byte each": lambda: gif_with_tiny_blocks(600_000),
    "a directory that claims gigabytes": tiff_bomb,
}


def resized(data: bytes, width: int, height: int) -> bytes:
    content = bytearray(data)
    place = content.index(b"\xff\xc2")
    content[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def gif_with_tiny_blocks(count: int) -> bytes:
    data = PLAIN["GIF"]
    place = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    return data[:place] + b"\x21\xfe" + b"\1x" * count + b"\0" + data[place:]


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_what_costs_out_of_proportion_is_refused_before_it_is_decoded(make: Callable[[], bytes]) -> None:
    with pytest.raises(ImageError) as caught:
        decode_rgb(make(), min_side=512)
    assert caught.value.reason == "too_costly"
    assert "save it again" in str(caught.value)


def test_the_dozens_of_scans_that_eager_encoders_make_are_read() -> None:
    assert decode_rgb(with_scans(60)).width == 640


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF", "JPEG2000"])
def test_a_picture_that_needs_more_memory_than_allowed_is_refused(form: str) -> None:
    data = encode(Image.new("RGB", (900, 700), RED), form)
    assert decode_rgb(data).width == 900
    with pytest.raises(ImageError, match=r"memory to decode") as caught:
        decode_rgb(data, limits=Limits(max_memory=600_000))
    assert caught.value.reason == "too_large"


def test_a_picture_that_shrinks_while_it_loads_needs_less() -> None:
    baseline = encode(Image.new("RGB", (4000, 3000), RED), "JPEG")
    progressive = encode(Image.new("RGB", (4000, 3000), RED), "JPEG", progressive=True)
    few = Limits(max_memory=4_000_000)
    assert decode_rgb(baseline, limits=few, min_side=300).width == 4000
    with pytest.raises(ImageError, match="memory"):
        decode_rgb(baseline, limits=few)
    with pytest.raises(ImageError, match="memory"):  # whose every coefficient is kept until the last scan
        decode_rgb(progressive, limits=few, min_side=300)


@pytest.mark.parametrize(("width", "height"), [(1, 199_000_000), (199_000_000, 1)])
def test_a_picture_of_millions_of_rows_is_refused_though_its_pixels_are_few_enough(width: int, height: int) -> None:
    with pytest.raises(ImageError, match=r"no side may have more than 1,000,000") as caught:
        decode_rgb(png_header(width, height))
    assert caught.value.reason == "too_large"


def test_comments_in_a_ppm_are_passed_over_and_a_flood_of_them_is_not_read() -> None:
    pixels = bytes(range(200)) * 3
    assert decode_rgb(b"P6 # by hand\n#\n10 # wide\n20\n255\n" + pixels).rgb.shape == (20, 10, 3)
    with pytest.raises(ImageError):
        decode_rgb(b"P6 10 20 #" + b"#" * 3_000_000 + b"\n255\n" + pixels)


def test_a_jpeg_2000_that_claims_thousands_of_layers_is_refused() -> None:
    data = bytearray(encode(quadrants(), "JPEG2000"))
    layers = data.index(b"\xff\x52") + 6
    data[layers : layers + 2] = b"\xf0\x00"
    with pytest.raises(ImageError) as caught:
        decode_rgb(bytes(data))
    assert caught.value.reason == "too_costly"


def test_a_jpeg_2000_without_smaller_resolutions_is_read_as_well() -> None:
    data = encode(quadrants(1280, 960), "JPEG2000", num_resolutions=1)
    assert min(decode_rgb(data, min_side=100).rgb.shape[:2]) < 200


def test_a_long_and_narrow_picture_becomes_small_all_the_same() -> None:
    decoded = decode_rgb(encode(Image.new("L", (60_000, 520), 9), "PNG"), min_side=512)
    assert (decoded.width, decoded.height) == (60_000, 520)
    assert decoded.rgb.shape[0] * decoded.rgb.shape[1] <= 16_000_000


@pytest.mark.parametrize(("bands", "bits"), [(1, 64), (2, 16), (5, 8), (3, 32)])
def test_a_sound_tiff_of_an_unread_kind_is_unsupported_rather_than_damaged(bands: int, bits: int) -> None:
    pixels = bytes(16 * 12 * bands * bits // 8)
    kind = 3 if bits >= 32 else 1
    values = b"".join(struct.pack("<H", value) for value in [bits] * bands)
    formats = b"".join(struct.pack("<H", kind) for _ in range(bands))
    at = 8 + len(pixels)
    entries = [
        (256, 4, 1, 16),
        (257, 4, 1, 12),
        (258, 3, bands, bits if bands == 1 else bits * 65_537 if bands == 2 else at),
        (259, 3, 1, 1),
        (262, 3, 1, 2 if bands in {3, 5} else 1),
        (273, 4, 1, 8),
        (277, 3, 1, bands),
        (278, 4, 1, 12),
        (279, 4, 1, len(pixels)),
        (339, 3, bands, kind if bands == 1 else kind * 65_537 if bands == 2 else at + len(values)),
    ]
    data = b"II*\0" + struct.pack("<I", at + len(values) + len(formats)) + pixels + values + formats
    data += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    with pytest.raises(ImageError) as caught:
        decode_rgb(data)
    assert caught.value.reason == "unsupported"
    with pytest.raises(ImageError) as caught:
        decode_rgb(data[: len(data) // 2])
    assert caught.value.reason in {"damaged", "truncated"}
