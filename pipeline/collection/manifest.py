"""``collection.json``: the description of a collection, from and to plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.collection.score_scale import ScoreScale, scale_from_mapping
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import CollectionDamagedError, CollectionVersionError, ErrorKind
from pipeline.plain_values import made_of
from pipeline.sources.left_out import LeftOut
from pipeline.tables.typed_columns import ColumnFacts
from pipeline.taxonomy import Taxonomy, taxonomy_from_mapping

__all__ = [
    "FORMAT_VERSION",
    "AddedSource",
    "AttributeFacts",
    "LayoutFacts",
    "Manifest",
    "Revision",
    "attribute_facts_from",
]

FORMAT_VERSION = 2
LARGEST_VERSION = 1 << 62


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """Facts about the first scores of one attribute.

    Parameters
    ----------
    name
        The attribute.
    known_yes, known_no
        Number of images with a yes or a no from the source.
    average_precision
        Cross-validated by project; ``None`` where too little is known to train.
    threshold
        Default minimum score; ``None`` without scores.
    precision, recall
        Cross-validated point estimates at `threshold` among the known images.
    origin
        Name of the scores' version on disk, e.g. ``"model-1"``; ``""`` without scores.
    note
        Why there are no scores, or how the threshold was found.
    scale
        Scale of the scores on disk; None for probabilities. `threshold` is a number from 0 to 1 in both cases.
    """

    name: str
    known_yes: int
    known_no: int
    average_precision: float | None = None
    threshold: float | None = None
    precision: float | None = None
    recall: float | None = None
    origin: str = ""
    note: str = ""
    scale: ScoreScale | None = None


@dataclass(frozen=True, slots=True)
class LayoutFacts:
    """Facts about one layout: its name on disk and on screen, method, size, seed and quality."""

    name: str
    title: str
    method: str
    images: int
    seed: int
    trustworthiness: float | None = None
    neighbor_recall: float | None = None


@dataclass(frozen=True, slots=True)
class AddedSource:
    """A source whose images were added to the collection after it was built.

    Parameters
    ----------
    name, root, fingerprint
        As the manifest has them of the first source.
    at
        When they were added, UTC.
    images, failed
        Readable images that were added, and files that could not be used.
    revision
        Number of the revision that has them first.
    """

    name: str
    root: str
    fingerprint: str
    at: str
    images: int
    failed: int
    revision: int


@dataclass(frozen=True, slots=True)
class Revision:
    """The files of one revision of a collection.

    Parameters
    ----------
    number
        0 for the collection as it was built; each update adds one.
    versions
        Version of each Lance dataset, by the dataset's path. A dataset without an entry is read at its newest version.
    files
        Path of the file that now holds the content of another one, by that other path. Absent files are themselves.
    """

    number: int = 0
    versions: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of ``collection.json``; docs/reference/collection-format.md describes each field."""

    name: str
    created: str
    program_version: str
    source_name: str
    source_root: str
    source_fingerprint: str
    images: int
    failed: int
    embedding: EmbeddingSpec
    dimensions: int
    taxonomy: Taxonomy
    attributes: tuple[AttributeFacts, ...]
    layouts: tuple[LayoutFacts, ...]
    thumbnails: int | None = None
    label_store: str = ""
    near_duplicate_distance: float | None = None
    left_out: tuple[LeftOut, ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    requested: tuple[str, ...] = ()
    revision: Revision = field(default_factory=Revision)
    earlier: tuple[Revision, ...] = ()
    added: tuple[AddedSource, ...] = ()
    laid_out: int = 0

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        values = asdict(self)
        values["taxonomy"] = self.taxonomy.as_mapping()
        return {"format_version": FORMAT_VERSION, **values}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, where: str) -> Manifest:
        """Return a manifest made from checked plain values.

        Raises
        ------
        CollectionVersionError
            If a newer or older program wrote it.
        CollectionDamagedError
            If a value is missing or has the wrong type.
        """
        version = values.get("format_version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise CollectionVersionError(
                f"{where} has format version {version}; this program reads up to {FORMAT_VERSION}. "
                "Install a newer bam-explorer."
            )
        if isinstance(version, int) and version < FORMAT_VERSION:
            raise CollectionVersionError(
                f"{where} has format version {version}; this program reads version {FORMAT_VERSION}. Build the "
                "collection again in the same place; answers are kept.",
                kind=ErrorKind.COLLECTION_OUTDATED,
            )
        try:
            fields = {key: value for key, value in values.items() if key != "format_version"}
            fields["embedding"] = made_of(EmbeddingSpec, fields["embedding"])
            fields["taxonomy"] = taxonomy_from_mapping(fields["taxonomy"], where=where)
            fields["attributes"] = tuple(attribute_facts_from(facts) for facts in fields["attributes"])
            fields["layouts"] = tuple(made_of(LayoutFacts, facts) for facts in fields["layouts"])
            fields["left_out"] = tuple(made_of(LeftOut, entry) for entry in fields.get("left_out", ()))
            fields["columns"] = tuple(made_of(ColumnFacts, entry) for entry in fields.get("columns", ()))
            fields["added"] = tuple(made_of(AddedSource, entry) for entry in fields.get("added", ()))
            fields["requested"] = tuple(str(name) for name in fields.get("requested", ()))
            fields["revision"] = _revision(fields.get("revision", {}))
            fields["earlier"] = tuple(_revision(entry) for entry in fields.get("earlier", ()))
            return made_of(cls, fields)
        except (KeyError, TypeError, AttributeError) as error:
            raise CollectionDamagedError(
                f"{where} is damaged ({error}). Build the collection again, or restore it from a copy."
            ) from error

    def facts(self, name: str) -> AttributeFacts | None:
        """Return the facts about an attribute, or None if it has none."""
        return next((facts for facts in self.attributes if facts.name == name), None)

    def scale(self, name: str) -> ScoreScale | None:
        """Return the scale of an attribute's scores on disk; None for probabilities."""
        facts = self.facts(name)
        return None if facts is None else facts.scale

    @property
    def share_added(self) -> float:
        """Share of the images that came after all layouts were made, from 0 to 1."""
        new = sum(entry.images for entry in self.added if entry.revision > self.laid_out)
        return new / self.images if self.images else 0.0

    def origins(self) -> dict[str, str]:
        """Return the name of the scores of each scored attribute, in the taxonomy's order."""
        named = {facts.name: facts.origin for facts in self.attributes}
        return {name: named[name] for name in self.taxonomy.names if named.get(name)}

    def column(self, name: str) -> ColumnFacts | None:
        """Return the facts of a column of the source by its name; None where there is none."""
        return next((facts for facts in self.columns if facts.name == name), None)

    def layout(self, name: str) -> LayoutFacts | None:
        """Return the facts of a layout by its name; None where there is none."""
        return next((facts for facts in self.layouts if facts.name == name), None)


def attribute_facts_from(values: Mapping[str, Any]) -> AttributeFacts:
    """Return the facts of an attribute from plain values; older collections name no scale.

    Raises
    ------
    TypeError
        If a value is missing or has the wrong type.
    """
    scale = scale_from_mapping(values.get("scale"))
    return made_of(AttributeFacts, {**values, "scale": scale})


def _revision(values: object) -> Revision:
    """Return a revision from plain values; older collections have none."""
    revision = made_of(Revision, values)
    for name, version in revision.versions.items():
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < LARGEST_VERSION:
            raise TypeError(f"the version of {name} is {repr(version)[:40]}")
    for name, file in revision.files.items():
        if not isinstance(file, str):
            raise TypeError(f"the file of {name} is {repr(file)[:40]}")
    return revision
