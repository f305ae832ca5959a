"""Priority of images on the map: by chance, by score, by uncertainty or by salience.

The image of highest priority represents its cell. A priority is one number for each image, the same in every view, so
pictures stay while a person pans and zooms.
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
    """The orders in which images represent their cell."""

    CHANCE = "chance"
    """A random order, repeatable by its seed."""

    SCORE = "score"
    """The highest score of the chosen attribute."""

    UNCERTAINTY = "uncertainty"
    """The score of the chosen attribute nearest to its minimum, where an answer helps training most."""

    SALIENCE = "salience"
    """The highest score of any attribute, where rare attributes count for more."""

    @property
    def needs_attribute(self) -> bool:
        """Whether the order needs an attribute."""
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
    """Return the priority of each image.

    Parameters
    ----------
    kind
        The order.
    image_ids
        int64 (images,), ascending.
    scores
        float32 (attributes, images), NaN where unknown. Unknown scores come last.
    names
        Name of each row of ``scores``.
    attribute
        The attribute, for kinds that need one.
    minimum
        Minimum of the attribute's filter, for `PriorityKind.UNCERTAINTY`.
    seed
        Seed of the random order, for `PriorityKind.CHANCE`.

    Returns
    -------
    ndarray
        uint32 or float32 (images,). The highest is shown.

    Raises
    ------
    ParameterError
        If ``attribute`` has no scores.
    """
    if kind is PriorityKind.CHANCE or not len(names):
        return chance(image_ids, seed)
    if kind is PriorityKind.SALIENCE:
        return _salience(scores)
    if attribute not in names:
        known = ", ".join(names)
        raise ParameterError(f"{attribute!r} has no scores to order pictures by. Choose one of: {known}.")
    row: NDArray[np.float32] = scores[list(names).index(attribute)]
    return uncertainty_of(row, minimum) if kind is PriorityKind.UNCERTAINTY else row


def uncertainty_of(scores: NDArray[np.float32], minimum: float) -> NDArray[np.float32]:
    """Return the nearness of each score to a minimum, 1 at the minimum and 0 at the farther end of the scale.

    Parameters
    ----------
    scores
        float32 (images,), 0 to 1, NaN where unknown.
    minimum
        The minimum, 0 to 1.

    Returns
    -------
    ndarray
        float32 (images,), NaN where unknown.
    """
    distance: NDArray[np.float32] = np.abs(scores - np.float32(minimum)) / np.float32(max(minimum, 1 - minimum))
    nearness: NDArray[np.float32] = np.float32(1) - distance
    return nearness


def _salience(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    # Information of the score relative to the mean, score * log2(score / mean). A high score of a rare attribute counts
    # for more than one of a common attribute. One row at a time, because all rows need as much memory as the scores.
    best = np.full(scores.shape[1], np.nan, dtype=np.float32)
    for row in scores:
        usual = np.float32(np.nanmean(row)) if np.isfinite(row).any() else np.float32(1)
        telling = np.clip(row, np.float32(1e-6), None)
        np.fmax(best, telling * np.log2(telling / max(usual, np.float32(1e-6))), out=best)
    return best
