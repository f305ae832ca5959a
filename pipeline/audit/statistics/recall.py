"""Recall, the share of all positives that the release contains, and the share of yes among its negatives. Pure.

There are two kinds of statement. The lower bound of recall and the upper bound of the false-omission rate assume
nothing about the scores. Both hold together, at the confidence, for every collection. If yes is rare they are weak,
because any image that was not checked may be a missed positive. The interval is narrow but needs an assumption: within
each band of scores, the calibrated scores are right on average, up to one factor that is estimated from the answers. A
test compares answers and scores. If they contradict each other, the sentence says so, and the interval should not be
used.

Both statements are about the images that could be drawn and the images that people settled as positive. The latter
count as found and right. Images that are unsure in the release are neither found nor missed.

Recall is found / (found + missed). Its lower bound combines an exact bound on the found images (hypergeometric) and one
on the missed images (`pipeline.audit.statistics.missed_positives_bound`), which share the risk. The interval combines
the intervals of both on the scale of the logarithm of their ratio, which keeps the skew of each (method of variance
estimates recovery; Donner and Zou 2012, Statistical Methods in Medical Research 21).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pipeline.audit.statistics.missed_positives import (
    MissedByScores,
    NegativeAnswers,
    agreement_with_scores,
    missed_by_scores,
)
from pipeline.audit.statistics.missed_positives_bound import most_missed
from pipeline.audit.statistics.precision import rounded_down, rounded_up
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import interval_of_set, lower_bound_of_set

__all__ = ["FalseOmission", "PositiveAnswers", "RecallEstimate", "estimate_recall"]

RISK_OF_FOUND = 0.2  # share of the risk for the bound on the found images, which are known much better
CONTRADICTION = 0.01  # how often correct scores may be called wrong


@dataclass(frozen=True, slots=True)
class PositiveAnswers:
    """Counts of the questions and answers of the positive set.

    Parameters
    ----------
    size, drawn, answered, yes
        Number of images that could be drawn, that were drawn, that have a verdict, and that have the verdict yes.
    settled
        Number of images that people settled as positive before. They count as found.

    Raises
    ------
    ParameterError
        Unless 0 <= yes <= answered <= drawn <= size and settled >= 0.
    """

    size: int
    drawn: int
    answered: int
    yes: int
    settled: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.yes <= self.answered <= self.drawn <= self.size and self.settled >= 0):
            raise ParameterError(
                f"yes={self.yes}, answered={self.answered}, drawn={self.drawn}, size={self.size} and "
                f"settled={self.settled} are not allowed. They must be 0 <= yes <= answered <= drawn <= size, and "
                "settled must be 0 or more."
            )


@dataclass(frozen=True, slots=True)
class FalseOmission:
    """Share of yes among the images of the negative set that could be drawn.

    Parameters
    ----------
    value
        Estimate that assumes calibrated scores. None without answers.
    low, high
        Interval that assumes calibrated scores.
    high_free
        Upper bound that assumes nothing about the scores.
    """

    value: float | None
    low: float
    high: float
    high_free: float


@dataclass(frozen=True, slots=True)
class RecallEstimate:
    """Recall and false-omission rate.

    Parameters
    ----------
    value
        Estimate that assumes calibrated scores. None without answers, or without any yes.
    low_free
        Lower bound that assumes nothing about the scores. Holds together with ``false_omission.high_free``.
    model_low, model_high
        Interval that assumes calibrated scores. From 0 to 1 without answers.
    false_omission
        False-omission rate of the negative set.
    missed_found, missed_expected
        Number of missed positives among the answered images, and the number that the scores predict.
    p_value
        P-value of the hypothesis that the scores are calibrated.
    contradicted
        Whether the p-value is so small that the interval should not be used.
    words
        The figures as sentences.
    assumption
        The assumption of the interval as a sentence.
    """

    value: float | None
    low_free: float
    model_low: float
    model_high: float
    false_omission: FalseOmission
    missed_found: int
    missed_expected: float
    p_value: float
    contradicted: bool
    words: str
    assumption: str


def estimate_recall(
    positives: PositiveAnswers, negatives: NegativeAnswers, *, confidence: float = 0.95
) -> RecallEstimate:
    """Estimate recall and false-omission rate from the answers of an audit.

    For the bounds that assume nothing, an image that was drawn and has no verdict counts as not yes if it is positive,
    and as missed if it is negative. The interval leaves these images out.

    Parameters
    ----------
    positives, negatives
        Counts of the two sets.
    confidence
        Confidence of the bounds and of the interval, between 0 and 1.

    Returns
    -------
    RecallEstimate
        ``model_low <= value <= model_high``. A function of the arguments alone.

    Raises
    ------
    ParameterError
        If the confidence is outside its range.
    """
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
    least_found, most = _free(positives, negatives, confidence)
    missed = missed_by_scores(negatives, confidence)
    value, low, high = _recall(_found(positives, confidence), missed)
    p_value = agreement_with_scores(negatives)
    size = int(negatives.sizes.sum())
    estimate = RecallEstimate(
        value=value,
        low_free=least_found / (least_found + most) if least_found else 0.0,
        model_low=low,
        model_high=high,
        false_omission=_false_omission(missed, most, size),
        missed_found=int(negatives.missed.sum()),
        missed_expected=float(negatives.expected_answered.sum()),
        p_value=p_value,
        contradicted=p_value < CONTRADICTION,
        words="",
        assumption=_assumption(missed, positives, negatives),
    )
    return replace(estimate, words=_words(estimate, confidence))


def _free(positives: PositiveAnswers, negatives: NegativeAnswers, confidence: float) -> tuple[int, int]:
    """Return a lower bound of the images found and an upper bound of the images missed. Both hold at the confidence."""
    risk = 1 - confidence
    found_sampled = 0 < positives.drawn < positives.size
    missed_sampled = bool(((negatives.drawn > 0) & (negatives.drawn < negatives.sizes)).any())
    # A set that was drawn in full, or not at all, needs no risk. This depends only on the draw.
    of_found = RISK_OF_FOUND * risk if missed_sampled else risk
    of_missed = (1 - RISK_OF_FOUND) * risk if found_sampled else risk
    found = 0
    if positives.drawn:
        share = lower_bound_of_set(positives.yes, positives.drawn, positives.size, 1 - of_found)
        found = round(share * positives.size)
    return positives.settled + found, most_missed(negatives, 1 - of_missed)


def _found(positives: PositiveAnswers, confidence: float) -> tuple[float | None, float, float]:
    """Estimate the images found, with an exact interval. Images without a verdict are left out."""
    settled, size, answered, yes = positives.settled, positives.size, positives.answered, positives.yes
    if not answered:
        return (float(settled) if not size else None), float(settled), float(settled + size)
    low, high = interval_of_set(yes, answered - yes, answered, size, confidence)
    return settled + size * yes / answered, settled + low * size, settled + high * size


def _recall(found: tuple[float | None, float, float], missed: MissedByScores) -> tuple[float | None, float, float]:
    value, least, most = found
    # These ends follow from the two intervals alone. They hold for any value.
    low = least / (least + missed.high) if least else 0.0
    high = most / (most + missed.low) if most else 1.0
    if value is None or missed.value is None or not value + missed.value:
        return None, low, high
    if value and missed.value:
        ratio = math.log(value / missed.value)
        down = math.hypot(math.log(value / least), math.log(missed.high / missed.value)) if least else math.inf
        up = math.hypot(math.log(most / value), math.log(missed.value / missed.low)) if missed.low else math.inf
        low, high = _share(ratio - down), _share(ratio + up)
    middle = value / (value + missed.value)
    return middle, min(low, middle), max(high, middle)


def _share(log_ratio: float) -> float:
    """Return r / (1 + r) for the logarithm of r."""
    return 1 / (1 + math.exp(-log_ratio)) if log_ratio > -700 else 0.0


def _false_omission(missed: MissedByScores, most: int, size: int) -> FalseOmission:
    if not size:
        return FalseOmission(None, 0.0, 1.0, 1.0)
    value = None if missed.value is None else missed.value / size
    return FalseOmission(value, missed.low / size, missed.high / size, most / size)


def _assumption(missed: MissedByScores, positives: PositiveAnswers, negatives: NegativeAnswers) -> str:
    waiting = positives.drawn - positives.answered + int((negatives.drawn - negatives.answered).sum())
    bands = "the negative set" if missed.bands <= 1 else f"each of {missed.bands} bands of scores"
    left_out = ""
    if waiting:
        left_out = f" The {waiting:,} drawn without a verdict are left out, as if they were like the others."
    return (
        f"Within {bands}, the calibrated scores are right on average, up to a factor that the answers give.{left_out}"
    )


def _words(estimate: RecallEstimate, confidence: float) -> str:
    omission = estimate.false_omission
    bounds = (
        f"Recall is at least {rounded_down(estimate.low_free)}, and at most {rounded_up(omission.high_free)} of the "
        f"negatives are yes, whatever the scores are worth, both at a confidence of {confidence:g}."
    )
    if estimate.value is None:
        return f"{bounds} More cannot be said: one of the two sets has no verdict, or there is no yes at all."
    one = "miss was" if estimate.missed_found == 1 else "misses were"
    counted = (
        f"{estimate.missed_found:,} {one} found among the negatives asked where the scores expect "
        f"{estimate.missed_expected:.1f}"
    )
    if estimate.contradicted:
        return (
            f"{bounds} The scores contradict the answers: rely on the lower bound. {counted}. Were the scores "
            "right, so many, so few or so many at low scores would come of chance in less than 1 audit of 100."
        )
    omitted = "" if omission.value is None else (
        f", and {omission.value:.2%} of the negatives are yes ({omission.low:.2%} to {omission.high:.2%})"
    )  # fmt: skip
    return (
        f"{bounds} If the calibrated scores are right within bands, recall is {estimate.value:.1%} "
        f"({rounded_down(estimate.model_low)} to {rounded_up(estimate.model_high)}){omitted}. {counted}."
    )
