"""Pages of a document as images of their own: their keys, their number, and the hash of one. Uses other processes.

The key of page k is the key of its file with ``#page=k`` behind it, as in the address of a page of a PDF (RFC 8118).
The first page of a TIFF keeps the key of its file, because it is the picture that the file is without pages. So a
build with pages adds images to one without, and changes none.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.errors import ImageError
from pipeline.images.formats.detection import HEAD_BYTES, format_of
from pipeline.images.formats.tiff import is_camera_raw, tiff_page_count
from pipeline.images.separate_decoding import count_separately

if TYPE_CHECKING:
    from pipeline.limits import Limits

__all__ = ["count_pages", "page_key", "picture_sha256"]


def page_key(key: str, page: int) -> str:
    """Return the key of a page.

    Parameters
    ----------
    key
        Key of its file.
    page
        From 1; 0 for the file as one picture.
    """
    return f"{key}#page={page}" if page else key


def count_pages(data: bytes, limits: Limits) -> int:
    """Return the number of pages of a file; 1 for a file that has none, or whose pages cannot be counted.

    Parameters
    ----------
    data
        The file.
    limits
        Only ``max_memory`` is used.
    """
    form = format_of(data[:HEAD_BYTES])
    if form == "TIFF":
        return 1 if is_camera_raw(data) else tiff_page_count(data)
    if form == "PDF":
        try:
            return max(1, count_separately(data, limits))
        except ImageError:  # it fails with its reason when its first page is decoded
            return 1
    return 1


def picture_sha256(data: bytes, page: int) -> str:
    """Return the hash that shows whether a picture has changed, and which pictures are exact duplicates.

    Parameters
    ----------
    data
        The file.
    page
        From 1; 0 for the file as one picture.

    Returns
    -------
    str
        SHA-256 of the file in hexadecimal; for a page, that of this text and the page's number.
    """
    digest = hashlib.sha256(data).hexdigest()
    return hashlib.sha256(page_key(digest, page).encode()).hexdigest() if page else digest
