"""Build a collection by one call from Python: a table with what belongs to it, and the folder of the collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.build.stages import BuildOptions, build_collection
from pipeline.collection.manifest import Manifest
from pipeline.errors import ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.given import Wanted, given_parts, given_vectors
from pipeline.progress import ProgressCallback
from pipeline.resources import asset
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from pipeline.sources.table import TableReading, source_of_frame, table_of_frame
from pipeline.tables import Table, open_table

__all__ = ["build_from_table", "check_options", "reading_of"]


# wide: the public face, each an option of its own
def build_from_table(
    table: Any,
    target: str | Path,
    *,
    vectors: str | Path | NDArray[Any] | None = None,
    layout: tuple[str, str] | None = None,
    scores: Mapping[str, str] | None = None,
    ids: str | Sequence[Any] | None = None,
    pictures: str | Path | None = None,
    name: str | None = None,
    taxonomy: str | Path | None = None,
    options: BuildOptions | None = None,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] = print,
) -> Manifest:
    """Build a collection from a table.

    Parameters
    ----------
    table
        A pandas, polars or Arrow table, or the path of one (CSV, TSV, JSON Lines, Parquet), or of a folder.
    target
        Folder of the new collection.
    vectors
        An array ``(n, d)``, the path of a file (.npy, .npz), or the name of a column of lists. No network is run then,
        and images may have no picture. None lets a network look at the pictures.
    layout
        Names of the columns of x and y.
    scores
        Column of scores for each attribute, e.g. ``{"content_bird": "p_bird"}``.
    ids
        Column of ids, or one id for each vector. Without ids the vectors are in the order of the rows.
    pictures
        Folder that the paths in the column ``file`` are relative to; the folder of the table by default, or the current
        one for a table in memory.
    name
        Name of the source, part of every identity; that of the table by default, ``"images"`` for one in memory.
    taxonomy
        File that defines the attributes.
    options
        Options of the build.
    progress
        Called with the progress of each stage; may raise to stop.
    say
        Called with sentences, such as how the vectors were matched.

    Returns
    -------
    Manifest
        The manifest of the new collection.

    Raises
    ------
    SourceError, ParameterError
        If the table, or what belongs to it, cannot be used.
    CollectionError
        If there is something at `target`, or it cannot be written.

    Examples
    --------
    >>> build_from_table(frame, "my-collection", vectors=array)  # doctest: +SKIP
    """
    wanted = Wanted(vectors, layout, dict(scores or {}), ids)
    chosen, place = options or BuildOptions(), Path(target)
    check_options(wanted, chosen)
    source, opened = _opened(table, wanted, name, None if pictures is None else Path(pictures))
    for note in source.notes:
        say(note)
    if source.needs_pictures():
        from pipeline.build.picture_stage import bring_pictures  # it loads the libraries of the network

        source = bring_pictures(source, place.with_name(f"{place.name}.pictures"), progress=progress, say=say)
    tell = progress or (lambda _: None)
    given = given_parts(source, opened, wanted)
    maker: Any = given_vectors(source, opened, wanted, place.absolute().parent, progress=tell, say=say)
    if maker is None:
        from pipeline.embedding.embedder_choice import choose_embedder

        maker = choose_embedder(backbone=chosen.backbone, weights=chosen.weights, offline=chosen.offline)
    attributes = load_taxonomy(asset("taxonomy/bam.toml") if taxonomy is None else Path(taxonomy))
    return build_collection(source, place, maker, attributes, chosen, given=given, progress=tell, say=say)


def reading_of(wanted: Wanted, encoding: str | None = None) -> TableReading:
    """Return how a table is read, so that what is given belongs to it."""
    return TableReading(encoding, wanted.vectors is not None, wanted.id_column, wanted.columns)


def check_options(wanted: Wanted, options: BuildOptions) -> None:
    """Refuse options that do nothing.

    Raises
    ------
    ParameterError
        If a network is chosen although the vectors are given, or ids although they are not.
    """
    idle = {"backbone": options.backbone != "auto", "weights": options.weights is not None, "offline": options.offline}
    chosen = [name for name, is_chosen in idle.items() if is_chosen]
    if wanted.vectors is not None and chosen:
        raise ParameterError(
            f"The vectors are given, so no network is run, and {' and '.join(chosen)} would do nothing. Leave "
            f"{'it' if len(chosen) == 1 else 'them'} out, or the vectors."
        )
    if wanted.vectors is None and wanted.ids is not None:
        raise ParameterError("ids are for vectors, and none are given. Leave the ids out, or give vectors.")


def _opened(table: Any, wanted: Wanted, name: str | None, folder: Path | None) -> tuple[Source, Table | None]:
    reading = reading_of(wanted)
    if not isinstance(table, str | Path):
        source = source_of_frame(table, folder or Path(), name or "images", reading)
        return source, table_of_frame(table)
    if folder is not None:
        raise ParameterError(
            f"pictures={str(folder)!r} does nothing for {table}: paths are relative to the folder of the table. Leave "
            "it out, or give a table in memory."
        )
    path = Path(table)
    source = open_source(path, name=name, reading=reading)
    return source, None if source.lines is None else open_table(path)
