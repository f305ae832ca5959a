"""Making a release of an attribute: settled answers, and the threshold for all other images.

Reads the label store and the collection; `pipeline.releases.files` writes the files.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.annotation.consensus import Label, agreement_rule
from pipeline.certification.files import latest
from pipeline.certification.lifecycle import outcome
from pipeline.collection.score_origins import round_of_origin
from pipeline.errors import RoundError
from pipeline.files.locks import locked
from pipeline.files.paths import inside
from pipeline.files.small_files import read_plain, writing
from pipeline.label_store import LabelStore, Purpose
from pipeline.learning.threshold_choice import three_way
from pipeline.releases.files import (
    HUMAN,
    THRESHOLD,
    Release,
    counts_of,
    digest_of_columns,
    list_releases,
    releases_folder,
    write_release,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["make_release"]

SETTLING = (Purpose.TRAINING, Purpose.VALIDATION, Purpose.CERTIFICATION)
"""Answers that settle an image; those of an audit judge the release and are no part of it."""


def make_release(
    collection: Collection, store: LabelStore, attribute: str, *, threshold: float, lower: float, by: str
) -> tuple[Release, bool]:
    """Make a release of an attribute: settled answers, and the threshold for all other images.

    Parameters
    ----------
    collection, store, attribute
        The attribute, and where it is labelled.
    threshold, lower
        Scores from ``threshold`` are positive, scores below ``lower`` negative.
    by
        Name of the person who makes it.

    Returns
    -------
    Release
        The new release, or the last one if nothing has changed since.
    bool
        Whether it is new.

    Raises
    ------
    RoundError
        If the attribute has no scores of a round.
    ParameterError
        If ``lower`` is above ``threshold``.
    LabelStoreError, CollectionError
        If the store or the collection cannot be read or written. No release is made then.
    """
    facts = collection.manifest.facts(attribute)
    if facts is None or round_of_origin(facts.origin) is None or attribute not in collection.scored:
        raise RoundError(f"{attribute} has no scores of a round to release. Run a round first.")
    folder = releases_folder(collection, attribute)
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "making"):
        scores = collection.scores_of(attribute)
        values, by_people, definition_version = _values(store, attribute, scores, threshold, lower)
        earlier = list_releases(collection, attribute)
        model = inside(collection.path, "models", f"{attribute}-{facts.origin}.safetensors")
        table = pa.table(
            {
                "image_id": collection.image_ids,
                "value": values,
                "by": pa.array(np.where(by_people, HUMAN, THRESHOLD)).dictionary_encode(),
                "score": scores,
            }
        )
        made = Release(
            attribute=attribute,
            number=earlier[-1].number + 1 if earlier else 1,
            at=time.time(),
            by=by[:200],
            origin=facts.origin,
            model_sha256=hashlib.sha256(collection.guarded(lambda: read_plain(model))).hexdigest(),
            scores_sha256=digest_of_columns(collection.image_ids, scores),
            definition_version=definition_version,
            threshold=float(threshold),
            lower=float(lower),
            **counts_of(values, by_people),
            promise=_promise(collection, store, attribute, facts.origin, scores, by_people),
            sha256=digest_of_columns(collection.image_ids, values, by_people, scores),
        )
        if earlier and _same(earlier[-1], made):
            return earlier[-1], False
        write_release(collection, made, table)
    return made, True


def _values(
    store: LabelStore, attribute: str, scores: NDArray[np.float32], threshold: float, lower: float
) -> tuple[NDArray[np.int8], NDArray[np.bool_], int]:
    entry = store.attributes.find(attribute)
    values = three_way(scores, float(np.float32(threshold)), float(np.float32(lower)))
    by_people = np.zeros(len(scores), np.bool_)
    # Of several purposes the later in the list counts: its answers are more reliable.
    for purpose in SETTLING:
        labels = store.answers.labels(attribute, purpose, agreement_rule(entry.agree))
        settled = labels.settled & store.images.present(labels.image_ids)
        rows = store.images.rows(labels.image_ids[settled].tolist())
        values[rows] = labels.labels[settled] == Label.YES
        by_people[rows] = True
    return values, by_people, entry.definition.version


def _promise(
    collection: Collection,
    store: LabelStore,
    attribute: str,
    origin: str,
    scores: NDArray[np.float32],
    by_people: NDArray[np.bool_],
) -> dict[str, Any]:
    """Return the statement of a certification of these scores.

    Images that were added after the certification was planned are in none of its sets, and the statement says so.
    """
    certification = latest(collection, attribute)
    if certification is None or certification.dropped or certification.origin != origin:
        return {}
    result = outcome(store, certification)
    if result.threshold is None:
        return {}
    later = (collection.added_in() > certification.revision) & (scores >= result.threshold) & ~by_people
    return {
        "certification": certification.number,
        "target_precision": certification.plan.target_precision,
        "confidence": certification.plan.confidence,
        "from_score": result.threshold,
        "images": result.passed_size,
        "answers": result.answers,
        "finished": result.finished,
        "words": result.words + _outside(int(np.count_nonzero(later))),
    }


def _outside(later: int) -> str:
    """Return a sentence about images that came after a certification; empty without any."""
    if not later:
        return ""
    return f" It says nothing about {later:,} images of this release that were added to the collection later."


def _same(one: Release, other: Release) -> bool:
    passing = {"number", "at", "by"}
    facts = [{key: value for key, value in asdict(each).items() if key not in passing} for each in (one, other)]
    return facts[0] == facts[1]
