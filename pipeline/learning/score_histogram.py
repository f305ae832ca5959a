"""Histogram of scores. It counts the images that pass any threshold without reading all scores. No input or output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BINS", "BLOCK", "ScoreHistogram", "edge_below", "score_histogram"]

BINS = 1200
BLOCK = 262_144


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """The number of images in each bin of scores.

    Parameters
    ----------
    counts
        int64 ``(1200,)``. Images with a score in [i / 1200, (i + 1) / 1200). The last bin includes its upper edge.
    certain
        Number of images with a score of exactly 1 in float32.
    """

    counts: NDArray[np.int64]
    certain: int

    @property
    def images(self) -> int:
        """Number of images counted."""
        return int(self.counts.sum())

    def snap(self, threshold: float) -> np.float32:
        """Return the edge nearest to a threshold, in the precision of scores. At an edge, `passing` is exact."""
        return np.float32(min(max(round(threshold * BINS), 0), BINS) / BINS)

    def passing(self, threshold: float) -> int:
        """Return the number of images that pass a threshold, exact at an edge and in proportion within a bin."""
        place = min(max(float(threshold) * BINS, 0.0), float(BINS))
        # An edge in the precision of scores differs from i / 1200 by less than this.
        number = round(place) if abs(place - round(place)) < 1e-3 else int(place)
        if number == BINS:
            return self.certain
        inside = max(place - number, 0.0) if place - number >= 1e-3 else 0.0
        passing = int(self.counts[number:].sum()) - round(inside * int(self.counts[number]))
        return max(passing, self.certain)


def score_histogram(scores: NDArray[Any]) -> ScoreHistogram:
    """Count scores in 1,200 bins, once for each model.

    Parameters
    ----------
    scores
        float ``(n,)``, from 0 to 1.

    Returns
    -------
    ScoreHistogram
        An image counts as above an edge (in float32) exactly if its score, in float32, is at least that edge.

    Raises
    ------
    ParameterError
        If a score is NaN or outside 0 to 1.
    """
    edges = (np.arange(BINS + 1) / BINS).astype(np.float32)
    counts = np.zeros(BINS, dtype=np.int64)
    certain = 0
    for start in range(0, len(scores), BLOCK):  # blocks keep the memory small for any number of images
        block = np.asarray(scores[start : start + BLOCK], dtype=np.float32)
        if not ((block >= 0) & (block <= 1)).all():  # NaN is neither
            raise ParameterError(
                f"A score among rows {start} to {start + len(block) - 1} is NaN or outside 0 to 1. Scores must be "
                "calibrated probabilities. Score all images again."
            )
        number = np.minimum((block * np.float32(BINS)).astype(np.int64), BINS - 1)
        # The product is rounded, so a score close to an edge can be on its wrong side.
        number -= block < edges[number]
        number += (block >= edges[number + 1]) & (number < BINS - 1)
        counts += np.bincount(number, minlength=BINS)
        certain += int((block == 1).sum())
    return ScoreHistogram(counts, certain)


def edge_below(threshold: float) -> float:
    """Return the highest edge of a `ScoreHistogram` at or below a threshold.

    Images that pass the threshold also pass the edge. A threshold on the screen lies on an edge, so that its counts and
    figures are of the same images.
    """
    return float(np.float32(np.floor(min(max(float(threshold), 0.0), 1.0) * BINS) / BINS))
