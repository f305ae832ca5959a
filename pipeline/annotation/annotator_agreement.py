"""Four measures of the agreement between annotators, with intervals. Pure.

They need a random overlap: images of random draws (uniform validation draws, audit draws) that two or more annotators
answered. The training questions of a round are not suitable. Rounds ask difficult images, and the first answer decides
whether a second annotator is asked. Agreement there would measure the difficulty of the questions.

A single measure is misleading. If nearly all images are no, annotators agree on most images by answering no, and
measures that are corrected for chance collapse: 67.5 % agreement with a kappa of 0.02 (Zec et al. 2017, PMC7222679). So
raw agreement, agreement on the positives, Krippendorff's alpha and Gwet's AC1 are shown together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.annotation.consensus import Label, count_last_answers
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import clopper_pearson

__all__ = ["AgreementMeasures", "Measure", "agreement_measures"]

RESAMPLES = 1_000
CATEGORIES = (Label.YES, Label.NO, Label.UNSURE)
NOTHING = "No image has answers of two people, so there is nothing to compare."
SPLIT_EVENLY = np.array([[1, 1, 0]])


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of agreement.

    Parameters
    ----------
    name
        Name for people, such as ``"Krippendorff's alpha"``.
    value
        At most 1, which is perfect. None if it is not defined.
    low, high
        Interval over images. Without information, the full range of the measure. Never NaN.
    words
        The reason why there is no value, or a note about the interval. Empty without a note.
    """

    name: str
    value: float | None
    low: float
    high: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class AgreementMeasures:
    """The agreement between annotators.

    Parameters
    ----------
    images, annotators, answers
        Number of images with answers of two or more annotators, of these annotators, and of their answers.
    raw
        Probability that two annotators of an image agree, averaged over these images (Fleiss 1971). 0 to 1.
    positive
        Probability that another annotator answers yes if one does (Cicchetti and Feinstein 1990). 0 to 1.
    alpha
        Krippendorff's alpha for nominal data (Krippendorff 2018, *Content Analysis*, chapter 12): -1 to 1.
    ac1
        Gwet's AC1 (Gwet 2008, British Journal of Mathematical and Statistical Psychology 61): -1 to 1.
    """

    images: int
    annotators: int
    answers: int
    raw: Measure
    positive: Measure
    alpha: Measure
    ac1: Measure


def agreement_measures(
    image_ids: NDArray[np.int64],
    annotators: NDArray[np.integer[Any]],
    values: NDArray[np.int8],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> AgreementMeasures:
    """Measure the agreement of annotators on a random overlap (see the module).

    Unsure is an answer of its own. Images with one answer are used only for the agreement by chance of AC1, as defined
    by Gwet. Intervals are percentiles of resamples of the images with replacement (Efron 1979), from those resamples in
    which the measure is defined. If all annotators agree, resamples do not differ. Then the low end is the value with
    as many split images as the exact bound of Clopper and Pearson (1934) allows.

    Parameters
    ----------
    image_ids
        int64 (m,), one entry for each answer, in the order of the log, without repeats.
    annotators
        Integers (m,), a different number for each annotator. The last answer of an annotator to an image counts.
    values
        int8 (m,). `Label.YES`, `Label.NO` or `Label.UNSURE`.
    seed
        Seed of the resamples. The same arguments give the same intervals.
    resamples, confidence
        Number of resamples, at least 1, and confidence of the intervals, between 0 and 1.

    Returns
    -------
    AgreementMeasures
        A measure that is not defined has the value None and a reason: nothing to compare, no yes, or equal answers.

    Raises
    ------
    ParameterError
        If the arrays differ in length, hold another value, or a number is outside its range.
    """
    if resamples < 1 or not 0 < confidence < 1:
        raise ParameterError(
            f"resamples={resamples} and confidence={confidence} are not allowed. resamples must be at least 1, and "
            "confidence between 0 and 1, for example 1000 and 0.95."
        )
    _, tally = count_last_answers(image_ids, annotators, values)
    compared = tally.sum(axis=1) > 1
    patterns, frequencies = np.unique(tally, axis=0, return_counts=True)
    drawn = _resampled(frequencies, resamples, seed)
    people = np.unique(annotators[np.isin(image_ids, np.unique(image_ids)[compared])])

    def measure(name: str, formula: _Formula, lowest: float, undefined: str) -> Measure:
        if not compared.any():
            return Measure(name, None, lowest, 1.0, NOTHING)
        sample = float(formula(patterns, frequencies[None, :])[0])
        if np.isnan(sample):
            return Measure(name, None, lowest, 1.0, undefined)
        found = formula(patterns, drawn)
        return _with_interval(name, sample, found, lowest, confidence, formula, tally)

    alike = "All answers are the same. Agreement beyond chance can only be measured if answers differ."
    return AgreementMeasures(
        images=int(compared.sum()),
        annotators=len(people),
        answers=int(tally[compared].sum()),
        raw=measure("raw agreement", _raw, 0.0, NOTHING),
        positive=measure("agreement on positives", _positive, 0.0, "No image with answers of two people has a yes."),
        alpha=measure("Krippendorff's alpha", _alpha, -1.0, alike),
        ac1=measure("Gwet's AC1", _ac1, -1.0, alike),
    )


_Formula = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]]
"""A function of patterns int (u, 3) and their counts in samples (s, u). Returns the measure (s,) of each, or NaN.

A pattern is the number of yes, no and unsure answers to an image. Every measure is made of sums over images, and so of
sums over patterns.
"""


