"""The form that defines an attribute: converts a browser's values to a draft and checks each field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.errors import BamExplorerError
from pipeline.label_store import Draft, KnownImages
from pipeline.label_store.attributes.records import MOST_EXAMPLES, check_draft
from pipeline.taxonomy import attribute_from_name

__all__ = ["draft_from", "draft_problems"]

LONGEST_FORM = 20_000
"""Characters of one field that are read; a longer text was not typed by a person."""

_FIELDS = ("title", "definition", "counts", "counts_not", "examples_yes", "examples_no")


def draft_from(form: Any) -> Draft:
    """Return the draft of a browser's form; lines become points, and ids come as text.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a field is missing or has the wrong type.
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
    """Return the problem of each field of a draft, as the pipeline words it; empty if there is none."""
    problems: dict[str, str] = {}

    def note(field: str, check: Callable[[], object]) -> None:
        try:
            check()
        except BamExplorerError as error:
            problems[field] = str(error)

    note("name", lambda: attribute_from_name(name))
    for field in _FIELDS:
        alone: dict[str, Any] = {"title": "a title"} | {field: getattr(draft, field)}
        note(field, lambda alone=alone: check_draft(Draft(**alone), images))  # type: ignore[misc]
    if not problems:
        note("examples_no", lambda: check_draft(draft, images))
    return problems
