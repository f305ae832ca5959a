"""The tables of a BAM release: their statements, columns as arrays, and a count of what was left out. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = [
    "LABELS",
    "LABEL_WORDS",
    "NEGATIVE_CUT",
    "NO_LABEL",
    "POSITIVE_CUT",
    "LeftOutRows",
    "code_column",
    "codes_of",
    "create_statements",
    "label_expressions",
    "labels_of_scores",
    "numbers_of",
    "places_among",
    "rounded",
    "texts_of",
]

LABEL_WORDS: Final = ("negative", "unsure", "positive")
LABELS: Final[Mapping[bytes, int]] = {word.encode(): code for code, word in enumerate(LABEL_WORDS)}
"""Word of a label -> its code: an index of `LABEL_WORDS`."""

NO_LABEL: Final = 3
UNKNOWN_LABEL: Final = 4
LABEL_BITS, LABELS_A_NUMBER = 3, 20
"""Bits of a label's code, and labels whose codes are packed into a number of 64 bits."""

POSITIVE_CUT, NEGATIVE_CUT = -1.0, -7.0
"""The two cuts that users of BAM make: positive from the first one, surely negative up to the second one."""

ROUNDED_FROM, ROUNDED_BY = 10**15, 10**10
"""A number of 16 digits and more whose last ten are zeros was rounded by a spreadsheet: 1.23E+18."""


def create_statements(attributes: Sequence[str]) -> tuple[str, ...]:
    """Return the statements that create the seven tables of a release.

    Parameters
    ----------
    attributes
        Names of the attributes, in the order of the columns. They become SQL, so they must be checked names.
    """
    return (
        "create table modules (mid int primary key, project_id int, src text, mature_content boolean, license text)",
        f"create table scores (mid int{''.join(f', {name} real' for name in attributes)})",
        f"create table automatic_labels (mid int{''.join(f', {name} text' for name in attributes)})",
        "create table crowd_labels (mid int, attribute text, label text, primary key (mid, attribute))",
        "create table crowd_raw_hits (assignment_id text, attribute text, worker_id text, n_clicks int, n_seconds real,"
        " last_modified text)",
        "create table crowd_raw_choices (assignment_id text, mid int, attribute text, label bool)",
        "create table crowd_raw_captions (assignment_id text, mid int, attribute text, caption text, label bool)",
    )


