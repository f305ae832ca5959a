"""Which images are asked for validation, and how many images each answer stands for. Pure.

Validation answers are never trained on. A draw has two parts: a uniform one, in which every open image has the same
chance, and one stratified by score, which looks closely where the classifier sees yes and still looks everywhere. The
exact chance of each image, its inclusion probability, is kept beside its answer; every figure weighs by one over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.statistics.proportions import hypergeometric

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["UNIFORM", "ValidationDraw", "combined_weights", "draw_validation", "score_strata", "share_equally"]

UNIFORM = "validation: uniform"
SMALLEST_UNIFORM_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class ValidationDraw:
    """Images to ask, with their chances.

    Parameters
    ----------
    rows
        int64 ``(k,)``: different rows in the order in which they are asked, which tells nothing of their scores.
    probabilities
        float64 ``(k,)``, in (0, 1]: chance of each row to come into this draw, by either part.
    reasons
        ``(k,)``: `UNIFORM`, or "validation: stratum i" with i from 1, the highest scores.
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    reasons: tuple[str, ...]


def score_strata(margins: NDArray[Any], strata: int) -> NDArray[np.int64]:
    """Part images by score: the upper half of the ranking again and again, so that the top is looked at closely.

    The lowest stratum is the lower half, the next one the quarter above it, and so on; the two highest are of one
    size. Equal draws of each then look at the top at a rate that does not depend on how rare yes is, which is not known
    yet. Equal scores may come into two strata.

    Parameters
    ----------
    margins
        float ``(n,)``, not NaN.
    strata
        At least 1; fewer are made where there are too few images.

    Returns
    -------
    ndarray
        int64 ``(n,)``: 0 the highest scores.
    """
    ends = [len(margins)]
    while len(ends) < strata and ends[-1] // 2 > 0:
        ends.append(ends[-1] // 2)
    ends.reverse()
    # A full sort takes five times as long.
    order = np.argpartition(-np.asarray(margins), np.array(ends[:-1], dtype=np.int64))
    stratum = np.empty(len(margins), dtype=np.int64)
    stratum[order] = np.repeat(np.arange(len(ends)), np.diff([0, *ends]))
    return stratum


def draw_validation(
    margins: NDArray[Any],
    allowed: NDArray[np.bool_],
    count: int,
    *,
    uniform_share: float = 0.25,
    strata: int = 10,
    seed: int,
) -> ValidationDraw:
    """Draw images for validation: uniformly, and stratified by score.

    First the uniform part, a simple random sample of the open images; then equally many of each stratum
    (`score_strata`), a simple random sample of what the first part left there. What a stratum cannot give, the others
    do. An image's chance is that of the first part plus, missed by it, that of the second, averaged over how many of
    its stratum the first part may have taken (hypergeometric): exact, and a function of the design alone (Särndal,
    Swensson and Wretman 1992, *Model Assisted Survey Sampling*, chapters 2 and 3).

    Parameters
    ----------
    margins
        float ``(n,)``: any increasing score; NaN only where not allowed.
    allowed
        bool ``(n,)``: open images, that is never drawn for anything nor barred.
    count
        Images wanted. With fewer open ones all are drawn, each with chance 1. In a small pool the first part may leave
        a stratum less than its share; then a few less than ``count`` are drawn.
    uniform_share
        Of the uniform part, 0.2 to 1.
    strata
        Number of strata.
    seed
        Another seed draws others.

    Returns
    -------
    ValidationDraw
        A function of the arguments alone.

    Raises
    ------
    ParameterError
        If a number is outside its range, lengths differ, or an allowed margin is NaN.
    """
    values, pool = np.asarray(margins), np.flatnonzero(allowed).astype(np.int64)
    if count < 0 or strata < 1 or not SMALLEST_UNIFORM_SHARE <= uniform_share <= 1:
        raise ParameterError(
            f"count={count}, strata={strata} and uniform_share={uniform_share} were given; a draw has no negative "
            f"count, 1 stratum or more, and a uniform share from {SMALLEST_UNIFORM_SHARE} to 1. Ask for example for 50."
        )
    if values.shape != np.shape(allowed) or values.ndim != 1 or np.isnan(values[pool]).any():
        raise ParameterError(
            f"Margins of shape {values.shape} and open images of shape {np.shape(allowed)} were given; both must be "
            "one list of the same images, and no open image's margin may be NaN. Score all images first."
        )
    rng = np.random.default_rng(seed)
    if count >= len(pool):
        return ValidationDraw(rng.permutation(pool), np.ones(len(pool)), (UNIFORM,) * len(pool))
    stratum = score_strata(values[pool], strata)
    sizes = np.bincount(stratum)
    uniform_count = int(np.ceil(count * uniform_share))
    wanted = share_equally(sizes, count - uniform_count)
    uniform = rng.choice(len(pool), uniform_count, replace=False)
    left = np.ones(len(pool), dtype=np.bool_)
    left[uniform] = False
    parts, reasons = [uniform], [UNIFORM] * uniform_count
    for number, want in enumerate(wanted):
        candidates = np.flatnonzero(left & (stratum == number))
        parts.append(rng.choice(candidates, min(int(want), len(candidates)), replace=False))
        reasons += [f"validation: stratum {number + 1}"] * len(parts[-1])
    drawn = np.concatenate(parts)
    chances = np.array([_chance(len(pool), uniform_count, int(s), int(w)) for s, w in zip(sizes, wanted, strict=True)])
    order = rng.permutation(len(drawn))
    return ValidationDraw(pool[drawn[order]], chances[stratum[drawn[order]]], tuple(reasons[i] for i in order))


def share_equally(sizes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Share a count equally between strata; what one cannot hold goes to the others.

    Parameters
    ----------
    sizes
        int64 ``(h,)``: images of each stratum.
    count
        From 0 to their sum.

    Returns
    -------
    ndarray
        int64 ``(h,)``, sum ``count``; of what does not divide, the first strata get one more.

    Raises
    ------
    ParameterError
        If they cannot hold so many.
    """
    if not 0 <= count <= sizes.sum():
        raise ParameterError(
            f"{count} images were to be shared by strata of {sizes.sum()}. Share no more than there are."
        )
    given = np.zeros(len(sizes), dtype=np.int64)
    while (rest := count - int(given.sum())) > 0:
        open_strata = np.flatnonzero(given < sizes)
        each, more = divmod(rest, len(open_strata))
        step = np.full(len(open_strata), each)
        step[:more] += 1
        given[open_strata] = np.minimum(given[open_strata] + step, sizes[open_strata])
    return given


def combined_weights(draw_numbers: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the number of images that each validated image stands for, over the draws of several rounds.

    Each draw is of what earlier ones left, with chances that depend on them through the model. Given the earlier draws,
    what they hold (known) plus what this one holds, weighted by one over its chances (Horvitz and Thompson 1952), is an
    unbiased estimate of any total over the open images. The mean of these estimates over the draws, each with its share
    of all draws, is unbiased, too: the ordered estimator of Des Raj (1956, Journal of the American Statistical
    Association 51). Per image: its draw's share is divided by its chance, and the shares of later draws are added.

    Ratios of such totals (Hájek 1971) give shares. They speak of the images that were open at the draws; those trained
    on between two draws are still represented by the earlier one, and are few.

    Parameters
    ----------
    draw_numbers
        int64 ``(m,)``: which draw each image came in, any ascending numbers; all images drawn, answered or not.
    probabilities
        float64 ``(m,)``, in (0, 1]: its chance in that draw.

    Returns
    -------
    ndarray
        float64 ``(m,)``, above 0; with one draw 1 / probability.

    Raises
    ------
    ParameterError
        If lengths differ or a probability is outside its range.
    """
    numbers, chances = np.asarray(draw_numbers), np.asarray(probabilities, dtype=np.float64)
    if numbers.shape != chances.shape or numbers.ndim != 1 or not ((chances > 0) & (chances <= 1)).all():
        raise ParameterError(
            f"Draws {numbers.shape} and inclusion probabilities {chances.shape} were given; there must be one "
            "probability above 0 and at most 1 for every drawn image. Pass those that the draws were recorded with."
        )
    if not len(numbers):
        return np.empty(0)
    _, draw, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    share = counts / counts.sum()
    later = 1 - np.cumsum(share)
    weights: NDArray[np.float64] = share[draw] / chances + np.maximum(later, 0.0)[draw]
    return weights


def _chance(images: int, uniform_count: int, size: int, wanted: int) -> float:
    """Return the chance of one image of a stratum to be drawn by either part."""
    first = uniform_count / images
    if first == 1:
        return 1.0
    # How many of the stratum's others the first part took, given that it did not take this one.
    likely = hypergeometric(images - 1, size - 1, uniform_count)[:size]
    second = float(likely @ np.minimum(wanted / (size - np.arange(len(likely))), 1.0))
    return min(first + (1 - first) * second, 1.0)
