"""Pictures of the sample are drawn whole, cropped to their content and distinguished by their pixels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from assets.make_sample.encode import LONGEST, Encoded, encode

CORNERS = """<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" {more}>
<rect x="4" y="4" width="30" height="30" fill="#d00000"/>
<rect x="196" y="196" width="50" height="50" fill="#0000d0"/></svg>"""


def drawn(raw: bytes) -> Encoded:
    picture = encode(raw, crop=True)
    assert picture is not None
    return picture


def pixels(picture: Encoded) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.webp)).convert("RGB"), dtype=int)


def test_a_page_in_points_without_a_view_box_is_not_cut() -> None:
    """200 pt hold 250 units at the 90 dots an inch of old drawing programs; at 72 the blue square would be lost."""
    shown = pixels(drawn(CORNERS.format(size="200pt", more="").encode()))
    blue = (shown[..., 2] > 150) & (shown[..., 0] < 80)
    assert max(shown.shape) == LONGEST
    # 50 of 242 units, with a margin of 3 % around: about a twenty-sixth of the picture
    assert 0.030 < blue.mean() < 0.045
    assert (shown[:3] > 240).all()
    assert (shown[-3:] > 240).all()


def test_units_and_view_box_lead_to_the_same_picture() -> None:
    points = drawn(CORNERS.format(size="200pt", more="").encode())
    boxed = drawn(CORNERS.format(size="400px", more='viewBox="0 0 250 250"').encode())
    assert np.abs(points.signature - boxed.signature).mean() < 4


def test_a_drawing_in_the_corner_of_a_page_fills_the_picture() -> None:
    svg = CORNERS.format(size="600px", more="").encode()
    assert max(pixels(drawn(svg)).shape) > 0.8 * LONGEST


def test_what_cannot_be_seen_is_no_picture() -> None:
    assert encode(b"<svg xmlns='http://www.w3.org/2000/svg' width='90' height='90'/>", crop=True) is None
    assert encode(b"not a picture", crop=True) is None


def test_black_lines_are_told_from_colour() -> None:
    cross = '<path d="M10 10L190 190M10 190L190 10" {}/>'
    ink = f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200">{cross}</svg>'
    black = drawn(ink.format('stroke="black" stroke-width="12"').encode())
    red = drawn(ink.format('stroke="red" stroke-width="12"').encode())
    assert (black.line, black.grey) == (True, True)
    assert (red.line, red.grey) == (False, False)
