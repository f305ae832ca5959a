"""Draw an SVG with librsvg, which libvips brings. It never reads another file and makes no request.

The drawing is given as bytes. It then has no address of its own, and librsvg refuses every reference to a file or an
address. It runs no script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.images.extra_formats.drawing import Drawing

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["LONGEST_SIDE", "open_svg"]

LONGEST_SIDE: Final = 2048
"""Pixels of the longer side of a drawing; its own unit of length says nothing about pixels."""

_STEPS: Final = 3


def open_svg(data: bytes) -> Drawing:
    """Read the size of a drawing.

    Raises
    ------
    ValueError
        If it is damaged.
    """
    header, scale = _opened(data, 1.0), 1.0
    for _ in range(_STEPS):  # each size is rounded, so a small one says little about the right scale
        scale *= LONGEST_SIDE / max(header.width, header.height)
        header = _opened(data, scale)
    if max(header.width, header.height) > LONGEST_SIDE + 1:
        raise ValueError("its size does not follow its scale")

    def draw(factor: int) -> Image.Image:
        return _drawn(data, scale / factor)

    return Drawing(header.width, header.height, draw)


def _drawn(data: bytes, scale: float) -> Image.Image:
    from PIL import Image

    drawn = _opened(data, scale)
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