def labels_of_scores(scores: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return the automatic labels of scores by the two cuts, int8 of the same shape: indices of `LABEL_WORDS`."""
    labels = np.full(scores.shape, LABEL_WORDS.index("unsure"), np.int8)
    labels[scores >= POSITIVE_CUT] = LABEL_WORDS.index("positive")
    labels[scores <= NEGATIVE_CUT] = LABEL_WORDS.index("negative")
    return labels


@dataclass(slots=True)
class LeftOutRows:
    """Rows that were left out, counted by reason, with the first of each.

    Parameters
    ----------
    counts, firsts
        Reason -> number of rows, and the words for the first of them.
    """

    counts: dict[str, int] = field(default_factory=dict)
    firsts: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, count: int, first: str) -> None:
        """Add rows.

        Parameters
        ----------
        reason
            A sentence without its number: ``"{} of scores ... were left out"``.
        count
            Number of rows; nothing is noted for 0.
        first
            Words for the first of them, e.g. ``"mid 17"``.
        """
        if count:
            self.counts[reason] = self.counts.get(reason, 0) + count
            self.firsts.setdefault(reason, first)

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each reason."""
        return tuple(
            f"{reason.format(f'{count:,} row' + ('' if count == 1 else 's'))} (the first: {self.firsts[reason]})."
            for reason, count in self.counts.items()
        )


def numbers_of(rows: Sequence[tuple[Any, ...]]) -> NDArray[np.float32]:
    """Return rows of numbers as float32 (m, a); NaN for everything that is no finite number.

    Parameters
    ----------
    rows
        m rows of the same length a.
    """
    width = len(rows[0])
    with np.errstate(over="ignore"):
        try:
            flat = np.fromiter(itertools.chain.from_iterable(rows), np.float32, len(rows) * width)
        except (TypeError, ValueError, OverflowError):  # a value that is none: each is looked at
            flat = np.array([_number(value) for value in itertools.chain.from_iterable(rows)], np.float64).astype(
                np.float32
            )
    flat[~np.isfinite(flat)] = np.nan
    return flat.reshape(len(rows), width)


def label_expressions(columns: Sequence[str]) -> list[str]:
    """Return SQL that gives the labels of a row as a few numbers, which is quicker than a text for each.

    Parameters
    ----------
    columns
        Names of the columns. They become SQL, so they must be checked names.
    """
    words = " ".join(f"when '{word}' then {code}" for code, word in enumerate(LABEL_WORDS))
    codes = [f"(case {name} {words} when '' then {NO_LABEL} else {UNKNOWN_LABEL} end)" for name in columns]
    codes = [
        f"((case when {name} is null then {NO_LABEL} else {code} end) << {LABEL_BITS * (place % LABELS_A_NUMBER)})"
        for place, (name, code) in enumerate(zip(columns, codes, strict=True))
    ]
    return [" | ".join(codes[start : start + LABELS_A_NUMBER]) for start in range(0, len(codes), LABELS_A_NUMBER)]


def codes_of(rows: Sequence[tuple[int, ...]], width: int) -> tuple[NDArray[np.int8], int]:
    """Return the labels of rows as codes.

    Parameters
    ----------
    rows
        m rows of what `label_expressions` gives.
    width
        Number a of columns.

    Returns
    -------
    codes
        int8 (m, a): an index of `LABEL_WORDS`, or `NO_LABEL`.
    unknown : int
        Number of labels with other words. NULL and nothing are no words.
    """
    packed = np.array(rows, np.int64).reshape(len(rows), -1)
    places = np.arange(width)
    shifts = LABEL_BITS * (places % LABELS_A_NUMBER)
    codes = ((packed[:, places // LABELS_A_NUMBER] >> shifts) & ((1 << LABEL_BITS) - 1)).astype(np.int8)
    other = codes == UNKNOWN_LABEL
    codes[other] = NO_LABEL
    return codes, int(np.count_nonzero(other))


def texts_of(values: Iterable[Any]) -> tuple[pa.Array, list[int]]:
    """Return texts as an Arrow array.

    Parameters
    ----------
    values
        Bytes, None, or other values of SQLite.

    Returns
    -------
    texts
        string (m,). Null for None and nothing; bytes that are no UTF-8 are replaced by U+FFFD, NUL is removed.
    bad
        Places of the texts that were no UTF-8.
    """
    raw = [None if value is None else _bytes(value) for value in values]
    try:
        texts = pa.array(raw, pa.binary()).cast(pa.string())
        bad: list[int] = []
    except pa.ArrowInvalid:
        bad = [place for place, value in enumerate(raw) if value is not None and not _is_utf8(value)]
        texts = pa.array([None if value is None else value.decode("utf-8", "replace") for value in raw], pa.string())
    texts = pc.replace_substring(texts, "\0", "")
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts), bad


def places_among(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each wanted id among ascending ids, int64 (m,); -1 where it is not there."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, places, -1).astype(np.int64)


def rounded(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of ids that a spreadsheet rounded, int64."""
    return np.flatnonzero((ids >= ROUNDED_FROM) & (ids % ROUNDED_BY == 0)).astype(np.int64)


def code_column(values: Iterable[Any], codes: Callable[[Any], int | None], count: int) -> NDArray[np.int32]:
    """Return one code for each value, int32 (count,); -1 where `codes` knows none."""
    return np.fromiter((-1 if (code := codes(value)) is None else code for value in values), np.int32, count)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
