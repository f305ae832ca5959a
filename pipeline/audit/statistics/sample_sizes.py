"""The number of images that an audit needs, and the chance that it succeeds, computed before the draw. Pure.

A fixed plan certifies a target if its exact one-sided bound reaches it (`pipeline.audit.statistics.precision`). The
power is the probability of this at a given true precision. It is a sum of exact probabilities: binomial, or
hypergeometric in a set of fewer than 2,000 images. Sizes are multiples of five images, because power does not rise
evenly: with one more image, the number of yes that are needed may rise, too.
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
"""True precisions for which sizes are shown, with a target of 0.9."""
STEP = 5
MOST_IMAGES = 1_000_000
HOUR = 3600


@dataclass(frozen=True, slots=True)
class ImagesNeeded:
    """The number of images that certify a target, at an expected precision.

    Parameters
    ----------
    target, truth
        Precision to be shown, and expected precision.
    images
        Number of images of the positive set to be asked. All of them if fewer are too few. 0 for an empty set.
    errors_allowed
        Number of them that may be not yes. -1 if no answers would certify.
    power
        Chance of success, from 0 to 1.
    words
        The figures as sentences.
    """

    target: float
    truth: float
    images: int
    errors_allowed: int
    power: float
    words: str


@dataclass(frozen=True, slots=True)
class AnHour:
    """The predicted bound after one more hour of answers, at the same rate of yes.

    Parameters
    ----------
    images
        Number of additional images with a verdict.
    at_least_now, at_least_then
        The bound before and after.
    words
        The prediction as a sentence.
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
        Precision to be shown, between 0 and 1, and expected precision, above the target and at most 1.
    power
        Wanted chance of success, between 0 and 1.
    confidence
        Confidence of the certificate, between 0 and 1.
    size
        Number of images of the set. A large set if omitted.
    jointly
        Number of attributes to be shown jointly. Each is tested at a risk of ``(1 - confidence) / jointly``
        (Bonferroni).

    Returns
    -------
    ImagesNeeded
        The smallest multiple of five that reaches the power, or all images of the set.

    Raises
    ------
    ParameterError
        If a number is outside its range, or if ``truth`` is so close to ``target`` that a million images are too few.
    """
    _check(target, truth, power, confidence, size, jointly)
    risk = (1 - confidence) / jointly
    if size == 0:
        return ImagesNeeded(target, truth, 0, -1, 0.0, "The set is empty, so nothing can be certified.")
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
        Number of images to be asked, from 0 to the size of the set.
    target, truth, confidence, size, jointly
        As for `images_needed`.

    Returns
    -------
    float
        Exact chance, from 0 to 1.

    Raises
    ------
    ParameterError
        As for `images_needed`, or if ``images`` is larger than the set.
    """
    _check(target, truth, 0.8, confidence, size, jointly)
    if images < 0 or (size is not None and images > size):
        raise ParameterError(
            f"images={images} is not allowed with size={size}. It must be 0 or more, and at most size."
        )
    return _power(images, target, truth, (1 - confidence) / jointly, size)[1] if images else 0.0


def what_an_hour_buys(
    estimate: PrecisionEstimate, seconds_per_answer: float, opinions: float = 1.0, *, more_may_be_drawn: bool = True
) -> AnHour:
    """Return how the bound "at least" would change with one more hour of answers at the same rate of yes.

    Images that are drawn and open come first. The prediction is not guaranteed.

    Parameters
    ----------
    estimate
        The present estimate.
    seconds_per_answer
        Seconds of one annotator for one image, above 0.
    opinions
        Mean number of answers for each image, 1 or more.
    more_may_be_drawn
        Whether images outside the sample may be asked, too. After a fixed plan, these need a new plan.

    Returns
    -------
    AnHour
        If no image is left, or there is no verdict yet, the bound does not change.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """
    if not (0 < seconds_per_answer < math.inf and 1 <= opinions < math.inf):
        raise ParameterError(
            f"seconds_per_answer={seconds_per_answer} and opinions={opinions} are not allowed. seconds_per_answer must "
            "be above 0, and opinions at least 1."
        )
    left = (estimate.size if more_may_be_drawn else estimate.drawn) - estimate.sampled
    images = min(int(HOUR / (seconds_per_answer * opinions)), left)
    if estimate.value is None or images <= 0:
        why = "no image has a verdict yet" if left > 0 else "no image is left to ask"
        words = f"The effect of one more hour cannot be predicted: {why}."
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
        f"One more hour is about {images:,} images. If {estimate.value:.1%} of them are yes, as so far, the bound will "
        f"be {rounded_down(then)} instead of {rounded_down(estimate.at_least)}."
        + (" A fixed plan ends with its own images. More images need a new plan, with a new draw." if own else ""),
    )


def _needed(target: float, truth: float, power: float, risk: float, size: int | None) -> int:
    """Return the multiple of five that reaches the power, with binomial probabilities."""
    from scipy.special import ndtri

    spread = -ndtri(risk) * math.sqrt(target * (1 - target)) + ndtri(power) * math.sqrt(truth * (1 - truth))
    normal = (max(spread, 0.0) / (truth - target)) ** 2
    if size is not None and normal > 1.2 * size + 200:
        return size
    if normal > MOST_IMAGES:
        raise ParameterError(
            f"truth={truth} is so close to target={target} that {normal:.2g} images would be needed. Expect a higher "
            "precision, or lower the target."
        )
    # The normal approximation gives a first guess. One more allowed error needs 1 / (truth - target) images.
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
    """Return the errors allowed (-1 for none) and the power of each number of images, with binomial probabilities."""
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
    """Return the errors allowed and the power, with the probabilities that fit the size of the set."""
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
        f"To certify {100 * target:.6g}% at an expected precision of {100 * truth:.6g}%: {asked}, {may} not yes. The "
        f"chance of success is {power:.0%}."
    )


def _check(target: float, truth: float, power: float, confidence: float, size: int | None, jointly: int) -> None:
    if not (0 < target < 1 and 0 < power < 1 and 0 < confidence < 1):
        raise ParameterError(
            f"target={target}, power={power} and confidence={confidence} are not allowed. Each must be between 0 and "
            "1, for example 0.9, 0.8 and 0.95."
        )
    if jointly < 1 or (size is not None and size < 0):
        raise ParameterError(
            f"jointly={jointly} and size={size} are not allowed. jointly must be at least 1, and size 0 or more."
        )
    if not target < truth <= 1:
        raise ParameterError(
            f"truth={truth} is not allowed with target={target}. The expected precision must be above the target and "
            "at most 1. Expect a higher precision, or lower the target."
        )
