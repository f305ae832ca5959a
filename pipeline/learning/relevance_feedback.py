"""From a few examples to many: what to look for, and in which order to ask. Pure.

The query is Rocchio's (Rocchio, "Relevance Feedback in Information Retrieval", in Salton, The SMART Retrieval System,
1971): the mean of what matches, less a share of the mean of what does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GAMMA", "rank_candidates", "rocchio"]

GAMMA = 0.2
"""Weight of what does not match, that of what matches being 1: 0.15 to 0.75 in Salton and Buckley (Journal of the
American Society for Information Science 41(4), 1990)."""
SAMPLED = 64
"""One image in so many tells where the best ones begin."""


def rocchio(
    positives: NDArray[np.float32], negatives: NDArray[np.float32] | None = None, *, gamma: float = GAMMA
) -> NDArray[np.float32]:
    """Make one query of examples.

    Parameters
    ----------
    positives
        float32 (p, d), p at least 1. Each is scaled to length 1 first, so that none counts more than another.
    negatives
        float32 (q, d), or None.
    gamma
        Weight of the mean of the negatives, at least 0.

    Returns
    -------
    ndarray
        float32 (d,) of length 1; all zero where positives and negatives cancel out.

    Raises
    ------
    ParameterError
        Without a positive, or for a negative weight.
    """
    if positives.ndim != 2 or not len(positives):
        raise ParameterError("No example was given to search by. Select at least one image.")
    if not gamma >= 0:
        raise ParameterError(f"A weight of {gamma} was given to what does not match. Give 0 or more.")
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
    """Choose the most similar images, one of each group of duplicates.

    Parameters
    ----------
    similarity
        float32 (images,). NaN is never chosen.
    groups
        int64 (images,). Row of the first image of each one's group, see `pipeline.collection.Collection.duplicates`.
    count
        How many are wanted.
    without
        bool (images,). Images that were answered, say: neither they nor any of their groups are chosen.
    among
        bool (images,). Images that may be chosen; left out: all.

    Returns
    -------
    ndarray
        int32 (at most ``count``,), the most similar first; of equals the lowest row.

    Raises
    ------
    ParameterError
        For arrays of other lengths.
    """
    if not len(similarity) == len(groups):
        raise ParameterError(f"{len(similarity):,} similarities and {len(groups):,} groups were given. Give one each.")
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
    """Give the rows with the highest similarity, in order; of equals the lowest row, whatever lies at the cut."""
    rows = _promising(similarity, allowed, count)
    values = similarity[rows]
    if count < rows.size:
        cut = np.partition(values, rows.size - count)[rows.size - count]
        rows = rows[values >= cut]  # all that are equal at the cut stay in
        values = similarity[rows]
    order = np.lexsort((rows, -values))
    return rows[order[:count]]


def _promising(similarity: NDArray[np.float32], allowed: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Give allowed rows among which the best ones are, at least ``count`` of them.

    A sample tells about where the cut lies, so that of millions only some hundreds are looked at closely; where it told
    wrong, all are.
    """
    sample = similarity[::SAMPLED][allowed[::SAMPLED]]
    rank = 2 * count // SAMPLED + 8  # far enough below the cut that it hardly ever tells wrong
    if rank < sample.size:
        cut = np.partition(sample, sample.size - rank)[sample.size - rank]
        rows = np.flatnonzero((similarity >= cut) & allowed)
        if rows.size >= count:
            return rows
    return np.flatnonzero(allowed)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors, np.float32), where=lengths > 0)
    return unit
