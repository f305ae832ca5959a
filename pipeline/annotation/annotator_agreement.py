"""How much annotators agree beyond chance, in four figures with intervals. Pure.

They are computed on a random overlap: images drawn by chance (uniform validation draws, audit draws) that two people or
more answered. Never on the queue of a round: what is asked there is hard by choice, and which images go to a second
person depends on what the first one said, so that agreement there says how hard the questions are and not how well
people agree on the collection.

One figure alone misleads. Where nearly all images are a no, people agree on almost everything by saying no, and figures
corrected for chance collapse: 67.5 % agreement with a kappa of 0.02 (Zec et al. 2017, PMC7222679). So raw agreement,
agreement on the positives, Krippendorff's alpha and Gwet's AC1 stand side by side.
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
NOTHING = "No image was answered by two people: there is nothing to compare."
SPLIT_EVENLY = np.array([[1, 1, 0]])


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of agreement.

    Parameters
    ----------
    name
        For people, e.g. ``"Krippendorff's alpha"``.
    value
        At most 1, which is perfect; None where it is not defined.
    low, high
        Interval over images, as wide as the figure can be where nothing is known; never NaN.
    words
        Why there is no value, or what the interval rests on; empty where there is nothing to say.
    """

    name: str
    value: float | None
    low: float
    high: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class AgreementMeasures:
    """How much people agree.

    Parameters
    ----------
    images, annotators, answers
        Images that two people or more answered, people who did, and their answers to these.
    raw
        Chance that two of an image's people say the same, averaged over these images (Fleiss 1971): 0 to 1.
    positive
        Chance that another person says yes, given that one did (Cicchetti and Feinstein 1990): 0 to 1.
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
    """Measure how much annotators agree on a random overlap, see the module's text for which images that is.

    Unsure is an answer of its own. Images that one person answered count for what is expected by chance in AC1 alone,
    as Gwet has it. Intervals come from resampling images with replacement, percentiles of the resamples in which the
    figure is defined (Efron 1979). Where all agree, resampling sees no spread: then the low end is what the figure
    would be if as many images were split as the exact bound of Clopper and Pearson (1934) still allows.

    Parameters
    ----------
    image_ids
        int64 (m,), one entry an answer, in the order of the log; planted repeats left out.
    annotators
        Integers (m,), any number that tells annotators apart. Of several answers of one person to one image the last
        counts.
    values
        int8 (m,): `Label.YES`, `Label.NO` or `Label.UNSURE`.
    seed
        Of the resamples; the same arguments give the same intervals.
    resamples, confidence
        How many, and of the intervals, in (0, 1).

    Returns
    -------
    AgreementMeasures
        With value None and words where a figure is not defined: nothing to compare, no yes, all answers alike.

    Raises
    ------
    ParameterError
        If the arrays differ in length, hold another value, or a number is outside its range.
    """
    if resamples < 1 or not 0 < confidence < 1:
        raise ParameterError(
            f"{resamples} resamples at a confidence of {confidence} were given; at least 1 and a confidence between 0 "
            "and 1 are allowed. Give 1000 and 0.95."
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

    alike = "All answers are the same: agreement beyond chance shows only where answers differ."
    return AgreementMeasures(
        images=int(compared.sum()),
        annotators=len(people),
        answers=int(tally[compared].sum()),
        raw=measure("raw agreement", _raw, 0.0, NOTHING),
        positive=measure("agreement on positives", _positive, 0.0, "Nobody said yes to an image that two people saw."),
        alpha=measure("Krippendorff's alpha", _alpha, -1.0, alike),
        ac1=measure("Gwet's AC1", _ac1, -1.0, alike),
    )


_Formula = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]]
"""Patterns int (u, 3), how many images of a sample have each, (s, 3): the figure of each sample (s,), NaN: undefined.

A pattern is how many people said yes, no and unsure; every figure is made of sums over images, that is over patterns.
"""


def _resampled(frequencies: NDArray[np.int64], resamples: int, seed: int) -> NDArray[np.int64]:
    """Draw as many images again as there are, with replacement: how many have each pattern, int64 (resamples, u)."""
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
    """Put the interval of the resamples around a value; one without spread says nothing of what was not seen."""
    defined = resampled[~np.isnan(resampled)]
    if 2 * len(defined) < len(resampled):
        return Measure(name, value, lowest, 1.0, "Too few images decide this figure for an interval.")
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    if high - low > 1e-12:
        return Measure(name, value, max(min(low, value), lowest), min(max(high, value), 1.0))
    if value < 1 - 1e-12:
        return Measure(name, value, lowest, 1.0, "Too few images differ for an interval.")
    compared = tally[tally.sum(axis=1) > 1]
    agreed = clopper_pearson(len(compared), len(compared), confidence)[0]
    # As many split images beside the sample that it is that share of the whole.
    weights = np.append(np.full(len(compared), agreed), (1 - agreed) * len(compared))[None, :]
    worst = float(formula(np.vstack([compared, SPLIT_EVENLY]), weights)[0])
    words = "All agree; the low end allows for as many split images as so few can hide."
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
    said = counts @ pairable
    total = said.sum(axis=1)
    same = counts @ ((pairable * (pairable - 1)).sum(axis=1) / np.maximum(people - 1, 1))
    by_chance = _ratio((said * (said - 1)).sum(axis=1), total * (total - 1))
    return 1 - _ratio(1 - _ratio(same, total), 1 - by_chance)


def _ac1(patterns: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    # As many categories as occur, two at least: one that nobody used would make agreement by chance look rarer.
    categories = max(int((patterns.sum(axis=0) > 0).sum()), 2)
    share = counts @ (patterns / patterns.sum(axis=1, keepdims=True)) / counts.sum(axis=1, keepdims=True)
    by_chance = (share * (1 - share)).sum(axis=1) / (categories - 1)
    agreed: NDArray[np.float64] = _ratio(_raw(patterns, counts) - by_chance, 1 - by_chance)
    return agreed


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide; NaN where there is nothing to divide by."""
    some = below > 1e-12
    ratio: NDArray[np.float64] = np.where(some, above / np.where(some, below, 1.0), np.nan)
    return ratio
