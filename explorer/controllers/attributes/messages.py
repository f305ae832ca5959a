"""The messages of the Attributes tab about attributes, and their records. Runs in threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explorer.controllers.attributes.annotator_messages import RequirementsRecord, requirements_record
from explorer.controllers.attributes.definition_changes import ChangeRecord, changes_between
from explorer.controllers.attributes.instructions import InstructionsMessage, instructions_message
from explorer.messages.encoding import Message, Record
from explorer.services.services import Services
from pipeline.collection import Collection
from pipeline.errors import ParameterError
from pipeline.label_store import AttributeEntry, AttributeProgress, Definition, LabelStore
from pipeline.label_store.attributes.records import MOST_EXAMPLES, came_with

__all__ = [
    "AttributeRow",
    "ConflictMessage",
    "CreateMessage",
    "DefinitionRecord",
    "DefinitionSaved",
    "DetailMessage",
    "ExampleMessage",
    "PicturesMessage",
    "bare_rows",
    "definition_record",
    "detail_message",
    "pictures_message",
    "row_of",
]

MOST_PICTURES = 2 * MOST_EXAMPLES


@dataclass(frozen=True, slots=True)
class AttributeRow(Record):
    """An attribute in the list, with its progress.

    Parameters
    ----------
    name, group, title, definition, version, archived, agree
        As in the label store; `agree` is the number of people who must agree.
    yes, no, unsure, split, open
        Images by the label that results from their answers.
    answers, people
        Answers, and the people who gave them.
    left
        Questions that wait for answers.
    absent
        Answered images that are not in the collection.
    last_at
        Time of the last answer, seconds since 1970; 0 for none.
    """

    name: str
    group: str
    title: str
    definition: str
    version: int
    archived: bool
    agree: int
    yes: int = 0
    no: int = 0
    unsure: int = 0
    split: int = 0
    open: int = 0
    answers: int = 0
    people: int = 0
    left: int = 0
    absent: int = 0
    last_at: float = 0.0


@dataclass(frozen=True, slots=True)
class VersionRecord(Record):
    """A version of a definition: its number, its author's name, its time in seconds since 1970, and its changes."""

    version: int
    by: str
    at: float
    changes: tuple[ChangeRecord, ...]


@dataclass(frozen=True, slots=True)
class DetailMessage(InstructionsMessage):
    """One attribute with its definition, requirements and history.

    Parameters
    ----------
    name, group, archived, agree
        As in `AttributeRow`.
    requirements
        Its qualification requirements.
    audited
        A sentence about the data that an open audit hides; empty without one.
    history
        The versions of its definition, the newest first.
    """

    type: ClassVar[str] = "detail"
    name: str
    group: str
    archived: bool
    agree: int
    requirements: RequirementsRecord
    audited: str
    history: tuple[VersionRecord, ...]


@dataclass(frozen=True, slots=True)
class DefinitionRecord(Record):
    """A definition as a form shows it: ids of its examples as text, and its author's name."""

    title: str
    definition: str
    counts: tuple[str, ...]
    counts_not: tuple[str, ...]
    examples_yes: tuple[str, ...]
    examples_no: tuple[str, ...]
    version: int
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class SmallPicture(Record):
    """A thumbnail: the image's id as text, and its JPEG."""

    image: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class PicturesMessage(Message):
    """Thumbnails of examples."""

    type: ClassVar[str] = "pictures"
    pictures: tuple[SmallPicture, ...]


@dataclass(frozen=True, slots=True)
class ExampleMessage(Message):
    """Images for the form to take as examples: ``"yes"`` or ``"no"``, their ids as text, and a note or ""."""

    type: ClassVar[str] = "example"
    kind: str
    images: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class CreateMessage(Message):
    """Open the form of a new attribute."""

    type: ClassVar[str] = "create"


