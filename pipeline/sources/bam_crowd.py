"""Read the crowd's tables of a BAM release: labels, hits, choices and captions, as arrays."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.sources.bam_tables import LABELS, LeftOutRows, code_column, places_among, rounded, texts_of
from pipeline.sources.sqlite_reading import GOOD_ID, SqliteFile

__all__ = [
    "LONGEST_CAPTION",
    "Captions",
    "Choices",
    "Crowd",
    "CrowdLabels",
    "Hits",
    "crowd_attributes",
    "read_choices",
    "read_crowd",
    "read_labels",
]

LONGEST_CAPTION: Final = 5_000
"""Characters of a caption. What follows is cut off."""


@dataclass(frozen=True, slots=True, eq=False)
class CrowdLabels:
    """Labels (k,): ``rows`` int64 of the images, ``columns`` int32 of the attributes, ``values`` int32 of the words.

    The values are indices of `pipeline.sources.bam_tables.LABEL_WORDS`.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Hits (h,): one page that one worker answered.

    Parameters
    ----------
    assignments, workers
        string (h,).
    columns
        int32 (h,): the attribute; -1 for an unknown one.
    clicks
        int64 (h,): -1 where it is not known.
    seconds
        float64 (h,): NaN where it is not known.
    times
        float64 (h,): seconds since 1970; NaN where ``last_modified`` is no date of ISO 8601.
    modified
        string (h,): ``last_modified`` as it is in the file; null for none.
    """

    assignments: pa.Array
    workers: pa.Array
    columns: NDArray[np.int32]
    clicks: NDArray[np.int64]
    seconds: NDArray[np.float64]
    times: NDArray[np.float64]
    modified: pa.Array


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Choices (c,): ``hits`` int32, ``rows`` int64 of the images, ``columns`` int32 of the attributes, ``yes`` bool.

    A hit is -1 where hits were not read.
    """

    hits: NDArray[np.int32]
    rows: NDArray[np.int64]
    columns: NDArray[np.int32]
    yes: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Captions:
    """Captions (t,), each of one worker.

    Parameters
    ----------
    rows
        int64 (t,): the images.
    texts
        string (t,).
    assignments
        string (t,): the hit on which the worker wrote it; null for none. It need not be in `Hits`.
    columns
        int32 (t,): the attribute that was asked; -1 for an unknown one.
    answers
        int8 (t,): the worker's answer, 1 or 0; -1 where it is not known.
    """

    rows: NDArray[np.int64]
    texts: pa.Array
    assignments: pa.Array
    columns: NDArray[np.int32]
    answers: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """Everything that the crowd said."""

    labels: CrowdLabels
    hits: Hits
    choices: Choices
    captions: Captions


def read_crowd(
    file: SqliteFile,
    tables: Mapping[str, Sequence[str]],
    mids: NDArray[np.int64],
    attributes: Sequence[str],
    left: LeftOutRows,
    step: Callable[[int], None],
) -> Crowd:
    """Read the crowd's tables.

    Parameters
    ----------
    file
        The file.
    tables
        Tables that it has. A table that it lacks counts as empty.
    mids
        int64 (n,), ascending: the images. Rows about others are left out.
    attributes
        Names of the attributes. Rows about others are left out.
    left
        Where rows that are left out are noted.
    step
        Called with the number of rows read.
    """
    reader = _CrowdReader(file, tables, mids, attributes, left, step)
    labels = reader.labels()
    hits, numbers = reader.hits()
    return Crowd(labels, hits, reader.choices(numbers), reader.captions())


def crowd_attributes(path: Path, table: str) -> tuple[str, ...]:
    """Return the attributes that the rows of a table of the crowd are about, in order.

    Parameters
    ----------
    path
        A release file, or one with some of its tables.
    table
        ``crowd_labels`` or ``crowd_raw_choices``.

    Raises
    ------
    SourceError
        If the file cannot be read or has no such plain table with the columns of a release.
    """
    with SqliteFile(path) as file:
        columns = file.tables().get(table)
        lacking = {"mid", "attribute", "label"}.difference(columns or ())
        if columns is None or lacking:
            raise SourceError(
                f"{path} has no table {table} with mid, attribute and label, as a BAM release has it. Use the file as "
                "it was released."
            )
        query = f"select distinct cast(attribute as text) from {table} where attribute is not null"  # noqa: S608
        return tuple(sorted(str(name, "utf-8", "replace") for (name,) in file.all_rows(query)))


