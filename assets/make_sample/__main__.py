"""The command: ``python -m assets.make_sample --out assets/sample``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assets.make_sample import collection, rules
from assets.make_sample.sources import emoji, gcompris, openclipart, photographs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.make_sample.candidate import Candidate

# Folders of Debian's packages. An option overrides each.
DEBIAN = {
    "openclipart": "/usr/share/openclipart/svg",
    "gcompris": "/usr/share/gcompris-qt/rcc",
    "lomiri": "/usr/share/backgrounds",
    "tuxpaint": "/usr/share/tuxpaint/stamps",
}


def main(arguments: list[str] | None = None) -> int:
    """Read the packages, write the sample and print its content."""
    options = _parser().parse_args(arguments)
    taken = collection.make(_candidates(options), options.out)
    sys.stdout.write(f"{len(taken)} pictures, {sum(len(each.picture.webp) for each in taken):,} bytes\n")
    for name in collection.kept_attributes(taken):
        yes, no = (sum(each.answers[name] == value for each in taken) for value in ("yes", "no"))
        sys.stdout.write(f"{name:20} yes {yes:5}  no {no:5}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assets.make_sample", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("assets/sample"))
    parser.add_argument("--emoji", type=Path, required=True, help="folder of the emoji packages as packed tarballs")
    parser.add_argument("--skimage", type=Path, required=True, help="scikit-image's data folder")
    parser.add_argument("--sklearn", type=Path, required=True, help="scikit-learn's datasets/images folder")
    for name, folder in DEBIAN.items():
        parser.add_argument(f"--{name}", type=Path, default=Path(folder))
    return parser


def _candidates(options: argparse.Namespace) -> Iterator[Candidate]:
    yield from openclipart.candidates(options.openclipart)
    yield from emoji.candidates(options.emoji)
    yield from gcompris.candidates(options.gcompris)
    roots = {name: getattr(options, name) for name in ("lomiri", "skimage", "sklearn", "tuxpaint")}
    yield from photographs.candidates(rules.FOLDER / "photographs.toml", roots)


if __name__ == "__main__":
    sys.exit(main())