@dataclass(frozen=True, slots=True)
class DefinitionSaved(Message):
    """A definition was saved: the attribute's name, and the number of the new version."""

    type: ClassVar[str] = "saved"
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ConflictMessage(Message):
    """Another annotator saved a version first: a sentence, and that version."""

    type: ClassVar[str] = "conflict"
    text: str
    theirs: DefinitionRecord


def row_of(standing: AttributeProgress) -> AttributeRow:
    """Return the row of an attribute from its progress."""
    entry = standing.entry
    return AttributeRow(
        name=entry.name,
        group=entry.group,
        title=entry.definition.title,
        definition=entry.definition.definition,
        version=entry.definition.version,
        archived=entry.archived,
        agree=entry.agree,
        yes=standing.yes,
        no=standing.no,
        unsure=standing.unsure,
        split=standing.split,
        open=standing.open,
        answers=standing.answers,
        people=standing.people,
        left=standing.left,
        absent=standing.absent,
        last_at=standing.last_at or 0.0,
    )


def bare_rows(collection: Collection) -> list[AttributeRow]:
    """Return rows of the collection's own attributes while there is no label store.

    Looking at the collection creates no store.
    """
    return [
        row_of(
            AttributeProgress(entry, yes=0, no=0, unsure=0, split=0, open=0, answers=0, people=0, left=0, last_at=None)
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


def detail_message(services: Services, store: LabelStore | None, name: str) -> DetailMessage:
    """Return one attribute with its definition, requirements and history.

    Raises
    ------
    UnknownRecordError, ParameterError
        If the attribute does not exist.
    """
    if store is None:
        entry = next((entry for entry in _bare_entries(services.collection) if entry.name == name), None)
        if entry is None:
            raise ParameterError(f"There is no attribute {name!r} here.")
        versions = [entry.definition]
        people: dict[str, str] = {}
    else:
        entry, versions = store.attributes.find(name), store.attributes.history(name)
        people = {person.id: person.name for person in store.annotators.list_all()}
    now = instructions_message(services, entry.definition)
    history = [
        VersionRecord(
            version=version.version,
            by=people.get(version.annotator_id, "the collection"),
            at=version.at,
            changes=changes_between(before, version),
        )
        for before, version in zip([None, *versions[:-1]], versions, strict=True)
    ]
    return DetailMessage(
        title=now.title,
        definition=now.definition,
        counts=now.counts,
        counts_not=now.counts_not,
        version=now.version,
        at=now.at,
        examples=now.examples,
        name=name,
        group=entry.group,
        archived=entry.archived,
        agree=entry.agree,
        requirements=requirements_record(entry.requirements),
        audited="" if store is None else services.audits.words(name),
        history=tuple(reversed(history)),
    )


def definition_record(store: LabelStore, definition: Definition) -> DefinitionRecord:
    """Return a definition with its author's name, for a person who is editing another version of it."""
    by = store.annotators.find(definition.annotator_id).name if definition.annotator_id else "the collection"
    return DefinitionRecord(
        title=definition.title,
        definition=definition.definition,
        counts=definition.counts,
        counts_not=definition.counts_not,
        examples_yes=_here(store, definition.examples_yes),
        examples_no=_here(store, definition.examples_no),
        version=definition.version,
        by=by,
        at=definition.at,
    )


def _here(store: LabelStore, images: Sequence[int]) -> tuple[str, ...]:
    """Return the examples that can be shown; the store keeps the others as they are."""
    there = store.images.present(np.array(images, np.int64)).tolist()
    return tuple(str(image) for image, here in zip(images, there, strict=True) if here)


def pictures_message(collection: Collection, image_ids: Sequence[int]) -> PicturesMessage:
    """Return thumbnails of some images; those that the collection no longer holds are left out."""
    rows = {image: collection.row_of(image) for image in image_ids[:MOST_PICTURES]}
    found = {image: row for image, row in rows.items() if row >= 0}
    tiles = collection.tiles(list(found.values())) if found else []
    return PicturesMessage(tuple(SmallPicture(str(image), tile) for image, tile in zip(found, tiles, strict=True)))
