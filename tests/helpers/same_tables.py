"""Compare two collections: every dataset, every small file and the manifest, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc
from safetensors.numpy import load_file

__all__ = ["assert_same_tables"]

KEYS = ("image_id", "word")


def assert_same_tables(one: Path, other: Path, *, without: frozenset[str] = frozenset()) -> None:
    """Compare what two collections hold, but for the time at which each was made.

    Parameters
    ----------
    one, other
        The folders of the collections.
    without
        Datasets and small files that are not compared, by path below the folder.
    """
    assert _manifest(one) == _manifest(other)
    names = _names(one) - without
    assert names == _names(other) - without
    for name in sorted(names):
        if name.endswith(".lance"):
            assert _bits(_table(one / name)) == _bits(_table(other / name)), name
        elif name.endswith(".safetensors"):
            mine, theirs = load_file(one / name), load_file(other / name)
            assert {key: (str(values.dtype), values.tobytes()) for key, values in mine.items()} == {
                key: (str(values.dtype), values.tobytes()) for key, values in theirs.items()
            }, name
        else:
            assert (one / name).read_bytes() == (other / name).read_bytes(), name


def _manifest(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "collection.json").read_text())
    return {key: value for key, value in values.items() if key != "created"}


def _names(folder: Path) -> set[str]:
    """Return the datasets and small files below a folder; records name files at random, so they are left out."""
    left_out = {"collection.json", "stages.json"}
    datasets = {path for path in folder.rglob("*.lance") if path.is_dir()}
    files = {path for path in folder.rglob("*") if path.is_file() and not datasets & set(path.parents)}
    return {path.relative_to(folder).as_posix() for path in datasets | files} - left_out


def _table(path: Path) -> pa.Table:
    table = lance.dataset(str(path)).to_table()
    key = next(name for name in KEYS if name in table.column_names)
    return table.take(pc.sort_indices(table[key])).combine_chunks()


def _bits(table: pa.Table) -> tuple[pa.Schema, bytes]:
    """Return the schema and the content: NaN are equal, and floats are compared by their bits."""
    sink = pa.BufferOutputStream()
    fresh = pa.Table.from_pylist(table.to_pylist(), table.schema)  # buffers without offsets and spare bits
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(fresh)
    return table.schema, sink.getvalue().to_pybytes()
