"""The life cycle of a certification: plan, start, ask set by set. Reads and writes the store and the collection.

A certification names its model. A later round does not change its statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.consensus import Label, agreement_rule
from pipeline.certification.files import Certification, as_kept, latest, one_at_a_time, write_certification
from pipeline.certification.plan import CertificationPlan, plan_certification
from pipeline.certification.sequential_testing import CertificationResult, next_questions, result
from pipeline.collection.score_origins import named_origin, round_of_origin
from pipeline.errors import ParameterError
from pipeline.label_store import Drawn, LabelStore, Purpose, new_batch_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["advance", "ask_next", "begin", "drop", "make_plan", "outcome"]

REASON = "certification"


def make_plan(
    collection: Collection, store: LabelStore, attribute: str, *, target_precision: float, seed: int
) -> CertificationPlan:
    """Plan a certification of the current scores. Nothing is asked or written.

    It ranks the images that the threshold decides: no image settled by annotators, and none drawn for validation or
    another check.

    Raises
    ------
    ParameterError
        If the attribute has no scores of a round, or these were certified before, or the target is out of range.
    LabelStoreError
        If the store cannot be read.
    """
    origin, scores = _scores(collection, attribute)
    _check_first(store, latest(collection, attribute), attribute, origin)
    free = np.ones(len(collection), np.bool_)
    for images in _not_ranked(store, attribute):
        free[store.images.rows_here(images)] = False
    rows = np.flatnonzero(free & np.isfinite(scores))
    return plan_certification(
        attribute,
        round_of_origin(origin) or 0,
        collection.image_ids[rows],
        scores[rows],
        target_precision=target_precision,
        seed=seed,
    )


def begin(collection: Collection, store: LabelStore, plan: CertificationPlan) -> Certification:
    """Start a certification: write its plan and ask its first questions.

    Raises
    ------
    ParameterError
        If the attribute has other scores than the plan, these scores have another certification, or an image of the
        plan was drawn for another check since.
    LabelStoreError, CollectionError
        If the store or the collection cannot be written. It is safe to call again.
    """
    attribute = plan.attribute
    _scores(collection, attribute)
    with one_at_a_time(collection, attribute):
        made = _fixed(collection, store, plan)
    return advance(collection, store, made)


def _fixed(collection: Collection, store: LabelStore, plan: CertificationPlan) -> Certification:
    attribute = plan.attribute
    origin = named_origin(collection, attribute)
    if round_of_origin(origin) != plan.model_version:
        raise ParameterError(
            f"The plan is for round {plan.model_version} of {attribute}, but the present scores are {origin}, because "
            "another round has run. Make a new plan."
        )
    earlier = latest(collection, attribute)
    if earlier is not None and not earlier.dropped and replace(earlier.plan, words=plan.words) == plan:
        return earlier
    _check_first(store, earlier, attribute, origin)
    for purpose in (Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT):
        taken = np.intersect1d(store.batches.drawn_images(attribute, purpose), plan.images)
        if taken.size:
            raise ParameterError(
                f"{taken.size:,} images of the plan for {attribute} were drawn for {purpose} since it was made. Make a "
                "new plan, which leaves these images out."
            )
    number = 1 if earlier is None else earlier.number + 1
    version, revision = store.attributes.find(attribute).definition.version, collection.manifest.revision.number
    made = Certification(number, plan, origin, version, revision=revision)
    write_certification(collection, made)
    return made


def advance(collection: Collection, store: LabelStore, certification: Certification) -> Certification:
    """Ask the missing questions of the next undecided set. Return the certification with the new batch.

    Raises
    ------
    LabelStoreError, CollectionError
        If store or collection cannot be read or written.
    """
    with one_at_a_time(collection, certification.plan.attribute):
        return _ask_more(collection, store, as_kept(collection, certification))[0]


def ask_next(collection: Collection, store: LabelStore, attribute: str) -> bool:
    """Ask the next questions of an attribute's certification, if it has one. Return whether there were any.

    Locks and writes only if there are questions to ask, so it may be called for every page.

    Raises
    ------
    LabelStoreError, CollectionError
        If store or collection cannot be read or written.
    """
    certification = latest(collection, attribute)
    if certification is None or not _not_asked_yet(store, certification).size:
        return False
    with one_at_a_time(collection, attribute):
        return _ask_more(collection, store, as_kept(collection, certification))[1]


def _not_asked_yet(store: LabelStore, certification: Certification) -> NDArray[np.int64]:
    """Return the images that the next undecided set needs and that were never asked."""
    if certification.dropped:
        return np.empty(0, np.int64)
    plan = certification.plan
    wanted = next_questions(plan, *_answers(store, certification))
    return wanted[~np.isin(wanted, store.batches.drawn_images(plan.attribute, Purpose.CERTIFICATION))]


def _ask_more(collection: Collection, store: LabelStore, certification: Certification) -> tuple[Certification, bool]:
    """Ask the missing questions. Return the certification and whether there were any.

    The id of the batch is written before the draw, so every batch in the store can be cancelled.
    """
    fresh = _not_asked_yet(store, certification)
    if not fresh.size:
        return certification, False
    plan = certification.plan
    waiting = [batch for batch in certification.batches if store.batches.count_images(batch) is None]
    batch_id = waiting[0] if waiting else new_batch_id()
    if not waiting:
        certification = replace(certification, batches=(*certification.batches, batch_id))
        write_certification(collection, certification)
    agree = store.attributes.find(plan.attribute).agree
    chances = _chances(plan)
    drawn = [Drawn(image, REASON, chances[image]) for image in fresh.tolist()]
    store.batches.draw(
        plan.attribute,
        certification.definition_version,
        Purpose.CERTIFICATION,
        drawn,
        agree=agree,
        model_version=certification.origin,
        title=f"certification {certification.number}",
        batch_id=batch_id,
    )
    return certification, True


def outcome(store: LabelStore, certification: Certification) -> CertificationResult:
    """Return the result of the present answers.

    An absent image without an answer counts as not yes, like an unsure one. Otherwise the plan could never finish. If
    the image returns, it is asked.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    plan = certification.plan
    found = result(plan, *_answers(store, certification))
    gone = len(_gone(store, plan, _settled(store, certification)[0]))
    if not gone:
        return found
    what = "1 image of the plan is" if gone == 1 else f"{gone} images of the plan are"
    counts = "It counts" if gone == 1 else "They count"
    # Releases hold these sentences and compare them, so their text must not change.
    return replace(found, words=f"{found.words} {what} not in the collection now. {counts} as no yes.")


