"""Linear classifier: weights, and the two numbers that turn a margin into a probability. No input or output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.compilation import compiled
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LinearModel", "margins", "probabilities"]

BLOCK_ROWS = 8192


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """A linear classifier with a monotone map from its margins to probabilities.

    The margin of a vector ``v`` is ``v @ weights + intercept``. Its probability of yes is
    ``1 / (1 + exp(-(slope * margin + offset)))``.

    Parameters
    ----------
    weights
        float32 ``(d,)``.
    intercept
        Added to ``v @ weights``.
    slope, offset
        The two numbers of Platt's sigmoid, 1 and 0 before a calibration. The slope is never negative, so probabilities
        have the order of margins.
    """

    weights: NDArray[np.float32]
    intercept: float
    slope: float = 1.0
    offset: float = 0.0

    def calibrated(self, slope: float, offset: float) -> LinearModel:
        """Return the same classifier with another map.

        Raises
        ------
        ParameterError
            If ``slope`` is negative or a number is not finite.
        """
        if not (np.isfinite([slope, offset]).all() and slope >= 0):
            raise ParameterError(
                f"slope={slope} and offset={offset} are not allowed. Use finite numbers, and a slope 0 or more."
            )
        return replace(self, slope=float(slope), offset=float(offset))

    def probability(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probabilities of margins float (n,), as float32 (n,) from 0 to 1."""
        margins = np.ravel(values)
        if margins.dtype not in (np.float32, np.float64):
            margins = margins.astype(np.float32)
        found = np.empty(margins.shape, np.float32)
        _map(margins, float(self.slope), float(self.offset), found)
        return found.reshape(np.shape(values))


def margins(models: Sequence[LinearModel], vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return the margins of rows for several attributes in one pass over the vectors.

    Parameters
    ----------
    models
        One for each attribute.
    vectors
        float16 or float32 ``(n, d)``. It is read in blocks, so it can be a memory map.

    Returns
    -------
    ndarray
        float32 ``(n, len(models))``.

    Raises
    ------
    ParameterError
        If a width differs from a model's, or a vector or model contains a number that is not finite.
    """
    values = np.empty((len(vectors), len(models)), dtype=np.float32)
    for column, model in enumerate(models):
        if vectors.shape[1:] != model.weights.shape:
            raise ParameterError(
                f"Vectors of shape {vectors.shape} do not fit model {column}, which is for width "
                f"{len(model.weights)}. Score with the embedding that the model was trained on, or train it again."
            )
        if not (np.isfinite(model.weights).all() and np.isfinite(model.intercept)):
            raise ParameterError(f"Model {column} contains numbers that are not finite. Train it again.")
    if not models:
        return values
    weights = np.stack([model.weights for model in models], axis=1)
    intercepts = np.array([model.intercept for model in models])
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = np.asarray(vectors[start : start + BLOCK_ROWS], dtype=np.float32)
        products = block @ weights
        if not np.isfinite(products).all():
            raise ParameterError(
                f"A vector among rows {start} to {start + len(block) - 1} is not finite. Only finite vectors can be "
                "scored. Embed those images again."
            )
        values[start : start + len(block)] = products + intercepts
    return values


def probabilities(models: Sequence[LinearModel], vectors: NDArray[Any]) -> NDArray[np.float32]:
    """Return the probabilities of rows for several attributes in one pass over the vectors.

    Parameters
    ----------
    models
        One for each attribute.
    vectors
        float16 or float32 ``(n, d)``. It is read in blocks, so it can be a memory map.

    Returns
    -------
    ndarray
        float32 ``(n, len(models))``, from 0 to 1.

    Raises
    ------
    ParameterError
        As for `margins`.
    """
    values = margins(models, vectors)
    for column, model in enumerate(models):
        for start in range(0, len(values), BLOCK_ROWS):
            block = values[start : start + BLOCK_ROWS, column]
            block[:] = model.probability(block)
    return values


def _map_margins(margins: NDArray[Any], slope: float, offset: float, found: NDArray[np.float32]) -> None:
    for place in range(len(margins)):
        # Compute in double precision, so that single precision keeps the order. If exp is infinite, the result is 0.
        found[place] = 1.0 / (1.0 + math.exp(-slope * margins[place] - offset))


_map: Any = compiled(_map_margins)
