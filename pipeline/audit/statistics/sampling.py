"""Draw the images of an audit, each with a known inclusion probability. Pure.

From the positive set a simple random sample is drawn. Every image has the same probability, and every order, too, so an
anytime bound may use the positives in the order of the draw. In the negative set yes is rare, and a simple sample would
hardly find any. So it is stratified by score: more images are drawn where a missed positive is likely, and some
everywhere. The exact inclusion probability of each image is stored.

**Strata of the negative set.** They end at equal steps of the cumulative square root of the predicted probability,
which is nearly the standard deviation of a rare answer (after Dalenius and Hodges 1959, Journal of the American
Statistical Association 54). Samples of equal size from these strata estimate a total best (Neyman 1934, Journal of the
Royal Statistical Society 97). A share of the sample is divided between the strata in proportion to their sizes, so the
inclusion probability of every image is at least this share of that in a simple sample.

**Images, not groups.** Near-duplicates in the population are different images and may both be drawn, because the audit
is about images. The number of drawn images that have a near-duplicate in the sample is counted.
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
FEWEST_OF_STRATUM = 20  # images drawn from each stratum, or all of it; a smaller sample has fewer strata
SMALLEST_UNIFORM_SHARE = 0.1
ROOT_STEPS = 16_384  # steps of the root of the probability, finer than any stratum


@dataclass(frozen=True, slots=True)
class ScoreStratum:
    """One stratum of the negative set before the first answer.

    Parameters
    ----------
    size, drawn
        Number of images, and number drawn. The inclusion probability of each is ``drawn / size``.
    lowest, highest
        Lowest and highest score.
    expected
        Sum of the scores, which is the expected number of yes if the scores are calibrated.
    """

    size: int
    drawn: int
    lowest: float
    highest: float
    expected: float


@dataclass(frozen=True, slots=True, eq=False)
class AuditDraw:
    """Images to ask, with their inclusion probabilities.

    Parameters
    ----------
    rows
        int64 ``(k,)``. Different rows in the order of the questions, positives and negatives mixed. The order is
        random, also among the positives alone, so it reveals neither score nor set.
    probabilities
        float64 ``(k,)``, above 0 and at most 1. Inclusion probability of each row.
    positive
        bool ``(k,)``. Whether the row is in the positive set.
    stratum
        int64 ``(k,)``. Index in ``strata`` of a negative; -1 for positives.
    reasons
        ``(k,)``. `POSITIVE`, or "audit: negative stratum i", with i from 1 for the highest scores.
    strata
        Strata of the negative set, highest scores first.
    positives, negatives
        Number of images of the two sets that could be drawn.
    with_companions
        Number of ``rows`` that have a near-duplicate among them.
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
        float ``(n,)``. Probabilities of yes on which the release is based. An image with the score NaN is in neither
        set and is never drawn.
    values
        Integers ``(n,)``. 1 positive, 0 negative, -1 unsure, as released. Unsure images are in neither set.
    free
        bool ``(n,)``. Whether the image was decided by the threshold and neither it nor a near-duplicate was used for
        training, validation or certification.
    groups
        int64 ``(n,)``. Near-duplicates have the same number.
    positives, negatives
        Number of images wanted from each set. If there are fewer, all are drawn, with probability 1.
    seed
        Seed of the draw.
    uniform_share
        Share of the drawn negatives that is divided by the sizes of the strata, 0.1 to 1. A larger share improves the
        lower bound of recall that assumes nothing, and makes the interval that assumes calibrated scores wider.

    Returns
    -------
    AuditDraw
        Depends only on the arguments.

    Raises
    ------
    ParameterError
        If a number is outside its range, lengths differ, or the score of a free image is not a probability.
    """
    probability = _checked(scores, values, free, groups, positives, negatives, uniform_share)
    known = np.asarray(free) & ~np.isnan(probability)
    sets = [np.flatnonzero(known & (np.asarray(values) == value)).astype(np.int64) for value in (1, 0)]
    # Each set has its own random numbers, so that the number of negatives does not change the drawn positives.
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
    """Divide images into strata at equal steps of the cumulative square root of their probability.

    Parameters
    ----------
    probabilities
        float ``(n,)``, from 0 to 1, not NaN.
    strata
        Largest number of strata, at least 1. Equal probabilities stay together, so there may be fewer.

    Returns
    -------
    ndarray
        int64 ``(n,)``. Number of the stratum, 0 for the highest probabilities. All numbers up to the largest occur.

    Raises
    ------
    ParameterError
        If ``strata`` is below 1.
    """
    if strata < 1:
        raise ParameterError(f"strata={strata} is not allowed. It must be at least 1, for example 10.")
    roots = np.sqrt(np.asarray(probabilities))
    # Steps of the root replace a sort. They need two passes, and equal probabilities stay together.
    step = np.minimum((roots * ROOT_STEPS).astype(np.int64), ROOT_STEPS - 1)
    sums = np.bincount(step, weights=roots, minlength=ROOT_STEPS)
    counts = np.bincount(step, minlength=ROOT_STEPS)
    # Cumulative sums from the highest step down, to the middle of each step.
    above = np.cumsum(sums[::-1])[::-1] - sums / 2
    part = np.minimum(above / max(float(sums.sum()), np.finfo(np.float64).tiny) * strata, strata - 1).astype(np.int64)
    of_step = np.zeros(ROOT_STEPS, dtype=np.int64)
    of_step[counts > 0] = np.unique(part[counts > 0], return_inverse=True)[1]
    numbers: NDArray[np.int64] = of_step[step]
    return numbers


def _strata(
    probability: NDArray[Any], rows: NDArray[np.int64], wanted: int, uniform_share: float
) -> tuple[tuple[ScoreStratum, ...], list[NDArray[np.int64]]]:
    """Divide the negative set. Return the strata and the rows of each."""
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
    """Divide a sample between strata: a part by size, rounded up, and the rest equally, as far as their sizes allow."""
    by_size = np.ceil(uniform_share * count * sizes / sizes.sum()).astype(np.int64)
    if by_size.sum() > count:  # a share of 1, or a very small sample
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
            f"scores {probability.shape}, values {np.shape(values)}, free {np.shape(free)} and groups "
            f"{np.shape(groups)} must be lists of the same length, with one entry for each image of the release."
        )
    if min(positives, negatives) < 0 or not SMALLEST_UNIFORM_SHARE <= uniform_share <= 1:
        raise ParameterError(
            f"positives={positives}, negatives={negatives} and uniform_share={uniform_share} are not allowed. "
            f"positives and negatives must be 0 or more, and uniform_share from {SMALLEST_UNIFORM_SHARE} to 1."
        )
    inside = probability[np.asarray(free, dtype=np.bool_)]
    if ((inside < 0) | (inside > 1)).any():
        raise ParameterError(
            "A score is below 0 or above 1. Scores must be the probabilities of the release, not margins."
        )
    return probability
