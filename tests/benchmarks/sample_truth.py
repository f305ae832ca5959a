"""Write the answers of a collection's source as a table of truth: ``python -m tests.benchmarks.sample_truth DIR OUT``.

One row an image, ``file``, and a column of 1 and 0 an attribute; empty where the source does not say. With ``--rare P``
(may be repeated) each attribute that is commoner gets one more column, ``NAME@P``, in which the share of yes is P
percent: all its no stay, and so many of its yes, drawn at random by a fixed seed; the others are empty, and so take no
part, neither among what is asked nor in the hidden part. Columns with fewer than ``--least`` yes are left out.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.collection import Collection

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rarefied(truth: NDArray[np.int8], share: float) -> NDArray[np.int8]:
    """Keep as many yes as a share of the known answers: int8 (n,), 1 yes, 0 no, -1 unknown."""
    yes, no = np.flatnonzero(truth == 1), int(np.count_nonzero(truth == 0))
    keep = round(share * no / (1 - share))
    thinned = truth.copy()
    thinned[np.random.default_rng(0).permutation(yes)[keep:]] = -1
    return thinned


def main() -> None:
    """Parse the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rare", type=float, action="append", default=[])
    parser.add_argument("--least", type=int, default=20)
    options = parser.parse_args()
    collection = Collection(options.collection)
    columns: dict[str, NDArray[np.int8]] = {}
    for name in collection.manifest.taxonomy.names:
        truth = collection.known(name)
        columns[name] = truth
        yes, known = int(np.count_nonzero(truth == 1)), int(np.count_nonzero(truth >= 0))
        for percent in options.rare:
            if known and yes / known > percent / 100:
                columns[f"{name}@{percent:g}"] = rarefied(truth, percent / 100)
    columns = {name: truth for name, truth in columns.items() if np.count_nonzero(truth == 1) >= options.least}
    cells = {-1: "", 0: "0", 1: "1"}
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *columns])
        for row, source in enumerate(collection.sources().to_pylist()):
            writer.writerow([source, *(cells[int(truth[row])] for truth in columns.values())])


if __name__ == "__main__":
    main()
