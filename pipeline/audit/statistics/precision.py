"""Precision of an audited set: an exact interval, and an exact bound "at least". Pure.

Estimated is the share of yes, under the stated truth rule, among the images of a frozen set, given a simple random
sample of it drawn without replacement. In a set of fewer than 2,000 images, or one drawn in full, the sample is
hypergeometric and both bounds allow for that (Buonaccorsi, The American Statistician 41, 1987); in larger ones they are
those of Clopper and Pearson (Biometrika 26, 1934), which the finite set makes only safer (Uhlmann, Metrika 10, 1966).

The interval has two sides of half the risk each; "at least" is one side with all of it. They are two statements: each
holds at the confidence, and a claim of a release is the second.

An image that was drawn and has no verdict yet counts as no for every lower end and as yes for every upper end. What an
audit says half-way is then weak, and never wrong: leaving out what is hard to answer cannot make a release look better.
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
    """What the answers say of the precision of a set.

    Parameters
    ----------
    value
        Share of yes among the images with a verdict; None without any.
    low, high
        Ends of the two-sided interval, from 0 to 1. ``low <= value <= high``.
    at_least
        One-sided lower bound, from 0 to 1, never below ``low``.
    yes, sampled
        Images with the verdict yes, and images with a verdict.
    drawn
        Images of the sample, with a verdict or open.
    size
        Images of the set.
    method
        By which the ends were found, for people.
    confidence
        Of the interval, and of "at least".
    words
        All that for people.
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
        Images of the sample with the verdict yes, with the verdict not yes, and without one.
    size
        Images of the set; the sample is no larger.
    confidence
        In (0, 1).

    Returns
    -------
    PrecisionEstimate
        Of an empty set, or without a sample, the interval from 0 to 1 and no value.

    Raises
    ------
    ParameterError
        For numbers outside that.
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
    """Return the precision of a whole released positive set, what people settled included.

    Assumes that every image that people settled as positive is right; the audit says nothing of them. An automatic
    positive that could not be drawn counts as wrong for the lower ends and as right for the upper one.

    Parameters
    ----------
    estimate
        Of the automatic positives that could be drawn.
    settled_positive
        Positives that people settled.
    left_out
        Automatic positives that could not be drawn, being in training, validation or certification, or a duplicate of
        such an image.

    Returns
    -------
    PrecisionEstimate
        Of all of them: ``size`` is their sum, the counts are those of the audit. The value takes those left out to be
        like the others.

    Raises
    ------
    ParameterError
        For negative numbers.
    """
    if settled_positive < 0 or left_out < 0:
        raise ParameterError(
            f"{settled_positive} settled positives and {left_out} left out were given; numbers of images start at 0."
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
    # Rounding may put the sum a last digit above 1.
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
    """Return the chance of so many yes or more, were the precision of the set just below the target.

    At most ``1 - confidence`` exactly where ``at_least`` of `precision_of_set` reaches the target.

    Parameters
    ----------
    yes, drawn, size
        0 <= yes <= drawn <= size; an open image is no yes.
    target
        In (0, 1].

    Returns
    -------
    float
        From 0 to 1; 1 without a sample.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    if not (0 <= yes <= drawn <= size and 0 < target <= 1):
        raise ParameterError(
            f"{yes} yes of {drawn} drawn of {size} at a target of {target} were given. Give 0 to n of a sample of n, "
            "no larger than its set, and a target above 0 and at most 1."
        )
    if not yes:
        return 1.0
    if _is_finite(drawn, size):
        return min(float(hypergeometric(size, most_below(target, size), drawn)[yes:].sum()), 1.0)
    from scipy.special import bdtrc

    return float(bdtrc(yes - 1, drawn, target))


def rounded_down(share: float) -> str:
    """Write a lower end, such that the words never claim more than it: 0.8996 is "89.9%"."""
    return f"{math.floor(share * 1000 + 1e-9) / 10:.1f}%"


def rounded_up(share: float) -> str:
    """Write an upper end, such that the words never claim more than it: 0.9001 is "90.1%"."""
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
    said = (
        f"{yes:,} of {yes + no:,} images with a verdict are yes ({yes / (yes + no):.1%}). Of the {size:,} images of "
        f"the set {rounded_down(low)} to {rounded_up(high)} are yes, and at least {rounded_down(at_least)}, each at a "
        f"confidence of {confidence:g}."
    )
    if not waiting:
        return said
    one = "1 image drawn is" if waiting == 1 else f"{waiting:,} images drawn are"
    return f"{said} {one} still open, counted as no for the lower ends and as yes for the upper one."


def _check(yes: int, no: int, waiting: int, size: int, confidence: float) -> None:
    if min(yes, no, waiting, size) < 0 or yes + no + waiting > size or not 0 < confidence < 1:
        raise ParameterError(
            f"{yes} yes, {no} no and {waiting} open of a set of {size} at a confidence of {confidence} were given. "
            "Give counts from 0 on, together no more than the set, and a confidence between 0 and 1."
        )
