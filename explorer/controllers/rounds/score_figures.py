"""Figures of an attribute's scores and validation answers, cached until either changes. Runs in threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.services.label_service import LabelService
from explorer.services.lru_cache import Recent
from explorer.services.services import Services
from pipeline.collection.vectors import StoredVectors
from pipeline.errors import CollectionError, RoundError
from pipeline.label_store import StoreState
from pipeline.learning.learning_curve import LearningPoint, learning_point
from pipeline.learning.round_steps import ValidationSample
from pipeline.learning.round_threshold import KnownFigures
from pipeline.learning.score_histogram import ScoreHistogram, score_histogram
from pipeline.rounds.answers import validation_sample
from pipeline.rounds.reports import RoundReport, read_reports
from pipeline.rounds.score_versions import read_model
from pipeline.statistics.validation_estimates import ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ScoreFigures", "ScoreFiguresCache"]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreFigures:
    """Figures of an attribute's scores and validation answers.

    Parameters
    ----------
    reports
        Reports of all rounds, the oldest first.
    scores
        float32 ``(images,)``, from 0 to 1.
    histogram, sample, estimates, points
        Of the scores, and of the validation answers.
    threshold
        Threshold of the last round; 0.5 without one.
    cross_validated
        Figures by cross-validation of the last round; None if there are none.
    """

    reports: list[RoundReport]
    scores: NDArray[np.float32]
    histogram: ScoreHistogram
    sample: ValidationSample
    estimates: ValidationEstimates
    points: list[LearningPoint]
    threshold: float
    cross_validated: KnownFigures | None


class ScoreFiguresCache:
    """The figures of one session's attributes; safe to use from several threads."""

    def __init__(self, services: Services, labels: LabelService) -> None:
        self._services = services
        self._labels = labels
        self._kept: Recent[tuple[str, int, StoreState], ScoreFigures] = Recent(2, self._read)

    def of(self, attribute: str) -> ScoreFigures:
        """Return the figures of an attribute as they are now.

        Raises
        ------
        RoundError
            If the attribute has no scores of a round, or an open audit hides them.
        """
        self.check_open(attribute)
        if not attribute or attribute not in self._services.collection.scored:
            raise RoundError("This attribute has no scores of a round yet. Train a round first.")
        return self._kept.get((attribute, self._services.scores_version, self._labels.store.state()))

    def check_open(self, attribute: str) -> None:
        """Check that no audit of the attribute is open, since an open audit hides its scores.

        Raises
        ------
        RoundError
            If an audit is open.
        """
        self._services.look_at_audits()
        hidden = self._services.hidden_scores.words([attribute])
        if hidden:
            raise RoundError(f"{hidden} Publish or cancel the audit in the Audit tab.")

    def _read(self, key: tuple[str, int, StoreState]) -> ScoreFigures:
        attribute = key[0]
        collection, store = self._services.collection, self._labels.store
        reports = read_reports(collection, attribute)
        scores = collection.scores_of(attribute)
        sample = validation_sample(store, attribute)
        estimates = sample.estimates(scores)
        threshold = reports[-1].threshold if reports else 0.5
        points = self._points(attribute, reports, sample)
        known = reports[-1].cross_validated if reports else None
        return ScoreFigures(reports, scores, score_histogram(scores), sample, estimates, points, threshold, known)

    def _points(self, attribute: str, reports: list[RoundReport], sample: ValidationSample) -> list[LearningPoint]:
        """Evaluate every round's model on all current validation answers, so that only the models differ."""
        if not len(sample.rows):
            return []
        vectors = StoredVectors(self._services.collection).of(sample.rows)
        points = []
        for report in reports:
            try:
                model = read_model(self._services.collection, attribute, report.origin)
            except CollectionError:  # the collection was built again since: the model was deleted with its embedding
                continue
            scores = model.probability(vectors @ model.weights + np.float32(model.intercept))
            points.append(
                learning_point(
                    report.number, report.answers, scores, sample.truth, sample.weights, threshold=report.threshold
                )
            )
        return points
