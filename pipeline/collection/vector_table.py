"""Vectors as a table of Arrow: image ids and half-precision vectors, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["read_vectors", "vector_table"]


def vector_table(ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> pa.Table:
    """Return the table of an embedding: ``image_id`` and a fixed-size list ``vector`` of float16."""
    values = pa.array(np.ascontiguousarray(vectors, np.float16).reshape(-1), pa.float16())
    vector = pa.FixedSizeListArray.from_arrays(values, vectors.shape[1])
    return pa.table({"image_id": pa.array(ids, pa.int64()), "vector": vector})


def read_vectors(dataset: Any) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
    """Read an embedding's table, opened with Lance: ids (n,) and vectors float16 (n, d), sorted by id."""
    count, width = dataset.count_rows(), dataset.schema.field("vector").type.list_size
    ids, vectors = np.empty(count, np.int64), np.empty((count, width), np.float16)
    done = 0
    for batch in dataset.to_batches(columns=["image_id", "vector"]):  # in blocks, to save memory
        rows = slice(done, done + batch.num_rows)
        ids[rows] = batch["image_id"].to_numpy()
        vectors[rows] = batch["vector"].flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
        done += batch.num_rows
    if np.all(np.diff(ids) > 0):
        return ids, vectors
    order = np.argsort(ids)
    return ids[order], vectors[order]
