"""From minimum scores to the set of images that pass them.

Scores are a C-contiguous float32 array of shape (attributes, images), one row an attribute, images in the collection's
order. A missing score is NaN and never passes.
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
    """One condition: the attribute's score is at least ``minimum``.

    Parameters
    ----------
    attribute
        Name of the attribute, e.g. ``"content_bird"``.
    minimum
        Smallest score that passes, compared as float32, the precision of the scores. Not NaN.
    """

    attribute: str
    minimum: float

    def __post_init__(self) -> None:
        if math.isnan(self.minimum):
            raise ParameterError(
                f"The minimum score of {self.attribute} is not a number. Give one from 0 to 1 or remove the filter."
            )


@dataclass(frozen=True, slots=True)
class FilterSet:
    """Conditions that all have to hold; their order has no meaning.

    Parameters
    ----------
    filters
        The conditions. An empty set lets every image pass; of two on one attribute the stricter decides.
    """

    filters: tuple[AttributeFilter, ...] = ()

    def minima(self) -> dict[str, float]:
        """Return the minimum in force for each attribute that has one."""
        minima: dict[str, float] = {}
        for condition in self.filters:
            minima[condition.attribute] = max(condition.minimum, minima.get(condition.attribute, -math.inf))
        return minima


@dataclass(frozen=True, slots=True, eq=False)
class PassingSet:
    """The images that pass, one bit each; made once a filter change, read by every frame.

    Rows are looked up in no order: an eighth of the bytes stays in the processor's cache, which makes a view of
    millions three times faster than one byte an image.

    Parameters
    ----------
    bits
        uint8 (ceil(images / 8),). Eight images to a byte, the first in the lowest bit.
    n_images
        Images in all.
    count
        Images that pass.
    """

    bits: NDArray[np.uint8]
    n_images: int
    count: int

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> PassingSet:
        """Pack a mask, bool (images,) in the collection's order."""
        return cls(np.packbits(mask, bitorder="little"), mask.size, int(np.count_nonzero(mask)))

    @classmethod
    def everything(cls, n_images: int) -> PassingSet:
        """Let every image pass."""
        bits = np.full(-(-n_images // 8), 255, dtype=np.uint8)
        if n_images % 8:
            bits[-1] = (1 << n_images % 8) - 1
        return cls(bits, n_images, n_images)

    def holds(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """Tell for each of some rows (m,) whether it passes: bool (m,)."""
        held: NDArray[np.bool_] = (self.bits[rows >> 3] >> (rows & 7).astype(np.uint8) & 1).astype(np.bool_)
        return held

    def mask(self) -> NDArray[np.bool_]:
        """Unpack: bool (images,)."""
        return np.unpackbits(self.bits, count=self.n_images, bitorder="little").astype(np.bool_)


def passing_mask(scores: NDArray[np.float32], names: Sequence[str], filter_set: FilterSet) -> NDArray[np.bool_]:
    """Find the images whose scores meet every condition.

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
        For a condition on an attribute without a row, or rows that do not match ``names``.
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
    """Count, for each attribute, the images that its own minimum leaves together with all other active filters.

    That is what a chip shows: for an active attribute the size of the present selection, for another one the size of
    the selection if it were switched on.

    Parameters
    ----------
    scores, names, filter_set
        As for `passing_mask`.
    minima
        The minimum at which an attribute that is not active would be switched on; active ones use their filter's.

    Returns
    -------
    ndarray
        int64 (attributes,), in the order of ``names``.

    Raises
    ------
    ParameterError
        As for `passing_mask`, and for an attribute that has neither a filter nor an entry in ``minima``.
    """
    active = filter_set.minima()
    _row_numbers(scores, names, active)
    missing = [name for name in names if name not in active and name not in minima]
    if missing:
        raise ParameterError(f"No minimum score was given for {', '.join(missing)}. Give each inactive attribute one.")
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
        float32 (images,). NaN is counted nowhere; scores outside 0 to 1 (imported ones may be) count in the end bins.
    bins
        Number of steps, at least 1. Each holds its lower edge; the last one holds 1 as well.

    Returns
    -------
    ndarray
        int64 (bins,).

    Raises
    ------
    ParameterError
        For fewer than one bin.
    """
    if bins < 1:
        raise ParameterError(f"A histogram of {bins} bins was asked for; at least 1 is needed.")
    return _histogram(scores, bins)


@compiled
def _histogram(scores: NDArray[np.float32], bins: int) -> NDArray[np.int64]:
    counts = np.zeros(bins, dtype=np.int64)
    for score in scores:
        if score == score:  # noqa: PLR0124 - false for NaN alone
            # Clipped before it becomes an integer: infinity has no integer.
            counts[int(min(max(score * bins, 0.0), bins - 1.0))] += 1
    return counts


def _row_numbers(scores: NDArray[np.float32], names: Sequence[str], wanted: Mapping[str, float]) -> dict[str, int]:
    if scores.ndim != 2 or scores.shape[0] != len(names):
        raise ParameterError(
            f"Scores of shape {scores.shape} do not match {len(names)} attribute names. Give one row an attribute."
        )
    rows = {name: row for row, name in enumerate(names)}
    unknown = sorted(set(wanted) - set(rows))
    if unknown:
        raise ParameterError(
            f"No scores are known for {', '.join(unknown)}. Filter by one of: {', '.join(sorted(rows)) or '(none)'}."
        )
    return rows
