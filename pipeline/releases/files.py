"""Releases as files of a collection: written once, read and verified. Reads and writes files.

``releases/<attribute>/<number>/`` holds ``labels.parquet``, with one row for each image, and ``release.json``, with the
sources of the release and the SHA-256 of the table. Both are written to a temporary folder, made read-only, and moved
into place by one rename.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.collection.numbered_records import check_record, note_change, numbered, read_record
from pipeline.collection.own_files import remove_own
from pipeline.errors import CollectionDamagedError
from pipeline.files.paths import inside
from pipeline.files.small_files import read_plain, write_json, writing
from pipeline.plain_values import made_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = [
    "HUMAN",
    "THRESHOLD",
    "Release",
    "ReleaseColumns",
    "check_counts",
    "counts_of",
    "digest_of_columns",
    "list_releases",
    "read_release_columns",
    "read_release_table",
    "releases_folder",
    "verify_release",
    "write_release",
]

HUMAN, THRESHOLD = "human", "threshold"
LARGEST = 4 << 30
"""Bytes of a release's table; 2.5 million images take 40 million."""


@dataclass(frozen=True, slots=True)
class Release:
    """The record of a release.

    Parameters
    ----------
    attribute, number
        The attribute and the number, from 1.
    at, by
        Seconds since 1970, and the name of the person who made it (untrusted text).
    origin, model_sha256, scores_sha256
        Version of the scores, and hashes of the model's file and of the scores as ranked.
    definition_version
        Version of the attribute's definition.
    threshold, lower
        Scores from ``threshold`` are positive, scores below ``lower`` negative, scores between unsure.
    positive_by_people, negative_by_people
        Number of images settled by annotators.
    positive_by_threshold, unsure_by_threshold, negative_by_threshold
        Number of images settled by the threshold.
    promise
        The statement of a certification of these scores; empty without one.
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
    def summary(self) -> str:
        """The counts as a sentence."""
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


def releases_folder(collection: Collection, attribute: str) -> Path:
    """Return the folder of an attribute's releases."""
    return inside(collection.path, "releases", attribute)


def list_releases(collection: Collection, attribute: str) -> list[Release]:
    """Read an attribute's releases, the first one first.

    Raises
    ------
    CollectionDamagedError
        If one cannot be read.
    """
    files = numbered(releases_folder(collection, attribute), "*/release.json")
    return [_read(path, attribute) for path in files]


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
    """Verify that the table of a release is unchanged.

    Raises
    ------
    CollectionDamagedError
        If it is not.
    """
    check_counts(release, read_release_columns(collection, release))


def check_counts(release: Release, columns: ReleaseColumns) -> None:
    """Verify that the counts of a release are those of its table.

    Raises
    ------
    CollectionDamagedError
        If it is not.
    """
    found = counts_of(columns.values, columns.by_people) | {
        "scores_sha256": digest_of_columns(columns.image_ids, columns.scores)
    }
    wrong = [name for name, value in found.items() if getattr(release, name) != value]
    if wrong:
        raise CollectionDamagedError(
            f"The record of release {release.number} of {release.attribute} differs from its table in "
            f"{', '.join(wrong)}. Restore its release.json from a copy."
        )


def write_release(collection: Collection, release: Release, table: pa.Table) -> None:
    """Write a new release and its table, read-only, and move it into place by one rename. The caller holds the lock.

    Raises
    ------
    CollectionError
        If it cannot be written.
    """
    folder = releases_folder(collection, release.attribute)
    temporary = folder / f".{release.number}.part"
    with writing(folder):
        remove_own(collection.path, temporary.relative_to(collection.path).as_posix())
        temporary.mkdir()
        pq.write_table(table, temporary / "labels.parquet", compression="zstd")
        write_json(temporary / "release.json", asdict(release))
        for path in temporary.iterdir():
            path.chmod(0o444)
        temporary.rename(folder / str(release.number))
    note_change(collection)


def counts_of(values: NDArray[np.int8], by_people: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the counts of a table by their names in `Release`; arrays as in `ReleaseColumns`."""
    return {
        "positive_by_people": _count(values == 1, by_people),
        "negative_by_people": _count(values == 0, by_people),
        "positive_by_threshold": _count(values == 1, ~by_people),
        "unsure_by_threshold": _count(values == -1, ~by_people),
        "negative_by_threshold": _count(values == 0, ~by_people),
    }


def digest_of_columns(*columns: NDArray[Any]) -> str:
    """Return the SHA-256 of the concatenated arrays."""
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def _read(path: Path, attribute: str) -> Release:
    release = read_record(path, lambda values: made_of(Release, values))
    check_record(path, attribute, release.attribute, number=int(path.parent.name), found_number=release.number)
    return release


def _read_table(collection: Collection, release: Release) -> tuple[pa.Table, ReleaseColumns]:
    path = inside(collection.path, "releases", release.attribute, str(release.number), "labels.parquet")
    try:
        table: pa.Table = pq.read_table(pa.BufferReader(read_plain(path, most=LARGEST)))
        ids, values, scores = (
            table[name].combine_chunks().to_numpy(zero_copy_only=False) for name in ("image_id", "value", "score")
        )
        by_people = pc.equal(table["by"].cast(pa.string()), HUMAN).combine_chunks().to_numpy(zero_copy_only=False)
        digest = digest_of_columns(ids, values, by_people, scores)
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy; a release cannot be made again."
        ) from error
    if digest != release.sha256:
        raise CollectionDamagedError(
            f"{path} is not the table of release {release.number} of {release.attribute}: its SHA-256 is "
            f"{digest[:12]}... instead of {release.sha256[:12]}.... Restore it from a copy."
        )
    return table, ReleaseColumns(ids, values, by_people, scores)


def _count(some: NDArray[np.bool_], among: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(some & among))
