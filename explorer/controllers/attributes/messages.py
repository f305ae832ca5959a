"""What the board of attributes tells a browser, as plain values, and what it takes from one. Runs in threads."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from explorer.controllers.attributes.annotator_messages import requirements_message
from explorer.controllers.attributes.instructions import instructions_message
from explorer.services.error_words import words_of
from explorer.services.services import Services
from pipeline.collection import Collection
from pipeline.errors import BamExplorerError, ParameterError
from pipeline.label_store import AttributeEntry, Definition, Draft, KnownImages, LabelStore, Standing
from pipeline.label_store.attributes.records import MOST_EXAMPLES, came_with, check_draft
from pipeline.taxonomy import attribute_from_name

__all__ = [
    "bare_progress",
    "changes_between",
    "definition_message",
    "detail_message",
    "draft_from",
    "draft_problems",
    "pictures_message",
    "standing_message",
]

MOST_PICTURES = 2 * MOST_EXAMPLES
LONGEST_FORM = 20_000
"""Characters of one field that are looked at; more is no typing."""

_FIELDS = ("title", "definition", "counts", "counts_not", "examples_yes", "examples_no")
_WHAT = {"title": "Title", "definition": "Question", "counts": "Counts", "counts_not": "Does not count"}

Piece = list[str]
"""A kind, ``"same"``, ``"gone"`` or ``"new"``, and a text."""


def standing_message(standing: Standing) -> dict[str, Any]:
    """Put where an attribute stands into plain values."""
    entry = standing.entry
    return {
        "name": entry.name,
        "group": entry.group,
        "title": entry.definition.title,
        "definition": entry.definition.definition,
        "version": entry.definition.version,
        "archived": entry.archived,
        "agree": entry.agree,
        "yes": standing.yes,
        "no": standing.no,
        "unsure": standing.unsure,
        "split": standing.split,
        "open": standing.open,
        "answers": standing.answers,
        "people": standing.people,
        "left": standing.left,
        "absent": standing.absent,
        "last_at": standing.last_at or 0.0,
    }


def bare_progress(collection: Collection) -> list[dict[str, Any]]:
    """Give the collection's own attributes while nobody has answered: no store is made for somebody who only looks."""
    return [
        standing_message(
            Standing(entry, yes=0, no=0, unsure=0, split=0, open=0, answers=0, people=0, left=0, last_at=None)
        )
        for entry in _bare_entries(collection)
    ]


def _bare_entries(collection: Collection) -> list[AttributeEntry]:
    entries = []
    for attribute in collection.manifest.taxonomy.attributes:
        words = came_with(attribute)
        known = Definition(
            attribute.name, 1, words.title, words.definition, words.counts, words.counts_not, (), (), "", 0
        )
        entries.append(AttributeEntry(attribute.name, attribute.group, known, archived=False, agree=1))
    return entries


def detail_message(services: Services, store: LabelStore | None, name: str) -> dict[str, Any]:
    """Put everything known of one attribute together: definition, pictures, settings, history newest first.

    Raises
    ------
    UnknownRecordError, ParameterError
        If there is no such attribute.
    """
    if store is None:
        entry = next((entry for entry in _bare_entries(services.collection) if entry.name == name), None)
        if entry is None:
            raise ParameterError(f"There is no attribute {name!r} here.")
        versions = [entry.definition]
        people: dict[str, str] = {}
    else:
        entry, versions = store.attribute(name), store.history(name)
        people = {person.id: person.name for person in store.annotators()}
    return instructions_message(services, entry.definition) | {
        "type": "detail",
        "name": name,
        "group": entry.group,
        "archived": entry.archived,
        "agree": entry.agree,
        "bars": requirements_message(entry.requirements),
        "audited": "" if store is None else services.audits.words(name),
        "history": [
            {
                "version": version.version,
                "by": people.get(version.annotator_id, "the collection"),
                "at": version.at,
                "changes": changes_between(before, version),
            }
            for before, version in zip([None, *versions[:-1]], versions, strict=True)
        ][::-1],
    }


