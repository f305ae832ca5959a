"""Definitions of attributes: drafts as typed, definitions as stored, and their limits. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.errors import ParameterError
from pipeline.label_store.annotators.people import plain_text
from pipeline.label_store.annotators.requirements import NO_REQUIREMENTS, Requirements
from pipeline.label_store.images import KnownImages
from pipeline.taxonomy import Attribute

__all__ = [
    "MOST_AGREEING",
    "AttributeEntry",
    "Definition",
    "Draft",
    "absent_examples",
    "came_with",
    "check_draft",
    "draft_of",
    "with_absent_examples",
]

LONGEST_TITLE = 60
LONGEST_DEFINITION = 500
LONGEST_POINT = 200
MOST_POINTS = 20
MOST_EXAMPLES = 24
MOST_AGREEING = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A definition as typed, not yet checked.

    Parameters
    ----------
    title
        Short title for the screen, up to 60 characters.
    definition
        The question in one or two sentences, up to 500 characters, or empty.
    counts, counts_not
        Things that count as yes and things that do not: up to 20 points of 200 characters each.
    examples_yes, examples_no
        Ids of up to 24 images each that are a yes and that are a no.
    """

    title: str
    definition: str = ""
    counts: tuple[str, ...] = ()
    counts_not: tuple[str, ...] = ()
    examples_yes: tuple[int, ...] = ()
    examples_no: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of an attribute's definition. Untrusted text: escape before showing.

    Parameters
    ----------
    attribute, version
        Attribute, and version from 1. Each answer keeps its version.
    annotator_id
        Id of the author. Empty if the definition came with the collection.
    at
        Seconds since 1970.
    """

    attribute: str
    version: int
    title: str
    definition: str
    counts: tuple[str, ...]
    counts_not: tuple[str, ...]
    examples_yes: tuple[int, ...]
    examples_no: tuple[int, ...]
    annotator_id: str
    at: float


@dataclass(frozen=True, slots=True)
class AttributeEntry:
    """An attribute with its newest definition and its settings.

    Parameters
    ----------
    archived
        Whether the attribute is archived: no questions are asked, and its answers stay.
    agree
        Number of annotators who must agree, 1 to 5.
    requirements
        Requirements for annotators, and share of hidden gold questions.
    """

    name: str
    group: str
    definition: Definition
    archived: bool
    agree: int
    requirements: Requirements = NO_REQUIREMENTS


def check_draft(draft: Draft, images: KnownImages) -> Draft:
    """Check a draft, and return it as it is stored: white space joined, examples without repeats.

    Raises
    ------
    ParameterError
        If a text is too long or not plain text, there are too many points, or an image is an example of both.
    UnknownImageError
        If the collection lacks an example.
    """
    yes, no = (tuple(dict.fromkeys(given)) for given in (draft.examples_yes, draft.examples_no))
    for ids in (yes, no):
        if len(ids) > MOST_EXAMPLES:
            raise ParameterError(f"{len(ids)} examples exceed the limit of {MOST_EXAMPLES} of each kind.")
        images.rows(ids)
    both = set(yes) & set(no)
    if both:
        raise ParameterError(f"Image {min(both)} is an example of yes and of no. Take it out of one of them.")
    return Draft(
        plain_text(draft.title, LONGEST_TITLE, "title of an attribute"),
        plain_text(draft.definition, LONGEST_DEFINITION, "definition") if draft.definition.strip() else "",
        _points(draft.counts, "what counts"),
        _points(draft.counts_not, "what does not count"),
        yes,
        no,
    )


def absent_examples(known: Definition, images: KnownImages) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the examples of yes and of no that the collection does not hold now. No editor can see them."""
    sides = []
    for ids in (known.examples_yes, known.examples_no):
        there = images.present(np.array(ids, np.int64)).tolist()
        sides.append(tuple(image for image, here in zip(ids, there, strict=True) if not here))
    return sides[0], sides[1]


def with_absent_examples(draft: Draft, known: Definition, images: KnownImages) -> Draft:
    """Check a draft, and keep the examples of the present version that are absent from the collection.

    Raises
    ------
    ParameterError, UnknownImageError
        As for `check_draft`.
    """
    sides = absent_examples(known, images)
    seen = [
        tuple(image for image in given if image not in gone)
        for given, gone in zip((draft.examples_yes, draft.examples_no), sides, strict=True)
    ]
    checked = check_draft(replace(draft, examples_yes=seen[0], examples_no=seen[1]), images)
    kept = []
    for given, gone, before in (
        (checked.examples_yes, sides[0], known.examples_yes),
        (checked.examples_no, sides[1], known.examples_no),
    ):
        merged = (*given, *gone)
        kept.append(before if set(merged) == set(before) else merged)  # nothing was changed: no new version
    return replace(checked, examples_yes=kept[0], examples_no=kept[1])


def draft_of(known: Definition) -> Draft:
    """Return a definition as a draft."""
    return Draft(known.title, known.definition, known.counts, known.counts_not, known.examples_yes, known.examples_no)


def came_with(attribute: Attribute) -> Draft:
    """Return the definition of a collection, cleaned rather than refused, because no user of this store wrote it."""
    return Draft(
        _cleaned(attribute.title, LONGEST_TITLE) or attribute.name,
        _cleaned(attribute.definition, LONGEST_DEFINITION),
        _cleaned_points(attribute.counts),
        _cleaned_points(attribute.counts_not),
    )


def _cleaned_points(points: Sequence[str]) -> tuple[str, ...]:
    cleaned = (_cleaned(point, LONGEST_POINT) for point in points[:MOST_POINTS])
    return tuple(point for point in cleaned if point)


def _cleaned(text: str, longest: int) -> str:
    joined = " ".join(text.split())[:longest]
    return "".join(character for character in joined if unicodedata.category(character) not in {"Cc", "Cs"})


def _points(points: Sequence[str], what: str) -> tuple[str, ...]:
    if len(points) > MOST_POINTS:
        raise ParameterError(f"{len(points)} points of {what} exceed the limit of {MOST_POINTS}.")
    return tuple(plain_text(point, LONGEST_POINT, f"point of {what}") for point in points)
