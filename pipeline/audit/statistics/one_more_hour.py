"""Predict the bound of an anytime audit after one more hour of answers. Pure.

The prediction assumes the same rate of yes, spread evenly over the coming answers. It is not guaranteed. It uses the
bound of `pipeline.audit.statistics.anytime_bound`, so that prediction and result are comparable. For a fixed plan, use
`pipeline.audit.statistics.sample_sizes.what_an_hour_buys`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.statistics.anytime_bound import AnytimeBound, leading
from pipeline.audit.statistics.precision import rounded_down
from pipeline.audit.statistics.sample_sizes import HOUR, AnHour
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["an_hour_of_watching"]


def an_hour_of_watching(
    bound: AnytimeBound,
    verdicts: NDArray[np.integer[Any]],
    seconds_per_answer: float,
    opinions: float = 1.0,
    *,
    share: float = 1.0,
) -> AnHour:
    """Return how a watched bound would change with one more hour of answers to the drawn images.

    Parameters
    ----------
    bound
        Bound of the audit.
    verdicts
        Integers ``(k,)``. Verdicts of the positives drawn, in the order of the draw. 1 yes, 0 not yes, -1 open.
    seconds_per_answer
        Seconds of one annotator for one image, above 0.
    opinions
        Mean number of answers for each image, 1 or more.
    share
        Share of the asked images that are in the positive set, above 0 and at most 1. The others do not affect the
        precision.

    Returns
    -------
    AnHour
        If no image is left, or there is no verdict yet, the bound does not change.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """
    if not (0 < seconds_per_answer < math.inf and 1 <= opinions < math.inf and 0 < share <= 1):
        raise ParameterError(
            f"seconds_per_answer={seconds_per_answer}, opinions={opinions} and share={share} are not allowed. "
            "seconds_per_answer must be above 0, opinions at least 1, and share above 0 and at most 1."
        )
    used, codes = leading(verdicts), np.asarray(verdicts)
    now = _last(bound, used)
    left = int((codes < 0).sum())
    images = min(int(HOUR * share / (seconds_per_answer * opinions)), left)
    known = codes[codes >= 0]
    if not len(known) or images <= 0:
        why = "no image has a verdict yet" if left else "no image is left to ask"
        words = f"The effect of one more hour cannot be predicted: {why}."
        return AnHour(max(images, 0), now, now, words)
    rate = float((known == 1).mean())
    then = _last(bound, _foreseen(codes, rate, images))
    return AnHour(
        images,
        now,
        then,
        f"One more hour is about {images:,} more positives. If {rate:.1%} of them are yes, as so far, the bound will "
        f"be {rounded_down(then)} instead of {rounded_down(now)}.",
    )


def _foreseen(codes: NDArray[np.integer[Any]], rate: float, images: int) -> NDArray[np.int8]:
    """Fill the first open places evenly at a rate of yes, and return the verdicts that may be used then."""
    filled = codes.astype(np.int8)
    places = np.flatnonzero(filled < 0)[:images]
    reached = np.floor(rate * np.arange(len(places) + 1) + 0.5)
    filled[places] = np.diff(reached) > 0
    return leading(filled)


def _last(bound: AnytimeBound, answers: NDArray[np.int8]) -> float:
    path = bound.lower_bound(answers)
    return float(path[-1]) if len(path) else 0.0
