"""How long the import of a generated BAM release takes.

``python -m tests.benchmarks.importing`` runs ``explorer bench import`` at full size and prints one JSON line for
``docs/measurements/import.jsonl``. ``--modules`` makes the release smaller.
"""

from __future__ import annotations

import argparse
import json
import sys

from pipeline.benchmarks.release_import import bench_import
from tests.benchmarks.machine import facts


def main() -> None:
    """Print one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modules", type=int, default=0)
    parser.add_argument("--variant", default="2.2m")
    chosen = parser.parse_args()
    figures = bench_import(chosen.modules, variant=chosen.variant, progress=lambda _: None)
    command = f"python -m tests.benchmarks.importing --modules {chosen.modules} --variant {chosen.variant}"
    sys.stdout.write(json.dumps({"measure": "import", **figures, **facts(command)}) + "\n")


if __name__ == "__main__":
    main()
