"""Sizes of the sets that a certification tests and of their samples; `certification_plan` says why they are so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["first_and_last_size", "sample_sizes", "set_sizes", "smallest_sample", "within_budget"]

# Shares of the way from the target to 1, above it and below it. Tried at a target of 0.9 in 300 runs of each of the two
# cases of tests/benchmarks/certifying.py that have goals: first at 0.98 and 0.985, last at 0.92, 0.9 and 0.87, sets
# growing by 12 and 20 %, samples by powers of 0, 0.4 and 0.8. Recall differed by 0.08 of the oracle's at most.
FIRST_EXPECTED = 0.85
LAST_EXPECTED = -0.3
SAMPLE_POWER = 0.5


def first_and_last_size(falling: NDArray[np.float32], target: float, confidence: float) -> tuple[int, int]:
    """Read the first size, and the one up to which answers are saved for, off the scores.

    Parameters
    ----------
    falling
        float32 ``(n,)``: scores, highest first.
    target, confidence
        As for a plan.

    Returns
    -------
    first, last : int
        The latter may be the smaller one, or 0, where the scores promise little.
    """
    expected = np.cumsum(falling, dtype=np.float64) / np.arange(1, len(falling) + 1)
    first, last = (int((expected >= target + part * (1 - target)).sum()) for part in (FIRST_EXPECTED, LAST_EXPECTED))
    # A set of fewer could not pass even if all its images were yes and half of them asked.
    smallest = 2 * smallest_sample(target, confidence)
    return min(max(first, smallest), len(falling)), last


def set_sizes(falling: NDArray[np.float32], first: int, growth: float) -> NDArray[np.int64]:
    """List the sizes, each moved on to the end of the images that score alike.

    Parameters
    ----------
    falling
        float32 ``(n,)``: scores, highest first, at least one.
    first
        Smallest size, 1 to n.
    growth
        Each size over the one before, above 1.

    Returns
    -------
    ndarray
        int64 ``(k,)``, ascending to n.
    """
    rising = -falling
    sizes, want = [], first
    while True:
        size = int(np.searchsorted(rising, rising[want - 1], side="right"))
        sizes.append(size)
        if size == len(falling):
            return np.array(sizes, dtype=np.int64)
        want = min(max(size + 1, round(size * growth)), len(falling))


def sample_sizes(sizes: NDArray[np.int64], last: int, target: float, budget: int) -> NDArray[np.int64]:
    """Choose the samples so that going on to the size `last` would take about the whole budget.

    With samples of n(K) of K images a growing set takes n(K) / K of every new image: the integral of this from the
    first size on, and the first sample, are the answers. Samples below 10 / (1 - target) cannot bear a single error or
    two, and above four times that a first set spends what later ones need.
    """
    ratio = last / int(sizes[0])
    answers_per_first = 1 + (ratio**SAMPLE_POWER - 1) / SAMPLE_POWER
    least = 10 / (1 - target)
    first = min(max(budget / answers_per_first, least), 4 * least, budget)
    grown = np.rint(first * (sizes / sizes[0]) ** SAMPLE_POWER).astype(np.int64)
    samples: NDArray[np.int64] = np.minimum(grown, sizes)
    return samples


def within_budget(
    numbers: NDArray[np.uint32], sizes: NDArray[np.int64], samples: NDArray[np.int64], budget: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[int], NDArray[np.int64]]:
    """Keep the sets that the budget suffices for; count the different images up to each, and list all by number.

    Parameters
    ----------
    numbers
        uint32 ``(n,)``: permanent random number of each image, highest score first; equal ones go by rank.
    sizes, samples
        int64 ``(k,)``; the first sample is within the budget.
    budget
        Different images at most.

    Returns
    -------
    sizes, samples : ndarray
        Of the sets kept.
    answers : list of int
        Different images up to each of them.
    asked : ndarray
        int64: ranks of all these images, in ascending order of their number.
    """
    by_number = np.argsort(numbers, kind="stable")
    asked = np.zeros(len(numbers), dtype=np.bool_)
    answers: list[int] = []
    for size, sample in zip(sizes.tolist(), samples.tolist(), strict=True):
        drawn = _first_below(by_number, size, sample)
        total = (answers[-1] if answers else 0) + int((~asked[drawn]).sum())
        if total > budget:
            break
        asked[drawn] = True
        answers.append(total)
    kept = len(answers)
    return sizes[:kept], samples[:kept], answers, by_number[asked[by_number]].astype(np.int64)


def _first_below(by_number: NDArray[np.int64], size: int, sample: int) -> NDArray[np.int64]:
    """Return the first so many positions, by number, that lie in a set."""
    # Most of a small sample lies early in the list; looking at all of it for every set would cost most of the time.
    look = min(len(by_number), 2 * sample * len(by_number) // size + 1000)
    found = by_number[:look][by_number[:look] < size]
    if len(found) < sample:
        found = by_number[by_number < size]
    return found[:sample]


def smallest_sample(target: float, confidence: float) -> int:
    """Return the smallest sample that passes when all of it is yes."""
    return int(np.ceil(np.log(1 - confidence) / np.log(target)))
