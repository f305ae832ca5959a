"""Read the names of a table's columns: trimmed, unique, and no misspelt attribute ignored. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipeline.errors import TableError, TaxonomyError
from pipeline.tables.text import trimmed
from pipeline.taxonomy import GROUPS, attribute_from_name

__all__ = ["ColumnUse", "attribute_columns", "begins_as_attribute", "column_names", "ignored_sentence", "is_known"]

KNOWN = frozenset(
    {
        *("file", "image_id", "caption", "author", "keywords", "source", "licence", "license", "project_id"),
        *("attribute", "value", "label", "purpose", "survives"),
    }
)
"""Names with a meaning in some table. Capital letters in them do not matter."""

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """The use of a table's columns.

    Parameters
    ----------
    attributes
        Columns of answers, in the table's order.
    ignored
        Columns that are not used, in the table's order.
    """

    attributes: tuple[str, ...]
    ignored: tuple[str, ...]


def column_names(cells: Sequence[str], place: str) -> tuple[str, ...]:
    """Return the names of a header in the form in which they are compared.

    Invisible characters at their ends are removed, and names in `KNOWN` become lower case. Columns without a name stay
    ``""``. Their cells must be empty, and the reader checks that.

    Parameters
    ----------
    cells
        The header as written.
    place
        Table and line, for errors.

    Raises
    ------
    TableError
        If two names are equal, or differ only in capital letters.
    """
    names = [trimmed(unicodedata.normalize("NFC", cell)) for cell in cells]
    names = [name.lower() if name.lower() in KNOWN else name for name in names]
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            continue
        first = seen.setdefault(name.casefold(), number)
        if first != number:
            raise TableError(
                f"{place} has two columns {name!r} (columns {first} and {number}). Names of columns must differ, and "
                "by more than capitals and spaces at their ends: rename or remove one."
            )
    return tuple(names)


def attribute_columns(names: Iterable[str], used: Collection[str], place: str) -> ColumnUse:
    """Separate the columns of answers from the columns that are not used.

    Parameters
    ----------
    names
        As `column_names` returns them.
    used
        Other columns that are read.
    place
        Table and line, for errors.

    Raises
    ------
    TableError
        If a name begins like an attribute and is none.
    """
    attributes, ignored = [], []
    for name in names:
        if not name or name in used:
            continue
        if not begins_as_attribute(name):
            ignored.append(name)
            continue
        try:
            attribute_from_name(name)
        except TaxonomyError as error:
            raise TableError(f"{place}, column {name!r}: {error}{_meant(name)}") from error
        attributes.append(name)
    return ColumnUse(tuple(attributes), tuple(ignored))


def is_known(name: str) -> bool:
    """Return whether a name, other than an attribute, has a meaning in some table."""
    return name.lower() in KNOWN


def begins_as_attribute(name: str) -> bool:
    """Return whether a name begins with a group and an underscore or hyphen, in capital or small letters."""
    group = name.replace("-", "_").partition("_")[0]
    return group.lower() in GROUPS and group != name


def _meant(name: str) -> str:
    guess = "_".join(part for part in name.lower().replace("-", " ").replace("_", " ").split() if part)
    try:
        attribute_from_name(guess)
    except TaxonomyError:
        return ""
    return f" Write {guess}, if that is meant."


def ignored_sentence(ignored: Sequence[str]) -> str:
    """Return a sentence that names the unused columns; empty where there are none."""
    if not ignored:
        return ""
    shown = ", ".join(repr(name[:60]) for name in ignored[:SHOWN])
    rest = len(ignored) - SHOWN
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"Not used: the column{'s' if len(ignored) > 1 else ''} {shown}{more}."