def read_labels(path: Path, mids: NDArray[np.int64], attributes: Sequence[str]) -> CrowdLabels:
    """Read the labels of the crowd alone, about some images and attributes; all others are passed over.

    Parameters
    ----------
    path
        A release file, or one with the table ``crowd_labels``.
    mids
        int64 (n,), ascending: the images.
    attributes
        Names of the attributes, which the columns of the result number.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    with SqliteFile(path) as file:
        return _CrowdReader(file, file.tables(), mids, attributes, LeftOutRows(), _uncounted).labels()


def read_choices(path: Path, mids: NDArray[np.int64], attributes: Sequence[str]) -> Choices:
    """Read the choices of the workers alone, without their hits. Parameters and errors as in `read_labels`."""
    with SqliteFile(path) as file:
        return _CrowdReader(file, file.tables(), mids, attributes, LeftOutRows(), _uncounted).choices(None)


class _CrowdReader:
    # wide: what all tables need
    def __init__(
        self,
        file: SqliteFile,
        tables: Mapping[str, Sequence[str]],
        mids: NDArray[np.int64],
        attributes: Sequence[str],
        left: LeftOutRows,
        step: Callable[[int], None],
    ) -> None:
        self._file, self._tables, self._mids, self._left, self._step = file, tables, mids, left, step
        self._codes = {name.encode(): code for code, name in enumerate(attributes)}

    def labels(self) -> CrowdLabels:
        ids, rows, (attributes, words) = self._about_images("crowd_labels", ("attribute", "label"))
        columns = self._columns("crowd_labels", attributes, ids)
        values = code_column(words, LABELS.get, len(ids))
        self._leave_out("crowd_labels", "have a label that is not positive, unsure or negative", ids, values < 0)
        good = (rows >= 0) & (columns >= 0) & (values >= 0)
        places = np.flatnonzero(good)
        questions = rows[places] * len(self._codes) + columns[places]
        last = len(places) - 1 - np.unique(questions[::-1], return_index=True)[1]
        repeated = np.ones(len(places), np.bool_)
        repeated[last] = False
        self._leave_out(
            "crowd_labels", "are followed by another label of the same image and attribute", ids[places], repeated
        )
        kept = places[np.sort(last)]
        return CrowdLabels(rows[kept], columns[kept], values[kept])

    def hits(self) -> tuple[Hits, dict[bytes, int]]:
        """Return the hits, and the number of each assignment."""
        names = ("assignment_id", "worker_id", "attribute", "n_clicks", "n_seconds", "last_modified")
        found = self._plain("crowd_raw_hits", names)
        numbers: dict[bytes, int] = {}
        kept: list[int] = []
        for place, (assignment, worker) in enumerate(zip(found[0], found[1], strict=True)):
            if isinstance(assignment, bytes) and isinstance(worker, bytes) and worker and assignment not in numbers:
                numbers[assignment] = len(kept)
                kept.append(place)
        self._left.add(
            "{} of crowd_raw_hits have no assignment or worker, or repeat an assignment, and were left out",
            len(found[0]) - len(kept),
            f"row {next((p + 1 for p, q in enumerate(kept) if p != q), len(kept) + 1)}",
        )
        columns: list[list[Any]] = [[values[place] for place in kept] for values in found]
        assignments, workers = texts_of(columns[0])[0], texts_of(columns[1])[0]
        return Hits(
            assignments,
            workers,
            code_column(columns[2], self._codes.get, len(kept)),
            np.array(
                [value if isinstance(value, int) and 0 <= value < 2**31 else -1 for value in columns[3]], np.int64
            ),
            np.array([_seconds(value) for value in columns[4]], np.float64),
            np.array([_time(value) for value in columns[5]], np.float64),
            texts_of(columns[5])[0],
        ), numbers

    def choices(self, numbers: Mapping[bytes, int] | None) -> Choices:
        """Return the choices of hits by the numbers of their assignments; of all hits without `numbers`."""
        table = "crowd_raw_choices"
        ids, rows, (assignments, attributes, answers) = self._about_images(
            table, ("assignment_id", "attribute", "label")
        )
        columns = self._columns(table, attributes, ids)
        hits = code_column(assignments, (numbers or {}).get, len(ids))
        lost = (hits < 0) & (numbers is not None)
        self._leave_out(table, "belong to a hit that is not in crowd_raw_hits", ids, lost)
        yes = code_column(answers, {0: 0, 1: 1}.get, len(ids))
        self._leave_out(table, "hold neither yes (1) nor no (0)", ids, yes < 0)
        good = (rows >= 0) & (columns >= 0) & ~lost & (yes >= 0)
        return Choices(hits[good], rows[good], columns[good], yes[good] == 1)

    def captions(self) -> Captions:
        table, longest = "crowd_raw_captions", LONGEST_CAPTION
        # One character more than is kept shows which ones are cut.
        names = (f"substr(cast(caption as text), 1, {longest + 1})", "assignment_id", "attribute", "label")
        ids, rows, (texts, assignments, attributes, answers) = self._about_images(table, names)
        made, bad = texts_of(texts)
        marks = np.zeros(len(ids), np.bool_)
        marks[bad] = True
        self._leave_out(table, "hold a caption that is no UTF-8 text; the wrong characters are marked", ids, marks, "")
        lengths = np.array([0 if text is None else len(text) for text in made.to_pylist()], np.int64)
        self._leave_out(
            table, f"hold a caption of more than {longest:,} characters, which was cut", ids, lengths > longest, ""
        )
        cut = pa.array([None if text is None else text[:longest] for text in made.to_pylist()], pa.string())
        good = np.flatnonzero((rows >= 0) & (lengths > 0))
        kept = pa.array(good)
        return Captions(
            rows[good],
            cut.take(kept),
            texts_of(assignments)[0].take(kept),
            code_column(attributes, self._codes.get, len(ids))[good],
            code_column(answers, {0: 0, 1: 1}.get, len(ids))[good].astype(np.int8),
        )

    def _about_images(
        self, table: str, columns: tuple[str, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[list[Any]]]:
        """Return the mids of a table's rows, their rows among the images or -1, and its other columns."""
        bad = self._file.bad_ids(table) if table in self._tables else None
        if bad is not None:
            self._left.add(
                f"{{}} of {table} have a mid that is no whole number of 0 or more, and were left out",
                bad.count,
                f"row {bad.row:,}",
            )
        ids, *others = self._plain(table, ("mid", *columns), GOOD_ID)
        found = np.fromiter(ids, np.int64, len(ids))
        lost = rounded(found)
        if len(lost):
            raise SourceError(
                f"{self._file.path}: row {lost[0] + 1:,} of {table} has the mid {found[lost[0]]}, which a spreadsheet "
                "rounded, so its digits are lost. Use the file as it was released."
            )
        rows = places_among(self._mids, found)
        self._leave_out(table, "are about images that are not in modules, or were left out", found, rows < 0)
        return found, rows, others

    def _plain(self, table: str, columns: tuple[str, ...], condition: str = "1") -> list[list[Any]]:
        """Return columns of a table; empty ones where the table is not there."""
        found: list[list[Any]] = [[] for _ in columns]
        if table not in self._tables:
            return found
        query = f"select {', '.join(columns)} from {table} where {condition} order by rowid"  # noqa: S608 -- words of our own
        for rows in self._file.blocks(query):
            for column, values in zip(found, zip(*rows, strict=True), strict=True):
                column.extend(values)
            self._step(len(rows))
        return found

    def _columns(self, table: str, attributes: Sequence[Any], ids: NDArray[np.int64]) -> NDArray[np.int32]:
        columns = code_column(attributes, self._codes.get, len(ids))
        self._leave_out(table, "are about an attribute that has no column in scores", ids, columns < 0)
        return columns

    def _leave_out(
        self, table: str, why: str, ids: NDArray[np.int64], bad: NDArray[np.bool_], end: str = " and were left out"
    ) -> None:
        count = int(np.count_nonzero(bad))
        self._left.add(f"{{}} of {table} {why}{end}", count, f"mid {ids[np.argmax(bad)]}" if count else "")


def _uncounted(rows: int) -> None:
    """Count no rows."""


def _seconds(value: Any) -> float:
    good = isinstance(value, int | float) and 0 <= value < 1e9
    return float(value) if good else float("nan")


def _time(value: Any) -> float:
    """Return a date of ISO 8601 as seconds since 1970; UTC where it names no zone; NaN for anything else."""
    try:
        found = datetime.datetime.fromisoformat(value.decode("ascii").strip())
        return found.replace(tzinfo=found.tzinfo or datetime.UTC).timestamp()
    except (AttributeError, ValueError, OverflowError):
        return float("nan")
