"""The changes between two versions of a definition, field by field. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.messages.encoding import Record
from pipeline.label_store import Definition

__all__ = ["ChangeRecord", "Piece", "changes_between"]

_WHAT = {"title": "Title", "definition": "Question", "counts": "Counts", "counts_not": "Does not count"}

Piece = tuple[str, str]
"""A kind, ``"same"``, ``"gone"`` or ``"new"``, and a text."""


@dataclass(frozen=True, slots=True)
class ChangeRecord(Record):
    """A change of one field: the field's name for people, and its text in pieces."""

    what: str
    pieces: tuple[Piece, ...]


def changes_between(before: Definition | None, after: Definition) -> tuple[ChangeRecord, ...]:
    """Return the changes of a version by field: texts word by word, points and pictures as a whole."""
    if before is None:
        return ()
    changes: list[ChangeRecord] = []
    for field in ("title", "definition"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            changes.append(ChangeRecord(_WHAT[field], _words(old, new)))
    for field in ("counts", "counts_not"):
        pieces = _points(getattr(before, field), getattr(after, field))
        if pieces:
            changes.append(ChangeRecord(_WHAT[field], pieces))
    for field, what in (("examples_yes", "Pictures that count"), ("examples_no", "Pictures that do not count")):
        old, new = set(getattr(before, field)), set(getattr(after, field))
        gone, added = len(old - new), len(new - old)
        pieces = (("gone", f"{gone} removed"),) * (gone > 0) + (("new", f"{added} added"),) * (added > 0)
        if pieces:
            changes.append(ChangeRecord(what, pieces))
    return tuple(changes)


def _words(old: str, new: str) -> tuple[Piece, ...]:
    """Compare two texts word by word."""
    first, second = re.findall(r"\s*\S+", old), re.findall(r"\s*\S+", new)
    pieces: list[Piece] = []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(first[a0:a1])))
            continue
        if a1 > a0:
            pieces.append(("gone", "".join(first[a0:a1])))
        if b1 > b0:
            pieces.append(("new", "".join(second[b0:b1])))
    return tuple(pieces)


def _points(old: Sequence[str], new: Sequence[str]) -> tuple[Piece, ...]:
    gone = tuple(("gone", point) for point in old if point not in new)
    return gone + tuple(("new", point) for point in new if point not in old)
