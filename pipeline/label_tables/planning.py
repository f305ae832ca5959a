"""Read a table of labels and plan its import. Nothing is written."""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.errors import TableError, TaxonomyError
from pipeline.label_store import Purpose, Value
from pipeline.label_tables.cells import ANSWERS, LABELS, value_of
from pipeline.label_tables.file_names import UNKNOWN_ROW, FileNames
from pipeline.label_tables.row_images import KEYS, find_images
from pipeline.progress import Progress, ProgressCallback
from pipeline.tables import (
    READ_KINDS,
    Row,
    Table,
    about_rows,
    answer_word,
    attribute_columns,
    ignored_sentence,
    kind_of,
    open_table,
)
from pipeline.tables.text import trimmed
from pipeline.taxonomy import attribute_from_name

__all__ = ["Plan", "Problems", "plan_import"]

AT_ONCE = 100_000
FIRST = 5
CODES = {Value.YES: 1, Value.NO: 0, Value.UNSURE: 2}
VALUES = {code: value for value, code in CODES.items()}

OF_EXPORTS = frozenset(column.name for column in (*LABELS, *ANSWERS))
"""Columns of exported tables. An import ignores those that it does not need, without a note."""
OF_LONG = frozenset({"attribute", "value", "label"})
"""Columns with answers in a long table. A note is shown if a wide table does not use them."""

Cell = tuple[str, str]


@dataclass
class Problems:
    """Problems of one kind in a table: their number, and sentences about the first five."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, words: str) -> None:
        """Count one more."""
        self.count += 1
        if self.count <= FIRST:
            self.first.append(words)

    def __str__(self) -> str:
        rest = self.count - len(self.first)
        return "; ".join(self.first) + (f"; and {rest:,} more" if rest else "")


@dataclass
class Plan:
    """The content of an imported table.

    Parameters
    ----------
    rows
        Number of rows of the table.
    answers
        Attribute -> value -> images, int64, ascending without repeats.
    bad
        Unknown answers.
    odd
        Rows with another problem, or in contradiction to another row.
    unknown
        Rows of images that the collection does not hold.
    passed_over
        Number of rows or cells without an answer, by reason.
    form
        Sentences about the reading of the table.
    ignored
        Sentences about unused columns. Empty without them.
    unit
        The unit of row numbers: a line, or a row of Parquet.
    """

    rows: int = 0
    answers: dict[str, dict[Value, NDArray[np.int64]]] = field(default_factory=dict)
    bad: Problems = field(default_factory=Problems)
    odd: Problems = field(default_factory=Problems)
    unknown: Problems = field(default_factory=Problems)
    passed_over: Counter[str] = field(default_factory=Counter)
    form: list[str] = field(default_factory=list)
    ignored: str = ""
    unit: str = "line"

    @property
    def total(self) -> int:
        """Number of all answers."""
        return sum(len(images) for values in self.answers.values() for images in values.values())


class _Said:
    """The answers to one attribute so far, in the table's order."""

    def __init__(self) -> None:
        self.images, self.codes, self.lines = array("q"), array("b"), array("q")

    def add(self, image: int, value: Value, line: int) -> None:
        self.images.append(image)
        self.codes.append(CODES[value])
        self.lines.append(line)


def plan_import(path: Path, collection: Collection, progress: ProgressCallback | None = None) -> Plan:
    """Read a table of labels, wide or long.

    Parameters
    ----------
    path
        CSV or Parquet. Images are named by a column ``image_id`` or ``file``; an id that the collection does not hold
        is looked up by its file, since spreadsheets round long numbers. Wide: a column an attribute, such as
        ``content_bird``. Long: columns ``attribute`` and ``value`` (or ``label``); of an exported table, rows for
        another purpose than training and undone answers are passed over.

    Raises
    ------
    TableError
        If it is not a table, or has no columns with images or no columns with answers.
    """
    table = open_table(path)
    plan, given, files = Plan(unit=table.unit), dict[str, _Said](), FileNames(collection)
    answers_of = _shape(table, plan)
    total, guards, lines = about_rows(path), kind_of(path, READ_KINDS) in {"csv", "tsv"}, iter(table)
    while part := list(itertools.islice(lines, AT_ONCE)):
        for (line, cells), image in zip(part, _images(part, files, plan, guards=guards), strict=True):
            if image == UNKNOWN_ROW or not _counts(cells, line, plan):
                continue
            for attribute, cell in answers_of(cells):
                _take(attribute, cell, line, image, given, plan)
        plan.rows += len(part)
        if progress is not None:
            progress(Progress(f"Reading {path.name}", plan.rows, max(total, plan.rows), "rows"))
    plan.form = table.form()
    plan.answers = {attribute: _settled(attribute, given[attribute], plan) for attribute in sorted(given)}
    return plan


