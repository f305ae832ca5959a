"""Colour the map by a value, a threshold or a category: a class for each image, and a legend. No input or output.

The classes colour the frames of pictures and the tint under them. The colours are safe for the common kinds of colour
blindness and differ in lightness from the ground. Scales are Peter Kovesi's CET-CBL2 ("Good Colour Maps: How to Design
Them", arXiv 1509.03700) without the end that would vanish. Categories are Paul Tol's "light" and "muted" qualitative
schemes (SRON technical note 09-002, issue 3.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MAX_CATEGORIES",
    "UNKNOWN",
    "ColorKind",
    "Coloring",
    "color_by_category",
    "color_by_date",
    "color_by_side",
    "color_by_value",
]

UNKNOWN = 255
"""Class of an image without a value."""

MISSING = "not known"
"""Default text of the legend for images without a value."""

STEPS = 64
"""Number of classes of a scale. The eye cannot distinguish more on a frame two pixels wide."""

_DARK_CATEGORIES = ("77aadd", "ee8866", "eedd88", "ffaabb", "44bb99", "bbcc33", "99ddff")
_LIGHT_CATEGORIES = ("cc6677", "332288", "117733", "882255", "44aa99", "999933", "aa4499")
MAX_CATEGORIES = len(_DARK_CATEGORIES)
"""Number of categories with their own colour. All others share one grey."""

_OTHER = MAX_CATEGORIES
_GREYS = {True: ("868d9a", "3f4550"), False: ("7d828c", "c4c6c9")}  # other, unknown
_SIDES = {True: ("6f7a8c", "f5b942"), False: ("9aa3b2", "b45309")}  # below, above
_SCALE_PART = {True: (0.30, 1.0), False: (0.0, 0.72)}


class ColorKind(StrEnum):
    """The kinds of colour tables."""

    SCALE = "scale"
    SIDES = "sides"
    CATEGORIES = "categories"


@dataclass(frozen=True, slots=True, eq=False)
class Coloring:
    """A class for each image, and the meaning of the classes.

    Parameters
    ----------
    kind
        Kind of the colour table.
    classes
        uint8 (images,), in the collection's order. `UNKNOWN` for images without a value.
    title
        Title of the legend.
    texts
        The two ends of a scale, else the name of each class.
    counts
        Number of images of each class in ``texts``. Empty for a scale.
    missing
        Text for images of the class `UNKNOWN`, such as "no score" or "in no cluster".
    """

    kind: ColorKind
    classes: NDArray[np.uint8]
    title: str
    texts: tuple[str, ...]
    counts: tuple[int, ...] = ()
    missing: str = MISSING

    def colors(self, *, dark: bool) -> NDArray[np.uint8]:
        """Return the colour of every possible class on a dark or light ground, uint8 (256, 3)."""
        return _table(self.kind, dark)

    def legend(self, *, dark: bool) -> dict[str, Any]:
        """Return the legend ready for JSON, with ``title``, ``kind``, ``entries``, ``colors`` and ``unknown``."""
        table = ["#{:02x}{:02x}{:02x}".format(*color) for color in self.colors(dark=dark)]
        scale = self.kind is ColorKind.SCALE
        entries = [
            {"text": text, "color": "" if scale else table[place], "count": None if scale else self.counts[place]}
            for place, text in enumerate(self.texts)
        ]
        return {
            "title": self.title,
            "kind": self.kind.value,
            "entries": entries,
            "colors": table[:STEPS:7] if scale else [],
            "unknown": {
                "text": self.missing,
                "color": table[UNKNOWN],
                "count": int(np.count_nonzero(self.classes == UNKNOWN)),
            },
        }


def color_by_value(
    values: NDArray[np.floating[Any]],
    title: str,
    *,
    low: float | None = None,
    high: float | None = None,
    missing: str = MISSING,
) -> Coloring:
    """Colour by a number, such as a score or the width of an image.

    Parameters
    ----------
    values
        float (images,). Not finite where unknown.
    title
        Title of the legend.
    low, high
        Values of the first and last colour. None takes the 2nd and 98th percentile, so that one outlier does not use up
        the colours.
    missing
        Text of the legend for images without a value.

    Returns
    -------
    Coloring
    """
    if low is None or high is None:
        found = _ends(values)
        low, high = found[0] if low is None else low, found[1] if high is None else high
    texts = _number(low), _number(high)
    return Coloring(ColorKind.SCALE, _steps(values, low, high), title, texts, missing=missing)


def color_by_date(days: NDArray[np.floating[Any]], title: str) -> Coloring:
    """Colour by a date, as `color_by_value` colours by a number.

    Parameters
    ----------
    days
        float (images,), days since 1970-01-01. Not finite where unknown.
    title
        Title of the legend.

    Returns
    -------
    Coloring
        Its texts are dates, with hours and minutes if both ends of the scale are on one day, and empty without dates.
    """
    low, high = _ends(days)
    texts = _date(low, "D"), _date(high, "D")
    if texts[0] == texts[1]:
        texts = _date(low, "m"), _date(high, "m")
    if not np.isfinite(days).any():
        texts = "", ""
    return Coloring(ColorKind.SCALE, _steps(days, low, high), title, texts)


def _ends(values: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Return the 2nd and 98th percentile of the finite values."""
    known = np.isfinite(values)
    # a sample of every n-th value gives the same percentile, and sorting millions is slow
    some = values[known][:: max(1, np.count_nonzero(known) // 100_000)]
    found = np.percentile(some, [2, 98]) if some.size else (0.0, 1.0)
    return float(found[0]), float(found[1])


def _steps(values: NDArray[np.floating[Any]], low: float, high: float) -> NDArray[np.uint8]:
    """Return the class of each value between two ends."""
    span = high - low if high > low else 1.0
    with np.errstate(invalid="ignore"):
        steps = np.clip((values - low) * ((STEPS - 1) / span) + 0.5, 0, STEPS - 1)
    return np.where(np.isfinite(values), steps, UNKNOWN).astype(np.uint8)


def color_by_side(values: NDArray[np.float32], minimum: float, title: str, *, missing: str = MISSING) -> Coloring:
    """Colour images below and above a threshold.

    Parameters
    ----------
    values
        float32 (images,), NaN where unknown.
    minimum
        The threshold, compared as float32. Values equal to it are on the upper side.
    title
        Title of the legend.
    missing
        Text of the legend for images without a value.

    Returns
    -------
    Coloring
        Class 0 below, 1 at or above.
    """
    classes = (values >= np.float32(minimum)).astype(np.uint8)
    classes[np.isnan(values)] = UNKNOWN
    counts = np.bincount(classes, minlength=2)
    return Coloring(
        ColorKind.SIDES,
        classes,
        title,
        (f"below {minimum:.2f}", f"{minimum:.2f} and above"),
        (int(counts[0]), int(counts[1])),
        missing,
    )


def color_by_category(
    codes: NDArray[np.integer[Any]],
    names: Sequence[str],
    title: str,
    *,
    missing: str = MISSING,
    by_size: bool = True,
) -> Coloring:
    """Colour by a category. The most frequent categories get their own colours.

    Parameters
    ----------
    codes
        int (images,). Position in ``names``, negative where unknown.
    names
        Name of each category.
    title
        Title of the legend.
    missing
        Text of the legend for images without a category.
    by_size
        If False, colours do not depend on the sizes. Classes are in the order of ``names``, empty ones included.

    Returns
    -------
    Coloring
        Classes by falling number of images, ties by name. Class `MAX_CATEGORIES` is "other".

    Raises
    ------
    ParameterError
        For a code without a name.
    """
    if codes.size and int(codes.max()) >= len(names):
        raise ParameterError(f"Category {int(codes.max())} has no name (names={len(names)}). Name every category.")
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = list(range(len(names)))
    if by_size:
        order = sorted((place for place in order if counts[place]), key=lambda at: (-counts[at], names[at]))
    own, rest = order[:MAX_CATEGORIES], order[MAX_CATEGORIES:]
    class_of = np.full(len(names) + 1, UNKNOWN, dtype=np.uint8)  # the last is where negative codes look
    class_of[own] = np.arange(len(own))
    class_of[rest] = _OTHER
    texts, sizes = [names[place] for place in own], [int(counts[place]) for place in own]
    if rest:
        texts.append(f"{len(rest):,} others")
        sizes.append(int(counts[rest].sum()))
    classes = class_of[np.where(codes < 0, len(names), codes)]
    return Coloring(ColorKind.CATEGORIES, classes, title, tuple(texts), tuple(sizes), missing)


@cache
def _table(kind: ColorKind, dark: bool) -> NDArray[np.uint8]:
    other, unknown = _GREYS[dark]
    table = np.tile(_rgb(unknown), (256, 1))
    if kind is ColorKind.SCALE:
        table[:STEPS] = _scale(dark)
    elif kind is ColorKind.SIDES:
        table[:2] = [_rgb(color) for color in _SIDES[dark]]
    else:
        categories = _DARK_CATEGORIES if dark else _LIGHT_CATEGORIES
        table[:MAX_CATEGORIES] = [_rgb(color) for color in categories]
        table[_OTHER] = _rgb(other)
    table.setflags(write=False)
    return table


def _scale(dark: bool) -> NDArray[np.uint8]:
    import colorcet

    colors = np.array([_rgb(color.removeprefix("#")) for color in colorcet.CET_CBL2])
    first, last = (round(share * (len(colors) - 1)) for share in _SCALE_PART[dark])
    steps = np.linspace(first, last, STEPS).round().astype(int)
    # High values stand out from the ground, bright on dark and dark on light.
    return np.asarray(colors[steps if dark else steps[::-1]], dtype=np.uint8)


def _rgb(color: str) -> NDArray[np.uint8]:
    return np.array([int(color[at : at + 2], 16) for at in (0, 2, 4)], dtype=np.uint8)


def _date(days: float, unit: Literal["D", "m"]) -> str:
    """Return days since 1970 as a date, or as a date and a time; of any year."""
    moment = np.datetime64(round(days * 86_400), "s")
    return str(np.datetime_as_string(moment, unit=unit, casting="unsafe")).replace("T", " ")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}"
