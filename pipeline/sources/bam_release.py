"""Read a BAM release file (SQLite) into columns, in one pass over each table. Opens no picture."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import SourceError, TaxonomyError
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.bam_crowd import Crowd, read_crowd
from pipeline.sources.bam_tables import (
    NO_LABEL,
    LeftOutRows,
    codes_of,
    label_expressions,
    numbers_of,
    places_among,
    rounded,
    texts_of,
)
from pipeline.sources.sqlite_reading import GOOD_ID, SqliteFile, is_sqlite
from pipeline.taxonomy import attribute_from_name

__all__ = ["MOST_IMAGES", "BamRelease", "is_sqlite", "read_release"]

STAGE: Final = "Reading the release"
MOST_IMAGES: Final = 50_000_000
"""Largest number of modules. Each takes about 300 bytes of memory."""

NEEDED: Final = {
    "modules": ("mid", "project_id", "src", "mature_content", "license"),
    "scores": ("mid",),
    "automatic_labels": ("mid",),
    "crowd_labels": ("mid", "attribute", "label"),
    "crowd_raw_hits": ("assignment_id", "attribute", "worker_id", "n_clicks", "n_seconds", "last_modified"),
    "crowd_raw_choices": ("assignment_id", "mid", "attribute", "label"),
    "crowd_raw_captions": ("assignment_id", "mid", "attribute", "caption", "label"),
}
"""Columns of each table. ``scores`` and ``automatic_labels`` have one more for each attribute."""

REQUIRED: Final = ("modules", "scores")
WIDE: Final = ("scores", "automatic_labels")


@dataclass(frozen=True, slots=True, eq=False)
class BamRelease:
    """The content of a release: n images and a attributes.

    Parameters
    ----------
    path
        The file.
    digest
        SHA-256 of the file.
    attributes
        Names of the attributes, in the order of the columns of ``scores``.
    mids
        int64 (n,), ascending: the identity of each image.
    projects
        int64 (n,), -1 for none.
    links, licences
        string (n,): null for none.
    mature
        bool (n,): null where it is not known.
    scores
        float32 (a, n), finite, on the scale of the file.
    automatic
        int8 (a, n): an index of `pipeline.sources.bam_tables.LABEL_WORDS`, or `NO_LABEL`.
    crowd
        Labels, hits, choices and captions.
    notes
        One sentence for each kind of row, column or table that was left out.
    """

    path: Path
    digest: str
    attributes: tuple[str, ...]
    mids: NDArray[np.int64]
    projects: NDArray[np.int64]
    links: pa.Array
    licences: pa.Array
    mature: pa.Array
    scores: NDArray[np.float32]
    automatic: NDArray[np.int8]
    crowd: Crowd
    notes: tuple[str, ...]


def read_release(path: Path, *, expected: Sequence[str] = (), progress: ProgressCallback | None = None) -> BamRelease:
    """Read a release file.

    Parameters
    ----------
    path
        An SQLite file.
    expected
        Attributes that the file should have. Those that it has not are named in the notes.
    progress
        Called with the number of rows read; may raise to stop.

    Raises
    ------
    SourceError
        If it is no database, lacks a table or a column, or holds ids that were rounded or are no numbers. The sentence
        names the table, and the row where there is one.
    """
    with SqliteFile(path) as file, ThreadPoolExecutor(1, thread_name_prefix="digest") as beside:
        reader = _Reader(file, expected, progress)
        return reader.read(beside.submit(_digest, path).result)


class _Reader:
    def __init__(self, file: SqliteFile, expected: Sequence[str], progress: ProgressCallback | None) -> None:
        self._file = file
        self._tell = progress or _nobody
        self._left = LeftOutRows()
        self._notes: list[str] = []
        self._tables = file.tables()
        self._check_tables()
        self._attributes = self._attributes_of("scores")
        if not self._attributes:
            raise SourceError(f"{file.path}: the table scores has no column of an attribute, such as content_bird.")
        missing = [name for name in expected if name not in self._attributes]
        if missing:
            self._notes.append(f"The table scores has no column for {', '.join(missing)}; nothing is known of them.")
        self._total = sum(file.count(table) for table in NEEDED if table in self._tables)
        self._done = 0

    def read(self, digest: Callable[[], str]) -> BamRelease:
        """Read all tables; `digest` is called last."""
        mids, columns = self._modules()
        places, scores = self._scores(mids)
        kept = np.flatnonzero(places >= 0)
        self._left.add(
            "{} of modules have no usable scores, by which images are laid out; these images were left out",
            len(mids) - len(kept),
            f"mid {mids[np.argmin(places >= 0)]}" if len(kept) < len(mids) else "",
        )
        if not len(kept):
            raise SourceError(f"{self._file.path} has no image with scores. Check the tables modules and scores.")
        mids, scores = mids[kept], np.ascontiguousarray(scores[places[kept]].T)
        taken = pa.array(kept)
        projects, links, licences, mature = (column.take(taken) for column in columns)
        automatic = self._automatic(mids)
        crowd = read_crowd(self._file, self._tables, mids, self._attributes, self._left, self._step)
        self._tell(Progress(STAGE, self._total, self._total, "rows"))
        notes = (*self._notes, *self._left.sentences())
        return BamRelease(
            self._file.path,
            digest(),
            self._attributes,
            mids,
            projects.to_numpy(),
            links,
            licences,
            mature,
            scores,
            automatic,
            crowd,
            notes,
        )

    def _check_tables(self) -> None:
        path = self._file.path
        lacking = [table for table in REQUIRED if table not in self._tables]
        if lacking:
            there = ", ".join(sorted(self._tables)[:8]) or "none"
            raise SourceError(
                f"{path} is an SQLite file without the table {' and the table '.join(lacking)}, so it is no BAM "
                f"release. Its tables: {there}. Allowed is a file with the tables {', '.join(NEEDED)}."
            )
        for table, names in NEEDED.items():
            if table not in self._tables:
                self._notes.append(f"The file has no table {table}.")
                continue
            columns = self._tables[table]
            absent = [name for name in names if name not in columns]
            if absent:
                raise SourceError(
                    f"{path}: the table {table} lacks the column {', '.join(absent)}. It has: {', '.join(columns)}."
                )
            others = [name for name in columns if name not in names and not (table in WIDE and _is_attribute(name))]
            if others:
                self._notes.append(f"Columns of {table} that are not read: {', '.join(others)[:200]}.")
        unread = sorted(set(self._tables) - set(NEEDED))
        if unread:
            self._notes.append(f"Tables that are not read: {', '.join(unread)[:200]}.")

    def _attributes_of(self, table: str) -> tuple[str, ...]:
        return tuple(name for name in self._tables.get(table, ()) if _is_attribute(name))

    def _modules(self) -> tuple[NDArray[np.int64], list[pa.Array]]:
        """Return the mids, ascending, and projects, links, licences and mature flags in the same order."""
        mids, projects, matures = [], [], []
        texts: dict[str, list[pa.Array]] = {"src": [], "license": []}
        found = self._ids("modules")
        if len(found) > MOST_IMAGES:
            raise SourceError(f"{self._file.path} has {len(found):,} modules; at most {MOST_IMAGES:,} are read.")
        if not len(found):
            raise SourceError(f"{self._file.path} has no row in modules with a usable mid, so it names no image.")
        query = f"select mid, project_id, src, mature_content, license from modules where {GOOD_ID} order by rowid"  # noqa: S608
        for rows in self._file.blocks(query):
            ids, project, src, mature, licence = zip(*rows, strict=True)
            mids.append(np.fromiter(ids, np.int64, len(rows)))
            projects.append(np.fromiter((_project(value) for value in project), np.int64, len(rows)))
            matures.append(pa.array([_flag(value) for value in mature], pa.bool_()))
            for name, values in (("src", src), ("license", licence)):
                made, bad = texts_of(values)
                self._left.add(
                    f"{{}} of modules hold a {name} that is no UTF-8 text; the images were kept without it",
                    len(bad),
                    f"mid {ids[bad[0]]}" if bad else "",
                )
                if bad:
                    keep = np.ones(len(rows), np.bool_)
                    keep[bad] = False
                    made = pc.if_else(pa.array(keep), made, pa.scalar(None, pa.string()))
                texts[name].append(made)
            self._step(len(rows))
        order, unique = self._first_of("modules", found)
        columns = [
            pa.concat_arrays([pa.array(one) for one in projects]),
            pa.concat_arrays(texts["src"]),
            pa.concat_arrays(texts["license"]),
            pa.concat_arrays(matures),
        ]
        return unique, [column.take(pa.array(order)) for column in columns]

    def _scores(self, mids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return for each mid its row of the scores, or -1, and the scores (rows, a)."""
        found = self._ids("scores")
        scores = np.empty((len(found), len(self._attributes)), np.float32)
        query = f"select {', '.join(self._attributes)} from scores where {GOOD_ID} order by rowid"  # noqa: S608 -- checked names
        done = 0
        for rows in self._file.blocks(query):
            scores[done : done + len(rows)] = numbers_of(rows)
            done += len(rows)
            self._step(len(rows))
        order, unique = self._first_of("scores", found)
        finite = np.asarray(np.isfinite(scores).all(axis=1), np.bool_)
        bad = np.flatnonzero(~finite)
        self._left.add(
            "{} of scores hold a value that is no finite number; these images were left out",
            len(bad),
            f"mid {found[bad[0]]}" if len(bad) else "",
        )
        self._count_strangers("scores", unique, mids)
        usable = finite[order]
        places = places_among(unique[usable], mids)
        chosen = order[usable]
        return (np.where(places >= 0, chosen[places], -1) if len(chosen) else places), scores

    def _automatic(self, mids: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the automatic labels of each image: int8 (a, n)."""
        codes = np.full((len(self._attributes), len(mids)), NO_LABEL, np.int8)
        names = [name for name in self._attributes_of("automatic_labels") if name in self._attributes]
        if not names:
            return codes
        found = self._ids("automatic_labels")
        order, unique = self._first_of("automatic_labels", found)
        self._count_strangers("automatic_labels", unique, mids)
        first = np.isin(np.arange(len(found)), order)
        places = np.where(first, places_among(mids, found), -1)
        columns = np.array([self._attributes.index(name) for name in names], np.int64)
        packed = ", ".join(label_expressions(names))
        query = f"select {packed} from automatic_labels where {GOOD_ID} order by rowid"  # noqa: S608 -- checked names
        done = 0
        for rows in self._file.blocks(query):
            block, unknown = codes_of(rows, len(names))
            self._left.add(
                "Labels that are not positive, unsure or negative, in {} of automatic_labels, count as missing",
                unknown,
                f"among rows {done + 1:,} to {done + len(rows):,}",
            )
            there = places[done : done + len(rows)]
            codes[np.ix_(columns, there[there >= 0])] = block[there >= 0].T
            done += len(rows)
            self._step(len(rows))
        return codes

    def _ids(self, table: str) -> NDArray[np.int64]:
        """Return the usable mids of a table, int64 (m,), in the order of its rows; refuse a table of lost ids."""
        bad = self._file.bad_ids(table)
        if bad is not None and bad.kind in {"text", "real", "blob"}:
            raise SourceError(
                f"{self._file.path}: row {bad.row:,} of {table} has the mid {bad.text!r}, which is no whole number"
                f"{f', like {bad.count - 1:,} more' if bad.count > 1 else ''}. A spreadsheet writes ids like 1.23E+18 "
                "and loses their digits. Use the file as it was released."
            )
        if bad is not None:
            self._left.add(
                f"{{}} of {table} have no mid, or a negative one, and were left out", bad.count, f"row {bad.row:,}"
            )
            self._step(bad.count)
        query = f"select mid from {table} where {GOOD_ID} order by rowid"  # noqa: S608 -- words of our own
        parts = [np.fromiter((row[0] for row in rows), np.int64, len(rows)) for rows in self._file.blocks(query)]
        ids = np.concatenate(parts) if parts else np.empty(0, np.int64)
        lost = rounded(ids)
        if len(lost):
            raise SourceError(
                f"{self._file.path}: row {lost[0] + 1:,} of {table} has the mid {ids[lost[0]]}, which a spreadsheet "
                "rounded, so its digits are lost. Use the file as it was released."
            )
        return ids

    def _first_of(self, table: str, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of the first row of each mid, and the mids, ascending."""
        unique, first = np.unique(ids, return_index=True)
        if len(unique) < len(ids):
            again = np.ones(len(ids), np.bool_)
            again[first] = False
            self._left.add(
                f"{{}} of {table} repeat a mid; the first row of each was kept",
                int(again.sum()),
                f"mid {ids[np.argmax(again)]}",
            )
        return first.astype(np.int64), unique

    def _count_strangers(self, table: str, ids: NDArray[np.int64], mids: NDArray[np.int64]) -> None:
        strangers = ids[places_among(mids, ids) < 0]
        self._left.add(
            f"{{}} of {table} are about images that are not in modules and were left out",
            len(strangers),
            f"mid {strangers[0]}" if len(strangers) else "",
        )

    def _step(self, rows: int) -> None:
        self._done += rows
        self._tell(Progress(STAGE, min(self._done, self._total), self._total, "rows"))


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check the file and its permissions.") from error


def _is_attribute(name: str) -> bool:
    try:
        attribute_from_name(name)
    except TaxonomyError:
        return False
    return True


def _project(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**63 else -1


def _flag(value: Any) -> bool | None:
    return bool(value) if value in (0, 1) else None


def _nobody(progress: Progress) -> None:
    """Ignore progress."""
