"""Precision of an audited set: an exact interval, and an exact bound "at least". Pure.

The precision is the share of yes, by the truth rule of the plan, among the images of a frozen set. It is estimated from
a simple random sample of the set, drawn without replacement. In a set of fewer than 2,000 images, or one drawn in full,
the sample is hypergeometric and both bounds use this (Buonaccorsi, The American Statistician 41, 1987). In larger sets
they are those of Clopper and Pearson (Biometrika 26, 1934), which are conservative for a finite set (Uhlmann, Metrika
10, 1966).

The interval has two sides with half of the risk each. The bound "at least" has one side with all of the risk. Each of
the two statements holds at the confidence. A claim about a release is the second one.

An image that was drawn and has no verdict yet counts as no for every lower end and as yes for every upper end. So an
unfinished audit gives a weak statement, but never a wrong one. Leaving out difficult images cannot make a release look
better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.errors import ParameterError
from pipeline.statistics.proportions import (
    clopper_pearson,
    hypergeometric,
    interval_of_set,
    lower_bound,
    lower_bound_of_set,
    most_below,
)

__all__ = [
    "FINITE",
    "PrecisionEstimate",
    "combined_precision",
    "p_value",
    "precision_of_set",
    "rounded_down",
    "rounded_up",
]

FINITE = 2_000
"""Sets of fewer images are treated as finite."""


@dataclass(frozen=True, slots=True)
class PrecisionEstimate:
    """The estimated precision of a set, with its bounds.

    Parameters
    ----------
    value
        Share of yes among the images with a verdict. None without a verdict.
    low, high
        Ends of the two-sided interval, from 0 to 1. ``low <= value <= high``.
    at_least
        One-sided lower bound, from 0 to 1, never below ``low``.
    yes, sampled
        Number of images with the verdict yes, and with a verdict.
    drawn
        Number of images of the sample, with a verdict or open.
    size
        Number of images of the set.
    method
        The method of the bounds, for people.
    confidence
        Confidence of the interval, and of "at least".
    words
        The figures as sentences.
    """

    value: float | None
    low: float
    high: float
    at_least: float
    yes: int
    sampled: int
    drawn: int
    size: int
    method: str
    confidence: float
    words: str


def precision_of_set(yes: int, no: int, open: int, size: int, confidence: float = 0.95) -> PrecisionEstimate:  # noqa: A002
    """Estimate the precision of a set from the verdicts on a simple random sample.

    Parameters
    ----------
    yes, no, open
        Number of images of the sample with the verdict yes, with the verdict not yes, and without one.
    size
        Number of images of the set, at least that of the sample.
    confidence
        Confidence of the bounds, between 0 and 1.

    Returns
    -------
    PrecisionEstimate
        For an empty set or an empty sample, no value and an interval from 0 to 1.

    Raises
    ------
    ParameterError
        If a number is negative, the sample is larger than the set, or the confidence is outside its range.
    """
    drawn = yes + no + open
    _check(yes, no, open, size, confidence)
    low, high, at_least = 0.0, 1.0, 0.0
    method = "hypergeometric" if _is_finite(drawn, size) else "Clopper-Pearson"
    if drawn and method == "hypergeometric":
        low, high = interval_of_set(yes, no, drawn, size, confidence)
        at_least = lower_bound_of_set(yes, drawn, size, confidence)
    elif drawn:
        low = clopper_pearson(yes, drawn, confidence)[0]
        high = clopper_pearson(yes + open, drawn, confidence)[1]
        at_least = lower_bound(yes, drawn, confidence)
    return PrecisionEstimate(
        value=yes / (yes + no) if yes + no else None,
        low=low,
        high=high,
        at_least=at_least,
        yes=yes,
        sampled=yes + no,
        drawn=drawn,
        size=size,
        method=method,
        confidence=confidence,
        words=_words(yes, no, open, size, low, high, at_least, confidence),
    )


def combined_precision(estimate: PrecisionEstimate, settled_positive: int, *, left_out: int = 0) -> PrecisionEstimate:
    """Return the precision of a whole released positive set, including the images that people settled.

    Assumes that every image that people settled as positive is right, because the audit does not check these. An
    automatic positive that could not be drawn counts as wrong for the lower ends and as right for the upper end.

    Parameters
    ----------
    estimate
        Precision of the automatic positives that could be drawn.
    settled_positive
        Number of positives that people settled.
    left_out
        Number of automatic positives that could not be drawn: images of training, validation or certification, and
        their near-duplicates.

    Returns
    -------
    PrecisionEstimate
        ``size`` counts all released positives. The other counts are those of the audit. The value assumes the same
        precision for the images left out as for the audited ones.

    Raises
    ------
    ParameterError
        If a number is negative.
    """
    if settled_positive < 0 or left_out < 0:
        raise ParameterError(
            f"settled_positive={settled_positive} and left_out={left_out} are not allowed. Both must be 0 or more."
        )
    size = estimate.size + settled_positive + left_out
    automatic = estimate.size + left_out

    def whole(share: float, others: float) -> float:
        return (share * estimate.size + others * left_out + settled_positive) / size

    if not size:
        return precision_of_set(0, 0, 0, 0, estimate.confidence)
    value = 1.0 if not automatic else estimate.value
    if automatic and value is not None:
        value = whole(value, value)
    # Rounding may make the sum slightly larger than 1.
    low, high, at_least = (
        min(whole(share, others), 1.0)
        for share, others in ((estimate.low, 0.0), (estimate.high, 1.0), (estimate.at_least, 0.0))
    )
    aside = f", {left_out:,} that could not be drawn" if left_out else ""
    return PrecisionEstimate(
        value=value,
        low=low,
        high=high,
        at_least=at_least,
        yes=estimate.yes,
        sampled=estimate.sampled,
        drawn=estimate.drawn,
        size=size,
        method=f"{estimate.method}; what people settled is taken as right",
        confidence=estimate.confidence,
        words=(
            f"Of all {size:,} released positives, {rounded_down(low)} to {rounded_up(high)} are yes, and at least "
            f"{rounded_down(at_least)}, each at a confidence of {estimate.confidence:g}. This takes the "
            f"{settled_positive:,} settled by people as right, which the audit did not look at; the others are "
            f"{estimate.size:,} that were open to its draw{aside}."
        ),
    )


def p_value(yes: int, drawn: int, size: int, target: float) -> float:
    """Return the p-value of the answers: the chance of at least as many yes if the precision is below the target.

    It is at most ``1 - confidence`` exactly if ``at_least`` of `precision_of_set` reaches the target.

    Parameters
    ----------
    yes, drawn, size
        Number of images with the verdict yes, in the sample, and in the set: 0 <= yes <= drawn <= size. An open image
        is no yes.
    target
        Target precision, above 0 and at most 1.

    Returns
    -------
    float
        From 0 to 1. 1 without a sample.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """
    if not (0 <= yes <= drawn <= size and 0 < target <= 1):
        raise ParameterError(
            f"yes={yes}, drawn={drawn}, size={size} and target={target} are not allowed. They must be "
            "0 <= yes <= drawn <= size, and target must be above 0 and at most 1."
        )
    if not yes:
        return 1.0
    if _is_finite(drawn, size):
        return min(float(hypergeometric(size, most_below(target, size), drawn)[yes:].sum()), 1.0)
    from scipy.special import bdtrc

    return float(bdtrc(yes - 1, drawn, target))


def rounded_down(share: float) -> str:
    """Format a lower end, rounded down, so that the text never claims too much: 0.8996 is "89.9%"."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:.1f}%"


