"""One round of the labelling loop: train, score, rank, ask. Reads and writes the collection and the label store.

A round reads one state of the answers and may run while people continue to answer. It becomes visible only when it is
complete: `collection.json` is updated last. A failed round deletes its files and cancels its questions, itself or at
the start of the next round, so it is safe to run it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.collection.manifest import AttributeFacts
from pipeline.collection.score_origins import origin_of_round
from pipeline.collection.vectors import StoredVectors
from pipeline.errors import BamExplorerError, RoundError
from pipeline.files.locks import lock, open_lock
from pipeline.files.small_files import writing
from pipeline.label_store import LabelStore
from pipeline.learning.linear_model import LinearModel
from pipeline.learning.related_images import related_images_of
from pipeline.learning.round_steps import ValidationSample, calibrated, fit, held_out
from pipeline.learning.round_threshold import (
    UNCALIBRATED,
    KnownFigures,
    PlacedBy,
    PlacedThreshold,
    PreviousThreshold,
    known_figures,
    place_threshold,
)
from pipeline.progress import Progress, ProgressCallback
from pipeline.rounds.answers import TrainingAnswers, training_answers, validation_sample
from pipeline.rounds.pending_questions import done_asking, note_asking, take_back_unfinished
from pipeline.rounds.questions import RoundOptions, ask_questions, choose_questions
from pipeline.rounds.reports import RoundReport, read_reports, rounds_folder, write_report
from pipeline.rounds.score_versions import current_round, name_scores, prune_scores, write_round
from pipeline.rounds.scoring import score_margins
from pipeline.statistics.validation_estimates import ValidationEstimates
from pipeline.taxonomy import Attribute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["run_round"]

KEPT_VERSIONS = 3
MOST_SHOWN = 48
PRECISION = 0.9


def run_round(
    collection: Collection,
    store: LabelStore,
    attribute: str,
    options: RoundOptions | None = None,
    progress: ProgressCallback | None = None,
) -> RoundReport:
    """Train on the present answers, score every image, and ask the next questions.

    Parameters
    ----------
    collection, store, attribute
        The attribute, and where it is labelled.
    options
        The strategy and the number of questions.
    progress
        Called at each step; may raise to stop the round until the questions are asked.

    Returns
    -------
    RoundReport
        The report, which is also kept in the collection.

    Raises
    ------
    RoundError
        If there is no positive example yet, or another round of the attribute is running.
    ArchivedError, LabelStoreError, CollectionError
        If the attribute is archived, or store or collection cannot be read or written. The round is rolled back; run it
        again.
    """
    options = options or RoundOptions()
    tell = progress or (lambda _: None)
    store.attributes.find(attribute)  # refuse an unknown attribute before writing anything
    with _alone(collection, attribute):
        take_back_unfinished(collection, store, attribute)
        earlier = read_reports(collection, attribute)
        # Reports may have been moved away. Scores in use are never overwritten.
        number = max(earlier[-1].number if earlier else 0, current_round(collection, attribute)) + 1
        seed = number if options.seed is None else options.seed
        tell(Progress("Reading the answers", 0, 1))
        answered = training_answers(collection, store, attribute, from_source=options.from_source, seed=seed)
        sample = validation_sample(store, attribute)
        clock = _Clock()
        vectors = StoredVectors(collection)
        scored = _train_and_score(collection, store, vectors, answered, sample, seed, tell, clock)
        tell(Progress("Ranking", 0, 1))
        kept_out = _being_certified(collection, store, attribute)
        asking = choose_questions(store, attribute, options, seed, scored.margins, vectors, answered, kept_out)
        clock.stop("rank_s")
        tell(Progress("Writing the scores", 0, 1))
        origin = write_round(collection, attribute, number, scored.scores, scored.model)
        clock.stop("write_s")
        outcome = _threshold_outcome(collection, attribute, origin, answered, sample, scored, earlier)
        with _rolled_back_on_error(collection, store, attribute):
            asked = note_asking(collection, attribute, number, origin)
            training, validation = ask_questions(store, attribute, asking, asked)
            report = RoundReport(
                attribute=attribute,
                number=number,
                origin=origin,
                definition_version=asking.definition_version,
                at=time.time(),
                strategy=options.strategy,
                images=len(collection),
                training_batch=training[0],
                validation_batch=validation[0],
                training_questions=training[1],
                validation_questions=validation[1],
                **clock.seconds,
                **_answer_counts(answered, sample),
                **outcome.fields,
            )
            write_report(collection, report)
            _end_open_questions(store, earlier)
            name_scores(collection, outcome.facts, _described(store, attribute))
        done_asking(collection, attribute)
        kept = {origin_of_round(number - back) for back in range(KEPT_VERSIONS)}
        prune_scores(collection, attribute, kept | _needed_versions(collection, attribute))
    return report


class _Clock:
    """Measures the steps of a round, each from the end of the one before."""

    def __init__(self) -> None:
        self.seconds: dict[str, Any] = {}
        self._last = time.perf_counter()

    def stop(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step], self._last = round(now - self._last, 4), now


@dataclass(frozen=True, slots=True)
class _Scored:
    """A trained model, and the margins and scores of all images, float32 (n,).

    `judged` holds the scores of the known answers by models that had not seen them, and their truth; None where
    cross-validation is not possible.
    """

    model: LinearModel
    calibrated_by: PlacedBy | None
    margins: NDArray[np.float32]
    scores: NDArray[np.float32]
    judged: tuple[NDArray[np.float32], NDArray[np.bool_]] | None


def _train_and_score(
    collection: Collection,
    store: LabelStore,
    vectors: StoredVectors,
    answered: TrainingAnswers,
    sample: ValidationSample,
    seed: int,
    tell: ProgressCallback,
    clock: _Clock,
) -> _Scored:
    """Fit a model, cross-validate it, score every image, and calibrate the scores."""
    tell(Progress(f"Training on {len(answered.rows):,} answers", 0, 1))
    model = fit(vectors.of, answered.rows, answered.yes, answered.barred, seed)
    related_groups = related_images_of(store.images.projects[answered.rows], store.images.groups[answered.rows])
    known = held_out(vectors.of, answered.rows, answered.yes, related_groups, answered.barred, seed)
    clock.stop("train_s")
    margins = score_margins(collection, [model], tell)[0]
    model, calibrated_by = calibrated(model, margins, sample, known)
    scores, judged = model.probability(margins), None
    if known is not None:
        judged = known.judged(model)
        # As in first scores: images known by the source get out-of-fold scores.
        source = slice(len(answered.rows) - answered.from_source, None)
        scores[answered.rows[source]] = judged[0][source]
    clock.stop("score_s")
    return _Scored(model, calibrated_by, margins, scores, judged)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The facts of the new scores, and the fields of the report that follow from them."""

    facts: AttributeFacts
    fields: dict[str, Any]


