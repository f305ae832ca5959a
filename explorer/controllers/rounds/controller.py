"""Everything that the tab of rounds does with collection and store; plain values out, run in threads."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.controllers.ownership import batch_thing, certification_thing, check_certification
from explorer.controllers.picture_items import picture_items
from explorer.controllers.rounds.messages import (
    curve_message,
    cut_message,
    figures_of_cut,
    knowledge_figures,
    promise_message,
    release_message,
    steps_message,
    trade_message,
)
from explorer.controllers.shown_parts import PictureItem
from explorer.services.label_service import LabelService
from explorer.services.lru_cache import Recent
from explorer.services.services import Services
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import ask_next, begin, drop, make_plan, outcome
from pipeline.certification.plan import CertificationPlan
from pipeline.collection.vectors import StoredVectors
from pipeline.errors import CollectionError, ParameterError, RoundError
from pipeline.label_store import Annotator, StoreState, store_exists
from pipeline.learning.learning_curve import LearningPoint, learning_point, stop_advice
from pipeline.learning.query_strategies import STRATEGIES
from pipeline.learning.round_cuts import KnownFigures
from pipeline.learning.round_steps import ValidationSample
from pipeline.learning.score_histogram import ScoreHistogram, edge_below, score_histogram
from pipeline.learning.threshold_choice import threshold_for_targets
from pipeline.progress import ProgressCallback
from pipeline.releases.files import list_releases
from pipeline.releases.make import make_release
from pipeline.rounds.answers import validation_sample
from pipeline.rounds.questions import RoundOptions
from pipeline.rounds.reports import RoundReport, read_reports
from pipeline.rounds.run import run_round
from pipeline.rounds.score_versions import read_model
from pipeline.statistics.validation_estimates import ValidationEstimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BATCHES", "STRATEGY_NAMES", "Options", "RoundsController", "bare_standing"]

BATCHES = (24, 48, 96, 192)
BARS = 60
AT_THE_CUT = 12
MOST_POINTS = 24
STRATEGY_WORDS = {
    "default": ("what the answers suggest", "Adapts to what the answers show: near the best of the others"),
    "uncertainty": ("near the boundary", "What the classifier is least sure of"),
    "highest_score": ("highest scores", "What the classifier is surest of"),
    "diverse": ("unlike each other", "Images near the boundary that differ from one another"),
    "random": ("by chance", "A uniform draw"),
}
STRATEGY_NAMES = tuple(name for name in STRATEGY_WORDS if name in STRATEGIES)


@dataclass(frozen=True, slots=True)
class Options:
    """How the next round is run."""

    strategy: str = "default"
    batch: int = 96


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What follows from scores and validation answers, kept until either changes."""

    reports: list[RoundReport]
    scores: NDArray[np.float32]
    histogram: ScoreHistogram
    sample: ValidationSample
    estimates: ValidationEstimates
    points: list[LearningPoint]
    threshold: float
    cross_validated: KnownFigures | None


def bare_standing() -> dict[str, Any]:
    """Give what the tab shows before anything is chosen or read."""
    standing: dict[str, Any] = {
        "attribute": "",
        "round": 0,
        "version": "",
        "placed": "",
        "histogram": None,
        "working": None,
    }
    standing |= {name: [] for name in ("attributes", "steps", "said", "figures", "curve", "trade")}
    standing |= {"canTrain": False, "cannot": "", "waiting": 0, "advice": "", "here": None}
    standing |= {"threshold": 0.5, "lower": 0.5, "strategy": "default", "batch": 96, "batches": list(BATCHES)}
    standing |= {"promise": {"state": "none", "said": [], "tested": [], "threshold": None}}
    standing |= {"release": {"ready": False, "said": [], "made": []}}
    names = [(name, STRATEGY_WORDS[name]) for name in STRATEGY_NAMES]
    return standing | {"strategies": [{"name": name, "title": words[0], "help": words[1]} for name, words in names]}


