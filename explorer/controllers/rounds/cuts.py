"""The cut of an attribute's scores: what it does, where it should lie, and what the last round moved across it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.controllers.picture_items import picture_items
from explorer.controllers.rounds.figures import figures_of_cut
from explorer.controllers.rounds.messages import CrossedMessage, CutMessage
from explorer.controllers.rounds.score_figures import ScoreFiguresCache
from explorer.controllers.shown_parts import PictureItem, PictureSide
from explorer.services.services import Services
from pipeline.learning.score_histogram import edge_below
from pipeline.learning.threshold_choice import threshold_for_targets
from pipeline.rounds.reports import read_reports

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RoundCuts"]

AT_THE_CUT = 12
"""Pictures on each side of a cut."""


class RoundCuts:
    """The cuts of one session's attributes; safe to use from several threads.

    Parameters
    ----------
    services
        What the process shares.
    figures
        What follows from the scores.
    """

    def __init__(self, services: Services, figures: ScoreFiguresCache) -> None:
        self._services = services
        self._figures = figures

    def cut(self, attribute: str, upper: float, lower: float) -> CutMessage:
        """Return what a cut does, with the pictures nearest to it on both sides.

        Raises
        ------
        BamExplorerError
            If the attribute has no scores, or they or the pictures cannot be read.
        """
        known = self._figures.of(attribute)
        figures = figures_of_cut(known.histogram, known.estimates, upper, lower, known.cross_validated)
        distance = known.scores - np.float32(upper)
        sides = []
        for title, rows, key in (
            ("Just above", np.flatnonzero(distance >= 0), distance),
            ("Just below", np.flatnonzero(distance < 0), -distance),
        ):
            some = min(AT_THE_CUT, len(rows))
            nearest = rows[np.argpartition(key[rows], some - 1)[:some]] if some else rows
            nearest = nearest[np.argsort(key[nearest], kind="stable")]
            sides.append(PictureSide(title, self._items(nearest, known.scores)))
        return CutMessage(figures, tuple(sides), upper, lower)

    def find(self, attribute: str, precision: float) -> tuple[float | None, str]:
        """Find the lowest cut of an estimated precision; give it, if there is one, and words.

        Raises
        ------
        BamExplorerError
            As for `cut`, and for a precision that is none.
        """
        now = self._figures.of(attribute)
        choice = threshold_for_targets(now.estimates, precision=precision)
        if choice.threshold is not None:
            return edge_below(choice.threshold), choice.words
        cut = None if now.cross_validated is None else now.cross_validated.lowest(precision)
        if cut is None:
            return None, choice.words
        return cut, f"{choice.words} By cross-validation on known answers, which flatters, {cut:.3f} reaches it."

    def crossed(self, attribute: str) -> CrossedMessage:
        """Return what the last round changed.

        Raises
        ------
        BamExplorerError
            If it cannot be read.
        """
        hidden = attribute in self._services.open_audits.hidden
        reports = read_reports(self._services.collection, attribute) if attribute and not hidden else []
        if not reports or not (reports[-1].up or reports[-1].down):
            return CrossedMessage()
        report, scores = reports[-1], self._figures.of(attribute).scores
        sides = tuple(
            PictureSide(f"{count:,} {words}", self._items(self._rows_of(images), scores))
            for count, words, images in (
                (report.up, "came above it", report.up_images),
                (report.down, "fell below it", report.down_images),
            )
            if count
        )
        total = report.up + report.down
        return CrossedMessage(f"{total:,} images crossed the threshold.", sides)

    def _rows_of(self, images: tuple[int, ...]) -> NDArray[np.int64]:
        rows = [row for row in map(self._services.collection.row_of, images[:AT_THE_CUT]) if row >= 0]
        return np.array(rows, np.int64)

    def _items(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[PictureItem, ...]:
        return picture_items(self._services, rows, [f"{score:.2f}" for score in scores[rows].tolist()])
