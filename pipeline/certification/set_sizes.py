"""Sizes of the sets of a certification and of their samples. `pipeline.certification.plan` explains the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["first_and_last_size", "sample_sizes", "set_sizes", "smallest_sample", "within_budget"]

# Shares of the distance from the target to 1, above the target and below it. Compared at a target of 0.9 in 300 runs of
# both cases of tests/benchmarks/certifying.py that have goals: first 0.98 and 0.985, last 0.92, 0.9 and 0.87, growth 12
# and 20 %, sample powers 0, 0.4 and 0.8. Recall differed by at most 0.08 of the best possible recall.
FIRST_EXPECTED = 0.85
LAST_EXPECTED = -0.3
SAMPLE_POWER = 0.5


def first_and_last_size(falling: NDArray[np.float32], target: float, confidence: float) -> tuple[int, int]:
    """Return the first size, and the size up to which the budget is planned, from the scores.

    Parameters
    ----------
    falling
        float32 ``(n,)``. Scores, highest first.
    target, confidence
        As for a plan.

    Returns
    -------
    first, last : int
        ``last`` may be smaller than ``first``, or 0, if the scores are low.
    """
    expected = np.cumsum(falling, dtype=np.float64) / np.arange(1, len(falling) + 1)
    first, last = (int((expected >= target + part * (1 - target)).sum()) for part in (FIRST_EXPECTED, LAST_EXPECTED))
    # A smaller set could not pass even if half of its images were asked and all were yes.
    smallest = 2 * smallest_sample(target, confidence)
    return min(max(first, smallest), len(falling)), last


def set_sizes(falling: NDArray[np.float32], first: int, growth: float) -> NDArray[np.int64]:
    """Return the sizes of the sets. Images with equal scores are always in the same set.

    Parameters
    ----------
    falling
        float32 ``(n,)``. Scores, highest first, at least one.
    first
        Smallest size, 1 to n.
    growth
        Ratio of successive sizes, above 1.

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
    """Return sample sizes that need about the whole budget up to the size `last`.

    With samples of n(K) of K images, a growing set needs n(K) / K answers for every new image. The number of answers is
    the first sample plus the integral of this from the first size on. Samples below 10 / (1 - target) fail with one or
    two errors. With more than four times this number, the first set uses answers that later sets need.
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
    """Return the sets within the budget, the number of different images up to each, and all images by number.

    Parameters
    ----------
    numbers
        uint32 ``(n,)``. Permanent random number of each image, highest score first. Equal numbers are ordered by rank.
    sizes, samples
        int64 ``(k,)``. The first sample is within the budget.
    budget
        Largest number of different images.

    Returns
    -------
    sizes, samples : ndarray
        Sizes and samples of the sets within the budget.
    answers : list of int
        Number of different images up to each set.
    asked : ndarray
        int64. Ranks of all these images, in ascending order of their number.
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
    """Return the ranks of a sample of a set, in the order of their numbers."""
    # A small sample is usually near the start of the list. Searching all of it for every set would be slow.
    look = min(len(by_number), 2 * sample * len(by_number) // size + 1000)
    found = by_number[:look][by_number[:look] < size]
    if len(found) < sample:
        found = by_number[by_number < size]
    return found[:sample]


def smallest_sample(target: float, confidence: float) -> int:
    """Return the size of the smallest sample that passes if all its images are yes."""
    return int(np.ceil(np.log(1 - confidence) / np.log(target)))