def definition_message(store: LabelStore, definition: Definition) -> dict[str, Any]:
    """Put a definition into plain values, with who wrote it, for somebody who is editing another version of it."""
    by = store.annotator(definition.annotator_id).name if definition.annotator_id else "the collection"
    return {
        "title": definition.title,
        "definition": definition.definition,
        "counts": list(definition.counts),
        "counts_not": list(definition.counts_not),
        "examples_yes": _here(store, definition.examples_yes),
        "examples_no": _here(store, definition.examples_no),
        "version": definition.version,
        "by": by,
        "at": definition.at,
    }


def _here(store: LabelStore, images: Sequence[int]) -> list[str]:
    """Give the examples that can be shown; the store keeps the others as they are."""
    there = store.images.present(np.array(images, np.int64)).tolist()
    return [str(image) for image, here in zip(images, there, strict=True) if here]


def pictures_message(collection: Collection, image_ids: Sequence[int]) -> dict[str, Any]:
    """Give small pictures of some images; those that the collection no longer holds are left out."""
    rows = {image: collection.row_of(image) for image in image_ids[:MOST_PICTURES]}
    found = {image: row for image, row in rows.items() if row >= 0}
    tiles = collection.tiles(list(found.values())) if found else []
    return {
        "type": "pictures",
        "pictures": [{"image": str(image), "picture": tile} for image, tile in zip(found, tiles, strict=True)],
    }


def draft_from(form: Any) -> Draft:
    """Take a draft from a browser's form; lines become points, and ids come as text.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no form of ours.
    """
    return Draft(
        str(form["title"])[:LONGEST_FORM],
        str(form["definition"])[:LONGEST_FORM],
        counts=_lines(form["counts"]),
        counts_not=_lines(form["counts_not"]),
        examples_yes=_images(form["examples_yes"]),
        examples_no=_images(form["examples_no"]),
    )


def _lines(text: Any) -> tuple[str, ...]:
    return tuple(line for line in str(text)[:LONGEST_FORM].splitlines() if line.strip())


def _images(ids: Any) -> tuple[int, ...]:
    return tuple(int(image) for image in ids[: MOST_EXAMPLES + 1])


def draft_problems(name: str, draft: Draft, images: KnownImages) -> dict[str, str]:
    """Say what is wrong with each field of a draft, in the pipeline's words; empty where nothing is."""
    problems: dict[str, str] = {}

    def note(field: str, check: Callable[[], object]) -> None:
        try:
            check()
        except BamExplorerError as error:
            problems[field] = words_of(error)

    note("name", lambda: attribute_from_name(name))
    for field in _FIELDS:
        alone: dict[str, Any] = {"title": "a title"} | {field: getattr(draft, field)}
        note(field, lambda alone=alone: check_draft(Draft(**alone), images))  # type: ignore[misc]
    if not problems:
        note("examples_no", lambda: check_draft(draft, images))
    return problems


def changes_between(before: Definition | None, after: Definition) -> list[dict[str, Any]]:
    """Say what a version changed, field by field: texts word by word, points and pictures as a whole."""
    if before is None:
        return []
    changes: list[dict[str, Any]] = []
    for field in ("title", "definition"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            changes.append({"what": _WHAT[field], "pieces": _words(old, new)})
    for field in ("counts", "counts_not"):
        pieces = _points(getattr(before, field), getattr(after, field))
        if pieces:
            changes.append({"what": _WHAT[field], "pieces": pieces})
    for field, what in (("examples_yes", "Pictures that count"), ("examples_no", "Pictures that do not")):
        old, new = set(getattr(before, field)), set(getattr(after, field))
        gone, added = len(old - new), len(new - old)
        pieces = [["gone", f"{gone} taken out"]] * (gone > 0) + [["new", f"{added} added"]] * (added > 0)
        if pieces:
            changes.append({"what": what, "pieces": pieces})
    return changes


def _words(old: str, new: str) -> list[Piece]:
    """Compare two texts word by word."""
    first, second = re.findall(r"\s*\S+", old), re.findall(r"\s*\S+", new)
    pieces: list[Piece] = []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(["same", "".join(first[a0:a1])])
            continue
        if a1 > a0:
            pieces.append(["gone", "".join(first[a0:a1])])
        if b1 > b0:
            pieces.append(["new", "".join(second[b0:b1])])
    return pieces


def _points(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    return [["gone", point] for point in old if point not in new] + [
        ["new", point] for point in new if point not in old
    ]