def _shape(table: Table, plan: Plan) -> Callable[[dict[str, str]], Iterator[Cell]]:
    """Return the columns with answers, and the columns that are not used."""
    names, path = table.names, table.path
    found = ", ".join(repr(name) for name in names[:10]) or "none"
    if not set(KEYS) & set(names):
        raise TableError(f"{path} has neither a column 'image_id' nor 'file' (found: {found}). Add one of them.")
    values = [name for name in ("value", "label") if name in names]
    long = "attribute" in names and bool(values)
    uses = attribute_columns(names, OF_EXPORTS if long else OF_EXPORTS - OF_LONG, table.header_place)
    plan.ignored = ignored_sentence(uses.ignored)
    if long:
        if uses.attributes or len(values) > 1:
            twice = ", ".join(repr(name) for name in (*values, *uses.attributes))
            raise TableError(
                f"{table.header_place}: the column 'attribute' goes with one column of answers, and there are {twice}. "
                "Remove the columns that should not be imported."
            )
        return lambda cells: iter([(trimmed(cells["attribute"]), cells[values[0]])])
    if not uses.attributes:
        raise TableError(
            f"{path} gives no answers (found: {found}). Add columns named after attributes, such as content_bird, or "
            "the columns 'attribute' and 'value'."
        )
    return lambda cells: ((name, cells[name]) for name in uses.attributes)


def _images(part: Sequence[Row], files: FileNames, plan: Plan, *, guards: bool) -> list[int]:
    """Return the image of each row. A row without an image gets `UNKNOWN_ROW` and a problem."""
    found = find_images(part, files, guards=guards)
    for place, words in found.unknown:
        plan.unknown.add(f"{plan.unit} {part[place][0]}: {words}")
    for place in found.two_images:
        plan.odd.add(f"{plan.unit} {part[place][0]}: image_id and file name two images")
    ids: list[int] = files.ids(found.rows).tolist()
    return ids


def _counts(cells: dict[str, str], line: int, plan: Plan) -> bool:
    """Return whether a row may be imported. Some rows of an export may not."""
    purpose = trimmed(cells.get("purpose", "")).lower()
    if purpose and purpose not in set(Purpose):
        plan.odd.add(f"{plan.unit} {line}: purpose is {purpose[:40]!r}, which is unknown")
        return False
    if purpose and purpose != Purpose.TRAINING:
        plan.passed_over["answers for another purpose than training"] += 1
        return False
    try:
        survives = answer_word(cells.get("survives", ""))
    except ValueError:
        survives = "neither"
    if survives not in {"", "yes", "no"}:
        plan.odd.add(f"{plan.unit} {line}: survives is {cells['survives'][:40]!r}, neither true nor false")
        return False
    undone = survives == "no"
    plan.passed_over["undone answers"] += undone
    return not undone


def _take(attribute: str, cell: str, line: int, image: int, given: dict[str, _Said], plan: Plan) -> None:
    try:
        value = value_of(cell)
        if attribute not in given:
            attribute_from_name(attribute)
    except ValueError:
        plan.bad.add(f"{plan.unit} {line}: {attribute[:60]} is {cell[:40]!r}")
        return
    except TaxonomyError:
        plan.odd.add(f"{plan.unit} {line}: {attribute[:60]!r} is not the name of an attribute")
        return
    if value is None:
        plan.passed_over["cells without an answer"] += 1
        return
    given.setdefault(attribute, _Said()).add(image, value, line)


def _settled(attribute: str, given: _Said, plan: Plan) -> dict[Value, NDArray[np.int64]]:
    """Return the images of each value. Repeated rows count once, and contradictory rows are a problem."""
    images, codes = np.frombuffer(given.images, np.int64), np.frombuffer(given.codes, np.int8)
    order = np.argsort(images, kind="stable")
    images, codes, lines = images[order], codes[order], np.frombuffer(given.lines, np.int64)[order]
    again = np.flatnonzero(images[1:] == images[:-1]) + 1
    for place in again[codes[again] != codes[again - 1]].tolist():
        first, second = VALUES[int(codes[place - 1])].value, VALUES[int(codes[place])].value
        plan.odd.add(
            f"{plan.unit} {lines[place]}: {attribute} is {second}, and {first} in {plan.unit} {lines[place - 1]}"
        )
    plan.passed_over["repeated rows"] += int(np.count_nonzero(codes[again] == codes[again - 1]))
    first_time = np.ones(len(images), bool)
    first_time[again] = False
    images, codes = images[first_time], codes[first_time]
    return {value: images[codes == code] for value, code in CODES.items() if np.any(codes == code)}
