"""The scale of scores that were imported: how they become numbers from 0 to 1, and the marks that people know. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.plain_values import made_of

__all__ = ["ScoreMark", "ScoreScale", "scale_from_mapping"]


@dataclass(frozen=True, slots=True)
class ScoreMark:
    """A score that people know by a name.

    Parameters
    ----------
    value
        On the scale's own numbers.
    name
        E.g. ``"positive from here"``.
    """

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """The scale of an attribute's scores on disk, which need not be probabilities.

    Parameters
    ----------
    low, high
        Scores that become 0 and 1. Those between follow linearly; those outside become 0 or 1.
    marks
        Scores with names, ascending.
    """

    low: float
    high: float
    marks: tuple[ScoreMark, ...] = ()

    def to_unit(self, scores: NDArray[Any]) -> NDArray[np.float32]:
        """Return scores of this scale as float32 of 0 to 1, in the same shape. The order of scores stays."""
        wide = np.asarray(scores, np.float64)
        unit: NDArray[np.float32] = np.clip((wide - self.low) / self._span, 0.0, 1.0).astype(np.float32)
        return unit

    def unit(self, score: float) -> float:
        """Return one score as a number of 0 to 1, rounded as in `to_unit`."""
        return float(self.to_unit(np.array([score]))[0])

    def from_unit(self, value: float) -> float:
        """Return the score of this scale for a number of 0 to 1."""
        return self.low + value * self._span

    @property
    def _span(self) -> float:
        return self.high - self.low if self.high > self.low else 1.0


def scale_from_mapping(values: object) -> ScoreScale | None:
    """Return a scale of plain values; None for None.

    Raises
    ------
    TypeError
        If a value is missing or has the wrong type.
    """
    if values is None:
        return None
    if not isinstance(values, Mapping):
        raise TypeError(f"scale is {repr(values)[:40]}")
    fields = dict(values)
    fields["marks"] = tuple(made_of(ScoreMark, mark) for mark in fields.get("marks", ()))
    scale = made_of(ScoreScale, fields)
    if not (np.isfinite(scale.low) and np.isfinite(scale.high) and scale.low <= scale.high):
        raise TypeError(f"scale is {scale.low} to {scale.high}")
    return scale
