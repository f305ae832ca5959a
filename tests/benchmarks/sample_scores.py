"""Average precision of the first scores: ``python -m tests.benchmarks.sample_scores DIR``; one JSON line an attribute.

With ``--table`` prints the README's table instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from explorer.cli.output import info_values
from pipeline.collection import Collection
from tests.benchmarks.machine import facts


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    values = info_values(Collection(options.collection))
    rows = [entry for entry in values["attributes"] if entry["average_precision"] is not None]
    if options.table:
        sys.stdout.write("| attribute | yes | no | share of yes | average precision | |\n|---|--:|--:|--:|--:|---|\n")
    machine = facts("python -m tests.benchmarks.sample_scores DIR")
    for entry in rows:
        yes, no = entry["known_yes"], entry["known_no"]
        mark = "source" if entry["decided_by_source"] else ""
        if options.table:
            precision = f"{entry['average_precision']:.2f}"
            sys.stdout.write(f"| {entry['name']} | {yes} | {no} | {yes / (yes + no):.2f} | {precision} | {mark} |\n")
        else:
            kept = {"measure": "first_scores", "backbone": values["backbone"], **entry}
            sys.stdout.write(json.dumps(kept | machine) + "\n")


if __name__ == "__main__":
    main()
