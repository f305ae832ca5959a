"""Datasets of Hugging Face on this machine, read without their library: saved folders and shards of Parquet.

``save_to_disk`` writes Arrow streams beside ``state.json``, with a folder for each split. The hub keeps shards named
``train-00000-of-00002.parquet``. Both keep pictures as structures of bytes and path, and the names of classes in the
metadata of the schema (https://huggingface.co/docs/datasets, format of version 2 and later).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipeline.errors import SourceError, TableError
from pipeline.images.locations import CellLocation, Location
from pipeline.sources.source import Source
from pipeline.sources.table import source_of_table
from pipeline.tables.arrow_tables import ArrowTable
from pipeline.text.plain_text import plain

__all__ = ["class_shards", "is_saved_dataset", "parquet_shards", "read_saved_dataset", "read_shard_files"]

CAPTIONS: Final = ("captions", "text", "sentences", "sentence", "prompt")
"""Columns that are the caption where there is no column ``caption``, the first first."""

SPLIT: Final = "split"
MOST_JSON: Final = 10_000_000
_SHARD: Final = re.compile(r"(?P<split>\w[\w.]*?)-\d{5}-of-\d{5}(-[0-9a-f]+)?\.parquet")
_ROW_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a dataset, and the split that it belongs to; "" for none."""

    path: Path
    split: str


def is_saved_dataset(folder: Path) -> bool:
    """Return whether a folder was written by ``save_to_disk``."""
    names = [folder / name for name in ("dataset_dict.json", "state.json", "dataset_info.json")]
    return names[0].is_file() or (names[1].is_file() and names[2].is_file())


