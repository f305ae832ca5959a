"""Real files of odd pictures, drawn rather than stored: every format and mode, and every way of being broken."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 40), (30, 50, 210), (255, 255, 255)


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()


def quadrants(width: int = 64, height: int = 48) -> Image.Image:
    """Red, green / blue, white: upright, no two turns or flips of it look alike."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(WHITE, (width // 2, height // 2, width, height))
    return image


def corner_colours(rgb: npt.NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """Colour at the middle of each quadrant: top left, top right, bottom left, bottom right."""
    height, width = rgb.shape[:2]
    return [tuple(map(int, rgb[y * height // 4, x * width // 4])) for y in (1, 3) for x in (1, 3)]


def photo(width: int = 256, height: int = 192, seed: int = 0) -> Image.Image:
    """A smooth random picture without a uniform border, as photographs are."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def drawing(width: int = 200, height: int = 100, ground: tuple[int, int, int] = WHITE) -> Image.Image:
    """A red bar from near the left to near the right edge of a plain ground."""
    image = Image.new("RGB", (width, height), ground)
    image.paste(RED, (width // 20, height // 3, width - width // 20, 2 * height // 3))
    return image


def turned(orientation: int, form: str = "JPEG") -> bytes:
    """Quadrants stored turned, with the EXIF tag that says how to turn them back."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = quadrants()
    stored = image.transpose(back[orientation]) if orientation in back else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    return encode(stored, form, exif=exif, **options)


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_with_size(width: int, height: int) -> bytes:
    """A JPEG whose header declares another size than its few pixels have."""
    data = bytearray(encode(quadrants(), "JPEG"))
    place = data.index(b"\xff\xc0")  # start of frame: length (2), depth (1), height (2), width (2)
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def odd_pictures() -> dict[str, bytes]:
    """Every kind of file that must decode, by name; all show :func:`quadrants` (grey ones in grey)."""
    image = quadrants()
    grey = image.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    clear = image.convert("RGBA")
    clear.paste((0, 0, 0, 0), (32, 24, 64, 48))  # the white quadrant is transparent black instead
    palette = image.quantize(8)
    frames = [image, Image.new("RGB", image.size, "black")]
    return {
        "colour.jpg": encode(image, "JPEG", quality=95),
        "progressive.jpg": encode(image, "JPEG", quality=95, progressive=True),
        "grey.jpg": encode(grey, "JPEG", quality=95),
        "cmyk.jpg": encode(image.convert("CMYK"), "JPEG", quality=95),
        "colour.png": encode(image, "PNG"),
        "grey.png": encode(grey, "PNG"),
        "one bit.png": encode(image.convert("1", dither=Image.Dither.NONE), "PNG"),
        "deep grey.png": encode(deep, "PNG"),
        "palette.png": encode(palette, "PNG"),
        "transparent.png": encode(clear, "PNG"),
        "transparent palette.png": encode(clear.quantize(8), "PNG"),
        "transparent colour.png": encode(image, "PNG", transparency=WHITE),
        "grey with alpha.png": encode(clear.convert("LA"), "PNG"),
        "colour.webp": encode(image, "WEBP", lossless=True),
        "transparent.webp": encode(clear, "WEBP", lossless=True),
        "animated.webp": encode(frames[0], "WEBP", lossless=True, save_all=True, append_images=frames[1:]),
        "animated.gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "animated.png": encode(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "transparent.gif": encode(clear, "GIF"),
        "colour.tif": encode(image, "TIFF", compression="tiff_lzw"),
        "cmyk.tif": encode(image.convert("CMYK"), "TIFF"),
        "deep grey.tif": encode(deep, "TIFF"),
        "float.tif": encode(Image.fromarray(np.asarray(grey, np.float32) / 255), "TIFF"),
        "colour.bmp": encode(image, "BMP"),
        "\N{SNOWMAN} with spaces.png": encode(image, "PNG"),
    }


def broken_pictures() -> dict[str, tuple[bytes, str]]:
    """Every kind of file that must be refused, with the reason."""
    whole = encode(photo(), "JPEG", quality=90)
    drawn = encode(photo(), "PNG")
    return {
        "empty.jpg": (b"", "empty"),
        "text.png": (b"I am no picture.\n", "not_an_image"),
        "vector.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "damaged"),
        "postscript.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "unsupported"),
        "half.jpg": (whole[: len(whole) // 2], "truncated"),
        "half.png": (drawn[: len(drawn) // 2], "truncated"),
        "bomb.png": (png_header(20_000, 20_000), "too_large"),
        "bomb.jpg": (jpeg_with_size(20_000, 20_000), "too_large"),
    }


def write_all(folder: Path, pictures: dict[str, bytes]) -> list[Path]:
    """Write files into a folder, in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in pictures]
    for path, data in zip(paths, pictures.values(), strict=True):
        path.write_bytes(data)
    return paths
