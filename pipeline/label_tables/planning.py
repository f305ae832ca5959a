"""From a table of labels to what an import would record: every row looked at, nothing written."""

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
from pipeline.label_tables.file_names import NOBODY, FileNames
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
"""Columns of exported tables: what an import does not need of them is no surprise."""
OF_LONG = frozenset({"attribute", "value", "label"})
"""Those that would give answers in a long table: where a wide one does not use them, it is told."""

Cell = tuple[str, str]


@dataclass
class Problems:
    """Things of one kind that are wrong with a table: how many, and the first five in words."""

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
        Rows of the table.
    answers
        Attribute -> value -> images, int64 ascending, each once.
    bad
        Answers that cannot be understood.
    odd
        Rows that cannot be understood for another reason, or contradict another.
    unknown
        Rows of images that the collection does not hold.
    passed_over
        Rows or cells that give no answer, by the reason in words.
    form
        What is to be told about how the table was read, a sentence each.
    ignored
        The same about columns that are not used; empty where there are none.
    unit
        What the rows of the table are counted in: a line, or a row of Parquet.
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
        """Answers in all."""
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
        If it is no table, or has no columns that name images and answers.
    """
    table = open_table(path)
    plan, said, files = Plan(unit=table.unit), dict[str, _Said](), FileNames(collection)
    answers_of = _shape(table, plan)
    total, guards, lines = about_rows(path), kind_of(path, READ_KINDS) in {"csv", "tsv"}, iter(table)
    while part := list(itertools.islice(lines, AT_ONCE)):
        for (line, cells), image in zip(part, _images(part, files, plan, guards=guards), strict=True):
            if image == NOBODY or not _counts(cells, line, plan):
                continue
            for attribute, cell in answers_of(cells):
                _take(attribute, cell, line, image, said, plan)
        plan.rows += len(part)
        if progress is not None:
            progress(Progress(f"Reading {path.name}", plan.rows, max(total, plan.rows), "rows"))
    plan.form = table.form()
    plan.answers = {attribute: _settled(attribute, said[attribute], plan) for attribute in sorted(said)}
    return plan


def _shape(table: Table, plan: Plan) -> Callable[[dict[str, str]], Iterator[Cell]]:
    """Return how the table gives answers, and which of its columns give none."""
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
                "Take out what is not meant."
            )
        return lambda cells: iter([(trimmed(cells["attribute"]), cells[values[0]])])
    if not uses.attributes:
        raise TableError(
            f"{path} gives no answers (found: {found}). Add columns named after attributes, such as content_bird, or "
            "the columns 'attribute' and 'value'."
        )
    return lambda cells: ((name, cells[name]) for name in uses.attributes)


def _images(part: Sequence[Row], files: FileNames, plan: Plan, *, guards: bool) -> list[int]:
    """Find the image of each row; `NOBODY`, and a problem, where there is none."""
    found = find_images(part, files, guards=guards)
    for place, words in found.unknown:
        plan.unknown.add(f"{plan.unit} {part[place][0]}: {words}")
    for place in found.two_images:
        plan.odd.add(f"{plan.unit} {part[place][0]}: image_id and file name two images")
    ids: list[int] = files.ids(found.rows).tolist()
    return ids


def _counts(cells: dict[str, str], line: int, plan: Plan) -> bool:
    """Return whether a row may be taken; those of an export may not all be."""
    purpose = trimmed(cells.get("purpose", "")).lower()
    if purpose and purpose not in set(Purpose):
        plan.odd.add(f"{plan.unit} {line}: purpose is {purpose[:40]!r}, and no purpose is called that")
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


def _take(attribute: str, cell: str, line: int, image: int, said: dict[str, _Said], plan: Plan) -> None:
    try:
        value = value_of(cell)
        if attribute not in said:
            attribute_from_name(attribute)
    except ValueError:
        plan.bad.add(f"{plan.unit} {line}: {attribute[:60]} is {cell[:40]!r}")
        return
    except TaxonomyError:
        plan.odd.add(f"{plan.unit} {line}: {attribute[:60]!r} is no name of an attribute")
        return
    if value is None:
        plan.passed_over["cells without an answer"] += 1
        return
    said.setdefault(attribute, _Said()).add(image, value, line)


def _settled(attribute: str, said: _Said, plan: Plan) -> dict[Value, NDArray[np.int64]]:
    """Return the images of each value; one said twice counts once, and one said to be two things is a problem."""
    images, codes = np.frombuffer(said.images, np.int64), np.frombuffer(said.codes, np.int8)
    order = np.argsort(images, kind="stable")
    images, codes, lines = images[order], codes[order], np.frombuffer(said.lines, np.int64)[order]
    again = np.flatnonzero(images[1:] == images[:-1]) + 1
    for place in again[codes[again] != codes[again - 1]].tolist():
        first, second = VALUES[int(codes[place - 1])].value, VALUES[int(codes[place])].value
        plan.odd.add(
            f"{plan.unit} {lines[place]}: {attribute} is {second}, and {first} in {plan.unit} {lines[place - 1]}"
        )
    plan.passed_over["rows that say the same again"] += int(np.count_nonzero(codes[again] == codes[again - 1]))
    first_time = np.ones(len(images), bool)
    first_time[again] = False
    images, codes = images[first_time], codes[first_time]
    return {value: images[codes == code] for value, code in CODES.items() if np.any(codes == code)}
