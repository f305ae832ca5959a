"""A collection on disk, opened for reading: the one owner of its files.

Everything on disk joins on `image_id`; everything here is aligned to the ids of the readable images in ascending order.
``row`` always means a position in that order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.cluster_names import ClusterName
from pipeline.collection_writer import locked, read_vectors, write_json, writing
from pipeline.errors import CollectionDamagedError, CollectionMissingError
from pipeline.layout_table import clusters_of
from pipeline.manifest import LayoutFacts, Manifest

__all__ = ["Collection", "ImageRecord", "Layout"]

NOT_METADATA = frozenset(
    {"image_id", "source", "caption", "keywords", "sha256", "project_id", "status", "error", "thumbnail"}
)
"""Columns of ``images.lance`` that name one image each, or say how it was read."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What is known of one image, as text for people. All of it is untrusted: escape before showing."""

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
        float32 (n, 2), y up; NaN for images that this layout does not hold.
    trust
        float32 (n,), share of an image's neighbours kept by the layout; NaN where absent.
    clusters
        int32 (levels, n), the coarsest first; -1 for none.
    names
        Names of clusters and where to write them: coarse levels first, within a level the largest first.
    """

    facts: LayoutFacts
    positions: NDArray[np.float32]
    trust: NDArray[np.float32]
    clusters: NDArray[np.int32]
    names: tuple[ClusterName, ...]


class Collection:
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
        If something is missing or unreadable.
    CollectionVersionError
        If a newer program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest = _read_manifest(path)
        self._folders = _folders(path)
        self._origins = _origins(self.manifest)
        self._scores: NDArray[np.float32] | None = None
        self._check_counts()

    @cached_property
    def image_ids(self) -> NDArray[np.int64]:
        """Ids of the readable images, ascending, (n,)."""
        return self._ids_and_places[0]

    def __len__(self) -> int:
        return self.manifest.images

    def is_current(self) -> bool:
        """Tell whether the files are still those that were opened: a build puts a new folder in the old one's place."""
        return _folders(self.path) == self._folders

    def row_of(self, image_id: int) -> int:
        """Find the row of an id, or -1."""
        row = int(np.searchsorted(self.image_ids, image_id))
        return row if row < len(self.image_ids) and self.image_ids[row] == image_id else -1

    def failures(self) -> list[tuple[str, str]]:
        """List images that could not be used: (source path, reason)."""
        if not self.manifest.failed:
            return []
        table = self._table("images.lance", ["source", "error"], filter="status != 'ok'")
        return list(zip(table["source"].to_pylist(), table["error"].to_pylist(), strict=True))

    def embedding(self) -> NDArray[np.float16]:
        """Read the vectors, centred, reduced and L2-normalised: float16 (n, d)."""
        vectors: NDArray[np.float16]
        ids, vectors = self._guarded(lambda: read_vectors(self._embedding_path))
        self._check_ids(ids, "the embedding")
        return vectors

    @property
    def scored(self) -> tuple[str, ...]:
        """Names of the attributes that have scores, in the taxonomy's order."""
        return tuple(self._origins)

    @property
    def scores(self) -> NDArray[np.float32]:
        """Scores, float32 (a, n), one row an attribute of `scored`, probabilities from 0 to 1."""
        if self._scores is None:
            self._scores = self._read_scores(self._origins, {})
        return self._scores

    def refresh_scores(self) -> bool:
        """Read the scores that rounds wrote since; tell whether there were any. The others are not read again."""
        manifest = _read_manifest(self.path)
        if manifest.attributes == self.manifest.attributes:
            return False
        origins = _origins(manifest)
        kept = {
            name: row
            for name, row in zip(self._origins, self.scores, strict=True)
            if origins.get(name) == self._origins[name]
        }
        scores = self._read_scores(origins, kept)
        self.manifest, self._origins, self._scores = manifest, origins, scores
        return True

    def _read_scores(self, origins: dict[str, str], kept: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        scores = np.empty((len(origins), len(self.image_ids)), np.float32)
        for row, (name, origin) in enumerate(origins.items()):
            if name in kept:
                scores[row] = kept[name]
                continue
            table = self._sorted(self._table(f"scores/{name}/{origin}.lance"))
            self._check_ids(table["image_id"].to_numpy(), f"the scores of {name}")
            scores[row] = table["score"].to_numpy()
        return scores

    def known(self, attribute: str) -> NDArray[np.int8]:
        """Answers that came with the source: int8 (n,), 1 yes, 0 no, -1 unknown."""
        column = f"known_{attribute}"
        if column not in self._image_columns:
            return np.full(len(self.image_ids), -1, np.int8)
        values = self._image_column(column).cast(pa.int8()).fill_null(-1)
        return np.ascontiguousarray(values.to_numpy(), np.int8)

    def projects(self) -> NDArray[np.int64]:
        """Numbers of the subjects or works that the images belong to, int64 (n,); -1 where the source does not say."""
        values = self._image_column("project_id").fill_null(-1)
        return np.ascontiguousarray(values.to_numpy(), np.int64)

    def sources(self) -> pa.Array:
        """Read the paths below the source's root as an Arrow array (n,): millions of Python texts are too large."""
        column = self._guarded(lambda: self._image_column("source").cast(pa.string()).combine_chunks())
        return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column

    def duplicates(self) -> NDArray[np.int64]:
        """Group every image with its duplicates: int64 (n,), the row of the group's first image.

        An image without duplicates is a group of its own, and so is every image of a collection built before groups
        were kept.
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
        """Give the answers that came with one image, attribute -> yes or no; unknown ones are left out."""
        columns = [name for name in self._image_columns if name.startswith("known_")]
        answers = self._image_row(row, columns)
        return {name.removeprefix("known_"): value for name, value in answers.items() if value is not None}

    def layout(self, name: str) -> Layout:
        """Read one layout; KeyError if the manifest does not name it."""
        facts = self.manifest.layout(name)
        if facts is None:
            raise KeyError(name)
        table = self._sorted(self._table(f"layouts/{name}.lance"))
        count = len(self.image_ids)
        rows = self._rows_of(table["image_id"].to_numpy(), f"layout {name}")
        positions = np.full((count, 2), np.nan, np.float32)
        positions[rows] = np.column_stack([table["x"].to_numpy(), table["y"].to_numpy()])
        trust = np.full(count, np.nan, np.float32)
        trust[rows] = table["trust"].to_numpy()
        names = tuple(ClusterName(**entry) for entry in self._json(f"clusters/{name}.json"))
        return Layout(facts, positions, trust, clusters_of(table, rows, count), names)

    def tiles(self, rows: Sequence[int] | NDArray[np.int32], *, small: bool = False) -> list[bytes]:
        """Read encoded square tiles of some rows, large or small, in the order asked for."""
        return self._thumbnails(rows, "small" if small else "tile")

    def preview(self, row: int) -> bytes:
        """Read the large encoded picture of one row (WebP)."""
        return self.previews([row])[0]

    def previews(self, rows: Sequence[int] | NDArray[np.int32]) -> list[bytes]:
        """Read the large encoded pictures of some rows (WebP), in the order asked for."""
        return self._thumbnails(rows, "preview")

    def record(self, row: int) -> ImageRecord:
        """Give what is known of one image; IndexError outside 0 .. n-1."""
        return ImageRecord(**self._image_row(row, list(ImageRecord.__dataclass_fields__)))

    def records(self, rows: Sequence[int] | NDArray[np.int32]) -> list[ImageRecord]:
        """Give what is known of some images, in the order asked for; IndexError for a row outside 0 .. n-1."""
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
        """Name the columns that say something of every image and may be coloured or filtered by, with their kind."""
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
        return kinds

    def numbers(self, column: str) -> NDArray[np.float32]:
        """Read a metadata column of numbers: float32 (n,), NaN where it says nothing; KeyError for another column."""
        if self.metadata_columns[column] != "number":
            raise KeyError(column)
        values = self._guarded(lambda: self._image_column(column).cast(pa.float32()).fill_null(np.nan).to_numpy())
        return np.ascontiguousarray(values, np.float32)

    def categories(self, column: str) -> tuple[NDArray[np.int32], list[str]]:
        """Read a metadata column of texts as int32 (n,) codes, -1 for empty, and the texts that they number.

        Texts are in the order of their first row; KeyError for another column.
        """
        if self.metadata_columns[column] != "text":
            raise KeyError(column)
        text = self._guarded(lambda: self._image_column(column).cast(pa.string()))
        encoded = text.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        codes = np.array(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int32)
        texts = [value or "" for value in encoded.dictionary.to_pylist()]
        if "" in texts:
            codes[codes == texts.index("")] = -1
        return codes, texts

    def note_label_store(self, identity: str, *, instead: bool = False) -> str:
        """Note the UUID of the store that holds this collection's answers; give the one that is noted then.

        The first to note one is right, unless it shall be noted `instead` of the one that is there.

        Raises
        ------
        CollectionError
            If the collection cannot be written.
        """
        with writing(self.path), locked(self.path / "collection.json"):
            manifest = _read_manifest(self.path)
            if manifest.label_store != identity and (instead or not manifest.label_store):
                manifest = replace(manifest, label_store=identity)
                write_json(self.path / "collection.json", manifest.as_mapping())
        self.manifest = manifest
        return manifest.label_store

    @property
    def embedding_name(self) -> str:
        """Dataset of the vectors: ``image_id`` and ``vector``, float16."""
        return f"embeddings/{self.manifest.embedding.backbone}.lance"

    def open_dataset(self, name: str) -> Any:
        """Open one of the collection's Lance datasets, for readers in modules of their own; read it by `guarded`."""
        return self._dataset(name)

    def guarded(self, read: Callable[[], Any]) -> Any:
        """Run a read.

        Raises
        ------
        CollectionDamagedError
            Whatever Lance or the disk raise.
        """
        return self._guarded(read)

    @property
    def _embedding_path(self) -> Path:
        return self.path / self.embedding_name

    @cached_property
    def _image_data(self) -> Any:
        return self._dataset("images.lance")

    @cached_property
    def _image_columns(self) -> tuple[str, ...]:
        return tuple(self._image_data.schema.names)

    @cached_property
    def _ids_and_places(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Ids of the readable images, and where their rows lie in ``images.lance``; None where that is the same."""
        readable = None
        table = self._table("images.lance", ["image_id", "status"] if self.manifest.failed else ["image_id"])
        ids = np.ascontiguousarray(table["image_id"].to_numpy(), np.int64)
        if self.manifest.failed:
            readable = np.flatnonzero(np.asarray(pc.equal(table["status"], "ok").to_numpy(), np.bool_))
            ids = ids[readable]
        if not np.all(np.diff(ids) > 0):
            order = np.argsort(ids, kind="stable")
            readable = order if readable is None else readable[order]
            ids = ids[order]
        return ids, None if readable is None else readable.astype(np.int64)

    def _image_column(self, name: str) -> pa.ChunkedArray:
        """Read one column of the readable images, in the order of rows."""
        column = self._table("images.lance", [name])[name]
        places = self._ids_and_places[1]
        return column if places is None else column.take(pa.array(places))

    def _image_row(self, row: int, columns: list[str]) -> dict[str, Any]:
        """Read some columns of one row; IndexError outside 0 .. n-1."""
        if not 0 <= row < len(self.image_ids):
            raise IndexError(row)
        if not columns:
            return {}
        places = self._ids_and_places[1]
        place = row if places is None else int(places[row])
        table = self._guarded(lambda: self._image_data.take([place], columns=columns))
        values: dict[str, Any] = table.to_pylist()[0]
        return values

    def _rows_of(self, ids: NDArray[np.int64], what: str) -> NDArray[np.int64]:
        """Find the rows of some ids, all of which must be there."""
        if np.array_equal(ids, self.image_ids):
            return np.arange(len(ids))
        rows = np.searchsorted(self.image_ids, ids)
        if len(rows) and (rows.max() >= len(self.image_ids) or np.any(self.image_ids[rows] != ids)):
            raise self._damaged(f"{what} names images that are not there")
        return rows

    @cached_property
    def _thumbnail_rows(self) -> NDArray[np.int64]:
        """Where each row's thumbnails lie in their dataset, whatever order it was written in.

        Images may share thumbnails: then the column ``thumbnail`` of ``images.lance`` holds the `image_id` under which
        those of an image are kept.
        """
        ids = self._table("thumbnails.lance", ["image_id"])["image_id"].to_numpy()
        order = np.argsort(ids, kind="stable").astype(np.int64)
        if self.manifest.thumbnails is None:
            self._check_ids(ids[order], "the thumbnails")
            return order
        wanted = self._guarded(lambda: self._image_column("thumbnail")).to_numpy()
        places = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
        if not np.array_equal(ids[order][places], wanted):
            raise self._damaged("images name thumbnails that are not there")
        found: NDArray[np.int64] = order[places]
        return found

    def _thumbnails(self, rows: Sequence[int] | NDArray[np.int32], column: str) -> list[bytes]:
        places = self._thumbnail_rows[np.asarray(rows, np.int64)]
        table = self._guarded(lambda: self._thumbnail_data.take(places.tolist(), columns=[column]))
        values: list[bytes] = table[column].to_pylist()
        return values

    @cached_property
    def _thumbnail_data(self) -> Any:
        return self._dataset("thumbnails.lance")

    def _dataset(self, name: str) -> Any:
        import lance

        return self._guarded(lambda: lance.dataset(str(self.path / name)))

    def _table(self, name: str, columns: list[str] | None = None, filter: str | None = None) -> pa.Table:  # noqa: A002
        dataset = self._dataset(name)
        table: pa.Table = self._guarded(lambda: dataset.to_table(columns=columns, filter=filter))
        return table

    def _sorted(self, table: pa.Table) -> pa.Table:
        ids = table["image_id"].to_numpy()
        return table if np.all(np.diff(ids) > 0) else table.take(pa.array(np.argsort(ids, kind="stable")))

    def _json(self, name: str) -> Any:
        return self._guarded(lambda: json.loads((self.path / name).read_text(encoding="utf-8")))

    def _guarded(self, read: Any) -> Any:
        """Run a read; whatever Lance or the disk raise becomes one error with a remedy."""
        try:
            return read()
        except (OSError, ValueError, KeyError, RuntimeError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0].split(", /")[0]  # Lance adds places in its own source
            raise self._damaged(reason[:200]) from error

    def _check_ids(self, ids: NDArray[np.int64], what: str) -> None:
        if not np.array_equal(ids, self.image_ids):
            raise self._damaged(f"{what} and the images do not name the same ids")

    def _check_counts(self) -> None:
        """Notice at once what is missing, before anyone looks at a wrong picture."""
        expected = {"images.lance": self.manifest.images + self.manifest.failed}
        if self.manifest.images:
            shared = self.manifest.thumbnails
            expected |= {"thumbnails.lance": self.manifest.images if shared is None else shared}
            expected |= {f"embeddings/{self.manifest.embedding.backbone}.lance": self.manifest.images}
            expected |= {f"layouts/{facts.name}.lance": facts.images for facts in self.manifest.layouts}
        for name, count in expected.items():
            found = self._guarded(self._dataset(name).count_rows)
            if found != count:
                raise self._damaged(f"{name} has {found} rows instead of {count}")

    def _damaged(self, reason: str) -> CollectionDamagedError:
        return CollectionDamagedError(
            f"The collection {self.path} is damaged: {reason}. Restore it from a copy, or build it again."
        )


def _origins(manifest: Manifest) -> dict[str, str]:
    """Give the version of the scores of each scored attribute, in the taxonomy's order."""
    origins = {facts.name: facts.origin for facts in manifest.attributes}
    return {name: origins[name] for name in manifest.taxonomy.names if origins.get(name)}


def _folders(path: Path) -> tuple[int, ...]:
    """Identify the collection's folders on their disk; 0 for one that is gone."""
    found = []
    for place in (path, path / "images.lance"):
        try:
            found += [place.stat().st_dev, place.stat().st_ino]
        except OSError:
            found += [0, 0]
    return tuple(found)


def _read_manifest(path: Path) -> Manifest:
    file = path / "collection.json"
    remedy = "Build one with: explorer build FOLDER --out DIR"
    if not path.exists():
        raise CollectionMissingError(f"There is no collection at {path}: the folder does not exist. {remedy}")
    if not file.exists():
        raise CollectionMissingError(f"{path} is not a collection (it has no collection.json). {remedy}")
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CollectionDamagedError(f"{file} cannot be read ({error}). Restore it from a copy.") from error
    if not isinstance(values, dict):
        raise CollectionDamagedError(f"{file} holds no JSON object. Restore it from a copy.")
    return Manifest.from_mapping(values, where=str(file))