def drop(collection: Collection, store: LabelStore, certification: Certification) -> Certification:
    """Cancel a certification and its open questions. Its answers stay in the log.

    Raises
    ------
    LabelStoreError, CollectionError
        If store or collection cannot be read or written. It is safe to call again.
    """
    attribute = certification.plan.attribute
    with one_at_a_time(collection, attribute):
        certification = as_kept(collection, certification)
        for batch in store.batches.drawn_with(attribute, Purpose.CERTIFICATION, certification.origin):
            store.batches.publish(batch)
        cancelled = replace(certification, dropped=True)
        write_certification(collection, cancelled)
    return cancelled


def _scores(collection: Collection, attribute: str) -> tuple[str, NDArray[np.float32]]:
    facts = collection.manifest.facts(attribute)
    if facts is None or round_of_origin(facts.origin) is None or attribute not in collection.scored:
        raise ParameterError(f"{attribute} has no scores of a round yet. Run a round first, then plan a certification.")
    scores = collection.scores_of(attribute)
    return facts.origin, scores


def _check_first(store: LabelStore, earlier: Certification | None, attribute: str, origin: str) -> None:
    """Refuse a second certification of the same scores.

    The store knows the questions asked, so deleting the file gives no second chance.
    """
    if earlier is not None and earlier.origin == origin and not earlier.dropped:
        raise ParameterError(
            f"The scores {origin} of {attribute} have a certification already. A second try on the same scores would "
            "be a second chance at the same risk. Run another round, then certify its scores."
        )
    if store.batches.drawn_with(attribute, Purpose.CERTIFICATION, origin):
        raise ParameterError(
            f"A certification of the scores {origin} of {attribute} was cancelled after its first questions, or its "
            "file was deleted. A second one on the same scores would depend on these answers. Run another round, then "
            "certify its scores."
        )


def _not_ranked(store: LabelStore, attribute: str) -> Iterator[NDArray[np.int64]]:
    """Return the images settled by annotators, and those drawn for another check."""
    rule = agreement_rule(store.attributes.find(attribute).agree)
    for purpose in (Purpose.TRAINING, Purpose.VALIDATION):
        labels = store.answers.labels(attribute, purpose, rule)
        yield labels.image_ids[labels.settled]
    for purpose in (Purpose.VALIDATION, Purpose.CERTIFICATION, Purpose.AUDIT):
        yield store.batches.drawn_images(attribute, purpose)


def _answers(store: LabelStore, certification: Certification) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the answered images and their answers. Absent images without an answer count as unsure."""
    images, codes = _settled(store, certification)
    gone = _gone(store, certification.plan, images)
    return np.concatenate([images, gone]), np.concatenate([codes, np.full(len(gone), Label.UNSURE, np.int8)])


def _gone(store: LabelStore, plan: CertificationPlan, settled: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the images of a plan that are absent and have no settled answer."""
    images = np.array(plan.images, np.int64)
    return images[~store.images.present(images) & ~np.isin(images, settled)]


def _settled(store: LabelStore, certification: Certification) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    attribute = certification.plan.attribute
    rule = agreement_rule(store.attributes.find(attribute).agree)
    labels = store.answers.labels(attribute, Purpose.CERTIFICATION, rule, certification.definition_version)
    settled = np.isin(labels.labels, (Label.YES, Label.NO, Label.UNSURE))
    return labels.image_ids[settled], labels.labels[settled]


def _chances(plan: CertificationPlan) -> dict[int, float]:
    """Return the inclusion probability of each question: that in the smallest set with its image."""
    sizes = np.array(plan.sizes)
    sets = np.minimum(np.searchsorted(sizes, np.array(plan.positions), side="right"), len(sizes) - 1)
    shares = np.minimum(np.array(plan.samples) / sizes, 1.0)
    return dict(zip(plan.images, shares[sets].tolist(), strict=True))
