"""What an anytime audit would show with one more hour of answers. Pure.

An estimate of what is to be expected, no promise: the same rate of yes, spread evenly over the answers to come. The
bound itself is that of `pipeline.audit.statistics.anytime_bound`, so that what is foreseen and what is shown then are
of one kind. Plans that speak once have `pipeline.audit.statistics.sample_sizes.what_an_hour_buys`.
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
        Of the audit.
    verdicts
        Integers ``(k,)``, of the positives drawn in the order of the draw: 1 yes, 0 not yes, -1 open.
    seconds_per_answer
        Of one person for one image, above 0.
    opinions
        Answers that an image takes on average, 1 or more.
    share
        Of the images asked that are of the positive set, in (0, 1]: the others say nothing of precision.

    Returns
    -------
    AnHour
        With no image left, or no rate to go by, the bound stays.

    Raises
    ------
    ParameterError
        For numbers outside that.
    """
    if not (0 < seconds_per_answer < math.inf and 1 <= opinions < math.inf and 0 < share <= 1):
        raise ParameterError(
            f"{seconds_per_answer} seconds an answer, {opinions} answers an image and a share of {share} were given. "
            "Give a time above 0, at least 1 answer, and a share above 0 and at most 1."
        )
    used, said = leading(verdicts), np.asarray(verdicts)
    now = _last(bound, used)
    left = int((said < 0).sum())
    images = min(int(HOUR * share / (seconds_per_answer * opinions)), left)
    known = said[said >= 0]
    if not len(known) or images <= 0:
        why = "there is no rate of yes to go by yet" if left else "no image is left to ask"
        words = f"What one more hour would buy cannot be said: {why}."
        return AnHour(max(images, 0), now, now, words)
    rate = float((known == 1).mean())
    then = _last(bound, _foreseen(said, rate, images))
    return AnHour(
        images,
        now,
        then,
        f"One more hour is about {images:,} more positives. If {rate:.1%} of them are yes, as so far, at least "
        f"{rounded_down(then)} would be shown instead of {rounded_down(now)}.",
    )


def _foreseen(said: NDArray[np.integer[Any]], rate: float, images: int) -> NDArray[np.int8]:
    """Fill the first open places, evenly at a rate of yes; give what may be used then."""
    filled = said.astype(np.int8)
    places = np.flatnonzero(filled < 0)[:images]
    reached = np.floor(rate * np.arange(len(places) + 1) + 0.5)
    filled[places] = np.diff(reached) > 0
    return leading(filled)


def _last(bound: AnytimeBound, answers: NDArray[np.int8]) -> float:
    path = bound.lower_bound(answers)
    return float(path[-1]) if len(path) else 0.0
