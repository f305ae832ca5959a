"""Numbered releases of an attribute: made once, hashed, never changed. An edge: it reads and writes files.

``releases/<attribute>/<number>/`` holds ``labels.parquet``, a row an image, and ``release.json``, which says what it
was made from and the SHA-256 of the table. Both are written beside their place, made read-only, and put there by one
rename.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.agreement import Label, agreement_rule
from pipeline.certifying import latest, outcome
from pipeline.collection_writer import locked, write_json, writing
from pipeline.errors import CollectionDamagedError, RoundError
from pipeline.label_store import LabelStore, Purpose
from pipeline.threshold_choice import three_way

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = [
    "HUMAN",
    "THRESHOLD",
    "Release",
    "ReleaseColumns",
    "check_counts",
    "list_releases",
    "make_release",
    "read_release_columns",
    "read_release_table",
    "verify_release",
]

HUMAN, THRESHOLD = "human", "threshold"
SETTLING = (Purpose.TRAINING, Purpose.VALIDATION, Purpose.CERTIFICATION)
"""Answers that settle an image; those of an audit judge the release and are no part of it."""


@dataclass(frozen=True, slots=True)
class Release:
    """What a release says of itself.

    Parameters
    ----------
    attribute, number
        Which one; numbers of an attribute count from 1.
    at, by
        Seconds since 1970, and the name of who made it. Untrusted.
    origin, model_sha256, scores_sha256
        Version of the scores, and hashes of the model's file and of the scores as ranked.
    definition_version
        What was asked.
    threshold, lower
        Positive from the first on, negative below the second, unsure between.
    positive_by_people, negative_by_people
        Images that people settled.
    positive_by_threshold, unsure_by_threshold, negative_by_threshold
        The others.
    promise
        What a certification of these scores says of the images from some score on; empty without one.
    sha256
        Of the columns of the table, in order.
    """

    attribute: str
    number: int
    at: float
    by: str
    origin: str
    model_sha256: str
    scores_sha256: str
    definition_version: int
    threshold: float
    lower: float
    positive_by_people: int
    negative_by_people: int
    positive_by_threshold: int
    unsure_by_threshold: int
    negative_by_threshold: int
    promise: dict[str, Any]
    sha256: str

    @property
    def words(self) -> str:
        """Count both parts in a sentence."""
        positive = self.positive_by_people + self.positive_by_threshold
        unsure = f", {self.unsure_by_threshold:,} unsure" if self.unsure_by_threshold else ""
        negative = self.negative_by_people + self.negative_by_threshold
        return (
            f"{positive:,} positive ({self.positive_by_people:,} said by people, {self.positive_by_threshold:,} by "
            f"threshold {self.threshold:.3f}){unsure}, {negative:,} negative."
        )


@dataclass(frozen=True, slots=True, eq=False)
class ReleaseColumns:
    """The table of a release as arrays, rows in ascending order of ``image_id``.

    Parameters
    ----------
    image_ids
        int64 (n,).
    values
        int8 (n,): 1 positive, 0 negative, -1 unsure.
    by_people
        bool (n,): settled by people; the others by threshold.
    scores
        float32 (n,).
    """

    image_ids: NDArray[np.int64]
    values: NDArray[np.int8]
    by_people: NDArray[np.bool_]
    scores: NDArray[np.float32]


def make_release(
    collection: Collection, store: LabelStore, attribute: str, *, threshold: float, lower: float, by: str
) -> tuple[Release, bool]:
    """Release an attribute as it is now: settled answers as they are, the rest by threshold.

    Parameters
    ----------
    collection, store, attribute
        What is released.
    threshold, lower
        Positive from the first on, negative below the second.
    by
        Who makes it.

    Returns
    -------
    Release
        The new one, or the last one where nothing has changed since.
    bool
        Whether it is new.

    Raises
    ------
    RoundError
        If the attribute has no scores of a round.
    ParameterError
        If the lower cut is above the threshold.
    LabelStoreError, CollectionError
        If store or collection cannot be read or written; then nothing is released.
    """
    facts = next((entry for entry in collection.manifest.attributes if entry.name == attribute), None)
    if facts is None or not facts.origin.startswith("round-") or attribute not in collection.scored:
        raise RoundError(f"{attribute} has no scores of a round to release. Run a round first.")
    folder = collection.path / "releases" / attribute
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "making"):
        scores = collection.scores[collection.scored.index(attribute)]
        values, by_people, definition_version = _values(store, attribute, scores, threshold, lower)
        earlier = list_releases(collection, attribute)
        model = collection.path / "models" / f"{attribute}-{facts.origin}.safetensors"
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
            model_sha256=hashlib.sha256(model.read_bytes()).hexdigest(),
            scores_sha256=_digest(collection.image_ids, scores),
            definition_version=definition_version,
            threshold=float(threshold),
            lower=float(lower),
            **_counts(values, by_people),
            promise=_promise(collection, store, attribute, facts.origin),
            sha256=_digest(collection.image_ids, values, by_people, scores),
        )
        if earlier and _same(earlier[-1], made):
            return earlier[-1], False
        _write(folder, made, table)
    return made, True


def list_releases(collection: Collection, attribute: str) -> list[Release]:
    """Read an attribute's releases, the first one first.

    Raises
    ------
    CollectionDamagedError
        If one cannot be read.
    """
    folder = collection.path / "releases" / attribute
    places = [path for path in folder.glob("*/release.json") if path.parent.name.isdigit()]
    return [_read(path) for path in sorted(places, key=lambda path: int(path.parent.name))]


def read_release_table(collection: Collection, release: Release) -> pa.Table:
    """Read the table of a release: ``image_id``, ``value`` (1, 0 or -1), ``by``, ``score``, by ascending id.

    Raises
    ------
    CollectionDamagedError
        If it cannot be read, or is not the one that was released.
    """
    return _read_table(collection, release)[0]


def read_release_columns(collection: Collection, release: Release) -> ReleaseColumns:
    """Read the table of a release as arrays.

    Raises
    ------
    CollectionDamagedError
        If it cannot be read, or is not the one that was released.
    """
    return _read_table(collection, release)[1]


def verify_release(collection: Collection, release: Release) -> None:
    """Make sure that a release is as it was made.

    Raises
    ------
    CollectionDamagedError
        If it is not.
    """
    check_counts(release, read_release_columns(collection, release))


def check_counts(release: Release, columns: ReleaseColumns) -> None:
    """Make sure that what a release says of itself is true of its table.

    Raises
    ------
    CollectionDamagedError
        If it is not.
    """
    found = _counts(columns.values, columns.by_people) | {"scores_sha256": _digest(columns.image_ids, columns.scores)}
    wrong = [name for name, value in found.items() if getattr(release, name) != value]
    if wrong:
        raise CollectionDamagedError(
            f"Release {release.number} of {release.attribute} says another {', '.join(wrong)} than its table. Restore "
            "its release.json from a copy."
        )


def _read_table(collection: Collection, release: Release) -> tuple[pa.Table, ReleaseColumns]:
    path = collection.path / "releases" / release.attribute / str(release.number) / "labels.parquet"
    try:
        table: pa.Table = pq.read_table(path)
        ids, values, scores = (
            table[name].combine_chunks().to_numpy(zero_copy_only=False) for name in ("image_id", "value", "score")
        )
        by_people = pc.equal(table["by"].cast(pa.string()), HUMAN).combine_chunks().to_numpy(zero_copy_only=False)
        digest = _digest(ids, values, by_people, scores)
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy; a release cannot be made again."
        ) from error
    if digest != release.sha256:
        raise CollectionDamagedError(
            f"{path} is not the table of release {release.number} of {release.attribute}: its SHA-256 is "
            f"{digest[:12]}... instead of {release.sha256[:12]}.... Restore it from a copy."
        )
    return table, ReleaseColumns(ids, values, by_people, scores)


def _counts(values: NDArray[np.int8], by_people: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "positive_by_people": _count(values == 1, by_people),
        "negative_by_people": _count(values == 0, by_people),
        "positive_by_threshold": _count(values == 1, ~by_people),
        "unsure_by_threshold": _count(values == -1, ~by_people),
        "negative_by_threshold": _count(values == 0, ~by_people),
    }


def _values(
    store: LabelStore, attribute: str, scores: NDArray[np.float32], threshold: float, lower: float
) -> tuple[NDArray[np.int8], NDArray[np.bool_], int]:
    entry = store.attribute(attribute)
    values = three_way(scores, float(np.float32(threshold)), float(np.float32(lower)))
    by_people = np.zeros(len(scores), np.bool_)
    # Of an image answered for several purposes the later of the list counts: it was asked with more care.
    for purpose in SETTLING:
        labels = store.labels(attribute, purpose, agreement_rule(entry.agree))
        settled = np.isin(labels.labels, (Label.YES, Label.NO))
        rows = store.images.rows(labels.image_ids[settled].tolist())
        values[rows] = labels.labels[settled] == Label.YES
        by_people[rows] = True
    return values, by_people, entry.definition.version


def _promise(collection: Collection, store: LabelStore, attribute: str, origin: str) -> dict[str, Any]:
    certification = latest(collection, attribute)
    if certification is None or certification.dropped or certification.origin != origin:
        return {}
    result = outcome(store, certification)
    if result.threshold is None:
        return {}
    return {
        "certification": certification.number,
        "target_precision": certification.plan.target_precision,
        "confidence": certification.plan.confidence,
        "from_score": result.threshold,
        "images": result.passed_size,
        "answers": result.answers,
        "finished": result.finished,
        "words": result.words,
    }


def _same(one: Release, other: Release) -> bool:
    passing = {"number", "at", "by"}
    facts = [{key: value for key, value in asdict(each).items() if key not in passing} for each in (one, other)]
    return facts[0] == facts[1]


def _write(folder: Path, release: Release, table: pa.Table) -> None:
    temporary = folder / f".{release.number}.part"
    with writing(folder):
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        pq.write_table(table, temporary / "labels.parquet", compression="zstd")
        write_json(temporary / "release.json", asdict(release))
        for path in temporary.iterdir():
            path.chmod(0o444)
        temporary.rename(folder / str(release.number))


def _read(path: Path) -> Release:
    try:
        return Release(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy."
        ) from error


def _count(some: NDArray[np.bool_], among: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(some & among))


def _digest(*columns: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