def rounded_up(share: float) -> str:
    """Format an upper end, rounded up, so that the text never claims too much: 0.9001 is "90.1%"."""
    return f"{math.ceil(share * 1000 - 1e-9) / 10:.1f}%"


def _is_finite(drawn: int, size: int) -> bool:
    return size < FINITE or drawn == size


def _words(
    yes: int, no: int, waiting: int, size: int, low: float, high: float, at_least: float, confidence: float
) -> str:
    if not size:
        return "The set is empty: there is nothing to say of its precision."
    if not yes + no:
        how = f"none of the {waiting:,} images drawn has a verdict" if waiting else "no image was drawn"
        return f"Nothing can be said yet: {how}, so the precision lies anywhere from 0% to 100%."
    sentence = (
        f"{yes:,} of {yes + no:,} images with a verdict are yes ({yes / (yes + no):.1%}). Of the {size:,} images of "
        f"the set {rounded_down(low)} to {rounded_up(high)} are yes, and at least {rounded_down(at_least)}, each at a "
        f"confidence of {confidence:g}."
    )
    if not waiting:
        return sentence
    one = "1 image drawn is" if waiting == 1 else f"{waiting:,} images drawn are"
    return f"{sentence} {one} still open, counted as no for the lower ends and as yes for the upper one."


def _check(yes: int, no: int, waiting: int, size: int, confidence: float) -> None:
    if min(yes, no, waiting, size) < 0 or yes + no + waiting > size:
        raise ParameterError(
            f"yes={yes}, no={no} and open={waiting} are not allowed with size={size}. They must be 0 or more, and "
            "their sum must be at most size."
        )
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence={confidence} is not allowed. It must be between 0 and 1, for example 0.95.")
