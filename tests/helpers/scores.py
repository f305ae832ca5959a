"""One version of an attribute's scores, whether the collection names it or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.collection import Collection


def read_scores(collection: Collection, attribute: str, origin: str) -> NDArray[np.float32]:
    """Read float32 (n,), in the order of rows."""
    table = collection.open_dataset(f"scores/{attribute}/{origin}.lance").to_table(columns=["image_id", "score"])
    assert np.array_equal(table["image_id"].to_numpy(), collection.image_ids)
    return np.ascontiguousarray(table["score"].to_numpy(), np.float32)
