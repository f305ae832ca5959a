"""Write a BAM release file: SQLite, seven tables with the columns, types and keys of the released files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import CollectionError
from pipeline.sources.bam_tables import create_statements
from pipeline.synthetic.crowd import NEGATIVE, POSITIVE, UNSURE, Crowd
from pipeline.synthetic.imperfect_model import NEGATIVE_CUT, POSITIVE_CUT

__all__ = ["BamFile", "automatic_labels"]

LABELS: Final = {NEGATIVE: "negative", POSITIVE: "positive", UNSURE: "unsure"}
ALPHABET: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", np.uint8)
ASSIGNMENT_LENGTH, WORKER_LENGTH = 30, 14


def automatic_labels(scores: NDArray[np.float32]) -> NDArray[np.int8]:
    """Divide scores of any shape into `POSITIVE`, `UNSURE` and `NEGATIVE`, int8 of the same shape."""
    labels = np.full(scores.shape, UNSURE, np.int8)
    labels[scores >= POSITIVE_CUT] = POSITIVE
    labels[scores <= NEGATIVE_CUT] = NEGATIVE
    return labels


class BamFile:
    """A release file that is being written; a context manager for one thread at a time.

    Parameters
    ----------
    path
        Path of the file, which must not exist.
    attributes
        Names of the attributes, in the order of the columns.

    Raises
    ------
    CollectionError
        From every method, if the file cannot be written.
    """

    def __init__(self, path: Path, attributes: Sequence[str]) -> None:
        self._path = path
        self._attributes = tuple(attributes)
        with _writing(path):
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            # The file is deleted after any error, so it needs no journal.
            for statement in ("pragma journal_mode = off", "pragma synchronous = off", "pragma page_size = 8192"):
                self._database.execute(statement)
            for statement in create_statements(attributes):
                self._database.execute(statement)
            self._database.execute("begin")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit the file, unless an error occurred."""
        with _writing(self._path):
            if kind is None:
                self._database.execute("commit")
            self._database.close()

    def write_images(self, images: pa.Table, scores: NDArray[np.float32]) -> None:
        """Add images with their scores and automatic labels.

        Parameters
        ----------
        images
            Columns ``image_id`` (the ``mid``), ``project_id``, ``source`` (the URL), ``mature_content``, ``license``.
        scores
            float32 (m, a), same rows.
        """
        names = ("image_id", "project_id", "source", "mature_content", "license")
        columns = [images[name].to_pylist() for name in names]
        self._insert("modules", 5, zip(*columns, strict=True))
        mids = columns[0]
        self._insert(
            "scores", 1 + scores.shape[1], ((mid, *row) for mid, row in zip(mids, scores.tolist(), strict=True))
        )
        words = np.array([LABELS[label] for label in range(3)], object)[automatic_labels(scores)].tolist()
        self._insert(
            "automatic_labels", 1 + scores.shape[1], ((mid, *row) for mid, row in zip(mids, words, strict=True))
        )

    def write_crowd(self, crowd: Crowd, ids: NDArray[np.int64], phrases: list[str], rng: np.random.Generator) -> None:
        """Add the hits, choices and labels of the crowd.

        Parameters
        ----------
        crowd
            Hits, choices and labels.
        ids
            int64 (n,): ``mid`` of each row.
        phrases
            The caption of each captioned choice.
        rng
            Generator for the names of assignments and workers.
        """
        names = self._attributes
        assignments = _codes(rng, len(crowd.hit_columns), "3", ASSIGNMENT_LENGTH)
        workers = _codes(rng, crowd.workers, "A", WORKER_LENGTH)
        mids, columns, labels = ids[crowd.rows].tolist(), crowd.columns.tolist(), crowd.labels.tolist()
        self._insert(
            "crowd_labels",
            3,
            ((mid, names[column], LABELS[label]) for mid, column, label in zip(mids, columns, labels, strict=True)),
        )
        hits = zip(
            assignments,
            [names[column] for column in crowd.hit_columns.tolist()],
            [workers[worker] for worker in crowd.hit_workers.tolist()],
            crowd.hit_clicks.tolist(),
            crowd.hit_seconds.tolist(),
            np.datetime_as_string(crowd.hit_times).tolist(),
            strict=True,
        )
        self._insert("crowd_raw_hits", 6, hits)
        questions = crowd.choice_questions.tolist()
        choices = list(zip(crowd.choice_hits.tolist(), questions, crowd.choices.tolist(), strict=True))
        self._insert(
            "crowd_raw_choices",
            4,
            ((assignments[hit], mids[question], names[columns[question]], choice) for hit, question, choice in choices),
        )
        captions = ((choices[place], phrase) for place, phrase in zip(crowd.captioned.tolist(), phrases, strict=True))
        self._insert(
            "crowd_raw_captions",
            5,
            (
                (assignments[h], mids[question], names[columns[question]], text, yes)
                for (h, question, yes), text in captions
            ),
        )

    def _insert(self, table: str, width: int, rows: Iterable[tuple[object, ...]]) -> None:
        with _writing(self._path):
            marks = ", ".join("?" * width)
            self._database.executemany(f"insert into {table} values ({marks})", rows)  # noqa: S608 -- names of our own


def _codes(rng: np.random.Generator, count: int, first: str, length: int) -> list[str]:
    """Draw codes in the style of ``A1B2...``, the names of assignments and workers on the real marketplace."""
    letters = ALPHABET[rng.integers(0, len(ALPHABET), (count, length - 1))]
    return [first + bytes(row).decode("ascii") for row in letters]


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CollectionError(
            f"The release file {path.name} cannot be written to {path.parent} ({error}). Choose another place, "
            "or check permissions and free space."
        ) from error
