"""Query strategies of active learning: choose the images to ask about next. No input or output.

A strategy chooses from the margins of the present model and the answers so far. It reads all images once, to select a
shortlist, and does everything else in the shortlist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError
from pipeline.learning.relevance_feedback import rank_candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SHORTLIST", "STRATEGIES", "Choice", "Pool", "Strategy", "strategy_named"]

SHORTLIST = 600
"""Number of images that `diverse` chooses from."""
RARE = 0.5
"""Ratio of yes to no below which an attribute counts as rare."""
SPREAD = 2
"""Size of the shortlist near the boundary from which `default` chooses, as a multiple of the images it wants."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The images that a strategy chooses from, and the answers so far.

    Parameters
    ----------
    margins
        float32 (n,), rows in ascending order of ``image_id``. Margins of yes by the present model, whose boundary is at
        0. An image with NaN has no margin and is never chosen.
    allowed
        bool (n,). Images that can be training questions. Answered, asked and excluded images are False.
    groups
        int64 (n,). Near-duplicates share a number. At most one image of a group is chosen.
    vectors
        Reads vectors, from rows int64 (k,) to float32 (k, d) of unit length.
    answered_rows
        int64 (m,), in the order of their answers, oldest first.
    answers
        bool (m,). Whether the settled answer is yes.
    answered_margins
        float32 (m,). Margins of the answered rows by the present model, which was trained on them.
    """

    margins: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    groups: NDArray[np.int64]
    vectors: Callable[[NDArray[np.int64]], NDArray[np.float32]]
    answered_rows: NDArray[np.int64]
    answers: NDArray[np.bool_]
    answered_margins: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The chosen images: rows int64 (at most the number wanted,), and a short reason for each."""

    rows: NDArray[np.int64]
    reasons: tuple[str, ...]


Strategy = Callable[[Pool, int, int], Choice]
"""A function from (pool, number wanted, seed) to a choice."""


def random(pool: Pool, count: int, seed: int) -> Choice:
    """Choose images at random."""
    draw = np.random.default_rng(seed).random(len(pool.margins), np.float32)
    draw[np.isnan(pool.margins)] = np.nan
    return _all_for(_best(pool, draw, count), "drawn at random")


def uncertainty(pool: Pool, count: int, seed: int) -> Choice:
    """Choose the images nearest to the model's boundary (Lewis and Gale, SIGIR 1994)."""
    del seed
    return _all_for(_best(pool, -np.abs(pool.margins), count), "near the boundary")


def highest_score(pool: Pool, count: int, seed: int) -> Choice:
    """Choose the images with the highest scores."""
    del seed
    return _all_for(_best(pool, pool.margins, count), "high score")


def diverse(pool: Pool, count: int, seed: int) -> Choice:
    """Choose different images by k-means++ (Arthur and Vassilvitskii, SODA 2007) from those nearest to the boundary."""
    shortlist = _best(pool, -np.abs(pool.margins), max(SHORTLIST, count))
    rows = _spread(pool.vectors(shortlist), count, seed)
    return _all_for(shortlist[rows], "unlike the others near the boundary")


def default(pool: Pool, count: int, seed: int) -> Choice:
    """Choose by the answers so far.

    Without a no, half of the images have high scores and half lie near the boundary, because it is not yet known how
    common the attribute is. If there are fewer yes than half of the no, the attribute is rare and every yes counts, so
    images with high scores are chosen. Otherwise high scores would all be yes and help training little, so different
    images near the boundary are chosen.
    """
    n_yes = int(np.count_nonzero(pool.answers))
    n_no = len(pool.answers) - n_yes
    if n_yes < RARE * n_no:
        return highest_score(pool, count, seed)
    top = np.empty(0, np.int64) if n_no else _best(pool, pool.margins, count // 2)
    wanted = count - len(top)
    shortlist = _best(pool, -np.abs(pool.margins), SPREAD * wanted + len(top))
    shortlist = shortlist[~np.isin(pool.groups[shortlist], pool.groups[top])][: SPREAD * wanted]
    chosen = shortlist[_spread(pool.vectors(shortlist), wanted, seed)]
    return Choice(np.append(top, chosen), ("high score",) * len(top) + ("near the boundary",) * len(chosen))


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "random": random,
        "uncertainty": uncertainty,
        "highest_score": highest_score,
        "diverse": diverse,
        "default": default,
    }
)
"""The strategies by name."""


def strategy_named(name: str) -> Strategy:
    """Return the strategy with a name.

    Raises
    ------
    ParameterError
        If there is no strategy with that name.
    """
    if name not in STRATEGIES:
        raise ParameterError(f"There is no strategy {name!r}. Choose one of: {', '.join(STRATEGIES)}.")
    return STRATEGIES[name]


def _best(pool: Pool, key: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the allowed rows with the highest key, best first, one of each group, without NaN."""
    return rank_candidates(key, pool.groups, count, among=pool.allowed).astype(np.int64)


def _all_for(rows: NDArray[np.int64], reason: str) -> Choice:
    return Choice(rows, (reason,) * len(rows))


def _spread(vectors: NDArray[np.float32], count: int, seed: int) -> NDArray[np.int64]:
    """Return distinct positions of different vectors by scikit-learn's k-means++ seeding.

    The seeding repeats a position if only copies of the chosen vectors are left. Repeats are replaced by the first free
    positions.
    """
    n = len(vectors)
    if n <= count or not count:
        return np.arange(min(n, count))
    from sklearn.cluster import kmeans_plusplus

    # One trial for each position, as in the paper. The best of several trials minimises the distance of all images to
    # the chosen ones, so it prefers typical images to different ones.
    generator = np.random.RandomState(np.random.MT19937(seed))  # accepts any seed, scikit-learn only 32 bits
    _, places = kmeans_plusplus(vectors, count, random_state=generator, n_local_trials=1)
    first = np.sort(np.unique(places, return_index=True)[1])
    chosen = places[first].astype(np.int64)
    rest = np.setdiff1d(np.arange(n), chosen)[: count - len(chosen)]
    return np.concatenate([chosen, rest])
