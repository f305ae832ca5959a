"""Which image of a cell is shown first: by chance, by an attribute's score, by doubt, or by how telling it is.

A priority is one number an image, the same in every view, so that pictures stay while one pans and zooms.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

from pipeline.statistics.random_numbers import chance

__all__ = ["PriorityKind", "priority_of", "uncertainty_of"]


class PriorityKind(StrEnum):
    """What puts an image before the others of its cell."""

    CHANCE = "chance"
    """A fair draw, repeatable by its seed."""

    SCORE = "score"
    """The highest score of the chosen attribute."""

    UNCERTAINTY = "uncertainty"
    """The score of the chosen attribute nearest its minimum: where an answer teaches most."""

    SALIENCE = "salience"
    """The clearest example of anything: the highest score of any attribute, rare attributes counting for more."""

    @property
    def needs_attribute(self) -> bool:
        """Whether it says nothing without an attribute."""
        return self in {PriorityKind.SCORE, PriorityKind.UNCERTAINTY}


def priority_of(
    kind: PriorityKind,
    *,
    image_ids: NDArray[np.int64],
    scores: NDArray[np.float32],
    names: Sequence[str],
    attribute: str = "",
    minimum: float = 0.5,
    seed: int = 0,
) -> NDArray[np.uint32] | NDArray[np.float32]:
    """Give each image its priority.

    Parameters
    ----------
    kind
        What counts.
    image_ids
        int64 (images,), ascending.
    scores
        float32 (attributes, images), NaN where unknown; unknown comes last.
    names
        Name of each row of ``scores``.
    attribute
        For kinds that need one.
    minimum
        Where the attribute's filter cuts; for `PriorityKind.UNCERTAINTY`.
    seed
        For `PriorityKind.CHANCE`.

    Returns
    -------
    ndarray
        uint32 or float32 (images,), the highest is shown.

    Raises
    ------
    ParameterError
        For an attribute without scores.
    """
    if kind is PriorityKind.CHANCE or not len(names):
        return chance(image_ids, seed)
    if kind is PriorityKind.SALIENCE:
        return _salience(scores)
    if attribute not in names:
        known = ", ".join(names)
        raise ParameterError(f"Pictures cannot be ordered by {attribute!r}: it has no scores. Choose one of: {known}.")
    row: NDArray[np.float32] = scores[list(names).index(attribute)]
    return uncertainty_of(row, minimum) if kind is PriorityKind.UNCERTAINTY else row


def uncertainty_of(scores: NDArray[np.float32], minimum: float) -> NDArray[np.float32]:
    """Say how near its cut each score is: 1 at the cut, 0 at the end of the scale that is further from it.

    Parameters
    ----------
    scores
        float32 (images,), 0 to 1, NaN where unknown.
    minimum
        The cut, 0 to 1.

    Returns
    -------
    ndarray
        float32 (images,), NaN where unknown.
    """
    distance: NDArray[np.float32] = np.abs(scores - np.float32(minimum)) / np.float32(max(minimum, 1 - minimum))
    nearness: NDArray[np.float32] = np.float32(1) - distance
    return nearness


def _salience(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    # Information of the score against what is usual, score * log2(score / mean): sure of a rare thing beats sure of
    # what every second picture shows. One row at a time, for the whole would be as large as the scores again.
    best = np.full(scores.shape[1], np.nan, dtype=np.float32)
    for row in scores:
        usual = np.float32(np.nanmean(row)) if np.isfinite(row).any() else np.float32(1)
        telling = np.clip(row, np.float32(1e-6), None)
        np.fmax(best, telling * np.log2(telling / max(usual, np.float32(1e-6))), out=best)
    return best
