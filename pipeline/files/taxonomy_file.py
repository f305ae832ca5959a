"""Taxonomies read from TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pipeline.errors import TaxonomyError
from pipeline.files.small_files import read_plain
from pipeline.taxonomy import Taxonomy, taxonomy_from_mapping

__all__ = ["LARGEST", "load_taxonomy"]

LARGEST = 16 << 20
"""Bytes of a file."""


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
            f"{path}: {unknown[0][:80]!r} is nothing that a taxonomy has. Allowed are name, version and, for each "
            "attribute, [[attribute]]."
        )
    return taxonomy_from_mapping(values, where=str(path))
