"""Draw an SVG with librsvg, which libvips brings. It never reads another file and makes no request.

The drawing is given as bytes. It then has no address of its own, and librsvg refuses every reference to a file or an
address. It runs no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.images.extra_formats.drawing import Drawing, size_in_pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["LONGEST_SIDE", "open_svg"]

LONGEST_SIDE: Final = 2048
"""Pixels of the longer side of a drawing; its own unit of length says nothing about pixels."""


def open_svg(data: bytes) -> Drawing:
    """Read the size of a drawing.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    header = _opened(data, 1.0)
    width, height = size_in_pixels(header.width, header.height, LONGEST_SIDE)

    def draw(factor: int) -> Image.Image:
        return _drawn(data, LONGEST_SIDE / max(header.width, header.height) / factor)

    return Drawing(width, height, draw)


def _drawn(data: bytes, scale: float) -> Image.Image:
    from PIL import Image

    drawn = _opened(data, scale)
    if max(drawn.width, drawn.height) > LONGEST_SIDE + 1:
        raise ValueError("the drawing grows when it is drawn smaller")
    if drawn.hasalpha():
        drawn = drawn.flatten(background=255)
    return Image.fromarray(drawn.colourspace("srgb").cast("uchar").numpy()).convert("RGB")


def _opened(data: bytes, scale: float) -> Any:
    import pyvips

    try:
        return pyvips.Image.svgload_buffer(data, scale=scale)
    except pyvips.Error as error:
        words = " ".join(str(error).split())
        raise ValueError(words[:200]) from None
