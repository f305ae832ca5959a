"""Relevance feedback: make a query from examples, and rank candidates by similarity to it. No input or output.

The query is Rocchio's (Rocchio, "Relevance Feedback in Information Retrieval", in Salton, The SMART Retrieval System,
1971). It is the mean of the positive examples minus a share of the mean of the negative ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GAMMA", "rank_candidates", "rocchio"]

GAMMA = 0.2
"""Weight of the negative examples relative to the positive ones. Salton and Buckley use 0.15 to 0.75 (Journal of the
American Society for Information Science 41(4), 1990)."""
SAMPLED = 64
"""One image of this number is sampled to estimate the similarity of the best ones."""


def rocchio(
    positives: NDArray[np.float32], negatives: NDArray[np.float32] | None = None, *, gamma: float = GAMMA
) -> NDArray[np.float32]:
    """Return one query made from examples.

    Parameters
    ----------
    positives
        float32 (p, d), p at least 1. Each is first scaled to length 1, so that all count the same.
    negatives
        float32 (q, d), or None.
    gamma
        Weight of the mean of the negatives, at least 0.

    Returns
    -------
    ndarray
        float32 (d,) of length 1, or all zero if positives and negatives cancel out.

    Raises
    ------
    ParameterError
        If there is no positive example, or ``gamma`` is negative.
    """
    if positives.ndim != 2 or not len(positives):
        raise ParameterError("There is no example to search by. Select at least one image.")
    if not gamma >= 0:
        raise ParameterError(f"gamma={gamma} is not allowed. The weight of negative examples must be 0 or more.")
    query = _unit(positives).mean(axis=0)
    if negatives is not None and len(negatives):
        query = query - np.float32(gamma) * _unit(negatives).mean(axis=0)
    result: NDArray[np.float32] = _unit(query[None, :])[0].astype(np.float32)
    return result


def rank_candidates(
    similarity: NDArray[np.float32],
    groups: NDArray[np.int64],
    count: int,
    *,
    without: NDArray[np.bool_] | None = None,
    among: NDArray[np.bool_] | None = None,
) -> NDArray[np.int32]:
    """Return the most similar images, one of each group of duplicates.

    Parameters
    ----------
    similarity
        float32 (images,). NaN is never chosen.
    groups
        int64 (images,). Row of the first image of each group, see `pipeline.collection.Collection.duplicates`.
    count
        Number of images wanted.
    without
        bool (images,). Images to leave out together with their groups, such as answered ones.
    among
        bool (images,). Images to choose from. None takes all.

    Returns
    -------
    ndarray
        int32 (at most ``count``,), the most similar first, ties by row.

    Raises
    ------
    ParameterError
        If the lengths of the arrays differ.
    """
    if not len(similarity) == len(groups):
        raise ParameterError(
            f"{len(similarity):,} similarities do not match {len(groups):,} groups. Each image needs one of both."
        )
    allowed = ~np.isnan(similarity)
    if among is not None:
        allowed &= among
    if without is not None:
        barred = np.zeros(len(groups), np.bool_)
        barred[groups[without]] = True
        allowed &= ~barred[groups]
    total = int(np.count_nonzero(allowed))
    wanted = max(0, count)
    look = min(total, 2 * wanted + 64)
    while True:
        best = _best(similarity, allowed, look)
        _, first = np.unique(groups[best], return_index=True)
        chosen = best[np.sort(first)][:wanted]
        if chosen.size == wanted or look == total:
            return chosen.astype(np.int32)
        look = min(total, 4 * look)


def _best(similarity: NDArray[np.float32], allowed: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Return the rows with the highest similarity, best first. The lowest row wins a tie, also for the last place."""
    rows = _promising(similarity, allowed, count)
    values = similarity[rows]
    if count < rows.size:
        lowest = np.partition(values, rows.size - count)[rows.size - count]
        rows = rows[values >= lowest]  # all rows equal to the lowest stay
        values = similarity[rows]
    order = np.lexsort((rows, -values))
    return rows[order[:count]]


def _promising(similarity: NDArray[np.float32], allowed: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Return at least ``count`` allowed rows that include the best ones.

    A sample estimates the lowest similarity needed, so that only a few hundred of millions are compared. If the
    estimate is too high, all allowed rows are returned.
    """
    sample = similarity[::SAMPLED][allowed[::SAMPLED]]
    rank = 2 * count // SAMPLED + 8  # low enough that the estimate is hardly ever too high
    if rank < sample.size:
        lowest = np.partition(sample, sample.size - rank)[sample.size - rank]
        rows = np.flatnonzero((similarity >= lowest) & allowed)
        if rows.size >= count:
            return rows
    return np.flatnonzero(allowed)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors, np.float32), where=lengths > 0)
    return unit
