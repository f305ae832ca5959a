"""The threshold of an attribute's scores: its effect, the choice by precision, and the images that crossed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.controllers.picture_items import picture_items
from explorer.controllers.rounds.figures import figures_at_threshold
from explorer.controllers.rounds.messages import CrossedMessage, ThresholdMessage
from explorer.controllers.rounds.score_figures import ScoreFiguresCache
from explorer.controllers.shown_parts import PictureItem, PictureSide
from explorer.services.services import Services
from pipeline.learning.threshold_choice import threshold_for_targets
from pipeline.rounds.reports import read_reports

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RoundThresholds"]

NEAREST = 12
"""Pictures on each side of a threshold."""


class RoundThresholds:
    """The thresholds of one session's attributes; safe to use from several threads.

    Parameters
    ----------
    services
        Shared by the process.
    figures
        Figures of the scores.
    """

    def __init__(self, services: Services, figures: ScoreFiguresCache) -> None:
        self._services = services
        self._figures = figures

    def at(self, attribute: str, upper: float, lower: float) -> ThresholdMessage:
        """Return the effect of a threshold, with the pictures nearest to it on both sides.

        Raises
        ------
        BamExplorerError
            If the attribute has no scores, or if scores or pictures cannot be read.
        """
        known = self._figures.of(attribute)
        figures = figures_at_threshold(known.histogram, known.estimates, upper, lower, known.cross_validated)
        distance = known.scores - np.float32(upper)
        sides = []
        for title, rows, key in (
            ("Just above", np.flatnonzero(distance >= 0), distance),
            ("Just below", np.flatnonzero(distance < 0), -distance),
        ):
            some = min(NEAREST, len(rows))
            nearest = rows[np.argpartition(key[rows], some - 1)[:some]] if some else rows
            nearest = nearest[np.argsort(key[nearest], kind="stable")]
            sides.append(PictureSide(title, self._items(nearest, known.scores)))
        return ThresholdMessage(figures, tuple(sides), upper, lower)

    def find(self, attribute: str, precision: float) -> tuple[float | None, str]:
        """Return the lowest threshold that reaches an estimated precision, or None, and a sentence about it.

        Raises
        ------
        BamExplorerError
            As for `at`, and for a precision outside of 0 to 1.
        """
        now = self._figures.of(attribute)
        choice = threshold_for_targets(now.estimates, precision=precision)
        if choice.threshold is not None:
            return choice.threshold, choice.words
        threshold = None if now.cross_validated is None else now.cross_validated.lowest(precision)
        if threshold is None:
            return None, choice.words
        known = f"Cross-validation on known answers gives {threshold:.3f}, but it is too optimistic."
        return threshold, f"{choice.words} {known}"

    def crossed(self, attribute: str) -> CrossedMessage:
        """Return the images that the last round moved across the threshold.

        Raises
        ------
        BamExplorerError
            If they cannot be read.
        """
        hidden = attribute in self._services.hidden_scores.attributes
        reports = read_reports(self._services.collection, attribute) if attribute and not hidden else []
        if not reports or not (reports[-1].up or reports[-1].down):
            return CrossedMessage()
        report, scores = reports[-1], self._figures.of(attribute).scores
        sides = tuple(
            PictureSide(f"{count:,} {words}", self._items(self._rows_of(images), scores))
            for count, words, images in (
                (report.up, "rose above it", report.up_images),
                (report.down, "fell below it", report.down_images),
            )
            if count
        )
        total = report.up + report.down
        return CrossedMessage(f"{total:,} images crossed the threshold.", sides)

    def _rows_of(self, images: tuple[int, ...]) -> NDArray[np.int64]:
        rows = [row for row in map(self._services.collection.row_of, images[:NEAREST]) if row >= 0]
        return np.array(rows, np.int64)

    def _items(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[PictureItem, ...]:
        return picture_items(self._services, rows, [f"{score:.2f}" for score in scores[rows].tolist()])
