"""A collection opened for reading. Only this module and `pipeline.collection.tables` read its files.

All files join on `image_id`. All arrays are aligned to the ids of the readable images in ascending order, and ``row``
always means a position in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.collection.layout_table import clusters_of
from pipeline.collection.manifest import LayoutFacts, Manifest
from pipeline.collection.tables import CollectionTables, read_manifest
from pipeline.collection.vector_table import read_vectors
from pipeline.files.locks import locked
from pipeline.files.small_files import write_json, writing
from pipeline.layout.cluster_names import ClusterName
from pipeline.plain_values import made_of
from pipeline.tables.typed_columns import ColumnFacts, ColumnKind

__all__ = ["Collection", "ImageRecord", "Layout"]

NOT_METADATA = frozenset(
    {"image_id", "source", "caption", "keywords", "sha256", "project_id", "status", "error", "thumbnail", "location"}
    | {"added_in"}
)
"""Columns of ``images.lance`` that identify an image or record how it was read."""

MICROSECONDS_OF_A_DAY = 86_400_000_000.0


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """Facts about one image, as text for people. All of it is untrusted: escape it before showing it."""

    image_id: int
    source: str
    caption: str
    author: str
    keywords: str
    origin: str
    license: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout aligned to the collection's rows.

    Parameters
    ----------
    facts
        Name, title, method, quality.
    positions
        float32 (n, 2), y up; NaN for images outside this layout.
    trust
        float32 (n,), share of an image's neighbours kept by the layout; NaN where absent.
    clusters
        int32 (levels, n), the coarsest first; -1 for none.
    names
        Names of clusters and their positions: coarse levels first, within a level the largest first.
    """

    facts: LayoutFacts
    positions: NDArray[np.float32]
    trust: NDArray[np.float32]
    clusters: NDArray[np.int32]
    names: tuple[ClusterName, ...]


