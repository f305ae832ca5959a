"""Rendering of the map: composes and encodes a frame, with the texts of its cards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.services.colorings import ColorKey, Order
from explorer.services.services import Services
from pipeline.map.filters import FilterSet, PassingSet
from pipeline.map.frame import Frame, compose_frame
from pipeline.map.frame_encoding import MIME, encode_frame
from pipeline.map.frame_view import FrameStyle, FrameView
from pipeline.map.layout_index import LayoutIndex

__all__ = ["CARD_FROM", "ORIGINAL_FROM", "Card", "Content", "EncodedFrame", "render"]

CARD_FROM = 150
"""Size in css pixels from which a picture has space for its caption."""

ORIGINAL_FROM = 400
"""Size in css pixels from which the original of a picture is worth reading."""

MOST_CARDS = 80

BARELY = 0.15
"""Share of a picture that must be in view for it to count as seen; less may be the empty edge of its square."""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a frame without its view; frames of equal contents fit together."""

    layout_name: str
    filters: FilterSet
    order: Order
    color: ColorKey | None
    style: FrameStyle
    selected: PassingSet | None = None
    scores_version: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """A picture large enough for text.

    Parameters
    ----------
    row
        Its row.
    box
        Left, bottom, right, top of the picture in layout units.
    caption
        Its caption, else its file; untrusted text.
    terms
        Attributes whose thresholds it reaches, the highest score first.
    """

    row: int
    box: tuple[float, float, float, float]
    caption: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """An encoded frame of the map: bytes, MIME type, grid level, number of pictures drawn, and cards.

    `passing` counts the images that pass the filters. `places` holds left and top of the drawn pictures, from 0 to 1 of
    the frame, and `picture` their width and height in the same unit.
    """

    data: bytes
    mime: str
    level: int
    drawn: int
    picture_px: float
    cards: tuple[Card, ...]
    passing: int
    places: NDArray[np.float64]
    picture: tuple[float, float]

    def in_sight(self, margin: float) -> int:
        """Return the number of pictures that are visible in the middle of the frame.

        Parameters
        ----------
        margin
            Width of the area beyond each edge of the middle, as a share of its side.
        """
        edge = margin / (1 + 2 * margin)
        across, down = (BARELY * side for side in self.picture)
        left, top = self.places[:, 0], self.places[:, 1]
        inside = (left + self.picture[0] - across > edge) & (left + across < 1 - edge)
        return int(np.count_nonzero(inside & (top + self.picture[1] - down > edge) & (top + down < 1 - edge)))


def render(services: Services, content: Content, view: FrameView) -> EncodedFrame:
    """Compose and encode one frame; runs in a worker thread.

    Raises
    ------
    CollectionError
        If the collection's files are damaged or not the ones that were opened.
    """
    services.check_unchanged()
    index, passing = services.index(content.layout_name, content.order), services.passing(content.filters)
    coloring = services.coloring(content.color) if content.color is not None else None
    selected = None
    if content.selected is not None:
        selected = services.selected_codes(content.layout_name, passing, content.selected)
    frame = compose_frame(index, passing, services.cache, view, content.style, coloring=coloring, selected=selected)
    side = frame.picture_px / view.pixel_ratio
    cards = _cards(services, frame, view) if side >= CARD_FROM else ()
    services.check_unchanged()  # the data read meanwhile must belong to the same images
    size = np.array([view.width, view.height], np.float64)
    places = np.stack([frame.left, frame.top], axis=1) / size
    across, down = (frame.picture_px / size).tolist()
    drawn = len(frame.representatives.rows)
    return EncodedFrame(
        encode_frame(frame.rgb),
        MIME,
        frame.level,
        drawn,
        round(side, 1),
        cards,
        passing.count,
        places,
        (across, down),
    )


def extent_of(index: LayoutIndex) -> tuple[float, float, float, float]:
    """Return the box of all placed images, as whole finest cells with a margin; the square if there are none."""
    side, origin = index.cell_side(index.max_level), np.array([index.origin_x, index.origin_y])
    if not index.x.size:
        left, bottom = origin.tolist()
        return (left, bottom, left + index.side, bottom + index.side)
    low = np.array([index.x.min(), index.y.min()], dtype=np.float64)
    high = np.array([index.x.max(), index.y.max()], dtype=np.float64)
    first, last = np.floor((low - origin) / side), np.floor((high - origin) / side) + 1
    low, high = origin + first * side, origin + last * side
    margin = float((high - low).max()) * 0.05
    return (float(low[0]) - margin, float(low[1]) - margin, float(high[0]) + margin, float(high[1]) + margin)


def _cards(services: Services, frame: Frame, view: FrameView) -> tuple[Card, ...]:
    """Return cards of the pictures in view, the most central ones if there are many."""
    middle_x, middle_y = frame.left + frame.picture_px / 2, frame.top + frame.picture_px / 2
    seen = np.flatnonzero(
        (frame.left < view.width)
        & (frame.top < view.height)
        & (middle_x * 2 > -frame.picture_px)
        & (middle_y * 2 > -frame.picture_px)
    )
    distance = np.hypot(middle_x[seen] - view.width / 2, middle_y[seen] - view.height / 2)
    seen = seen[np.argsort(distance, kind="stable")[:MOST_CARDS]]
    rows = frame.representatives.rows[seen]
    scale_x, scale_y = view.scale
    cards = []
    for place, row, record in zip(seen.tolist(), rows.tolist(), services.collection.records(rows), strict=True):
        left, top = view.x0 + frame.left[place] / scale_x, view.y1 - frame.top[place] / scale_y
        box = (left, top - frame.picture_px / scale_y, left + frame.picture_px / scale_x, top)
        cards.append(Card(row, box, record.caption or record.source, _terms(services, row)))
    return tuple(cards)


def _terms(services: Services, row: int) -> tuple[str, ...]:
    """Return the titles of the three highest scored attributes at or above their thresholds."""
    manifest = services.collection.manifest
    thresholds = {facts.name: facts.threshold for facts in manifest.attributes}
    found = []
    shown = services.scored
    for name, score in zip(services.collection.scored, services.collection.scores[:, row].tolist(), strict=True):
        if name not in shown:
            continue
        threshold = thresholds.get(name)
        if score >= (0.5 if threshold is None else threshold):
            found.append((-score, manifest.taxonomy.attribute(name).title))
    return tuple(title for _, title in sorted(found)[:3])