def parquet_shards(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder, or else of its folder ``data``, sorted; no link that leads out of it."""
    inside = folder.resolve()
    for place in (folder, folder / "data"):
        found = [path for path in place.glob("*.parquet") if path.is_file() and path.resolve().is_relative_to(inside)]
        if found:
            return sorted(found)
    return []


def class_shards(path: Path) -> list[Path]:
    """Return a Parquet file as a list of one shard, if its schema is that of a dataset with pictures; else nothing."""
    from pyarrow import parquet

    try:
        schema = parquet.read_schema(path)
    except (OSError, ValueError, pa.ArrowException):  # the reader of tables says what is wrong
        return []
    return [path] if _features(schema) and "file" not in schema.names and _picture_columns(schema) else []


def read_saved_dataset(folder: Path, name: str) -> Source:
    """List the images of a folder that ``save_to_disk`` wrote.

    Parameters
    ----------
    folder
        A dataset, or a dictionary of splits.
    name
        Name of the source.

    Returns
    -------
    Source
        Keys are the names of the pictures if each has one of its own, else the numbers of rows; with several splits
        they begin with the name of the split.

    Raises
    ------
    SourceError
        If a file is missing, damaged or outside of the folder, or no column holds pictures.
    """
    splits = [""]
    if (folder / "dataset_dict.json").is_file():
        splits = _texts(_json(folder / "dataset_dict.json").get("splits"))
    files = [_File(path, split) for split in splits for path in _data_files(folder / split if split else folder)]
    return _read(files, folder, name)


def read_shard_files(paths: Sequence[Path], folder: Path, name: str) -> Source:
    """List the images of shards of Parquet; as `read_saved_dataset`, with the splits of their file names."""
    matches = [(path, _SHARD.fullmatch(path.name)) for path in paths]
    return _read([_File(path, match["split"] if match else "") for path, match in matches], folder, name)


def _data_files(folder: Path) -> list[Path]:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files"):
        raise SourceError(f"{folder} holds a selection of rows. Save it again after flatten_indices().")
    listed = state.get("_data_files")
    names = _texts([one.get("filename") if isinstance(one, dict) else None for one in listed or ()])
    for name in names:
        path = folder / name
        if "/" in name or "\\" in name or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise SourceError(f"{folder / 'state.json'} names {name[:80]!r}, which is no file of this folder.")
    return [folder / name for name in names]


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MOST_JSON))  # a longer one is cut, and so is no JSON any more
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)[:80]
        raise SourceError(f"{path} cannot be read ({plain(reason)}). Save the dataset again.") from error
    return values if isinstance(values, dict) else {}


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
        raise SourceError("A list of files or splits of the dataset is damaged. Save the dataset again.")
    bad = next((one for one in values if one in {".", ".."} or "/" in one or "\\" in one), None)
    if bad is not None:
        raise SourceError(f"The dataset names {plain(bad)[:80]!r}, which leads out of its folder.")
    return list(values)


def _read(files: Sequence[_File], folder: Path, name: str) -> Source:
    if not files:
        raise SourceError(f"{folder} names no file of data. Save the dataset again.")
    schema = _schema(files[0].path)
    column = _picture_column(schema, files[0].path)
    features = _features(schema)
    parts = [_without_pictures(file, column, features) for file in files]
    try:
        table = pa.concat_tables(parts, promote_options="default")
        table.validate(full=True)  # offsets of a damaged file could lead outside of it
    except pa.ArrowException as error:
        raise SourceError(f"The files of {folder} do not fit together ({_first_line(error)}).") from error
    table, note = _with_caption(table)
    places = _Rows(files, [len(part) for part in parts], f"{column}.bytes", table["\0path"].to_pylist())
    if len({file.split for file in files}) > 1 and SPLIT not in table.column_names:
        splits = [file.split for file, part in zip(files, parts, strict=True) for _ in range(len(part))]
        table = table.append_column(SPLIT, pa.array(splits, pa.string()))
    try:
        source = source_of_table(_Dataset(folder, _with_rows(table.drop_columns(["\0path"]))), name, places)
    except TableError as error:
        raise SourceError(str(error)) from error
    if not source.items:
        raise SourceError(f"{folder} has no row.")
    return replace(source, root=folder.resolve(), notes=(*source.notes, *note))


class _Dataset(ArrowTable):
    """The columns of a dataset beside its pictures. Rows are numbered over all its files."""


def _schema(path: Path) -> pa.Schema:
    from pyarrow import parquet

    try:
        if path.suffix == ".parquet":
            return parquet.read_schema(path)
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_stream(mapped) as reader:
            return reader.schema
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _picture_columns(schema: pa.Schema) -> list[str]:
    features = _features(schema)
    return [
        field.name
        for field in schema
        if pa.types.is_struct(field.type)
        and {"bytes", "path"} <= {one.name for one in field.type}
        and features.get(field.name, {}).get("_type", "Image") == "Image"
    ]


def _picture_column(schema: pa.Schema, path: Path) -> str:
    found = _picture_columns(schema)
    if len(found) == 1:
        return found[0]
    for usual in ("image", "img"):
        if usual in found:
            return usual
    several = f"several columns of pictures ({', '.join(map(plain, found[:6]))})" if found else "no column of pictures"
    raise SourceError(f"{path} has {several}. Keep one, named 'image', with the structure of bytes and path.")


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Return what the metadata of a schema says about the columns; nothing where it says nothing that can be read."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(features, dict):
        return {}
    return {name: one for name, one in features.items() if isinstance(one, dict)}


def _without_pictures(file: _File, column: str, features: Mapping[str, Any]) -> pa.Table:
    """Return the columns of a file except the pictures' bytes. Their paths are in a column that no dataset can name."""
    from pyarrow import parquet

    try:
        schema = _schema(file.path)
        if column not in schema.names:
            raise SourceError(f"{file.path} has no column {plain(column)!r}, and other files of the dataset have it.")
        others = [name for name in schema.names if name != column]
        if file.path.suffix == ".parquet":
            with parquet.ParquetFile(file.path) as shard:
                table = shard.read(columns=[*others, f"{column}.path"])
        else:
            with pa.memory_map(str(file.path)) as mapped, pa.ipc.open_stream(mapped) as reader:
                table = reader.read_all()
        paths = pa.chunked_array([chunk.field("path") for chunk in table[column].chunks], pa.string())
        table = table.select(others)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(file.path, error) from error
    for name in others:
        names = _class_names(features.get(name, {}))
        if names:
            table = table.set_column(table.column_names.index(name), name, _named(table[name], names))
    return table.append_column("\0path", paths).replace_schema_metadata(None)


def _class_names(feature: Mapping[str, Any]) -> list[str]:
    """Return the names of a column of classes, or of lists of them; nothing for another column."""
    inner = feature.get("feature")
    feature = inner if isinstance(inner, dict) else feature
    names = feature.get("names")
    is_named = feature.get("_type") == "ClassLabel" and isinstance(names, list)
    return [str(one) for one in names] if is_named and isinstance(names, list) else []


def _named(column: pa.ChunkedArray, names: Sequence[str]) -> pa.Array:
    """Return the names of classes in place of their numbers; null for a number without a name, such as -1."""

    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [name for name in map(one, value) if name is not None]
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else None

    values = [one(value) for value in column.to_pylist()]
    is_list = pa.types.is_list(column.type) or pa.types.is_large_list(column.type)
    return pa.array(values, pa.list_(pa.string()) if is_list else pa.string())


def _with_rows(table: pa.Table) -> pa.Table:
    """Put the number of each row into the column ``file``, so that no row is empty; keep another one of this name."""
    names = ["file (dataset)" if name == "file" else name for name in table.column_names]
    rows = pa.array([str(row) for row in range(len(table))], pa.string())
    return table.rename_columns(names).append_column("file", rows)


def _with_caption(table: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Use a column of text as captions where the dataset has no column of this name."""
    if "caption" in table.column_names:
        return table, ()
    for name in CAPTIONS:
        if name not in table.column_names:
            continue
        kind = table.schema.field(name).type
        inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else kind
        if pa.types.is_string(inner) or pa.types.is_large_string(inner):
            renamed = ["caption" if one == name else one for one in table.column_names]
            return table.rename_columns(renamed), (f"The column {name!r} is read as the caption.",)
    return table, ()


class _Rows:
    """The rows of a dataset, each with its picture in a cell."""

    used: frozenset[str] = frozenset()

    def __init__(self, files: Sequence[_File], counts: Sequence[int], column: str, paths: Sequence[str | None]) -> None:
        self._cells = [(file, row) for file, count in zip(files, counts, strict=True) for row in range(count)]
        self._column = column
        self._several = len({file.split for file in files}) > 1
        names = [unicodedata.normalize("NFC", path.replace("\\", "/")) if path else "" for path in paths]
        keys = {(file.split, name) for (file, _), name in zip(self._cells, names, strict=True)}
        good = all(name and not {"", ".", ".."} & set(name.split("/")) for name in names)
        self._names = names if good and len(keys) == len(names) else []
        self._begins: dict[str, int] = {}
        for number, (file, _) in enumerate(self._cells):
            self._begins.setdefault(file.split, number)

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        """See `pipeline.sources.table_places.Places.of`."""
        file, inside = self._cells[line - 1]
        number = line - 1 - self._begins[file.split]
        key = self._names[line - 1] if self._names else f"row-{number:0{_ROW_DIGITS}d}"
        return (f"{file.split}/{key}" if self._several else key), CellLocation(file.path, self._column, inside)

    def notes(self) -> list[str]:
        """See `pipeline.sources.table_places.Places.notes`."""
        named = "their names in the dataset" if self._names else "the numbers of their rows"
        return [f"Images are read from the column {self._column!r}; their identities are {named}."]


def _damaged(path: Path, error: Exception) -> SourceError:
    return SourceError(f"{path} cannot be read as a file of a dataset ({_first_line(error)}). Save it again.")


def _first_line(error: Exception) -> str:
    return plain(str(error).strip().partition("\n")[0][:120]) or type(error).__name__
