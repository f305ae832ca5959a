"""Draw images for validation, and weight their answers. Pure.

Validation answers are never used for training. A draw has two parts. In the uniform part, every open image has the same
probability. The other part is stratified by score: it draws more images at high scores, and some everywhere. The exact
inclusion probability of each image is stored. Every estimate uses one over it as the weight of the answer.
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
    """Images to ask, with their inclusion probabilities.

    Parameters
    ----------
    rows
        int64 ``(k,)``. Different rows in the order of the questions, which reveals nothing about their scores.
    probabilities
        float64 ``(k,)``, above 0 and at most 1. Inclusion probability of each row, by either part.
    reasons
        ``(k,)``. `UNIFORM`, or "validation: stratum i", with i from 1 for the highest scores.
    """

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    reasons: tuple[str, ...]


def score_strata(margins: NDArray[Any], strata: int) -> NDArray[np.int64]:
    """Divide images into strata by score. Each stratum is half of the images that remain above the one below it.

    The lowest stratum is the lower half of the ranking, the next one the quarter above it, and so on. The two highest
    have the same size. So equal draws from each examine the top closely even if yes is very rare, which is unknown at
    this time. Images with equal scores may be in two strata.

    Parameters
    ----------
    margins
        float ``(n,)``, not NaN.
    strata
        Largest number of strata, at least 1. With few images there are fewer.

    Returns
    -------
    ndarray
        int64 ``(n,)``. Number of the stratum, 0 for the highest scores.
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

    The uniform part is a simple random sample of the open images. The second part is the same number of images from
    each stratum (`score_strata`), a simple random sample of the images that the first part left there. If a stratum has
    too few, the others give more. The inclusion probability of an image is that of the first part, plus that of the
    second part if the first part did not take it, averaged over the number that the first part took from its stratum
    (hypergeometric). It is exact and depends only on the design (Särndal, Swensson and Wretman 1992, *Model Assisted
    Survey Sampling*, chapters 2 and 3).

    Parameters
    ----------
    margins
        float ``(n,)``. Any increasing score. NaN only for images that are not allowed.
    allowed
        bool ``(n,)``. Whether an image is open: never drawn for any purpose, and not barred.
    count
        Number of images wanted. If fewer are open, all are drawn, with probability 1. In a small pool, the first part
        may leave a stratum fewer images than its share. Then slightly fewer than ``count`` are drawn.
    uniform_share
        Share of the uniform part, 0.2 to 1.
    strata
        Largest number of strata.
    seed
        Seed of the draw.

    Returns
    -------
    ValidationDraw
        Depends only on the arguments.

    Raises
    ------
    ParameterError
        If a number is outside its range, lengths differ, or an allowed margin is NaN.
    """
    values, pool = np.asarray(margins), np.flatnonzero(allowed).astype(np.int64)
    if count < 0 or strata < 1 or not SMALLEST_UNIFORM_SHARE <= uniform_share <= 1:
        raise ParameterError(
            f"count={count}, strata={strata} and uniform_share={uniform_share} are not allowed. count must be 0 or "
            f"more, strata at least 1, and uniform_share from {SMALLEST_UNIFORM_SHARE} to 1."
        )
    if values.shape != np.shape(allowed) or values.ndim != 1 or np.isnan(values[pool]).any():
        raise ParameterError(
            f"margins {values.shape} and allowed {np.shape(allowed)} must be lists of the same length, and the margin "
            "of an allowed image must not be NaN. Score all images first."
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
    """Divide a count equally between strata. If a stratum is too small, the others get more.

    Parameters
    ----------
    sizes
        int64 ``(h,)``. Number of images of each stratum.
    count
        From 0 to the sum of the sizes.

    Returns
    -------
    ndarray
        int64 ``(h,)`` with the sum ``count``. If it cannot be divided equally, the first strata get one more.

    Raises
    ------
    ParameterError
        If ``count`` is larger than the sum of the sizes, or negative.
    """
    if not 0 <= count <= sizes.sum():
        raise ParameterError(
            f"count={count} is not allowed. It must be from 0 to {sizes.sum()}, the number of images in all strata."
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
    """Return the weight of each validated image over the draws of several rounds: the images for which it stands.

    Each draw takes images that earlier draws left, with probabilities that depend on them through the model. Given the
    earlier draws, the sum over their images plus the sum over the images of this draw, weighted by one over their
    probabilities (Horvitz and Thompson 1952), is an unbiased estimate of a total over the open images. The mean of
    these estimates over the draws, weighted by their sizes, is unbiased, too. It is the ordered estimator of Des Raj
    (1956, Journal of the American Statistical Association 51). For each image, the share of its draw is divided by its
    probability, and the shares of later draws are added.

    Ratios of these totals (Hájek 1971) give shares. They are about the images that were open at the draws. Images that
    were used for training between two draws are few, and the earlier draw still represents them.

    Parameters
    ----------
    draw_numbers
        int64 ``(m,)``. Number of the draw of each image, ascending in time. Includes images without an answer.
    probabilities
        float64 ``(m,)``, above 0 and at most 1. Inclusion probability of each image in its draw.

    Returns
    -------
    ndarray
        float64 ``(m,)``, above 0. With one draw, 1 / probability.

    Raises
    ------
    ParameterError
        If lengths differ or a probability is outside its range.
    """
    numbers, chances = np.asarray(draw_numbers), np.asarray(probabilities, dtype=np.float64)
    if numbers.shape != chances.shape or numbers.ndim != 1 or not ((chances > 0) & (chances <= 1)).all():
        raise ParameterError(
            f"draw_numbers {numbers.shape} and probabilities {chances.shape} must be lists of the same length, and "
            "every probability must be above 0 and at most 1. Use the probabilities of the draws."
        )
    if not len(numbers):
        return np.empty(0)
    _, draw, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    share = counts / counts.sum()
    later = 1 - np.cumsum(share)
    weights: NDArray[np.float64] = share[draw] / chances + np.maximum(later, 0.0)[draw]
    return weights


def _chance(images: int, uniform_count: int, size: int, wanted: int) -> float:
    """Return the probability that an image of a stratum is drawn by either part."""
    first = uniform_count / images
    if first == 1:
        return 1.0
    # The number of other images of the stratum that the first part took, if it did not take this image.
    likely = hypergeometric(images - 1, size - 1, uniform_count)[:size]
    second = float(likely @ np.minimum(wanted / (size - np.arange(len(likely))), 1.0))
    return min(first + (1 - first) * second, 1.0)
