"""Filter images by minimum scores.

Scores are a C-contiguous float32 array of shape (attributes, images), with one row for each attribute and images in the
collection's order. A missing score is NaN and never passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.compilation import compiled
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AttributeFilter", "FilterSet", "PassingSet", "passing_counts", "passing_mask", "score_histogram"]


@dataclass(frozen=True, slots=True)
class AttributeFilter:
    """The condition that an attribute's score is at least ``minimum``.

    Parameters
    ----------
    attribute
        Name of the attribute, e.g. ``"content_bird"``.
    minimum
        Smallest score that passes. Not NaN. It is compared as float32, the precision of the scores.
    """

    attribute: str
    minimum: float

    def __post_init__(self) -> None:
        if math.isnan(self.minimum):
            raise ParameterError(
                f"The minimum score of {self.attribute} is not a number. Use one from 0 to 1 or remove the filter."
            )


@dataclass(frozen=True, slots=True)
class FilterSet:
    """Conditions that must all hold. Their order has no meaning.

    Parameters
    ----------
    filters
        The conditions. Every image passes an empty set. The stricter of two conditions on one attribute counts.
    """

    filters: tuple[AttributeFilter, ...] = ()

    def minima(self) -> dict[str, float]:
        """Return the effective minimum of each attribute with a condition."""
        minima: dict[str, float] = {}
        for condition in self.filters:
            minima[condition.attribute] = max(condition.minimum, minima.get(condition.attribute, -math.inf))
        return minima


@dataclass(frozen=True, slots=True, eq=False)
class PassingSet:
    """The images that pass the filters, one bit each.

    The set is made after each change of a filter and read by every frame. Rows are looked up in random order. Bits take
    an eighth of the space of bytes and stay in the processor's cache, which makes a view of millions three times
    faster.

    Parameters
    ----------
    bits
        uint8 (ceil(images / 8),). Each byte holds eight images, the first in the lowest bit.
    n_images
        Number of images of the collection.
    count
        Number of images that pass.
    """

    bits: NDArray[np.uint8]
    n_images: int
    count: int

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> PassingSet:
        """Return the set of a mask, bool (images,) in the collection's order."""
        return cls(np.packbits(mask, bitorder="little"), mask.size, int(np.count_nonzero(mask)))

    @classmethod
    def everything(cls, n_images: int) -> PassingSet:
        """Return the set in which every image passes."""
        bits = np.full(-(-n_images // 8), 255, dtype=np.uint8)
        if n_images % 8:
            bits[-1] = (1 << n_images % 8) - 1
        return cls(bits, n_images, n_images)

    def holds(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Return whether each of the ``rows`` (m,) passes, bool (m,)."""
        held: NDArray[np.bool_] = (self.bits[rows >> 3] >> (rows & 7).astype(np.uint8) & 1).astype(np.bool_)
        return held

    def mask(self) -> NDArray[np.bool_]:
        """Return the set as a mask, bool (images,)."""
        return np.unpackbits(self.bits, count=self.n_images, bitorder="little").astype(np.bool_)


def passing_mask(scores: NDArray[np.float32], names: Sequence[str], filter_set: FilterSet) -> NDArray[np.bool_]:
    """Return the mask of the images whose scores meet every condition.

    Parameters
    ----------
    scores
        float32 (attributes, images), rows in the order of ``names``.
    names
        Name of each row.
    filter_set
        The conditions.

    Returns
    -------
    ndarray
        bool (images,), in the collection's order.

    Raises
    ------
    ParameterError
        If an attribute of a condition has no row, or the rows do not match ``names``.
    """
    rows = _row_numbers(scores, names, filter_set.minima())
    mask = np.ones(scores.shape[1], dtype=np.bool_)
    for attribute, minimum in filter_set.minima().items():
        mask &= scores[rows[attribute]] >= np.float32(minimum)
    return mask


def passing_counts(
    scores: NDArray[np.float32],
    names: Sequence[str],
    filter_set: FilterSet,
    *,
    minima: Mapping[str, float],
) -> NDArray[np.int64]:
    """Count for each attribute the images that pass its own minimum and all other active filters.

    A filter chip shows this number. For an active attribute it is the size of the present selection. For an inactive
    attribute it is the size of the selection after its filter is switched on.

    Parameters
    ----------
    scores, names, filter_set
        As for `passing_mask`.
    minima
        Minimum of each inactive attribute when it is switched on. Active attributes use the minimum of their filter.

    Returns
    -------
    ndarray
        int64 (attributes,), in the order of ``names``.

    Raises
    ------
    ParameterError
        As for `passing_mask`, and if an attribute has neither a filter nor an entry in ``minima``.
    """
    active = filter_set.minima()
    _row_numbers(scores, names, active)
    missing = [name for name in names if name not in active and name not in minima]
    if missing:
        raise ParameterError(f"minima has no entry for {', '.join(missing)}. Add one for each inactive attribute.")
    mask = passing_mask(scores, names, filter_set)
    selected = int(np.count_nonzero(mask))
    counts = [
        selected if name in active else int(np.count_nonzero(mask & (row >= np.float32(minima[name]))))
        for name, row in zip(names, scores, strict=True)
    ]
    return np.array(counts, dtype=np.int64)


def score_histogram(scores: NDArray[np.float32], bins: int = 20) -> NDArray[np.int64]:
    """Count the scores of one attribute in equal steps from 0 to 1.

    Parameters
    ----------
    scores
        float32 (images,). NaN is not counted. Scores outside 0 to 1, which can be imported, count in the end bins.
    bins
        Number of steps, at least 1. Each includes its lower edge, and the last one includes 1 as well.

    Returns
    -------
    ndarray
        int64 (bins,).

    Raises
    ------
    ParameterError
        If ``bins`` is less than 1.
    """
    if bins < 1:
        raise ParameterError(f"bins={bins} is not allowed. A histogram needs at least 1 bin.")
    return _histogram(scores, bins)


@compiled
def _histogram(scores: NDArray[np.float32], bins: int) -> NDArray[np.int64]:
    counts = np.zeros(bins, dtype=np.int64)
    for score in scores:
        if score == score:  # noqa: PLR0124 - false for NaN alone
            # Clip before the conversion to an integer, because infinity has none.
            counts[int(min(max(score * bins, 0.0), bins - 1.0))] += 1
    return counts


def _row_numbers(scores: NDArray[np.float32], names: Sequence[str], wanted: Mapping[str, float]) -> dict[str, int]:
    if scores.ndim != 2 or scores.shape[0] != len(names):
        raise ParameterError(
            f"Scores of shape {scores.shape} do not match {len(names)} attribute names. "
            "Scores need one row for each attribute."
        )
    rows = {name: row for row, name in enumerate(names)}
    unknown = sorted(set(wanted) - set(rows))
    if unknown:
        raise ParameterError(
            f"There are no scores of {', '.join(unknown)}. Filter by one of: {', '.join(sorted(rows)) or '(none)'}."
        )
    return rows
