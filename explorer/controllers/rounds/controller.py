"""The work of the Rounds tab on the collection and the label store. It returns records and runs in threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer.controllers.ownership import batch_thing
from explorer.controllers.rounds.certification import RoundCertification
from explorer.controllers.rounds.figures import curve_points, knowledge_figures, trade_points
from explorer.controllers.rounds.messages import releases_shown, steps_message
from explorer.controllers.rounds.score_figures import ScoreFiguresCache
from explorer.controllers.rounds.standing import Options, RoundsStanding, WorkShown
from explorer.controllers.rounds.thresholds import RoundThresholds
from explorer.controllers.shown_parts import Choice, Spot
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from pipeline.label_store import Annotator, store_exists
from pipeline.learning.learning_curve import stop_advice
from pipeline.progress import ProgressCallback
from pipeline.releases.files import list_releases
from pipeline.releases.make import make_release
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.reports import read_reports
from pipeline.rounds.run import run_round

__all__ = ["RoundsController"]

HISTOGRAM_BARS = 60
MOST_POINTS = 24
NO_ROUND = "No round yet. Answer images in the Label tab until some are yes. Then train, and every image gets a score."


class RoundsController:
    """The rounds of one session's collection; safe to use from several threads."""

    def __init__(self, services: Services, labels: LabelService) -> None:
        self._services = services
        self._labels = labels
        self._figures = ScoreFiguresCache(services, labels)
        self.thresholds = RoundThresholds(services, self._figures)
        self.certification = RoundCertification(services, labels, self._figures)

    def start_round(self, attribute: str, options: Options, by: Annotator, done: Callable[[str], None]) -> None:
        """Start a round in the name of an annotator.

        Parameters
        ----------
        attribute, options, by
            The attribute, the options of the round, and the annotator who started it.
        done
            Called from another thread at the end, with "" or with the words of the error.

        Raises
        ------
        ParameterError
            If a round is under way.
        """

        def work(progress: ProgressCallback) -> None:
            store = self._labels.store
            chosen = RoundOptions(options.strategy, options.batch)
            report = run_round(self._services.collection, store, attribute, chosen, progress)
            asked = [batch_thing(report.training_batch)] if report.training_batch else []
            self._services.changes.note(by, "RoundsTab trained", {"attribute": attribute}, asked)
            self._services.refresh_scores()
            self._labels.nudge()

        self._services.rounds.start(attribute, "The round", work, done, by=by.id)

    def standing(self, attribute: str, options: Options) -> RoundsStanding:
        """Return the state of an attribute's rounds.

        Raises
        ------
        BamExplorerError
            If the label store or the collection cannot be read.
        """
        self._services.refresh_scores()
        self._services.look_at_audits()
        collection = self._services.collection
        standing = RoundsStanding(strategy=options.strategy, batch=options.batch)
        if not store_exists(collection):
            taxonomy = collection.manifest.taxonomy
            names = [entry.name for entry in collection.manifest.attributes]
            bare = tuple(Choice(name, taxonomy.attribute(name).title) for name in names)
            return replace(standing, attributes=bare)
        store = self._labels.store
        entries = [entry for entry in store.attributes.list_all() if not entry.archived]
        standing = replace(standing, attributes=tuple(Choice(one.name, one.definition.title) for one in entries))
        if all(entry.name != attribute for entry in entries):
            return standing
        working = self._services.rounds.working(attribute)
        standing = replace(
            standing,
            attribute=attribute,
            working=None if working is None else WorkShown(working.share, working.words),
            waiting=store.batches.count_open(attribute),
            can_train=True,
        )
        hidden = self._services.hidden_scores.words([attribute])
        return replace(standing, sentences=(hidden,)) if hidden else self._with_work(standing)

    def _with_work(self, standing: RoundsStanding) -> RoundsStanding:
        """Return the standing with the rounds, certification and releases of its attribute."""
        collection, attribute = self._services.collection, standing.attribute
        reports = read_reports(collection, attribute)
        if reports and attribute in collection.scored:
            standing = self._with_scores(standing)
        else:
            standing = replace(standing, sentences=(NO_ROUND,))
        aside = self._labels.store.absent_images.set_aside(attribute).summary
        releases, certification = list_releases(collection, attribute), standing.certification
        return replace(
            standing,
            sentences=(*standing.sentences, aside) if aside else standing.sentences,
            steps=steps_message(len(reports), certification.state, len(releases)),
            release=releases_shown(releases, ready=bool(reports), certified=certification.threshold),
        )

    def _with_scores(self, standing: RoundsStanding) -> RoundsStanding:
        """Return the standing with the figures of its attribute's scores."""
        attribute = standing.attribute
        known = self._figures.of(attribute)
        report, estimates = known.reports[-1], known.estimates
        certification = self.certification.shown(attribute)
        threshold = known.threshold if certification.threshold is None else certification.threshold
        point = estimates.at(threshold)
        return replace(
            standing,
            round=report.number,
            version=f"{report.origin}:{len(known.sample.rows)}:{threshold}",
            placed=f"{report.origin}:{threshold}",
            sentences=tuple(report.sentences),
            figures=knowledge_figures(point, estimates, known.cross_validated),
            curve=curve_points(known.points),
            trade=trade_points(estimates, MOST_POINTS),
            here=_place(point.recall.value, point.precision.value),
            advice=stop_advice(known.points).words,
            histogram=tuple(known.histogram.counts.reshape(HISTOGRAM_BARS, -1).sum(axis=1).tolist()),
            threshold=threshold,
            lower=threshold,
            certification=certification,
        )

    def release(self, attribute: str, upper: float, lower: float, by: str) -> str:
        """Make a release, unless nothing changed since the last one. Return a sentence about it.

        Raises
        ------
        BamExplorerError
            If there are no scores of a round, or the release cannot be written.
        """
        self._figures.check_open(attribute)
        made, fresh = make_release(
            self._services.collection, self._labels.store, attribute, threshold=upper, lower=lower, by=by
        )
        if not fresh:
            return f"No changes since release {made.number}; no new release was made. {made.summary}"
        return f"Release {made.number} was made. {made.summary}"


def _place(x: float, y: float) -> Spot | None:
    return Spot(x, y) if np.isfinite([x, y]).all() else None
