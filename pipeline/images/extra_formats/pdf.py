"""Draw the pages of a PDF (ISO 32000) with PDFium. Its wheels hold no JavaScript, and it makes no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipeline.errors import ImageError
from pipeline.images.extra_formats.drawing import Drawing, size_in_pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["DOTS_PER_INCH", "LONGEST_SIDE", "count_pages", "open_page"]

DOTS_PER_INCH: Final = 150
"""Resolution of a page."""

LONGEST_SIDE: Final = 4096
"""Maximum number of pixels of the longer side; a larger page has fewer dots per inch."""

_POINTS_PER_INCH: Final = 72


def count_pages(data: bytes) -> int:
    """Return the number of pages.

    Raises
    ------
    ImageError
        Reason ``unsupported`` for a file that is locked by a password, ``damaged`` for any other fault.
    """
    return len(_opened(data))


def open_page(data: bytes, number: int) -> Drawing:
    """Read the size of a page.

    Raises
    ------
    ImageError
        Reasons as in `count_pages`; ``damaged`` also if there is no such page.
    """
    document = _opened(data)
    if not 1 <= number <= len(document):
        raise ImageError(f"The file has {len(document):,} pages, so there is no page {number:,}.", reason="damaged")
    page = document[number - 1]
    wide, high = page.get_size()
    longest = min(LONGEST_SIDE, max(wide, high) * DOTS_PER_INCH / _POINTS_PER_INCH)
    width, height = size_in_pixels(wide, high, longest)
    scale = longest / max(wide, high)

    def draw(factor: int) -> Image.Image:
        drawn: Image.Image = page.render(scale=scale / factor).to_pil()
        return drawn.convert("RGB")

    return Drawing(width, height, draw)


def _opened(data: bytes) -> Any:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            message = "The document is locked by a password; save it without one."
            raise ImageError(message, reason="unsupported") from error
        message = f"The document is damaged ({error}); copy it again from its source."
        raise ImageError(message, reason="damaged") from error
