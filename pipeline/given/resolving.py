"""Find what people give beside their images, check it and match it to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.spec import EmbeddingSpec
from pipeline.errors import ParameterError, SourceError, TaxonomyError
from pipeline.given.checking import check_vectors
from pipeline.given.columns import ColumnReader
from pipeline.given.matching import places_by_id, places_by_order
from pipeline.given.vector_files import VECTOR_SUFFIXES, VectorRows, open_vectors, vectors_of_array
from pipeline.given.vectors import GIVEN, GivenVectors
from pipeline.images.identity import image_ids
from pipeline.progress import ProgressCallback
from pipeline.sources.source import Source
from pipeline.tables import Table
from pipeline.taxonomy import attribute_from_name

__all__ = ["Given", "Wanted", "given_parts", "given_vectors"]

LARGEST_SCORE = 1e30


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What is given beside the images, and where it is.

    Parameters
    ----------
    vectors
        A file (.npy, .npz), an array ``(n, d)``, or the name of a column of lists; None for a network's.
    layout
        Columns of x and y; None for computed layouts.
    scores
        Column of scores for each attribute.
    ids
        Column of ids of the images, or the ids beside the vectors, one for each; None for those that are there.
    """

    vectors: str | Path | NDArray[Any] | None = None
    layout: tuple[str, str] | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    ids: str | Sequence[Any] | None = None

    @property
    def given(self) -> bool:
        """Whether anything is given."""
        return self.vectors is not None or self.layout is not None or bool(self.scores) or self.ids is not None

    @property
    def id_column(self) -> str | None:
        """Column of ids of the images; None where none is named."""
        return self.ids if isinstance(self.ids, str) else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are used, and not kept as the source's own."""
        vectors = (self.vectors,) if isinstance(self.vectors, str) and not _is_file(self.vectors) else ()
        return (*vectors, *(self.layout or ()), *self.scores.values())


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A layout and scores that were given, in the order of the source's items.

    Parameters
    ----------
    positions
        float64 ``(n, 2)``; None for none.
    axes
        Names of the columns of x and y.
    scores
        float32 ``(n,)`` for each attribute.
    columns
        The column of each attribute's scores.
    """

    positions: NDArray[np.float64] | None = None
    axes: tuple[str, str] = ("", "")
    scores: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """A hash of all of it."""
        digest = hashlib.sha256(repr((self.axes, sorted(self.columns.items()))).encode())
        if self.positions is not None:
            digest.update(self.positions.tobytes())
        for name in sorted(self.scores):
            digest.update(self.scores[name].tobytes())
        return digest.hexdigest()


def given_parts(source: Source, table: Table | None, wanted: Wanted) -> Given:
    """Read the layout and the scores.

    Raises
    ------
    ParameterError, SourceError
        If a column is missing, a value cannot be used, or all places are the same.
    """
    for name in wanted.scores:
        try:
            attribute_from_name(name)
        except TaxonomyError as error:
            raise ParameterError(f"Scores of {name[:60]!r}: {error}") from error
    if wanted.layout is None and not wanted.scores:
        return Given()
    reader = _reader(source, table, "A layout and scores are columns of it")
    positions = None if wanted.layout is None else _positions(reader, wanted.layout)
    scores = {name: _scores(reader, name, column) for name, column in wanted.scores.items()}
    return Given(positions, wanted.layout or ("", ""), scores, dict(wanted.scores))


def given_vectors(
    source: Source,
    table: Table | None,
    wanted: Wanted,
    beside: Path,
    *,
    progress: ProgressCallback,
    say: Callable[[str], None],
) -> GivenVectors | None:
    """Open the vectors, check them, and match them to the images.

    Parameters
    ----------
    source
        The images.
    table
        The table that lists them; None for a folder or an archive.
    wanted
        What is given.
    beside
        Folder for temporary files.
    progress
        Called with the progress of the checks; may raise to stop.
    say
        Called with a sentence about how rows were matched.

    Returns
    -------
    GivenVectors or None
        None where no vectors are given.

    Raises
    ------
    ParameterError, SourceError
        If they cannot be used or do not match the images.
    """
    if wanted.vectors is None:
        return None
    rows, places, how = _matched(source, table, wanted, beside)
    scale = check_vectors(rows, progress)
    say(f"{len(places):,} vectors of {rows.values.shape[1]:,} dimensions matched by {how}.")
    ids = image_ids(source.name, [item.key for item in source.items])
    order = np.argsort(ids)
    spec = EmbeddingSpec(
        backbone=GIVEN,
        weights=f"given: {rows.name}",
        weights_sha256=rows.sha256,
        dimensions=int(rows.values.shape[1]),
        reason="The vectors were given, so no network was run.",
    )
    return GivenVectors(spec, rows.values, ids[order], places[order], scale, rows.unchanged)


def _matched(
    source: Source, table: Table | None, wanted: Wanted, beside: Path
) -> tuple[VectorRows, NDArray[np.int64], str]:
    """Return the vectors, the place of each item's vector, and how they were matched."""
    vectors = wanted.vectors
    if isinstance(vectors, str) and not _is_file(vectors):
        reader = _reader(
            source, table, f"{vectors!r} is no file of vectors ({', '.join(VECTOR_SUFFIXES)}), so a column"
        )
        return reader.vectors(vectors, beside), reader.lines - 1, f"row: they are the column {vectors!r} of the table"
    rows = open_vectors(Path(vectors)) if isinstance(vectors, str | Path) else vectors_of_array(vectors)
    beside_ids = wanted.ids if wanted.ids is not None and not isinstance(wanted.ids, str) else rows.ids
    if beside_ids is not None:
        return rows, *_by_id(source, table, wanted, rows, [str(one) for one in beside_ids])
    lines = None if source.lines is None else source.lines.to_numpy()
    if lines is None:
        raise SourceError(
            f"{rows.name} has no ids, and the files of {source.name} have no order of their own. Save the paths of the "
            "images beside the vectors, with numpy.savez(file, ids=paths, vectors=vectors), or give a table."
        )
    named = "the table" if table is None else str(table.path.name)
    places = places_by_order(len(lines), len(rows.values), rows.name, named)
    return rows, places[np.searchsorted(np.sort(lines), lines)], f"order: the first is of the first row of {named}"


