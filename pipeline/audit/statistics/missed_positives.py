"""Estimate the number of missed positives of a release, assuming that its scores are right within bands. Pure.

A band consists of neighbouring strata and is so wide that its sample should contain `MISSES_A_BAND` missed positives.
In each band, the ratio of found to predicted missed positives is estimated from the answered images and applied to the
images without an answer. This is a separate ratio estimator in the prediction form (Royall 1970, Biometrika 57;
Särndal, Swensson and Wretman 1992, *Model Assisted Survey Sampling*, section 7.3): the sum of the scores plus fitted
residuals. With more answers there are more bands, and the scores have less influence.

The error is that of the sample plus that of the images not seen, each as p(1 - p), with p between the score and the
fitted score. For p, `MISSES_A_BAND` more missed positives are added to each band, exactly as predicted, so that a band
without missed positives is not certain. Sums of few rare events are skewed, so the interval is that of a Poisson count
in units of variance over mean (as in Fay and Feuer 1997, Statistics in Medicine 16). It holds if, within each band, the
scores are right on average up to one factor. `agreement_with_scores` tests whether this factor may be 1.
`pipeline.audit.statistics.missed_positives_bound` bounds the same number and assumes nothing about the scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.audit.statistics.sampling import ScoreStratum

__all__ = ["MissedByScores", "NegativeAnswers", "agreement_with_scores", "missed_by_scores", "negative_answers"]

YES, OPEN = 1, -1
MISSES_A_BAND = 3.0
LEAST_PROBABILITY = 1e-9  # a score of 0 would make a missed positive impossible


@dataclass(frozen=True, slots=True, eq=False)
class NegativeAnswers:
    """Counts of the questions and answers of each stratum of the negative set, all ``(h,)``, highest scores first.

    Parameters
    ----------
    sizes, drawn, answered, missed
        int64. Number of images, of images drawn at random, with a verdict, and with the verdict yes.
    expected, expected_answered
        float64. Sum of the scores of all images, and of the images with a verdict.

    Raises
    ------
    ParameterError
        If lengths differ, a count is larger than the count that includes it, or a sum is negative or not finite.
    """

    sizes: NDArray[np.int64]
    drawn: NDArray[np.int64]
    answered: NDArray[np.int64]
    missed: NDArray[np.int64]
    expected: NDArray[np.float64]
    expected_answered: NDArray[np.float64]

    def __post_init__(self) -> None:
        counts = (self.missed, self.answered, self.drawn, self.sizes)
        shapes = {np.shape(part) for part in (*counts, self.expected, self.expected_answered)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ParameterError("The counts must be lists of the same length, with one number for each stratum.")
        growing = all((less <= more).all() for less, more in pairwise((np.zeros_like(self.missed), *counts)))
        sums = np.concatenate([self.expected, self.expected_answered])
        if not growing or not (np.isfinite(sums) & (sums >= 0)).all():
            raise ParameterError(
                "The counts of a stratum must be 0 <= missed <= answered <= drawn <= sizes, and its sums of scores "
                "finite and 0 or more. Count again with `negative_answers`."
            )


@dataclass(frozen=True, slots=True)
class MissedByScores:
    """Number of missed positives, estimated from scores and answers.

    Parameters
    ----------
    value, low, high
        Number of images. Without answers: None, 0 and the size of the set.
    bands
        Number of bands. Within each, the scores are assumed to be right up to one factor.
    """

    value: float | None
    low: float
    high: float
    bands: int


def negative_answers(
    strata: Sequence[ScoreStratum],
    stratum: NDArray[np.integer[Any]],
    scores: NDArray[Any],
    verdicts: NDArray[np.integer[Any]],
) -> NegativeAnswers:
    """Count the answers of each stratum.

    Parameters
    ----------
    strata
        Strata of the draw.
    stratum
        Integers ``(k,)``. Index in ``strata`` of each image drawn. Images with a negative index are not in the negative
        set. A drawn image that is missing here counts as one without a verdict.
    scores
        float ``(k,)``. Probabilities on which the release is based.
    verdicts
        Integers ``(k,)``. 1 yes, 0 not yes, -1 open.

    Returns
    -------
    NegativeAnswers
        One entry for each stratum.

    Raises
    ------
    ParameterError
        If lengths differ, an index or a verdict is unknown, or a score is not a probability.
    """
    place, values, codes = np.asarray(stratum), np.asarray(scores, dtype=np.float64), np.asarray(verdicts)
    if not place.shape == values.shape == codes.shape or (len(place) and place.max() >= len(strata)):
        raise ParameterError(
            f"stratum {place.shape}, scores {values.shape} and verdicts {codes.shape} must be lists of the same "
            f"length, one entry for each image drawn, and an index must be below {len(strata)}, the number of strata."
        )
    if not np.isin(codes, (YES, 0, OPEN)).all() or not ((values >= 0) & (values <= 1)).all():
        raise ParameterError(
            "A verdict is not 1, 0 or -1, or a score is not a probability from 0 to 1. Use settled verdicts and the "
            "scores of the release."
        )
    known = (place >= 0) & (codes != OPEN)

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(place[which], minlength=len(strata)).astype(np.int64)

    sizes = np.array([entry.size for entry in strata], dtype=np.int64)
    values = np.maximum(values, LEAST_PROBABILITY)
    return NegativeAnswers(
        sizes=sizes,
        drawn=np.array([entry.drawn for entry in strata], dtype=np.int64),
        answered=count(known),
        missed=count(known & (codes == YES)),
        expected=np.maximum(np.array([entry.expected for entry in strata], np.float64), LEAST_PROBABILITY * sizes),
        expected_answered=np.bincount(place[known], values[known], len(strata)).astype(np.float64),
    )


def missed_by_scores(answers: NegativeAnswers, confidence: float = 0.95) -> MissedByScores:
    """Estimate the number of missed positives, assuming that scores are right within bands (see the module).

    Images without a verdict are left out. They are assumed to be like the images with a verdict.

    Parameters
    ----------
    answers
        Counts of each stratum.
    confidence
        Confidence of the interval, between 0 and 1.

    Returns
    -------
    MissedByScores
        ``low <= value <= high``, and never fewer than the number found.

    Raises
    ------
    ParameterError
        If the confidence is outside its range.
    """
    from scipy.special import gammaincinv

    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
    found, most = float(answers.missed.sum()), float((answers.sizes - answers.answered + answers.missed).sum())
    if not answers.answered.any():
        return MissedByScores(0.0 if not most else None, 0.0, most, 0)
    unseen = answers.sizes - answers.answered
    still = np.maximum(answers.expected - answers.expected_answered, LEAST_PROBABILITY * unseen)
    met_by = np.maximum(answers.expected_answered, LEAST_PROBABILITY * answers.answered)
    bands = _bands(met_by)
    total = mean = variance = 0.0
    for band in bands:
        met = float(met_by[band].sum())
        ratio = float(still[band].sum()) / met
        factor = (float(answers.missed[band].sum()) + MISSES_A_BAND) / (met + MISSES_A_BAND)
        total += ratio * float(answers.missed[band].sum())
        mean += ratio * factor * met
        variance += ratio**2 * _spread(factor * met_by[band], answers.answered[band])
        variance += _spread(factor * still[band], unseen[band])
    if not mean:
        return MissedByScores(found, found, found, len(bands))
    unit, tail = max(variance / mean, np.finfo(np.float64).tiny), (1 - confidence) / 2
    low = unit * float(gammaincinv(total / unit, tail)) if total else 0.0
    high = unit * float(gammaincinv(total / unit + 1, 1 - tail))
    value = min(found + total, most)
    return MissedByScores(value, min(found + low, value), max(min(found + high, most), value), len(bands))


def agreement_with_scores(answers: NegativeAnswers) -> float:
    """Test whether the number of missed positives found agrees with the number that the scores predict.

    The lowest stratum is tested, then the two lowest together, and so on up to all, because an answer at a low score
    stands for most images. The tests are two-sided and exact, of a sum of binomial counts, each with the mean score of
    the answered images of its stratum. Counts of images with unequal scores vary less than these (Hoeffding 1956,
    Annals of Mathematical Statistics 27).

    Parameters
    ----------
    answers
        Counts of each stratum.

    Returns
    -------
    float
        The smallest p-value times the number of tests (Bonferroni), from 0 to 1. 1 without answers.
    """
    from scipy.stats import binom

    chances, count = np.ones(1), 0
    p_values = []
    each = zip(answers.answered, answers.missed, answers.expected_answered, strict=True)
    for trials, missed, met in reversed(list(each)):
        if trials:
            share = min(max(met / trials, LEAST_PROBABILITY), 1.0)
            chances = np.convolve(chances, binom.pmf(np.arange(trials + 1), trials, share))
            count += int(missed)
            p_values.append(_two_sided(chances, count))
    return min(min(p_values, default=1.0) * len(p_values), 1.0) if p_values else 1.0


def _two_sided(chances: NDArray[np.float64], count: int) -> float:
    return float(min(2 * min(chances[: count + 1].sum(), chances[count:].sum()), 1.0))


def _bands(expected: NDArray[np.float64]) -> list[slice]:
    """Combine strata, highest scores first, until the sample of each band should contain enough missed positives."""
    ends, reached = [0], 0.0
    for place, met in enumerate(expected.tolist()):
        reached += met
        if reached >= MISSES_A_BAND:
            ends.append(place + 1)
            reached = 0.0
    # The strata that remain at the low end belong to the last band.
    ends[max(len(ends) - 1, 1) :] = [len(expected)]
    return [slice(start, end) for start, end in pairwise(ends)]


def _spread(expected: NDArray[np.float64], images: NDArray[np.int64]) -> float:
    """Return the sum of p(1 - p) over images, with the mean p of each stratum."""
    share = np.minimum(expected / np.maximum(images, 1), 1.0)
    return float((images * share * (1 - share)).sum())