class Collection(CollectionTables):
    """A collection opened for reading; safe to share between threads.

    Parameters
    ----------
    path
        The collection's folder.

    Raises
    ------
    CollectionMissingError
        If there is no collection at `path`.
    CollectionDamagedError
        If a file is missing or unreadable.
    CollectionVersionError
        If a newer program wrote it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._origins = self.manifest.origins()
        self._scores: NDArray[np.float32] | None = None

    def failures(self) -> list[tuple[str, str]]:
        """Return the unusable images: (source path, reason)."""
        if not self.manifest.failed:
            return []
        table = self._table("images.lance", ["source", "error"], filter="status != 'ok'")
        return list(zip(table["source"].to_pylist(), table["error"].to_pylist(), strict=True))

    def files_of(self, image_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return the source path and the SHA-256 of images by id, also of images that could not be read.

        Unknown ids are left out.
        """
        wanted = np.asarray(image_ids, np.int64)
        places = np.minimum(np.searchsorted(self._every_id[0], wanted), max(len(self._every_id[0]) - 1, 0))
        if not len(self._every_id[0]):
            return {}
        there = self._every_id[0][places] == wanted
        rows = self._every_id[1][places[there]].tolist()
        table = self._guarded(lambda: self._image_data.take(rows, columns=["source", "sha256"]))
        found = zip(table["source"].to_pylist(), (one or "" for one in table["sha256"].to_pylist()), strict=True)
        return dict(zip(wanted[there].tolist(), found, strict=True))

    def embedding(self) -> NDArray[np.float16]:
        """Read the vectors, centred, reduced and L2-normalised: float16 (n, d)."""
        vectors: NDArray[np.float16]
        ids, vectors = self._guarded(lambda: read_vectors(self._dataset(self.embedding_name)))
        self._check_ids(ids, "the embedding")
        return vectors

    @property
    def scored(self) -> tuple[str, ...]:
        """Names of the attributes that have scores, in the taxonomy's order."""
        return tuple(self._origins)

    @property
    def scores(self) -> NDArray[np.float32]:
        """Scores, float32 (a, n), one row an attribute of `scored`, from 0 to 1.

        They are probabilities, or scores of another scale that were brought to 0 to 1 by `Manifest.scale`.
        """
        if self._scores is None:
            self._scores = self._read_scores(self._origins, {}, self.manifest)
        return self._scores

    def scores_of(self, attribute: str) -> NDArray[np.float32]:
        """Return the scores of one attribute of `scored`, float32 (n,)."""
        scores: NDArray[np.float32] = self.scores[self.scored.index(attribute)]
        return scores

    def refresh_scores(self) -> bool:
        """Read scores written since the last read; return whether there were any. Other scores are kept."""
        manifest = read_manifest(self.path)
        if manifest.attributes == self.manifest.attributes:
            return False
        origins = manifest.origins()
        kept = {
            name: row
            for name, row in zip(self._origins, self.scores, strict=True)
            if origins.get(name) == self._origins[name]
        }
        scores = self._read_scores(origins, kept, manifest)
        # Only what belongs to scores: an update may have changed the rest, and this object reads its own revision.
        self.manifest = replace(self.manifest, attributes=manifest.attributes, taxonomy=manifest.taxonomy)
        self._origins, self._scores = origins, scores
        return True

    def _read_scores(
        self, origins: dict[str, str], kept: dict[str, NDArray[np.float32]], manifest: Manifest
    ) -> NDArray[np.float32]:
        scores = np.empty((len(origins), len(self.image_ids)), np.float32)
        for row, (name, origin) in enumerate(origins.items()):
            if name in kept:
                scores[row] = kept[name]
                continue
            table = self._of_images(f"scores/{name}/{origin}.lance", ["image_id", "score"], f"the scores of {name}")
            stored, scale = self._guarded(table["score"].to_numpy), manifest.scale(name)
            scores[row] = stored if scale is None else scale.to_unit(stored)
        return scores

    def known(self, attribute: str) -> NDArray[np.int8]:
        """Return the answers of the source: int8 (n,), 1 yes, 0 no, -1 unknown."""
        column = f"known_{attribute}"
        if column not in self._image_columns:
            return np.full(len(self.image_ids), -1, np.int8)
        values = self._image_column(column).cast(pa.int8()).fill_null(-1)
        return np.ascontiguousarray(values.to_numpy(), np.int8)

    def projects(self) -> NDArray[np.int64]:
        """Return the project (subject or work) of each image, int64 (n,); -1 where the source names none."""
        values = self._image_column("project_id").fill_null(-1)
        return np.ascontiguousarray(values.to_numpy(), np.int64)

    def sources(self) -> pa.Array:
        """Return the paths below the source's root as an Arrow array (n,): millions of Python strings are too large."""
        column = self._guarded(lambda: self._image_column("source").cast(pa.string()).combine_chunks())
        return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column

    def duplicates(self) -> NDArray[np.int64]:
        """Return the group of duplicates of each image: int64 (n,), the row of the group's first image.

        An image without duplicates is a group of its own. So is every image of a collection built before groups were
        stored.
        """
        rows = np.arange(len(self.image_ids))
        if (self.path / "duplicates.lance").exists():
            table = self._table("duplicates.lance", ["image_id", "group"])
            members = self._rows_of(table["image_id"].to_numpy(), "the groups of duplicates")
            rows[members] = self._rows_of(table["group"].to_numpy(), "the groups of duplicates")
        return rows

    def duplicate_kinds(self) -> dict[str, int]:
        """Count the images that have duplicates: ``exact`` share their bytes with another, ``near`` do not."""
        kinds: list[str] = []
        if (self.path / "duplicates.lance").exists():
            kinds = self._table("duplicates.lance", ["kind"])["kind"].to_pylist()
        return {kind: kinds.count(kind) for kind in ("exact", "near")}

    def known_of(self, row: int) -> dict[str, bool]:
        """Return the source's answers to one image, attribute -> yes or no, without unknown ones."""
        columns = [name for name in self._image_columns if name.startswith("known_")]
        answers = self._image_row(row, columns)
        return {name.removeprefix("known_"): value for name, value in answers.items() if value is not None}

    def layout(self, name: str) -> Layout:
        """Read one layout; KeyError if the manifest does not name it."""
        facts = self.manifest.layout(name)
        if facts is None:
            raise KeyError(name)
        return self._guarded(lambda: self._layout(facts), f"layout {name}")  # type: ignore[no-any-return]

    def _layout(self, facts: LayoutFacts) -> Layout:
        name = facts.name
        table = self._sorted(self._table(f"layouts/{name}.lance"))
        count = len(self.image_ids)
        rows = self._rows_of(table["image_id"].to_numpy(), f"layout {name}")
        positions = np.full((count, 2), np.nan, np.float32)
        positions[rows] = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
        trust = np.full(count, np.nan, np.float32)
        trust[rows] = table["trust"].to_numpy()
        names = tuple(made_of(ClusterName, entry) for entry in self._json(f"clusters/{name}.json"))
        return Layout(facts, positions, trust, clusters_of(table, rows, count), names)

    def tiles(self, rows: Sequence[int] | NDArray[np.int32], *, small: bool = False) -> list[bytes]:
        """Read the encoded square tiles of some rows, large or small, in the order of `rows`."""
        return self._thumbnails(rows, "small" if small else "tile")

    def preview(self, row: int) -> bytes:
        """Read the preview of one row (WebP)."""
        return self.previews([row])[0]

    def previews(self, rows: Sequence[int] | NDArray[np.int32]) -> list[bytes]:
        """Read the previews of some rows (WebP), in the order of `rows`."""
        return self._thumbnails(rows, "preview")

    def record(self, row: int) -> ImageRecord:
        """Return the facts about one image; IndexError outside 0 .. n-1."""
        return ImageRecord(**self._image_row(row, list(ImageRecord.__dataclass_fields__)))

    def stored_location(self, row: int) -> str:
        """Return the stored place of an image's bytes; "" where ``source`` is its path below the source's root."""
        if "location" not in self._image_columns:
            return ""
        return str(self._image_row(row, ["location"])["location"] or "")

    def records(self, rows: Sequence[int] | NDArray[np.int32]) -> list[ImageRecord]:
        """Return the facts about some images, in the order of `rows`; IndexError for a row outside 0 .. n-1."""
        places = np.asarray(rows, np.int64)
        if places.size and not (places.min() >= 0 and places.max() < len(self.image_ids)):
            raise IndexError(int(places.max()))
        if self._ids_and_places[1] is not None:
            places = self._ids_and_places[1][places]
        columns = list(ImageRecord.__dataclass_fields__)
        table = self._guarded(lambda: self._image_data.take(places.tolist(), columns=columns))
        return [ImageRecord(**values) for values in table.to_pylist()]

    @cached_property
    def metadata_columns(self) -> dict[str, Literal["text", "number"]]:
        """Names and kinds of the columns by which images can be coloured or filtered."""
        kinds: dict[str, Literal["text", "number"]] = {}
        for field in self._image_data.schema:
            if field.name in NOT_METADATA or field.name.startswith("known_"):
                continue
            if (
                pa.types.is_string(field.type)
                or pa.types.is_large_string(field.type)
                or pa.types.is_boolean(field.type)
            ):
                kinds[field.name] = "text"
            elif pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
                kinds[field.name] = "number"
        for name, facts in self._own_columns.items():
            kinds[name] = "number" if facts.kind in {ColumnKind.NUMBER, ColumnKind.DATE} else "text"
        return kinds

    @cached_property
    def _own_columns(self) -> dict[str, ColumnFacts]:
        """The source's own columns, by a name that no column of ``images.lance`` has."""
        named: dict[str, ColumnFacts] = {}
        for facts in self.manifest.columns:
            name = facts.name
            while name in self._image_columns or name in named:
                name += " (source)"
            named[name] = facts
        return named

    def own_kind(self, column: str) -> str:
        """Return the kind of a metadata column that is no column of ``images.lance``; "" for all others."""
        return self._own_columns[column].kind if column in self._own_columns else ""

    def own_values(self, row: int) -> list[tuple[ColumnFacts, Any]]:
        """Return the source's own columns of one image that have a value, in the source's order, with the values."""
        if not self.manifest.columns:
            return []
        values = self._guarded(lambda: self._column_data.take([self._column_places[row]]).to_pylist()[0])
        found = [(facts, values[facts.field]) for facts in self.manifest.columns]
        return [(facts, value) for facts, value in found if value is not None]

    @cached_property
    def _column_data(self) -> Any:
        return self._dataset("columns.lance")

    @cached_property
    def _column_places(self) -> list[int]:
        """Place of each row in ``columns.lance``, which may have any order."""
        ids = self._table("columns.lance", ["image_id"])["image_id"].to_numpy()
        order = np.argsort(ids, kind="stable")
        self._check_ids(ids[order], "the columns")
        places: list[int] = order.tolist()
        return places

    def _column(self, name: str) -> pa.ChunkedArray:
        """Read a metadata column of the readable images, in the order of rows."""
        facts = self._own_columns.get(name)
        if facts is None:
            return self._image_column(name)
        return self._table("columns.lance", [facts.field])[facts.field].take(pa.array(self._column_places))

    def numbers(self, column: str) -> NDArray[np.float32]:
        """Read a metadata column of numbers: float32 (n,), NaN where it is empty; KeyError for another column."""
        if self.metadata_columns[column] != "number":
            raise KeyError(column)
        values = self._guarded(lambda: _as_numbers(self._column(column)))
        return np.ascontiguousarray(values, np.float32)

    def categories(self, column: str) -> tuple[NDArray[np.int32], list[str]]:
        """Read a metadata column of texts: int32 (n,) codes, -1 for empty, and the texts that the codes index.

        Texts are in the order of their first row; KeyError for another column.
        """
        if self.metadata_columns[column] != "text":
            raise KeyError(column)
        text = self._guarded(lambda: self._column(column).cast(pa.string()))
        encoded = text.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        codes = np.array(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int32)
        texts = [value or "" for value in encoded.dictionary.to_pylist()]
        if "" in texts:
            codes[codes == texts.index("")] = -1
        return codes, texts

    def note_label_store(self, identity: str, *, instead: bool = False) -> str:
        """Record the UUID of the store that holds this collection's answers; return the recorded one.

        An earlier record stays, unless `instead` is set.

        Raises
        ------
        CollectionError
            If the collection cannot be written.
        """
        with writing(self.path), locked(self.path / "collection.json"):
            manifest = read_manifest(self.path)
            if manifest.label_store != identity and (instead or not manifest.label_store):
                manifest = replace(manifest, label_store=identity)
                write_json(self.path / "collection.json", manifest.as_mapping())
        self.manifest = replace(self.manifest, label_store=manifest.label_store)
        return manifest.label_store


def _as_numbers(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """Return numbers, or days since 1970 for dates, with NaN for missing values."""
    if pa.types.is_timestamp(column.type):
        column = pc.divide(column.cast(pa.int64()).cast(pa.float64(), safe=False), MICROSECONDS_OF_A_DAY)
    numbers: NDArray[np.float32] = column.cast(pa.float32(), safe=False).fill_null(np.nan).to_numpy()
    return numbers
