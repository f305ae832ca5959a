"""Which images an audit asks, and with what chance. Pure.

Of the positive set a simple random sample is asked: every image has the same chance, and so has every order, so that a
bound which is watched after each answer may take the positives as they come. Of the negative set, where yes is rare,
such a sample would find next to none; it is drawn by score instead, closely where the scores think a miss likely and
still everywhere. The exact chance of each image is kept beside its answer.

**Strata of the negative set.** They are cut at equal steps of the cumulative root of the predicted probability, which
is nearly the standard deviation of a rare answer (after Dalenius and Hodges 1959, Journal of the American Statistical
Association 54): samples of one size from each then know a total best (Neyman 1934, Journal of the Royal Statistical
Society 97). A share of the sample goes to the strata in proportion to their sizes, so that no image's chance is below
that share of a plain sample's.

**Images, not groups.** Near-duplicates that are both in the population are two images of it, and may both be asked: the
audit speaks of images. How many of those drawn have such a companion is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.statistics.validation_sampling import share_equally

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["POSITIVE", "AuditDraw", "ScoreStratum", "draw_audit", "root_strata"]

POSITIVE = "audit: positive set"
NO_STRATUM = -1
MOST_STRATA = 10
FEWEST_OF_STRATUM = 20  # asked, or all that it holds; fewer strata are made where less is asked
SMALLEST_UNIFORM_SHARE = 0.1
ROOT_STEPS = 16_384  # of the root of the probability: a step is finer than any stratum


@dataclass(frozen=True, slots=True)
class ScoreStratum:
    """One stratum of the negative set, as it was before the first answer.

    Parameters
    ----------
    size, drawn
        Images in it, and how many of them are asked; each has the chance ``drawn / size``.
    lowest, highest
        Of its scores.
    expected
        Sum of its scores: how many of its images are yes if the scores are right.
    """

    size: int
    drawn: int
    lowest: float
    highest: float
    expected: float


@dataclass(frozen=True, slots=True, eq=False)
class AuditDraw:
    """Images to ask, with their chances.

    Parameters
    ----------
    rows
        int64 ``(k,)``: different rows in the order in which they are asked, positives and negatives mixed. The order
        tells nothing of scores and sets, and the positives alone are in random order, too.
    probabilities
        float64 ``(k,)``, in (0, 1]: chance of each row to be drawn.
    positive
        bool ``(k,)``: whether the row is of the positive set.
    stratum
        int64 ``(k,)``: of a negative, its place in ``strata``; -1 for positives.
    reasons
        ``(k,)``: `POSITIVE`, or "audit: negative stratum i" with i from 1, the highest scores.
    strata
        Of the negative set, the highest scores first.
    positives, negatives
        Images of the two sets that could be drawn.
    with_companions
        How many of ``rows`` are near-duplicates of another one of them.
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    positive: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    reasons: tuple[str, ...]
    strata: tuple[ScoreStratum, ...]
    positives: int
    negatives: int
    with_companions: int


def draw_audit(
    scores: NDArray[Any],
    values: NDArray[np.integer[Any]],
    free: NDArray[np.bool_],
    groups: NDArray[np.integer[Any]],
    *,
    positives: int,
    negatives: int,
    seed: int,
    uniform_share: float = 0.2,
) -> AuditDraw:
    """Draw the images of an audit.

    Parameters
    ----------
    scores
        float ``(n,)``: the probabilities of yes by which the release was made. An image whose score is NaN was never
        ranked, is in neither set and is never drawn.
    values
        Integers ``(n,)``: 1 positive, 0 negative, -1 unsure, as released. Unsure images are in neither set.
    free
        bool ``(n,)``: of the automatic part, and not taken by training, validation or certification, nor a duplicate of
        an image that is.
    groups
        int64 ``(n,)``: the same number for near-duplicates.
    positives, negatives
        Images wanted of each set. Where there are fewer, all are asked, each with chance 1.
    seed
        Another seed draws others.
    uniform_share
        Of the negatives asked, the share that goes to the strata by size, 0.1 to 1. With more of it the lower bound of
        recall that assumes nothing is better, and the interval that trusts the scores wider.

    Returns
    -------
    AuditDraw
        A function of the arguments alone.

    Raises
    ------
    ParameterError
        If a number is outside its range, lengths differ, or a free image's score is no probability.
    """
    probability = _checked(scores, values, free, groups, positives, negatives, uniform_share)
    known = np.asarray(free) & ~np.isnan(probability)
    sets = [np.flatnonzero(known & (np.asarray(values) == value)).astype(np.int64) for value in (1, 0)]
    # The two sets have their own numbers, so that the negatives asked for do not change which positives are.
    chooser, other_chooser, shuffler = (np.random.default_rng([seed, part]) for part in range(3))
    asked = chooser.choice(sets[0], min(positives, len(sets[0])), replace=False)
    strata, members = _strata(probability, sets[1], negatives, uniform_share)
    rows = [asked] + [
        other_chooser.choice(of_one, entry.drawn, replace=False) for entry, of_one in zip(strata, members, strict=True)
    ]
    counts = [len(part) for part in rows]
    chances = [len(asked) / max(len(sets[0]), 1)] + [entry.drawn / entry.size for entry in strata]
    stratum = np.repeat(np.arange(NO_STRATUM, len(strata)), counts)
    order = shuffler.permutation(len(stratum))
    drawn, stratum = np.concatenate(rows)[order].astype(np.int64), stratum[order]
    return AuditDraw(
        rows=drawn,
        probabilities=np.repeat(chances, counts)[order],
        positive=stratum == NO_STRATUM,
        stratum=stratum,
        reasons=tuple(POSITIVE if i == NO_STRATUM else f"audit: negative stratum {i + 1}" for i in stratum.tolist()),
        strata=strata,
        positives=len(sets[0]),
        negatives=len(sets[1]),
        with_companions=_with_companions(np.asarray(groups)[drawn]),
    )


