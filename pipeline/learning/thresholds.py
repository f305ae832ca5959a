"""Choose the threshold of an attribute's scores for a target precision on known answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ThresholdEstimate", "threshold_for_precision"]


@dataclass(frozen=True, slots=True)
class ThresholdEstimate:
    """A threshold and its figures on the known rows. The figures are point estimates and not certified.

    Parameters
    ----------
    threshold
        The lowest score of a positive image (``score >= threshold``).
    precision, recall
        Share of yes among the known rows at or above the threshold, and share of all known yes at or above it.
    n_yes
        Number of known yes.
    reason
        The reason for this threshold, a sentence for people.
    """

    threshold: float
    precision: float
    recall: float
    n_yes: int
    reason: str


def threshold_for_precision(scores: NDArray[Any], truth: NDArray[Any], *, precision: float = 0.9) -> ThresholdEstimate:
    """Return the threshold that finds the most yes among known rows at a target precision.

    The highest of equal thresholds is taken, because it lets the fewest others pass. If no threshold reaches the
    target, the one with the best F1 (van Rijsbergen 1979, chapter 7) is taken, and the reason says so. The figures are
    point estimates, and they are meaningful only for out-of-fold scores. They are too optimistic, because the threshold
    was chosen on the same rows. The threshold is a start for a slider and **not** a guaranteed precision for new
    images.

    Parameters
    ----------
    scores
        float ``(m,)``. Scores of the known rows, finite.
    truth
        ``(m,)``. 1 or True for yes, 0 or False for no, in the same order.
    precision
        Target, above 0 and at most 1.

    Returns
    -------
    ThresholdEstimate
        The threshold lies halfway between two different scores, in the precision of ``scores``, so that equal scores
        are never separated. Without a known yes the threshold is just above every score, and precision and recall are
        0.

    Raises
    ------
    ParameterError
        If the target is outside its range, the arrays differ in length, or a score is not finite.
    """
    if not 0.0 < precision <= 1.0:
        raise ParameterError(
            f"precision={precision} is not allowed. It must be above 0 and at most 1, for example 0.9."
        )
    yes = np.asarray(truth).astype(np.bool_)
    values = np.asarray(scores)
    if values.shape != yes.shape or values.ndim != 1 or not np.isfinite(values).all():
        raise ParameterError(
            f"Scores of shape {values.shape} and answers of shape {yes.shape} are not allowed. Both must be "
            "one list of the same rows, with finite scores. Leave unknown rows out of both."
        )
    if not np.issubdtype(values.dtype, np.floating):
        values = values.astype(np.float64)
    n_yes = int(yes.sum())
    if n_yes == 0:
        above = np.nextafter(values.max(initial=1), values.dtype.type(np.inf))
        return ThresholdEstimate(float(above), 0.0, 0.0, 0, "There is no known yes to estimate a threshold from.")

    thresholds, released, found = _distinct_thresholds(values, yes)
    precisions, recalls = found / released, found / n_yes
    reached = np.flatnonzero(precisions >= precision)
    if len(reached):
        # Of the thresholds that find the same number, take the highest, which lets the fewest others pass.
        best = int(reached[found[reached] == found[reached[-1]]][0])
        reason = f"Finds the most at an estimated precision of at least {precision:g}."
    else:
        best = int(np.argmax(2 * precisions * recalls / np.maximum(precisions + recalls, np.finfo(np.float64).tiny)))
        reason = f"No threshold reaches an estimated precision of {precision:g}. This one has the best F1."
    return ThresholdEstimate(float(thresholds[best]), float(precisions[best]), float(recalls[best]), n_yes, reason)


def _distinct_thresholds(
    values: NDArray[Any], yes: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]:
    """Return every threshold between different scores, highest first, and the number of rows and of yes that pass."""
    order = np.argsort(-values, kind="stable")
    ordered = values[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    released = (last + 1).astype(np.int64)
    found = np.cumsum(yes[order], dtype=np.int64)[last]
    lowest_in = ordered[last]
    highest_out = np.append(ordered[last[:-1] + 1], lowest_in[-1])
    halfway = (lowest_in / 2 + highest_out / 2).astype(values.dtype)
    # There is no number between neighbouring floats. Then the threshold is the lowest score that still passes.
    parted = (halfway > highest_out) & (halfway <= lowest_in)
    return np.where(parted, halfway, lowest_in), released, found