def _resampled(frequencies: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.int64]:
    """Resample all images with replacement, and return the count of each pattern, int64 (resamples, u)."""
    images = int(frequencies.sum())
    if not images:
        return np.zeros((resamples, 0), np.int64)
    return np.random.default_rng(seed).multinomial(images, frequencies / images, size=resamples)


def _with_interval(
    name: str,
    value: float,
    resampled: NDArray[np.float64],
    lowest: float,
    confidence: float,
    formula: _Formula,
    tally: NDArray[np.int64],
) -> Measure:
    """Return a measure with the interval of its resamples. Resamples without spread need a bound of another kind."""
    defined = resampled[~np.isnan(resampled)]
    if 2 * len(defined) < len(resampled):
        return Measure(name, value, lowest, 1.0, "Too few images contribute to this measure for an interval.")
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    if high - low > 1e-12:
        return Measure(name, value, max(min(low, value), lowest), min(max(high, value), 1.0))
    if value < 1 - 1e-12:
        return Measure(name, value, lowest, 1.0, "Too few images differ for an interval.")
    compared = tally[tally.sum(axis=1) > 1]
    agreed = clopper_pearson(len(compared), len(compared), confidence)[0]
    # Split images are added until the sample is this share of the whole.
    weights = np.append(np.full(len(compared), agreed), (1 - agreed) * len(compared))[None, :]
    worst = float(formula(np.vstack([compared, SPLIT_EVENLY]), weights)[0])
    words = "All agree. The low end allows for the split images that a sample of this size could miss."
    return Measure(name, value, max(lowest, min(worst, value)), 1.0, words)


def _raw(patterns: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    people = patterns.sum(axis=1)
    compared = people > 1
    same = (patterns * (patterns - 1)).sum(axis=1) / np.maximum(people * (people - 1), 1)
    return _ratio(counts @ (same * compared), counts @ compared)


def _positive(patterns: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    people, yes = patterns.sum(axis=1), patterns[:, 0]
    compared = people > 1
    return _ratio(counts @ (yes * (yes - 1) / np.maximum(people - 1, 1)), counts @ (yes * compared))


def _alpha(patterns: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    people = patterns.sum(axis=1)
    pairable = patterns * (people > 1)[:, None]
    answer_counts = counts @ pairable
    total = answer_counts.sum(axis=1)
    same = counts @ ((pairable * (pairable - 1)).sum(axis=1) / np.maximum(people - 1, 1))
    by_chance = _ratio((answer_counts * (answer_counts - 1)).sum(axis=1), total * (total - 1))
    return 1 - _ratio(1 - _ratio(same, total), 1 - by_chance)


def _ac1(patterns: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    # Only categories that occur count, at least two. An unused category would make agreement by chance look rarer.
    categories = max(int((patterns.sum(axis=0) > 0).sum()), 2)
    share = counts @ (patterns / patterns.sum(axis=1, keepdims=True)) / counts.sum(axis=1, keepdims=True)
    by_chance = (share * (1 - share)).sum(axis=1) / (categories - 1)
    agreed: NDArray[np.float64] = _ratio(_raw(patterns, counts) - by_chance, 1 - by_chance)
    return agreed


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Return the ratio, and NaN for a divisor of zero."""
    some = below > 1e-12
    ratio: NDArray[np.float64] = np.where(some, above / np.where(some, below, 1.0), np.nan)
    return ratio
