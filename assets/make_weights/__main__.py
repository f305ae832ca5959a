"""Make the weights, step by step: ``python -m assets.make_weights pictures | teach | train | export``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from assets.make_weights.export import export, load_student
from assets.make_weights.picture_store import build_store, open_store
from assets.make_weights.teacher import teach
from assets.make_weights.training import Recipe, train_student

PHOTOGRAPHS = 3.0
"""How often a picture of a photographic family is shown beside a drawing: there are few of them."""


def main() -> None:
    """Parse the command line and take one step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["pictures", "teach", "train", "export"])
    parser.add_argument("--pictures", type=Path, help="folder KIND/FAMILY/... that fetch.py filled")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is computed")
    parser.add_argument("--leave-out", action="append", default=[], help="a family kept for testing; may be repeated")
    parser.add_argument("--views", type=int, default=Recipe.views)
    parser.add_argument("--side", type=int, default=Recipe.side)
    parser.add_argument("--out", type=Path, default=Path("assets/weights/resnet18-distilled.safetensors"))
    options = parser.parse_args()
    features = options.work / "features.npy"
    if options.step == "pictures":
        count = build_store(options.pictures, options.work, left_out=options.leave_out)
        families = Counter(open_store(options.work).families)
        sys.stdout.write(f"{count:,} pictures of {len(families)} families\n")
    elif options.step == "teach":
        teach(open_store(options.work).pixels, features)
    elif options.step == "train":
        store = open_store(options.work)
        shown = np.where(np.array(store.kinds) == "photo", PHOTOGRAPHS, 1.0)
        recipe = Recipe(views=options.views, side=options.side)
        taught = np.lib.format.open_memmap(features, mode="r")
        train_student(store.pixels, taught, shown, options.work, recipe)
    else:
        width = np.lib.format.open_memmap(features, mode="r").shape[1]
        digest = export(load_student(options.work / "checkpoint.pt", width), options.out, {"format": "pt"})
        sys.stdout.write(f"{options.out}, {options.out.stat().st_size:,} bytes, SHA-256 {digest}\n")


if __name__ == "__main__":
    main()
