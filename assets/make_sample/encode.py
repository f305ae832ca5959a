"""Turn any packaged picture into a small WebP on white, and refuse pictures that show almost nothing."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyvips  # type: ignore[import-untyped,unused-ignore]
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 256
DRAWN = 2 * LONGEST
SVG_DPI = 96
QUALITY = 78
MARGIN = 0.03
MIN_SIDE = 36
MIN_INK = 0.012
SIGNATURE = 24
GREY_SPREAD = 14


@dataclass(frozen=True)
class Encoded:
    """A picture ready to be written.

    Parameters
    ----------
    signature
        The picture at 24 x 24, padded with white, as ink (255 minus colour). Similar pictures have similar signatures.
    grey
        Whether there is no colour: only black, white and greys.
    line
        Whether there is only black on white: lines and solid black, with greys at their edges only.
    """

    webp: bytes
    signature: NDArray[np.float32]
    grey: bool
    line: bool


def encode(raw: bytes, *, crop: bool) -> Encoded | None:
    """Return the picture as WebP, or None if it cannot be read, is almost blank or is too thin to see."""
    image = _on_white(raw)
    if image is None:
        return None
    if crop:
        image = _without_border(image)
    if max(image.size) < DRAWN // 3:
        return None
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    if min(image.size) < MIN_SIDE:
        return None
    ink = 255.0 - np.asarray(image, dtype=np.float32)
    if (ink.max(axis=2) > 40).mean() < MIN_INK or ink.reshape(-1, 3).std(axis=0).max() < 8:
        return None
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY, method=6)
    grey = bool((np.ptp(ink, axis=2) > GREY_SPREAD).mean() < 0.004)
    return Encoded(stream.getvalue(), _signature(image), grey, line=grey and _black_on_white(image))


def _on_white(raw: bytes) -> Image.Image | None:
    """Decode and shrink with libvips, which draws SVG at any size without a full-size picture."""
    # libvips assumes 72 dots an inch. It would crop a page of "155pt" without a viewBox at 155 units, because CSS and
    # the programs that drew it have 96 in an inch.
    options = f"[dpi={SVG_DPI}]" if _is_svg(raw) else ""
    try:
        picture = pyvips.Image.thumbnail_buffer(raw, DRAWN, height=DRAWN, size="both", option_string=options)
        if picture.hasalpha():
            picture = picture.flatten(background=[255, 255, 255])
        pixels = picture.colourspace("srgb").cast("uchar").numpy()
    except pyvips.Error:
        return None
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        pixels = np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2)
    return Image.fromarray(np.ascontiguousarray(pixels[:, :, :3]))


def _is_svg(raw: bytes) -> bool:
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _without_border(image: Image.Image) -> Image.Image:
    """Crop the white around a drawing to a narrow margin, because many drawings fill only a corner of a page."""
    dark = np.asarray(image).min(axis=2) < 250
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not rows.size:
        return image
    margin = round(MARGIN * max(image.size))
    box = (
        max(int(columns[0]) - margin, 0),
        max(int(rows[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, image.width),
        min(int(rows[-1]) + 1 + margin, image.height),
    )
    return image.crop(box)


def _black_on_white(image: Image.Image) -> bool:
    """Return whether greys lie only where black meets white, as at shrunken edges, and not on shaded surfaces."""
    grey = np.asarray(image.convert("L"))
    between = (grey > 60) & (grey < 235)
    inner = between[1:-1, 1:-1] & between[:-2, 1:-1] & between[2:, 1:-1] & between[1:-1, :-2] & between[1:-1, 2:]
    return bool(inner.mean() < 0.03 and (grey < 60).mean() > 0.01)


def _signature(image: Image.Image) -> NDArray[np.float32]:
    square = Image.new("RGB", (max(image.size),) * 2, "white")
    square.paste(image, ((square.width - image.width) // 2, (square.height - image.height) // 2))
    small = square.resize((SIGNATURE, SIGNATURE), Image.Resampling.BOX)
    return 255.0 - np.asarray(small, dtype=np.float32).reshape(-1)