def _threshold_outcome(
    collection: Collection,
    attribute: str,
    origin: str,
    answered: TrainingAnswers,
    sample: ValidationSample,
    scored: _Scored,
    earlier: list[RoundReport],
) -> _Outcome:
    """Place the threshold of the new scores, and compare them with those before."""
    estimates = sample.estimates(scored.scores)
    before = _before(collection, attribute, earlier)
    placed = place_threshold(estimates, scored.judged, scored.scores, before, PRECISION)
    figures = None if scored.judged is None else known_figures(*scored.judged, placed.threshold)
    up, down, up_images, down_images = _crossed(collection, attribute, scored.scores, placed.threshold)
    fields = {
        "threshold": placed.threshold,
        "calibrated": scored.calibrated_by is PlacedBy.VALIDATION,
        "up": up,
        "down": down,
        "up_images": up_images,
        "down_images": down_images,
        "passing": int(np.count_nonzero(scored.scores >= np.float32(placed.threshold))),
        "threshold_before": None if before is None else before.threshold,
        "passing_before": None if before is None else before.passing,
        "cut_by": placed.by,
        "cut_words": placed.words,
        "cross_calibrated": scored.calibrated_by is PlacedBy.CROSS_VALIDATION,
        "cross_validated": figures,
    }
    return _Outcome(_facts(collection, attribute, origin, answered, estimates, placed, figures), fields)


def _answer_counts(answered: TrainingAnswers, sample: ValidationSample) -> dict[str, Any]:
    return {
        "answers": len(answered.rows),
        "yes": int(answered.yes.sum()),
        "from_source": answered.from_source,
        "validation": len(sample.rows),
        "validation_yes": int(sample.truth.sum()),
    }


@contextmanager
def _alone(collection: Collection, attribute: str) -> Iterator[None]:
    """Refuse a second round of the attribute, in this or another process. The lock ends with its process."""
    folder = rounds_folder(collection, attribute)
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
        file = open_lock(folder / ".lock")
    with file:
        try:
            lock(file, wait=False)
        except BlockingIOError:
            raise RoundError(
                f"A round of {attribute} is running already, here or in another process. Wait until it is done."
            ) from None
        yield


