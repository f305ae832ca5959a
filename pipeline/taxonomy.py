"""Attributes: the yes/no questions about every image, read from TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.errors import TaxonomyError

__all__ = ["GROUPS", "Attribute", "Taxonomy", "attribute_from_name", "taxonomy_from_mapping"]

GROUPS = ("content", "emotion", "media")
"""The groups of BAM!, in the order in which they are shown."""


_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One yes/no question about an image.

    Parameters
    ----------
    name
        ``<group>_<word>`` as in BAM!, e.g. ``content_bird``; lower-case ASCII.
    group
        One of `GROUPS`.
    title
        Short title for the screen, e.g. ``bird``.
    definition
        The question in one sentence.
    counts, counts_not
        Cases that count as yes, and cases that do not.
    decided_by_source
        Whether the origin of a picture alone answers the question, so that the attribute proves nothing about a
        classifier; `source_note` gives the reason.
    """

    name: str
    group: str
    title: str
    definition: str = ""
    counts: tuple[str, ...] = ()
    counts_not: tuple[str, ...] = ()
    decided_by_source: bool = False
    source_note: str = ""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A named, versioned list of attributes, in the order in which they are shown."""

    name: str
    version: int
    attributes: tuple[Attribute, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes, in order."""
        return tuple(attribute.name for attribute in self.attributes)

    def attribute(self, name: str) -> Attribute:
        """Return an attribute by name; TaxonomyError if there is none."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        raise TaxonomyError(f"No attribute {name!r} in the taxonomy {self.name!r}. There are: {', '.join(self.names)}.")

    def restricted_to(self, names: Iterable[str]) -> Taxonomy:
        """Return a taxonomy of the attributes in `names`; unknown names get a bare attribute at the end of the list."""
        wanted = list(names)
        kept = [attribute for attribute in self.attributes if attribute.name in wanted]
        new = [attribute_from_name(name) for name in wanted if name not in self.names]
        return Taxonomy(self.name, self.version, tuple(kept + new))

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON; `taxonomy_from_mapping` reads them back."""
        attributes = [
            {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(attribute).items()}
            for attribute in self.attributes
        ]
        return {"name": self.name, "version": self.version, "attribute": attributes}


def attribute_from_name(name: str) -> Attribute:
    """Return a bare attribute for a name like ``content_bird``; TaxonomyError if its group is unknown."""
    group, _, rest = name.partition("_")
    if group not in GROUPS or not _NAME.fullmatch(name) or not rest:
        raise TaxonomyError(
            f"{name!r} is not the name of an attribute. A name is one of {', '.join(GROUPS)}, an underscore and "
            "lower-case letters or digits, e.g. content_bird."
        )
    return Attribute(name=name, group=group, title=rest.replace("_", " "))


def taxonomy_from_mapping(values: Mapping[str, Any], *, where: str) -> Taxonomy:
    """Check plain values and return a taxonomy of them; `where` names their source in errors."""
    entries = values.get("attribute", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TaxonomyError(f"{where}: attributes must be a list of [[attribute]] tables.")
    attributes = tuple(_attribute(entry, where) for entry in entries)
    names = [attribute.name for attribute in attributes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TaxonomyError(f"{where}: {twice[0]!r} is there twice. Names of attributes must differ.")
    version = values.get("version", 1)
    if not isinstance(version, int) or version < 1:
        raise TaxonomyError(f"{where}: version is {version!r}; it must be a whole number from 1 on.")
    return Taxonomy(str(values.get("name", "Attributes")), version, attributes)


def _attribute(entry: Mapping[str, Any], where: str) -> Attribute:
    try:
        bare = attribute_from_name(str(entry.get("name", "")))
    except TaxonomyError as error:
        raise TaxonomyError(f"{where}: {error}") from error
    if entry.get("group", bare.group) != bare.group:
        raise TaxonomyError(f"{where}: {bare.name} begins with {bare.group!r} but its group is {entry['group']!r}.")
    return Attribute(
        name=bare.name,
        group=bare.group,
        title=str(entry.get("title", bare.title)),
        definition=str(entry.get("definition", "")),
        counts=_texts(entry, "counts", where),
        counts_not=_texts(entry, "counts_not", where),
        decided_by_source=bool(entry.get("decided_by_source", False)),
        source_note=str(entry.get("source_note", "")),
    )


def _texts(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list):
        raise TaxonomyError(f"{where}: {key} of {entry.get('name')} must be a list of texts.")
    return tuple(str(text) for text in value)
