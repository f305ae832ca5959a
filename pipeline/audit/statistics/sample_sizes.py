"""What a number of audited images can show, and how many a statement takes: computed before anything is drawn. Pure.

A fixed plan certifies a target if its exact one-sided bound reaches it (`pipeline.audit.statistics.precision`). How
likely that is at a given true precision, the power, is a sum of exact chances: binomial, and hypergeometric in a set of
fewer than 2,000 images. Sizes are given in steps of five images, for power does not rise evenly: each further image may
be one more that has to be a yes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.statistics.precision import FINITE, PrecisionEstimate, precision_of_set, rounded_down
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import fewest_yes, hypergeometric, most_below

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "TRUTHS",
    "AnHour",
    "ImagesNeeded",
    "chance_to_certify",
    "images_needed",
    "what_an_hour_buys",
]

TRUTHS = (0.92, 0.93, 0.95, 0.97, 0.98)
"""True precisions to show prices for, with a target of 0.9."""
STEP = 5
MOST_IMAGES = 1_000_000
HOUR = 3600


@dataclass(frozen=True, slots=True)
class ImagesNeeded:
    """How many images certify a target, if the truth is as supposed.

    Parameters
    ----------
    target, truth
        Precision to be shown, and the true one that is supposed.
    images
        Of the positive set to be asked; all of it where fewer would not do; 0 of an empty one.
    errors_allowed
        How many of them may be not yes; -1 where no answers would certify.
    power
        Chance that it succeeds, from 0 to 1.
    words
        All that for people.
    """

    target: float
    truth: float
    images: int
    errors_allowed: int
    power: float
    words: str


@dataclass(frozen=True, slots=True)
class AnHour:
    """What one more hour of answers would buy, at the same rate of yes.

    Parameters
    ----------
    images
        More images with a verdict.
    at_least_now, at_least_then
        The bound before and after.
    words
        All that for people.
    """

    images: int
    at_least_now: float
    at_least_then: float
    words: str


def images_needed(
    target: float,
    truth: float,
    *,
    power: float = 0.8,
    confidence: float = 0.95,
    size: int | None = None,
    jointly: int = 1,
) -> ImagesNeeded:
    """Return the number of images of the positive set that certify a target, if the precision is as expected.

    Parameters
    ----------
    target, truth
        Precision to be shown, in (0, 1), and the true one that is supposed, above it and at most 1.
    power
        Wanted chance of success, in (0, 1).
    confidence
        Of the certificate, in (0, 1).
    size
        Images of the set; without it, a large one.
    jointly
        Number of attributes to be shown jointly: each is then tested at a risk of ``(1 - confidence) / jointly``
        (Bonferroni).

    Returns
    -------
    ImagesNeeded
        The smallest multiple of five that reaches the power, or all images of the set.

    Raises
    ------
    ParameterError
        For numbers outside that, or a truth so near the target that a million images would not do.
    """
    _check(target, truth, power, confidence, size, jointly)
    risk = (1 - confidence) / jointly
    if size == 0:
        return ImagesNeeded(target, truth, 0, -1, 0.0, "The set is empty: nothing of it can be certified.")
    images = (
        _needed_of_set(target, truth, power, risk, size)
        if size is not None and size < FINITE
        else _needed(target, truth, power, risk, size)
    )
    errors, reached = _power(images, target, truth, risk, size)
    return ImagesNeeded(target, truth, images, errors, reached, _words(target, truth, images, errors, reached, size))


def chance_to_certify(
    images: int, target: float, truth: float, *, confidence: float = 0.95, size: int | None = None, jointly: int = 1
) -> float:
    """Return the chance that this number of images certifies a target, if the precision is as expected.

    Parameters
    ----------
    images
        Images of the set to be asked, 0 or more, at most all.
    target, truth, confidence, size, jointly
        As for `images_needed`.

    Returns
    -------
    float
        From 0 to 1; exact.

    Raises
    ------
    ParameterError
        As for `images_needed`, and for more images than the set has.
    """
    _check(target, truth, 0.8, confidence, size, jointly)
    if images < 0 or (size is not None and images > size):
        raise ParameterError(
            f"{images} images of a set of {'any number' if size is None else size} were to be asked. Ask for 0 or "
            "more, and for no more than there are."
        )
    return _power(images, target, truth, (1 - confidence) / jointly, size)[1] if images else 0.0


def what_an_hour_buys(
    estimate: PrecisionEstimate, seconds_per_answer: float, opinions: float = 1.0, *, more_may_be_drawn: bool = True
) -> AnHour:
    """Return how the bound "at least" would change with one more hour of answers at the same rate of yes.

    Images that are drawn and open come first. An estimate of what is to be expected, no promise.

    Parameters
    ----------
    estimate
        As it stands.
    seconds_per_answer
        Of one person for one image, above 0.
    opinions
        Answers that an image takes on average, 1 or more.
    more_may_be_drawn
        Whether images beyond the sample count, too. In a fixed plan these need a plan of their own.

    Returns
    -------
    AnHour
        With no image left to ask, or no rate to go by, the bound stays.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    if not (0 < seconds_per_answer < math.inf and 1 <= opinions < math.inf):
        raise ParameterError(
            f"{seconds_per_answer} seconds an answer and {opinions} answers an image were given. Give a time above 0 "
            "and at least 1 answer."
        )
    left = (estimate.size if more_may_be_drawn else estimate.drawn) - estimate.sampled
    images = min(int(HOUR / (seconds_per_answer * opinions)), left)
    if estimate.value is None or images <= 0:
        why = "there is no rate of yes to go by yet" if left > 0 else "no image is left to ask"
        words = f"What one more hour would buy cannot be said: {why}."
        return AnHour(max(images, 0), estimate.at_least, estimate.at_least, words)
    more_yes = round(estimate.value * images)
    drawn = max(estimate.drawn, estimate.sampled + images)
    yes = estimate.yes + more_yes
    no = estimate.sampled + images - yes
    then = precision_of_set(yes, no, drawn - yes - no, estimate.size, estimate.confidence).at_least
    own = drawn > estimate.drawn
    return AnHour(
        images,
        estimate.at_least,
        then,
        f"One more hour is about {images:,} images. If {estimate.value:.1%} of them are yes, as so far, at least "
        f"{rounded_down(then)} would be shown instead of {rounded_down(estimate.at_least)}."
        + (" A fixed plan ends with its own images: more of them are a new plan, with a new draw." if own else ""),
    )