@contextmanager
def _rolled_back_on_error(collection: Collection, store: LabelStore, attribute: str) -> Iterator[None]:
    """Roll back a failed round. If that fails, too, the next round does it."""
    try:
        yield
    except BaseException:
        with suppress(BamExplorerError, OSError):
            take_back_unfinished(collection, store, attribute)
        raise


def _end_open_questions(store: LabelStore, earlier: list[RoundReport]) -> None:
    """Cancel the open training questions of the last round. Pages in use may still be answered."""
    for report in earlier[-1:]:
        if report.training_batch:
            store.batches.cancel(report.training_batch)


def _facts(
    collection: Collection,
    attribute: str,
    origin: str,
    answered: TrainingAnswers,
    estimates: ValidationEstimates,
    placed: PlacedThreshold,
    known: KnownFigures | None,
) -> AttributeFacts:
    """Return the facts of the scores: by validation, or by cross-validation while validation answers are too few."""
    point, average = estimates.at(placed.threshold), estimates.average_precision()
    of_known = (None, None, None) if known is None else (known.average_precision, *known.at(placed.threshold))
    validated = (average, point.precision, point.recall)
    average_precision, precision, recall = (
        one.value if one.enough else other for one, other in zip(validated, of_known, strict=True)
    )
    return replace(
        _known_before(collection, attribute) or AttributeFacts(attribute, 0, 0),
        average_precision=average_precision,
        threshold=float(np.float32(placed.threshold)),
        precision=precision,
        recall=recall,
        origin=origin,
        note=f"Trained on {len(answered.rows):,} answers, {int(answered.yes.sum()):,} of them yes. "
        f"The threshold is {placed.threshold:.3f}. {placed.words}",
        scale=None,
    )


def _known_before(collection: Collection, attribute: str) -> AttributeFacts | None:
    return collection.manifest.facts(attribute)


def _before(collection: Collection, attribute: str, earlier: list[RoundReport]) -> PreviousThreshold | None:
    """Return the present threshold and the number of images that pass it."""
    facts = _known_before(collection, attribute)
    if attribute not in collection.scored or facts is None or facts.threshold is None:
        return None
    old = collection.scores_of(attribute)
    threshold = np.float32(facts.threshold)
    last = earlier[-1] if earlier and earlier[-1].origin == facts.origin else None
    boundary = last is not None and last.cut_by in {PlacedBy.BOUNDARY, ""} and last.threshold == UNCALIBRATED
    return PreviousThreshold(float(threshold), int(np.count_nonzero(old >= threshold)), boundary)


def _described(store: LabelStore, attribute: str) -> Attribute:
    entry = store.attributes.find(attribute)
    definition = entry.definition
    return Attribute(
        attribute, entry.group, definition.title, definition.definition, definition.counts, definition.counts_not
    )


def _crossed(
    collection: Collection, attribute: str, scores: NDArray[np.float32], threshold: float
) -> tuple[int, int, tuple[int, ...], tuple[int, ...]]:
    """Return the images that crossed the threshold: their numbers, up and down, and the ids that moved furthest."""
    before = _known_before(collection, attribute)
    if attribute not in collection.scored or before is None or before.threshold is None:
        return 0, 0, (), ()
    old = collection.scores_of(attribute)
    now, then = scores >= np.float32(threshold), old >= np.float32(before.threshold)
    moved = scores - old
    sides = []
    for rows, key in ((np.flatnonzero(now & ~then), -moved), (np.flatnonzero(~now & then), moved)):
        furthest = rows[np.argsort(key[rows], kind="stable")[:MOST_SHOWN]]
        sides.append((len(rows), tuple(collection.image_ids[furthest].tolist())))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def _being_certified(collection: Collection, store: LabelStore, attribute: str) -> NDArray[np.int64]:
    """Return the images that an active certification may still ask. Drawn for validation, they would end it."""
    from pipeline.certification.files import latest
    from pipeline.certification.lifecycle import outcome

    certification = latest(collection, attribute)
    if certification is None or certification.dropped or outcome(store, certification).finished:
        return np.empty(0, np.int64)
    return np.array(certification.plan.images, np.int64)


def _needed_versions(collection: Collection, attribute: str) -> set[str]:
    """Return the names of the scores that a certification uses."""
    from pipeline.certification.files import latest

    certification = latest(collection, attribute)
    return {certification.origin} if certification is not None else set()
