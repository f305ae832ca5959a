"""Which images to ask about next: strategies behind one small interface. Pure.

A strategy sees the margins of the model at hand and the answers so far, and chooses. It looks at all images once, for
one partial selection; everything else happens in a shortlist.
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
"""Images that `diverse` chooses among."""
RARE = 0.5
"""Answers of yes for each of no, below which an attribute counts as rare."""
SPREAD = 2
"""Images near the boundary among which `default` chooses unlike ones, as a multiple of how many it wants."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """What a strategy may see.

    Parameters
    ----------
    margins
        float32 (n,), rows in ascending order of ``image_id``: how surely yes, by the model at hand; its boundary is at
        0. NaN where there is none: such an image is never chosen.
    allowed
        bool (n,): may be asked about for training: not answered, asked, or barred.
    groups
        int64 (n,): near-duplicates share a number; of a group at most one image is chosen.
    vectors
        Reads vectors: rows int64 (k,) -> float32 (k, d) of unit length.
    answered_rows
        int64 (m,), in the order in which they were answered, oldest first.
    answers
        bool (m,): whether the settled answer is yes.
    answered_margins
        float32 (m,): their margins by the model at hand, which was trained on them.
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
    """What to ask: rows int64 (at most as many as were wanted,), and for each why it was chosen, in a few words."""

    rows: NDArray[np.int64]
    reasons: tuple[str, ...]


Strategy = Callable[[Pool, int, int], Choice]
"""(pool, how many are wanted, seed) -> choice."""


def random(pool: Pool, count: int, seed: int) -> Choice:
    """Choose by a fair draw."""
    draw = np.random.default_rng(seed).random(len(pool.margins), np.float32)
    draw[np.isnan(pool.margins)] = np.nan
    return _all_for(_best(pool, draw, count), "drawn at random")


def uncertainty(pool: Pool, count: int, seed: int) -> Choice:
    """Choose what lies nearest the model's boundary (Lewis and Gale, SIGIR 1994)."""
    del seed
    return _all_for(_best(pool, -np.abs(pool.margins), count), "near the boundary")


def highest_score(pool: Pool, count: int, seed: int) -> Choice:
    """Choose what the model is surest shows it."""
    del seed
    return _all_for(_best(pool, pool.margins, count), "high score")


def diverse(pool: Pool, count: int, seed: int) -> Choice:
    """Choose unlike images by k-means++ (Arthur and Vassilvitskii, SODA 2007) among those nearest the boundary."""
    shortlist = _best(pool, -np.abs(pool.margins), max(SHORTLIST, count))
    rows = _spread(pool.vectors(shortlist), count, seed)
    return _all_for(shortlist[rows], "unlike the others near the boundary")


def default(pool: Pool, count: int, seed: int) -> Choice:
    """Choose by what the answers so far show.

    The first page is half high scores, half boundary, for nobody knows yet how common the attribute is. As long as
    fewer than half as many have been answered yes as no, the attribute is rare and every yes counts: high scores. Else
    the high scores would all be yes and teach little: unlike images near the boundary.
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
"""By name."""


def strategy_named(name: str) -> Strategy:
    """Find a strategy.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in STRATEGIES:
        raise ParameterError(f"There is no strategy {name!r}. Choose one of: {', '.join(STRATEGIES)}.")
    return STRATEGIES[name]


def _best(pool: Pool, key: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Give the allowed rows with the highest key, best first, one of each group; NaN never."""
    return rank_candidates(key, pool.groups, count, among=pool.allowed).astype(np.int64)


def _all_for(rows: NDArray[np.int64], reason: str) -> Choice:
    return Choice(rows, (reason,) * len(rows))


def _spread(vectors: NDArray[np.float32], count: int, seed: int) -> NDArray[np.int64]:
    """Choose places of unlike vectors by scikit-learn's k-means++ seeding; each place once.

    The seeding chooses a place again where only copies of the chosen ones are left. Those are filled up in order.
    """
    n = len(vectors)
    if n <= count or not count:
        return np.arange(min(n, count))
    from sklearn.cluster import kmeans_plusplus

    # One trial a place, as in the paper: the best of several trials minimises the distance of all images to the chosen
    # ones, and so prefers typical images to unlike ones.
    generator = np.random.RandomState(np.random.MT19937(seed))  # takes any seed, scikit-learn only 32 bits
    _, places = kmeans_plusplus(vectors, count, random_state=generator, n_local_trials=1)
    first = np.sort(np.unique(places, return_index=True)[1])
    chosen = places[first].astype(np.int64)
    rest = np.setdiff1d(np.arange(n), chosen)[: count - len(chosen)]
    return np.concatenate([chosen, rest])