class RoundsController:
    """The rounds of one session's collection; safe to use from several threads."""

    def __init__(self, services: Services, labels: LabelService) -> None:
        self._services = services
        self._labels = labels
        self._lock = threading.Lock()
        self._plans: dict[str, CertificationPlan] = {}
        self._known: Recent[tuple[str, int, StoreState], _Known] = Recent(2, self._read_known)

    # ---- rounds ------------------------------------------------------------------------------------------------------
    def start_round(self, attribute: str, options: Options, by: Annotator, done: Callable[[str], None]) -> None:
        """Begin a round in somebody's name; `done` hears from another thread how it ended, "" or what went wrong.

        Raises
        ------
        ParameterError
            If one is under way.
        """

        def work(progress: ProgressCallback) -> None:
            store = self._labels.store
            wished = RoundOptions(options.strategy, options.batch)
            report = run_round(self._services.collection, store, attribute, wished, progress)
            asked = [batch_thing(report.training_batch)] if report.training_batch else []
            self._services.changes.note(by, "RoundsTab trained", {"attribute": attribute}, asked)
            self._services.refresh_scores()
            self._labels.nudge()

        self._services.rounds.start(attribute, "The round", work, done, by=by.id)

    def standing(self, attribute: str, options: Options) -> dict[str, Any]:
        """Tell where an attribute's rounds are.

        Raises
        ------
        BamExplorerError
            If store or collection cannot be read.
        """
        self._services.refresh_scores()
        self._services.look_at_audits()
        collection = self._services.collection
        standing = bare_standing() | {"strategy": options.strategy, "batch": options.batch}
        if not store_exists(collection):
            return standing | {"attributes": [self._bare(entry.name) for entry in collection.manifest.attributes]}
        store = self._labels.store
        entries = [entry for entry in store.attributes.list_all() if not entry.archived]
        standing["attributes"] = [{"name": entry.name, "title": entry.definition.title} for entry in entries]
        entry = next((entry for entry in entries if entry.name == attribute), None)
        if entry is None:
            return standing
        working = self._services.rounds.working(attribute)
        standing["attribute"] = attribute
        standing["working"] = None if working is None else {"share": working.share, "words": working.words}
        standing["waiting"] = store.batches.count_open(attribute)
        standing["canTrain"] = True
        hidden = self._services.open_audits.words([attribute])
        if hidden:
            return standing | {"said": [hidden]}
        reports = read_reports(collection, attribute)
        if reports and attribute in collection.scored:
            standing |= self._after_rounds(attribute)
        else:
            standing["said"] = [
                "No round yet. Answer a few images in the Label tab until some are yes; then train, and every image "
                "gets a score."
            ]
        aside = store.absent_images.set_aside(attribute).words
        if aside:
            standing["said"] = [*standing["said"], aside]
        releases = list_releases(collection, attribute)
        standing["steps"] = steps_message(len(reports), standing["promise"]["state"], len(releases))
        standing["release"] = release_message(releases, ready=bool(reports), promise=standing["promise"])
        return standing

    def _bare(self, name: str) -> dict[str, str]:
        return {"name": name, "title": self._services.collection.manifest.taxonomy.attribute(name).title}

    def _after_rounds(self, attribute: str) -> dict[str, Any]:
        known = self._now(attribute)
        report, estimates = known.reports[-1], known.estimates
        promise = self._promise(attribute)
        threshold = known.threshold if promise["threshold"] is None else promise["threshold"]
        point = estimates.at(threshold)
        counts = known.histogram.counts.reshape(BARS, -1).sum(axis=1)
        return {
            "round": report.number,
            "version": f"{report.origin}:{len(known.sample.rows)}:{threshold}",
            "placed": f"{report.origin}:{threshold}",
            "said": list(report.words),
            "figures": knowledge_figures(point, estimates, known.cross_validated),
            "curve": curve_message(known.points),
            "trade": trade_message(estimates, MOST_POINTS),
            "here": _place(point.recall.value, point.precision.value),
            "advice": stop_advice(known.points).words,
            "histogram": counts.tolist(),
            "threshold": threshold,
            "lower": threshold,
            "promise": promise,
        }

    # ---- the cut -----------------------------------------------------------------------------------------------------
    def cut(self, attribute: str, upper: float, lower: float) -> dict[str, Any]:
        """Say what a cut does, with the pictures nearest to it on both sides.

        Raises
        ------
        BamExplorerError
            If the attribute has no scores, or they or the pictures cannot be read.
        """
        known = self._now(attribute)
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
            sides.append({"title": title, "items": self._items(nearest, known.scores)})
        return cut_message(figures, sides, upper, lower)

    def find(self, attribute: str, precision: float) -> tuple[float | None, str]:
        """Find the lowest cut of an estimated precision; give it, if there is one, and words.

        Raises
        ------
        BamExplorerError
            As for `cut`, and for a precision that is none.
        """
        now = self._now(attribute)
        choice = threshold_for_targets(now.estimates, precision=precision)
        if choice.threshold is not None:
            return edge_below(choice.threshold), choice.words
        cut = None if now.cross_validated is None else now.cross_validated.lowest(precision)
        if cut is None:
            return None, choice.words
        return cut, f"{choice.words} By cross-validation on known answers, which flatters, {cut:.3f} reaches it."

    def crossed(self, attribute: str) -> dict[str, Any]:
        """Show what the last round changed.

        Raises
        ------
        BamExplorerError
            If it cannot be read.
        """
        hidden = attribute in self._services.open_audits.hidden
        reports = read_reports(self._services.collection, attribute) if attribute and not hidden else []
        if not reports or not (reports[-1].up or reports[-1].down):
            return {"type": "crossed", "words": "", "sides": []}
        report, scores = reports[-1], self._now(attribute).scores
        sides = [
            {"title": f"{count:,} {words}", "items": self._items(self._rows_of(images), scores)}
            for count, words, images in (
                (report.up, "came above it", report.up_images),
                (report.down, "fell below it", report.down_images),
            )
            if count
        ]
        total = report.up + report.down
        return {"type": "crossed", "words": f"{total:,} images crossed the threshold.", "sides": sides}

    # ---- the promise -------------------------------------------------------------------------------------------------
    def plan(self, attribute: str, precision: float) -> None:
        """Plan a certification, to be looked at before it is begun."""
        if not 0.5 <= precision <= 0.99:
            raise ParameterError(f"A precision of {precision:.0%} was asked for; 50 % to 99 % can be promised.")
        self._check_open(attribute)
        seed = secrets.randbelow(2**31)
        plan = make_plan(
            self._services.collection, self._labels.store, attribute, target_precision=precision, seed=seed
        )
        with self._lock:
            self._plans[attribute] = plan

    def begin(self, attribute: str) -> str:
        """Fix the plan and ask its first questions; give the certification's name in the log."""
        with self._lock:
            plan = self._plans.pop(attribute, None)
        if plan is None:
            raise RoundError("There is no plan to begin. Make one first.")
        made = begin(self._services.collection, self._labels.store, plan)
        return certification_thing(attribute, made.number)

    def drop(self, attribute: str, by: Annotator) -> None:
        """Put a plan away, or give up the certification that is under way, if it is theirs.

        Raises
        ------
        ParameterError
            If somebody else began it.
        """
        with self._lock:
            planned = self._plans.pop(attribute, None)
        certification = latest(self._services.collection, attribute)
        if planned is None and certification is not None:
            check_certification(self._services, by, attribute, certification.number)
            drop(self._services.collection, self._labels.store, certification)

    def _promise(self, attribute: str) -> dict[str, Any]:
        with self._lock:
            plan = self._plans.get(attribute)
        collection, store = self._services.collection, self._labels.store
        certification = latest(collection, attribute)
        if certification is not None and certification.dropped:
            certification = None
        origin = next(entry.origin for entry in collection.manifest.attributes if entry.name == attribute)
        if certification is not None and not outcome(store, certification).finished:
            ask_next(collection, store, attribute)
        result = None if certification is None else outcome(store, certification)
        return promise_message(plan, certification, result, origin)

    # ---- the release -------------------------------------------------------------------------------------------------
    def release(self, attribute: str, upper: float, lower: float, by: str) -> str:
        """Make a release, or find the same one; give words.

        Raises
        ------
        BamExplorerError
            If there are no scores of a round, or it cannot be written.
        """
        self._check_open(attribute)
        made, fresh = make_release(
            self._services.collection, self._labels.store, attribute, threshold=upper, lower=lower, by=by
        )
        if not fresh:
            return f"Nothing has changed since release {made.number}: it stands. {made.words}"
        return f"Release {made.number} is made. {made.words}"

    # ---- what is kept ------------------------------------------------------------------------------------------------
    def _now(self, attribute: str) -> _Known:
        self._check_open(attribute)
        if not attribute or attribute not in self._services.collection.scored:
            raise RoundError("This attribute has no scores of a round yet. Train first.")
        return self._known.get((attribute, self._services.scores_version, self._labels.store.state()))

    def _check_open(self, attribute: str) -> None:
        """Refuse what would tell scores of an attribute while an audit of it is open."""
        self._services.look_at_audits()
        hidden = self._services.open_audits.words([attribute])
        if hidden:
            raise RoundError(f"{hidden} Publish the audit, or give it up, in the Audit tab.")

    def _read_known(self, key: tuple[str, int, StoreState]) -> _Known:
        attribute = key[0]
        collection, store = self._services.collection, self._labels.store
        reports = read_reports(collection, attribute)
        scores: NDArray[np.float32] = collection.scores[collection.scored.index(attribute)]
        sample = validation_sample(store, attribute)
        estimates = sample.estimates(scores)
        threshold = reports[-1].threshold if reports else 0.5
        points = self._points(attribute, reports, sample)
        known = reports[-1].cross_validated if reports else None
        return _Known(reports, scores, score_histogram(scores), sample, estimates, points, threshold, known)

    def _points(self, attribute: str, reports: list[RoundReport], sample: ValidationSample) -> list[LearningPoint]:
        """Judge every round's model on all the validation answers of today: then only the models differ."""
        if not len(sample.rows):
            return []
        vectors = StoredVectors(self._services.collection).of(sample.rows)
        points = []
        for report in reports:
            try:
                model = read_model(self._services.collection, attribute, report.origin)
            except CollectionError:  # a round before the collection was built again: its model went with the embedding
                continue
            scores = model.probability(vectors @ model.weights + np.float32(model.intercept))
            points.append(
                learning_point(
                    report.number, report.answers, scores, sample.truth, sample.weights, threshold=report.threshold
                )
            )
        return points

    def _rows_of(self, images: tuple[int, ...]) -> NDArray[np.int64]:
        rows = [row for row in map(self._services.collection.row_of, images[:AT_THE_CUT]) if row >= 0]
        return np.array(rows, np.int64)

    def _items(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[PictureItem, ...]:
        return picture_items(self._services, rows, [f"{score:.2f}" for score in scores[rows].tolist()])


def _place(x: float, y: float) -> dict[str, float] | None:
    return {"x": x, "y": y} if np.isfinite([x, y]).all() else None
