"""Draw the number of images of a cell on its picture. The numbers are part of the frame, so they move with it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.compilation import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["count_text", "draw_counts"]

GLYPHS = "0123456789.kM"
LONGEST = 4
_INK, _PAPER, _PAPER_OPACITY = 245, 22, 0.72  # light on dark, for every picture and theme

Glyphs = tuple["NDArray[np.uint8]", "NDArray[np.int32]"]


def count_text(count: int) -> str:
    """Return a count in at most four characters, rounded down: ``"999"``, ``"1.2k"``, ``"35k"``, ``"2.5M"``."""
    for unit, sign in ((1_000_000, "M"), (1000, "k")):
        if count >= unit:
            tenths = count * 10 // unit
            return (
                f"{tenths // 10}{sign}" if tenths >= 100 or not tenths % 10 else f"{tenths // 10}.{tenths % 10}{sign}"
            )
    return str(count)


def draw_counts(
    frame: NDArray[np.uint8],
    counts: NDArray[np.int32],
    *,
    left: NDArray[np.int32],
    top: NDArray[np.int32],
    size: int,
    height: int,
) -> None:
    """Write counts into the lower right corners of pictures, in place. Counts below two are left out.

    Parameters
    ----------
    frame
        uint8 (height, width, 3), C-contiguous.
    counts
        int32 (m,).
    left, top
        int32 (m,). Upper left corner of each picture in the frame, in pixels. May be negative.
    size
        Side of every picture in pixels.
    height
        Height of the digits' box in pixels, at least 6.
    """
    glyphs, widths = _glyphs(height)
    several = np.flatnonzero(counts > 1)
    texts = np.full((several.size, LONGEST), -1, dtype=np.int8)
    for line, count in enumerate(counts[several].tolist()):
        text = count_text(count)
        texts[line, : len(text)] = [GLYPHS.index(character) for character in text]
    _draw(frame, glyphs, widths, texts, left[several], top[several], size)


@cache
def _glyphs(height: int) -> Glyphs:
    """Draw the characters once for each height.

    Returns the cover, uint8 (characters, height, widest), and the widths, int32 (characters,).
    """
    font = ImageFont.load_default(size=height * 1.18)
    ascent = font.getbbox("0123456789")
    widths = np.array([round(font.getlength(character)) for character in GLYPHS], dtype=np.int32)
    glyphs = np.zeros((len(GLYPHS), height, int(widths.max()) + 1), dtype=np.uint8)
    for place, character in enumerate(GLYPHS):
        image = Image.new("L", (glyphs.shape[2], height))
        above = (height - (ascent[3] - ascent[1])) / 2 - ascent[1]
        ImageDraw.Draw(image).text((0, above), character, fill=255, font=font)
        glyphs[place] = np.asarray(image)
    return glyphs, widths


@compiled
def _draw(
    frame: NDArray[np.uint8],
    glyphs: NDArray[np.uint8],
    widths: NDArray[np.int32],
    texts: NDArray[np.int8],
    left: NDArray[np.int32],
    top: NDArray[np.int32],
    size: int,
) -> None:
    high = glyphs.shape[1]
    pad, inset = high // 3 + 1, max(1, high // 6)
    box = high + 2
    for picture in range(texts.shape[0]):
        wide = 2 * pad
        for place in range(texts.shape[1]):
            if texts[picture, place] >= 0:
                wide += widths[texts[picture, place]]
        x0, y0 = left[picture] + size - inset - wide, top[picture] + size - inset - box
        _pill(frame, x0, y0, wide, box)
        x = x0 + pad
        for place in range(texts.shape[1]):
            glyph = texts[picture, place]
            if glyph >= 0:
                _glyph(frame, glyphs[glyph], x, y0 + 1)
                x += widths[glyph]


@compiled
def _pill(frame: NDArray[np.uint8], x0: int, y0: int, wide: int, high: int) -> None:
    radius = min(high / 2.0, 5.0)
    for row in range(max(0, -y0), min(high, frame.shape[0] - y0)):
        dy = max(abs(row + 0.5 - high / 2.0) - (high / 2.0 - radius), 0.0)
        for column in range(max(0, -x0), min(wide, frame.shape[1] - x0)):
            dx = max(abs(column + 0.5 - wide / 2.0) - (wide / 2.0 - radius), 0.0)
            inside = min(max(radius + 0.5 - np.sqrt(dx * dx + dy * dy), 0.0), 1.0)
            cover = inside * _PAPER_OPACITY
            for channel in range(3):
                below = frame[y0 + row, x0 + column, channel]
                frame[y0 + row, x0 + column, channel] = np.uint8(below + (_PAPER - below) * cover + 0.5)


@compiled
def _glyph(frame: NDArray[np.uint8], glyph: NDArray[np.uint8], x0: int, y0: int) -> None:
    for row in range(max(0, -y0), min(glyph.shape[0], frame.shape[0] - y0)):
        for column in range(max(0, -x0), min(glyph.shape[1], frame.shape[1] - x0)):
            cover = glyph[row, column] / 255.0
            if cover > 0.0:
                for channel in range(3):
                    below = frame[y0 + row, x0 + column, channel]
                    frame[y0 + row, x0 + column, channel] = np.uint8(below + (_INK - below) * cover + 0.5)
