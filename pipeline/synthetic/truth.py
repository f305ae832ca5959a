"""The truth of a synthetic collection, for simulations and tests; the app never reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import CollectionDamagedError, CollectionMissingError, ErrorKind

__all__ = ["BAM_FILE", "FACTS_FILE", "TRUTH", "Truth", "read_truth"]

TRUTH = "truth.lance"
FACTS_FILE = "synthetic.json"
BAM_FILE = "bam-release.sqlite"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The true answers about every image.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending: ids of the collection's rows.
    names
        Names of the a attributes.
    answers
        bool (a, n).
    """

    image_ids: NDArray[np.int64]
    names: tuple[str, ...]
    answers: NDArray[np.bool_]


def read_truth(collection: Path) -> Truth:
    """Read the truth of a synthetic collection.

    Raises
    ------
    CollectionMissingError
        If the folder holds no truth, because it is no synthetic collection.
    CollectionDamagedError
        If the truth cannot be read.
    """
    import lance

    path = _present(collection, TRUTH)
    try:
        table: pa.Table = lance.dataset(str(path.absolute())).to_table()
        names = tuple(name for name in table.column_names if name != "image_id")
        answers = np.empty((len(names), table.num_rows), np.bool_)
        for row, name in enumerate(names):
            answers[row] = table[name].to_numpy()
        return Truth(table["image_id"].to_numpy().astype(np.int64), names, answers)
    except (OSError, ValueError, KeyError, RuntimeError, pa.ArrowException) as error:
        raise _damaged(path, error) from error


def _present(collection: Path, name: str) -> Path:
    path = collection / name
    if not path.exists():
        raise CollectionMissingError(
            f"{collection} has no {name}: it is no synthetic collection. Make a synthetic one.",
            kind=ErrorKind.NOT_SYNTHETIC,
        )
    return path


def _damaged(path: Path, error: Exception) -> CollectionDamagedError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return CollectionDamagedError(f"{path} cannot be read ({reason}). Make the synthetic collection again.")