def root_strata(probabilities: NDArray[Any], strata: int) -> NDArray[np.int64]:
    """Part images at equal steps of the cumulative root of their probability.

    Parameters
    ----------
    probabilities
        float ``(n,)``, from 0 to 1, not NaN.
    strata
        At least 1. Equal probabilities are never parted, so fewer are made where few differ.

    Returns
    -------
    ndarray
        int64 ``(n,)``: 0 the highest probabilities; every number up to the largest occurs.

    Raises
    ------
    ParameterError
        For fewer than 1 stratum.
    """
    if strata < 1:
        raise ParameterError(f"strata={strata} was given; there is at least 1 stratum. Ask for example for 10.")
    roots = np.sqrt(np.asarray(probabilities))
    # Steps of the root instead of a sort: two passes, and equal probabilities stay together.
    step = np.minimum((roots * ROOT_STEPS).astype(np.int64), ROOT_STEPS - 1)
    sums = np.bincount(step, weights=roots, minlength=ROOT_STEPS)
    counts = np.bincount(step, minlength=ROOT_STEPS)
    # From the highest down, by the middle of each step's roots.
    above = np.cumsum(sums[::-1])[::-1] - sums / 2
    part = np.minimum(above / max(float(sums.sum()), np.finfo(np.float64).tiny) * strata, strata - 1).astype(np.int64)
    of_step = np.zeros(ROOT_STEPS, dtype=np.int64)
    of_step[counts > 0] = np.unique(part[counts > 0], return_inverse=True)[1]
    numbers: NDArray[np.int64] = of_step[step]
    return numbers


def _strata(
    probability: NDArray[Any], rows: NDArray[np.int64], wanted: int, uniform_share: float
) -> tuple[tuple[ScoreStratum, ...], list[NDArray[np.int64]]]:
    """Part the negative set; give the strata and the rows of each."""
    if not len(rows):
        return (), []
    own = probability[rows]
    enough_for = int((1 - uniform_share) * wanted) // FEWEST_OF_STRATUM
    stratum = root_strata(own, min(MOST_STRATA, max(enough_for, 1)))
    places = [np.flatnonzero(stratum == number) for number in range(int(stratum.max()) + 1)]
    sizes = np.array([len(place) for place in places], dtype=np.int64)
    drawn = _allocate(sizes, min(wanted, len(rows)), uniform_share)
    strata = tuple(
        ScoreStratum(
            size=len(place),
            drawn=int(count),
            lowest=float(own[place].min()),
            highest=float(own[place].max()),
            expected=float(own[place].sum(dtype=np.float64)),
        )
        for place, count in zip(places, drawn, strict=True)
    )
    return strata, [rows[place] for place in places]


def _allocate(sizes: NDArray[np.int64], count: int, uniform_share: float) -> NDArray[np.int64]:
    """Share a sample between strata: a part by size, rounded up, the rest equally as far as they hold it."""
    by_size = np.ceil(uniform_share * count * sizes / sizes.sum()).astype(np.int64)
    if by_size.sum() > count:  # a share of 1, or next to nothing asked
        by_size = np.floor(uniform_share * count * sizes / sizes.sum()).astype(np.int64)
    drawn: NDArray[np.int64] = by_size + share_equally(sizes - by_size, count - int(by_size.sum()))
    return drawn


def _with_companions(groups: NDArray[np.integer[Any]]) -> int:
    _, counts = np.unique(groups, return_counts=True)
    return int(counts[counts > 1].sum())


def _checked(
    scores: NDArray[Any],
    values: NDArray[Any],
    free: NDArray[Any],
    groups: NDArray[Any],
    positives: int,
    negatives: int,
    uniform_share: float,
) -> NDArray[Any]:
    probability = np.asarray(scores)
    if probability.ndim != 1 or not probability.shape == np.shape(values) == np.shape(free) == np.shape(groups):
        raise ParameterError(
            f"Scores {probability.shape}, values {np.shape(values)}, free images {np.shape(free)} and groups "
            f"{np.shape(groups)} were given; there must be one of each for every image. Pass arrays of one release."
        )
    if min(positives, negatives) < 0 or not SMALLEST_UNIFORM_SHARE <= uniform_share <= 1:
        raise ParameterError(
            f"positives={positives}, negatives={negatives} and uniform_share={uniform_share} were given; an audit asks "
            f"no negative numbers of images, and a uniform share from {SMALLEST_UNIFORM_SHARE} to 1. Ask for example "
            "for 100 and 400."
        )
    inside = probability[np.asarray(free, dtype=np.bool_)]
    if ((inside < 0) | (inside > 1)).any():
        raise ParameterError(
            "A score below 0 or above 1 was given; strata are cut by the probability of yes. Pass the probabilities of "
            "the release, not margins."
        )
    return probability