def _needed(target: float, truth: float, power: float, risk: float, size: int | None) -> int:
    """Return the multiple of five that reaches the power by binomial chances."""
    from scipy.special import ndtri

    spread = -ndtri(risk) * math.sqrt(target * (1 - target)) + ndtri(power) * math.sqrt(truth * (1 - truth))
    normal = (max(spread, 0.0) / (truth - target)) ** 2
    if size is not None and normal > 1.2 * size + 200:
        return size
    if normal > MOST_IMAGES:
        raise ParameterError(
            f"A truth of {truth} is so near the target of {target} that {normal:.2g} images would be needed. Suppose a "
            "better one, or lower the target."
        )
    # The normal approximation finds the neighbourhood; steps of one error are 1 / (truth - target) images.
    around = 3 / (truth - target) + 0.005 * normal + 200
    start = 1 if normal < 20_000 else int(normal - around) // STEP
    end = int(normal + around) // STEP
    while True:
        counts = STEP * np.arange(start, end + 1)
        reaching = np.flatnonzero(_powers(counts, target, truth, risk)[1] >= power)
        if len(reaching):
            images = int(counts[reaching[0]])
            return images if size is None else min(images, size)
        start, end = end + 1, end + int(around)


def _powers(
    counts: NDArray[np.int64], target: float, truth: float, risk: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each number of images the errors allowed, -1 for none, and the power, by binomial chances."""
    from scipy.special import bdtr, ndtri

    def fewer(errors: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
        chances = bdtr(np.maximum(errors, 0).astype(np.float64), counts, rate)
        return np.asarray(np.where(errors < 0, 0.0, chances), np.float64)

    rate = 1 - target
    guess = counts * rate + ndtri(risk) * np.sqrt(counts * rate * target)
    errors = np.clip(guess.astype(np.int64), -1, counts - 1)
    while (many := fewer(errors, rate) > risk).any():
        errors[many] -= 1
    while (few := (errors + 1 < counts) & (fewer(errors + 1, rate) <= risk)).any():
        errors[few] += 1
    return errors, fewer(errors, 1 - truth)


def _needed_of_set(target: float, truth: float, power: float, risk: float, size: int) -> int:
    for images in range(STEP, size, STEP):
        if _power(images, target, truth, risk, size)[1] >= power:
            return images
    return size


def _power(images: int, target: float, truth: float, risk: float, size: int | None) -> tuple[int, float]:
    """Return the errors allowed and the power, by the chances that go with the size of the set."""
    if size is None or (size >= FINITE and images < size):
        errors, powers = _powers(np.array([images]), target, truth, risk)
        return int(errors[0]), float(powers[0])
    least = fewest_yes(images, size, target, 1 - risk)
    yes = min(max(round(truth * size), most_below(target, size) + 1), size)
    return images - least, min(float(hypergeometric(size, yes, images)[least:].sum()), 1.0)


def _words(target: float, truth: float, images: int, errors: int, power: float, size: int | None) -> str:
    asked = f"all {images:,} images of the set" if images == size else f"{images:,} images"
    may = "none of them" if errors == 0 else f"at most {errors:,} of them"
    return (
        f"To certify {100 * target:.6g}% when the truth is {100 * truth:.6g}%: {asked}, {may} not yes. It then "
        f"succeeds with a chance of {power:.0%}."
    )


def _check(target: float, truth: float, power: float, confidence: float, size: int | None, jointly: int) -> None:
    if not (0 < target < 1 and 0 < power < 1 and 0 < confidence < 1 and jointly >= 1 and (size is None or size >= 0)):
        raise ParameterError(
            f"A target of {target}, a power of {power}, a confidence of {confidence}, {jointly} attributes and a size "
            f"of {size} were given. The first three lie between 0 and 1, attributes are at least 1, a size is not "
            "negative. Take for example 0.9, 0.8 and 0.95."
        )
    if not target < truth <= 1:
        raise ParameterError(
            f"A truth of {truth} was supposed for a target of {target}; only a better precision than the target can be "
            "certified. Suppose one above it, at most 1, or lower the target."
        )
