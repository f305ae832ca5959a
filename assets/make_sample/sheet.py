"""Draw some of an attribute's answers at random, and put their pictures on one sheet for a person to check.

``python -m assets.make_sample.sheet --attribute content_bird --value yes --seed 20261124 --out sheet.png``
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw

SIDE, LABEL, COLUMNS = 88, 12, 16


def draw(sample: Path, attribute: str, value: str, seed: int, count: int) -> list[tuple[int, Path]]:
    """Draw rows with this answer without replacement; return each with its number in the table, from 0."""
    with (sample / "sample.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    fitting = [number for number, row in enumerate(rows) if row[attribute] == value]
    random.Random(f"{seed}:{attribute}:{value}").shuffle(fitting)  # noqa: S311 - nothing secret is drawn
    return [(number, sample / rows[number]["file"]) for number in sorted(fitting[:count])]


def sheet(drawn: list[tuple[int, Path]]) -> Image.Image:
    """Arrange the pictures in rows, each under its number."""
    height = SIDE + LABEL
    canvas = Image.new("RGB", (COLUMNS * SIDE, -(-len(drawn) // COLUMNS) * height), "#dddddd")
    pen = ImageDraw.Draw(canvas)
    for place, (number, path) in enumerate(drawn):
        left, top = place % COLUMNS * SIDE, place // COLUMNS * height
        with Image.open(path) as picture:
            picture.thumbnail((SIDE - 2, SIDE - 2))
            canvas.paste(picture, (left + 1, top + LABEL - 1))
        pen.text((left + 1, top - 1), str(number), fill="black")
    return canvas


def main(arguments: list[str] | None = None) -> int:
    """Write the sheet and print its number of pictures."""
    parser = argparse.ArgumentParser(prog="python -m assets.make_sample.sheet", description=__doc__)
    parser.add_argument("--sample", type=Path, default=Path("assets/sample"))
    parser.add_argument("--attribute", required=True)
    parser.add_argument("--value", choices=("yes", "no"), required=True)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    drawn = draw(options.sample, options.attribute, options.value, options.seed, options.count)
    if not drawn:
        parser.error(f"No picture of the sample is {options.value!r} for {options.attribute}.")
    sheet(drawn).save(options.out)
    sys.stdout.write(f"{len(drawn)} pictures on {options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
