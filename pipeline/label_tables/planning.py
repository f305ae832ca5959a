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
from pipeline.label_tables.cells import unguarded, value_of
from pipeline.label_tables.file_names import NOBODY, FileNames
from pipeline.label_tables.files import about_rows, kind_of, read_rows
from pipeline.schema import Progress, ProgressCallback
from pipeline.taxonomy import GROUPS, attribute_from_name

__all__ = ["Plan", "Problems", "plan_import"]

AT_ONCE = 100_000
FIRST = 5
CODES = {Value.YES: 1, Value.NO: 0, Value.UNSURE: 2}
VALUES = {code: value for value, code in CODES.items()}

Line = tuple[int, dict[str, str]]
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
    """What a table says.

    Parameters
    ----------
    rows
        Rows of the table.
    answers
        Attribute -> value -> images, int64 ascending, each once.
    bad
        Cells and rows that cannot be understood or contradict another.
    unknown
        Rows of images that the collection does not hold.
    passed_over
        Rows or cells that give no answer, by the reason in words.
    """

    rows: int = 0
    answers: dict[str, dict[Value, NDArray[np.int64]]] = field(default_factory=dict)
    bad: Problems = field(default_factory=Problems)
    unknown: Problems = field(default_factory=Problems)
    passed_over: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Answers in all."""
        return sum(len(images) for values in self.answers.values() for images in values.values())


class _Said:
    """What was said of one attribute so far, in the table's order."""

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
    names, lines = read_rows(path)
    answers_of = _shape(names, path)
    plan, said, files = Plan(), dict[str, _Said](), FileNames(collection)
    total, guards = about_rows(path), kind_of(path) == "csv"
    while part := list(itertools.islice(lines, AT_ONCE)):
        for (line, cells), image in zip(part, _images(part, files, plan, guards=guards), strict=True):
            if image == NOBODY or not _counts(cells, plan):
                continue
            for attribute, cell in answers_of(cells):
                _take(attribute, cell, line, image, said, plan)
        plan.rows += len(part)
        if progress is not None:
            progress(Progress(f"Reading {path.name}", plan.rows, max(total, plan.rows), "rows"))
    plan.answers = {attribute: _settled(attribute, said[attribute], plan) for attribute in sorted(said)}
    return plan


def _shape(names: Sequence[str], path: Path) -> Callable[[dict[str, str]], Iterator[Cell]]:
    """Tell how the table gives answers."""
    found = ", ".join(names[:10]) or "none"
    if not {"image_id", "file"} & set(names):
        raise TableError(f"{path} has neither a column 'image_id' nor 'file' (found: {found}). Add one of them.")
    values = [name for name in ("value", "label") if name in names]
    if "attribute" in names and values:
        return lambda cells: iter([(cells["attribute"].strip(), cells[values[0]])])
    wide = [name for name in names if name.partition("_")[0] in GROUPS and "_" in name]
    if not wide:
        raise TableError(
            f"{path} gives no answers (found: {found}). Add columns named after attributes, such as content_bird, or "
            "the columns 'attribute' and 'value'."
        )
    for name in wide:
        try:
            attribute_from_name(name)
        except TaxonomyError as error:
            raise TableError(f"{path}: column {name!r}: {error}") from error
    return lambda cells: ((name, cells[name]) for name in wide)


def _images(part: Sequence[Line], files: FileNames, plan: Plan, *, guards: bool) -> list[int]:
    """Find the image of each row; `NOBODY`, and a problem, where there is none."""
    ids = [_number(cells.get("image_id", "")) for _, cells in part]
    names = [cells.get("file", "") for _, cells in part]
    names = [unguarded(name) for name in names] if guards else names
    rows = files.rows(ids)
    lost = np.flatnonzero(rows == NOBODY)
    rows[lost] = files.find([names[place] for place in lost])
    known = files.ids(rows)
    missing = np.flatnonzero(rows == NOBODY).tolist()
    for place in missing:
        line, cells = part[place]
        plan.unknown.add(f"line {line}: {(cells.get('image_id', '') or names[place])[:80]!r}")
    both = [place for place, name in enumerate(names) if name and rows[place] != NOBODY and ids[place] != NOBODY]
    for place, same in zip(both, files.same([names[p] for p in both], rows[both]), strict=True):
        if not same:
            plan.bad.add(f"line {part[place][0]}: image_id and file name two images")
    found: list[int] = known.tolist()
    return found


def _number(cell: str) -> int:
    """Read an id, also one with an apostrophe in front or a point and zero behind; `NOBODY` for what is none."""
    digits = cell.strip().removeprefix("'").removesuffix(".0")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 19 else NOBODY
    return number if number < 2**63 else NOBODY


def _counts(cells: dict[str, str], plan: Plan) -> bool:
    """Tell whether a row may be taken; those of an export may not all be."""
    if cells.get("purpose", "") not in {"", Purpose.TRAINING.value}:
        plan.passed_over["answers for another purpose than training"] += 1
        return False
    if cells.get("survives", "").lower() == "false":
        plan.passed_over["undone answers"] += 1
        return False
    return True


def _take(attribute: str, cell: str, line: int, image: int, said: dict[str, _Said], plan: Plan) -> None:
    try:
        value = value_of(cell)
        if attribute not in said:
            attribute_from_name(attribute)
    except ValueError:
        plan.bad.add(f"line {line}: {attribute[:60]} is {cell[:40]!r}")
        return
    except TaxonomyError:
        plan.bad.add(f"line {line}: {attribute[:60]!r} is no name of an attribute")
        return
    if value is None:
        plan.passed_over["cells without an answer"] += 1
        return
    said.setdefault(attribute, _Said()).add(image, value, line)


def _settled(attribute: str, said: _Said, plan: Plan) -> dict[Value, NDArray[np.int64]]:
    """Give the images of each value; one said twice counts once, and one said to be two things is a problem."""
    images, codes = np.frombuffer(said.images, np.int64), np.frombuffer(said.codes, np.int8)
    order = np.argsort(images, kind="stable")
    images, codes, lines = images[order], codes[order], np.frombuffer(said.lines, np.int64)[order]
    again = np.flatnonzero(images[1:] == images[:-1]) + 1
    for place in again[codes[again] != codes[again - 1]].tolist():
        first, second = VALUES[int(codes[place - 1])].value, VALUES[int(codes[place])].value
        plan.bad.add(f"line {lines[place]}: {attribute} is {second}, and {first} in line {lines[place - 1]}")
    plan.passed_over["rows that say the same again"] += int(np.count_nonzero(codes[again] == codes[again - 1]))
    first_time = np.ones(len(images), bool)
    first_time[again] = False
    images, codes = images[first_time], codes[first_time]
    return {value: images[codes == code] for value, code in CODES.items() if np.any(codes == code)}
