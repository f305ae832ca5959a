"""Taxonomies read from TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import TaxonomyError
from pipeline.files.small_files import read_plain
from pipeline.taxonomy import Taxonomy, taxonomy_from_mapping

__all__ = ["LARGEST", "load_taxonomy"]

LARGEST = 16 << 20
"""Bytes of a file."""

FIELDS: dict[str, type] = {
    "name": str,
    "group": str,
    "title": str,
    "definition": str,
    "counts": list,
    "counts_not": list,
    "decided_by_source": bool,
    "source_note": str,
}
"""Fields of an attribute, and the type of each."""


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy from a TOML file.

    Raises
    ------
    TaxonomyError
        If the file cannot be read, is no TOML, or breaks a rule; the message names the place.
    """
    try:
        values = tomllib.loads(read_plain(path, most=LARGEST).decode("utf-8-sig"))
    except OSError as error:
        raise TaxonomyError(f"The taxonomy {path} cannot be read ({error.strerror}). Check the path.") from error
    except RecursionError:
        raise TaxonomyError(f"The taxonomy {path} is nested too deeply. Give a table for each attribute.") from None
    except ValueError as error:  # no TOML, no text, or a number that is too long
        raise TaxonomyError(f"The taxonomy {path} is not valid TOML: {error}. Correct that place.") from error
    unknown = sorted(values.keys() - {"name", "version", "attribute"})
    if unknown:
        raise TaxonomyError(
            f"{path}: {unknown[0][:80]!r} is unknown in a taxonomy. Allowed are name, version and, for each "
            "attribute, [[attribute]]."
        )
    taxonomy = taxonomy_from_mapping(values, where=str(path))
    for entry in values.get("attribute", []):
        _check_fields(entry, str(path))
    return taxonomy


def _check_fields(entry: Mapping[str, Any], where: str) -> None:
    """Refuse a field that nothing reads: a misspelled one would be lost without a word."""
    name = entry["name"]
    for field, value in entry.items():
        kind = FIELDS.get(field)
        if kind is None:
            raise TaxonomyError(
                f"{where}: {name} has an unknown field {field[:80]!r}. Allowed fields are {', '.join(FIELDS)}."
            )
        if not isinstance(value, kind):
            wanted = "a text in quotes" if kind is str else "true or false, without quotes"
            raise TaxonomyError(f"{where}: {field} of {name} is {str(value)[:80]!r}. It must be {wanted}.")
