"""How many yes a release missed, trusting its scores within bands. Pure.

In bands of neighbouring strata, wide enough that their sample should hold `MISSES_A_BAND` misses, the images without an
answer are as many times what their scores say as the sampled ones were: a separate ratio estimator in the prediction
form (Royall 1970, Biometrika 57; Särndal, Swensson and Wretman 1992, *Model Assisted Survey Sampling*, section 7.3),
that is the sum of the scores plus fitted residuals. The more answers, the more bands, and the less the scores decide.

Its error is that of the sample plus that of the images not seen, each by p(1 - p) with p between the score and the
fitted one, as if `MISSES_A_BAND` misses more were found in each band just as expected: a band without misses is not
certain. Sums of few rare misses are skewed, so the interval is that of a Poisson count in units of variance over mean
(as Fay and Feuer 1997, Statistics in Medicine 16). It holds if within each band the scores are right on average up to
one factor; `agreement_with_scores` tests whether that factor may be 1.
`pipeline.audit.statistics.missed_positives_bound` bounds the same number and assumes nothing.
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
LEAST_PROBABILITY = 1e-9  # a score of 0 would say that a miss cannot be


@dataclass(frozen=True, slots=True, eq=False)
class NegativeAnswers:
    """What was asked and answered of each stratum of the negative set, all ``(h,)``, the highest scores first.

    Parameters
    ----------
    sizes, drawn, answered, missed
        int64: images, how many of them were drawn at random, have a verdict, and have the verdict yes.
    expected, expected_answered
        float64: sums of the scores, of all images and of those with a verdict.
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
            raise ParameterError("Strata of different numbers were given. Give one number of each kind a stratum.")
        growing = all((less <= more).all() for less, more in pairwise((np.zeros_like(self.missed), *counts)))
        sums = np.concatenate([self.expected, self.expected_answered])
        if not growing or not (np.isfinite(sums) & (sums >= 0)).all():
            raise ParameterError(
                "A stratum has more misses than verdicts, more verdicts than images drawn, more drawn than it has, or "
                "a sum of scores that is no number from 0 on. Count again, with `negative_answers`."
            )


@dataclass(frozen=True, slots=True)
class MissedByScores:
    """Missed yes as the scores and the answers together have it.

    Parameters
    ----------
    value, low, high
        Numbers of images; None, 0 and the size of the set where nothing was answered.
    bands
        In each of which the scores are taken to be right up to one factor.
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
        Of the draw.
    stratum
        Integers ``(k,)``: of each image drawn, its place in ``strata``; those below 0 are not of the negative set. A
        drawn image that is left out counts as one without a verdict.
    scores
        float ``(k,)``: probabilities by which the release was made.
    verdicts
        Integers ``(k,)``: 1 yes, 0 not yes, -1 open.

    Returns
    -------
    NegativeAnswers
        One entry a stratum.

    Raises
    ------
    ParameterError
        If lengths differ or a number is outside that.
    """
    place, values, said = np.asarray(stratum), np.asarray(scores, dtype=np.float64), np.asarray(verdicts)
    if not place.shape == values.shape == said.shape or (len(place) and place.max() >= len(strata)):
        raise ParameterError(
            f"Strata {place.shape}, scores {values.shape} and verdicts {said.shape} were given for {len(strata)} "
            "strata; there must be one of each for every image drawn. Pass arrays of one draw."
        )
    if not np.isin(said, (YES, 0, OPEN)).all() or not ((values >= 0) & (values <= 1)).all():
        raise ParameterError(
            "A verdict other than 1, 0 and -1, or a score that is no probability, was given. Settle the answers, and "
            "pass the scores of the release."
        )
    known = (place >= 0) & (said != OPEN)

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(place[which], minlength=len(strata)).astype(np.int64)

    sizes = np.array([entry.size for entry in strata], dtype=np.int64)
    values = np.maximum(values, LEAST_PROBABILITY)
    return NegativeAnswers(
        sizes=sizes,
        drawn=np.array([entry.drawn for entry in strata], dtype=np.int64),
        answered=count(known),
        missed=count(known & (said == YES)),
        expected=np.maximum(np.array([entry.expected for entry in strata], np.float64), LEAST_PROBABILITY * sizes),
        expected_answered=np.bincount(place[known], values[known], len(strata)).astype(np.float64),
    )


def missed_by_scores(answers: NegativeAnswers, confidence: float = 0.95) -> MissedByScores:
    """Estimate the missed yes, trusting the scores within bands; see the module.

    Images without a verdict are left out: they are taken to be like those with one.

    Parameters
    ----------
    answers
        Of each stratum.
    confidence
        In (0, 1).

    Returns
    -------
    MissedByScores
        ``low <= value <= high``, and never fewer than were found.

    Raises
    ------
    ParameterError
        For a confidence outside that.
    """
    from scipy.special import gammaincinv

    if not 0 < confidence < 1:
        raise ParameterError(f"A confidence of {confidence} was given; it lies between 0 and 1. Give 0.95.")
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
    """Test whether the misses found are as many as the scores expect: in all, and below each stratum's end.

    From the lowest scores up, the misses in the lowest stratum, in the two lowest and so on are tested, for there each
    answer stands for most images. Two-sided exact tests of a sum of binomial counts, each with the mean score of its
    stratum's answered images; counts of images of unequal scores spread less than these (Hoeffding 1956, Annals of
    Mathematical Statistics 27).

    Parameters
    ----------
    answers
        Of each stratum.

    Returns
    -------
    float
        The smallest p-value times the number of tests (Bonferroni), from 0 to 1; 1 where nothing was answered.
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
    """Join strata from the highest scores down until each band's sample should hold enough misses."""
    ends, reached = [0], 0.0
    for place, met in enumerate(expected.tolist()):
        reached += met
        if reached >= MISSES_A_BAND:
            ends.append(place + 1)
            reached = 0.0
    # What is left over at the low end joins the last band.
    ends[max(len(ends) - 1, 1) :] = [len(expected)]
    return [slice(start, end) for start, end in pairwise(ends)]


def _spread(expected: NDArray[np.float64], images: NDArray[np.int64]) -> float:
    """Sum p(1 - p) over images, with the mean p of each stratum."""
    share = np.minimum(expected / np.maximum(images, 1), 1.0)
    return float((images * share * (1 - share)).sum())
