"""A histogram of scores that answers at once how many pass any cut. Pure."""

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
    """How many images have which score.

    Parameters
    ----------
    counts
        int64 ``(1200,)``: images whose score is in [i / 1200, (i + 1) / 1200), the last bin with its upper edge.
    certain
        Images whose score, in float32, is exactly 1.
    """

    counts: NDArray[np.int64]
    certain: int

    @property
    def images(self) -> int:
        """Images counted."""
        return int(self.counts.sum())

    def snap(self, cut: float) -> np.float32:
        """Give the edge nearest to a cut, in the precision of scores: cutting there, `passing` is exact."""
        return np.float32(min(max(round(cut * BINS), 0), BINS) / BINS)

    def passing(self, cut: float) -> int:
        """Count the images that score at least a cut: exactly at an edge, in proportion within a bin."""
        place = min(max(float(cut) * BINS, 0.0), float(BINS))
        # An edge in the precision of scores lies beside i / 1200 by less than this.
        number = round(place) if abs(place - round(place)) < 1e-3 else int(place)
        if number == BINS:
            return self.certain
        inside = max(place - number, 0.0) if place - number >= 1e-3 else 0.0
        passing = int(self.counts[number:].sum()) - round(inside * int(self.counts[number]))
        return max(passing, self.certain)


def score_histogram(scores: NDArray[Any]) -> ScoreHistogram:
    """Count scores into 1,200 bins, once a model.

    Parameters
    ----------
    scores
        float ``(n,)``, from 0 to 1.

    Returns
    -------
    ScoreHistogram
        An image is counted above an edge (in float32) just when its score, in float32, is at least that edge.

    Raises
    ------
    ParameterError
        If a score is NaN or outside 0 to 1.
    """
    edges = (np.arange(BINS + 1) / BINS).astype(np.float32)
    counts = np.zeros(BINS, dtype=np.int64)
    certain = 0
    for start in range(0, len(scores), BLOCK):  # memory stays small, whatever the number of images
        block = np.asarray(scores[start : start + BLOCK], dtype=np.float32)
        if not ((block >= 0) & (block <= 1)).all():  # NaN is neither
            raise ParameterError(
                f"A score among rows {start} to {start + len(block) - 1} is NaN or outside 0 to 1; scores are "
                "calibrated probabilities. Score all images again."
            )
        number = np.minimum((block * np.float32(BINS)).astype(np.int64), BINS - 1)
        # The product is rounded, so a score beside an edge may have come to the wrong side of it.
        number -= block < edges[number]
        number += (block >= edges[number + 1]) & (number < BINS - 1)
        counts += np.bincount(number, minlength=BINS)
        certain += int((block == 1).sum())
    return ScoreHistogram(counts, certain)


def edge_below(cut: float) -> float:
    """Give the highest edge of a `ScoreHistogram` at or below a cut: what passes the cut passes there, too.

    A cut that people are shown lies on an edge, so that counts and figures of it are those of the very same images.
    """
    return float(np.float32(np.floor(min(max(float(cut), 0.0), 1.0) * BINS) / BINS))
