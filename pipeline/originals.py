"""The original files of a collection's images, as long as they are where they were and what they were.

A collection is whole without them: they only make a picture sharper when it fills the screen. Nothing is read outside
the folder that the collection was built from, and nothing whose bytes have changed since.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image

from pipeline.collection import Collection
from pipeline.errors import ImageError
from pipeline.images import decode_rgb
from pipeline.schema import Limits

__all__ = ["MAX_SIDE", "original_path", "read_original"]

MAX_SIDE = 2048
"""Longest side that is given out, in pixels."""


def original_path(collection: Collection, row: int) -> Path | None:
    """Find the file that an image was built from.

    Parameters
    ----------
    collection
        The collection; its manifest names the folder it was built from.
    row
        The image.

    Returns
    -------
    Path or None
        A file inside that folder after every link is followed; None where there is none.
    """
    if not collection.manifest.source_root:
        return None
    root = Path(collection.manifest.source_root)
    try:
        whole_root = root.resolve(strict=True)
        path = (root / collection.record(row).source).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    return path if path.is_file() and path.is_relative_to(whole_root) else None


def read_original(collection: Collection, row: int, longest_side: int = MAX_SIDE) -> bytes | None:
    """Read an original, upright and no larger than wished, as WebP.

    Parameters
    ----------
    collection, row
        The image.
    longest_side
        In pixels, at most `MAX_SIDE`; a smaller original keeps its size.

    Returns
    -------
    bytes or None
        None where the original is gone, changed, unreadable, or beyond the limits of `pipeline.images`.
    """
    path = original_path(collection, row)
    if path is None:
        return None
    try:
        if path.stat().st_size > Limits().max_bytes:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != collection.record(row).sha256:
        return None
    try:
        picture = Image.fromarray(decode_rgb(data).rgb)
    except ImageError:
        return None
    side = min(longest_side, MAX_SIDE)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=88, method=2)
    return buffer.getvalue()
