"""Cards that stand in for pictures that are not there yet. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.text.plain_text import plain

__all__ = ["CARD_SIDE", "draw_card"]

CARD_SIDE: Final = 512
"""Side of a card in pixels."""

PAPER: Final = np.array([226, 226, 222], np.float64)
INK, SOFT_INK, EDGE = (38, 40, 44), (92, 95, 100), (150, 152, 156)
TINT: Final = 0.10
WIDTH: Final = CARD_SIDE * 0.84
LARGEST, SMALLEST, NOTE = 92, 30, 46


def draw_card(title: str, note: str, *, hue: float = 0.0) -> NDArray[np.uint8]:
    """Draw a card: a title in its middle, a note below it, dark on light paper.

    The paper has the same lightness for all hues and a dark edge, so a card can be read on a dark and on a light page.

    Parameters
    ----------
    title, note
        Short texts. Untrusted: control characters are not drawn, and what does not fit is cut.
    hue
        0 to 1: a slight tint of the paper.

    Returns
    -------
    ndarray
        uint8 ``(CARD_SIDE, CARD_SIDE, 3)``. Equal arguments always give equal pixels.
    """
    angle = 2 * np.pi * hue
    tint = 255 * TINT * np.cos(angle - np.array([0, 2, 4]) * np.pi / 3)
    paper = tuple(np.clip(np.rint(PAPER + tint), 0, 255).astype(int).tolist())
    image = Image.new("RGB", (CARD_SIDE, CARD_SIDE), paper)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, CARD_SIDE - 1, CARD_SIDE - 1), outline=EDGE, width=8)
    middle = CARD_SIDE / 2
    _write(pen, plain(title), (middle, middle - 24), LARGEST, INK)
    _write(pen, plain(note), (middle, middle + 84), NOTE, SOFT_INK)
    return np.asarray(image, np.uint8)


def _write(
    pen: ImageDraw.ImageDraw, text: str, place: tuple[float, float], size: int, color: tuple[int, int, int]
) -> None:
    """Write a line around a place, smaller if it is long, cut if it is too long for the smallest size."""
    chosen = text
    font = ImageFont.load_default(size)
    while pen.textlength(chosen, font) > WIDTH and size > SMALLEST:
        size -= 4
        font = ImageFont.load_default(size)
    while len(chosen) > 1 and pen.textlength(chosen, font) > WIDTH:
        text = text[:-1]
        chosen = f"{text}..."
    pen.text(place, chosen, font=font, fill=color, anchor="mm")