def _by_id(
    source: Source, table: Table | None, wanted: Wanted, rows: VectorRows, beside: Sequence[str]
) -> tuple[NDArray[np.int64], str]:
    if len(beside) != len(rows.values):
        raise SourceError(
            f"{rows.name} has {len(rows.values):,} vectors and {len(beside):,} ids beside them. Give one id for each."
        )
    column = wanted.id_column
    if column is None and table is not None:
        column = next((name for name in table.names if name.casefold() == "id"), None)
    if column is None:
        keys = [item.key for item in source.items]
        places = places_by_id(keys, lambda row: f"the image {keys[row][:120]!r}", beside, rows.place)
        return places, "id: the path of each image"
    reader = _reader(source, table, f"The ids {column!r} are a column of it")
    found = reader.texts(column, "the ids")
    return places_by_id(found, reader.place, beside, rows.place), f"id: the column {column!r}"


def _reader(source: Source, table: Table | None, why: str) -> ColumnReader:
    if table is None or source.lines is None:
        raise ParameterError(f"{source.name} is no table. {why}; give a table (CSV, JSON Lines, Parquet).")
    return ColumnReader(table, source.lines.to_numpy())


def _positions(reader: ColumnReader, layout: tuple[str, str]) -> NDArray[np.float64]:
    if layout[0].casefold() == layout[1].casefold():
        raise ParameterError(f"layout={layout[0]!r} twice: x and y are two columns. Name two.")
    positions = np.column_stack([reader.numbers(name, "the layout") for name in layout])
    if np.abs(positions).max(initial=0.0) > LARGEST_SCORE:
        row = int(np.argmax(np.abs(positions).max(axis=1)))
        raise SourceError(
            f"{reader.place(row)}: the place {positions[row].tolist()} is too far out. Allowed are -1e30 to 1e30."
        )
    if len(positions) > 1 and not (positions != positions[0]).any():
        raise SourceError(
            f"{reader.table.path}: all {len(positions):,} images are at the place {positions[0].tolist()}. Give "
            "columns whose values differ, or leave the layout out."
        )
    return positions


def _scores(reader: ColumnReader, name: str, column: str) -> NDArray[np.float32]:
    scores = reader.numbers(column, f"the scores of {name}")
    bad = np.flatnonzero(np.abs(scores) > LARGEST_SCORE)
    if bad.size:
        row = int(bad[0])
        raise SourceError(f"{reader.place(row)}: {column!r} is {scores[row]:g}. Allowed are -1e30 to 1e30.")
    return scores.astype(np.float32)


def _is_file(vectors: str) -> bool:
    return vectors.lower().endswith(VECTOR_SUFFIXES)
