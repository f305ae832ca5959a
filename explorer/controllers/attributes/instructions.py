"""The instructions for annotators of an attribute: its definition with example pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from explorer.messages.encoding import Message, Record
from explorer.services.services import Services
from pipeline.label_store import Definition

__all__ = ["ExamplePicture", "InstructionsMessage", "instructions_message"]


@dataclass(frozen=True, slots=True)
class ExamplePicture(Record):
    """An example picture of a definition: ``"yes"`` or ``"no"``, the image's id, and its WebP."""

    kind: str
    image: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class InstructionsMessage(Message):
    """An attribute's definition.

    Parameters
    ----------
    title, definition, counts, counts_not, version
        As in `Definition`.
    at
        When the version was saved, seconds since 1970.
    examples
        Its example pictures that are in the collection.
    """

    type: ClassVar[str] = "instructions"
    title: str
    definition: str
    counts: tuple[str, ...]
    counts_not: tuple[str, ...]
    version: int
    at: float
    examples: tuple[ExamplePicture, ...]


def instructions_message(services: Services, definition: Definition) -> InstructionsMessage:
    """Return a definition with its example pictures; runs in a thread.

    Examples that are no longer in the collection are left out.

    Raises
    ------
    CollectionError
        If the pictures cannot be read.
    """
    collection = services.collection
    examples = [("yes", image) for image in definition.examples_yes]
    examples += [("no", image) for image in definition.examples_no]
    found = [(kind, row) for kind, row in ((kind, collection.row_of(image)) for kind, image in examples) if row >= 0]
    pictures = collection.previews(np.array([row for _, row in found], np.int32)) if found else []
    return InstructionsMessage(
        title=definition.title,
        definition=definition.definition,
        counts=definition.counts,
        counts_not=definition.counts_not,
        version=definition.version,
        at=definition.at,
        examples=tuple(
            ExamplePicture(kind, str(collection.image_ids[row]), data)
            for (kind, row), data in zip(found, pictures, strict=True)
        ),
    )
