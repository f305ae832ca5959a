"""Make the weights, step by step: ``python -m assets.make_weights STEP``.

The steps: ``pictures``, ``teach``, ``train``, ``cool``, ``export``, ``judge``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from assets.make_weights.export import export, load_student, whitening_of
from assets.make_weights.fetch import read_sources
from assets.make_weights.judge import Judge, compared
from assets.make_weights.picture_store import PHOTOGRAPHS, build_store, open_store
from assets.make_weights.teacher import class_head, open_lessons, teach
from assets.make_weights.training import COOLED, Lesson, Recipe, cool_student, read_log, train_student
from pipeline.collection import Collection
from pipeline.embedding.backbones import BACKBONES
from pipeline.embedding.embedders import embedder_of_file, packaged_embedder

WHOLE_PHOTOGRAPHS = 4.0
"""Weight of a whole photograph relative to a drawing or a part of a photograph, because there are few of them."""


def main() -> None:
    """Parse the command line and take one step."""
    options = _parser().parse_args()
    {
        "pictures": _pictures,
        "teach": lambda options: teach(open_store(options.work).pixels, options.work),
        "train": _train,
        "cool": _cool,
        "export": _export,
        "judge": _judge,
    }[options.step](options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["pictures", "teach", "train", "cool", "export", "judge"])
    parser.add_argument("--work", type=Path, required=True, help="folder for pictures and lessons")
    parser.add_argument("--run", type=Path, help="folder of one training; WORK/run by default")
    parser.add_argument("--pictures", type=Path, help="folder KIND/FAMILY/... that fetch.py filled")
    parser.add_argument("--leave-out", action="append", default=[], help="a family kept for testing; may be repeated")
    parser.add_argument("--recipe", type=json.loads, default={}, help="what differs from the recipe, as JSON")
    parser.add_argument("--views", type=int, default=3_000_000, help="train: in all; cool: beyond the checkpoint")
    parser.add_argument("--side", type=int, default=128, help="export, judge: of the squares that the student sees")
    parser.add_argument("--power", type=float, default=0.5, help="export: of the whitening, from 0 to 1")
    parser.add_argument("--collection", type=Path, help="judge: a collection built from the sample")
    parser.add_argument("--truth", type=Path, help="judge: its truth")
    parser.add_argument("--families", action="store_true", help="judge: each family of drawings by itself as well")
    parser.add_argument("--file", type=Path, default=Path("assets/weights/resnet18-distilled.safetensors"))
    return parser


def _pictures(options: argparse.Namespace) -> None:
    count = build_store(options.pictures, options.work, left_out=options.leave_out)
    families = Counter(open_store(options.work).families)
    sys.stdout.write(f"{count:,} pictures of {len(families)} families\n")


def _lesson(options: argparse.Namespace) -> tuple[Lesson, Path, Recipe]:
    store = open_store(options.work)
    whole = np.array(
        [kind == PHOTOGRAPHS and "#" not in name for kind, name in zip(store.kinds, store.names, strict=True)]
    )
    facts_of = {family: source for families in read_sources().values() for family, source in families.items()}
    shown = np.array([facts_of.get(family, {}).get("shown", 1.0) for family in store.families])
    shown[whole] *= WHOLE_PHOTOGRAPHS
    recipe = Recipe(**options.recipe)
    classes = class_head(options.work) if recipe.classes else None
    lesson = Lesson(store.pixels, open_lessons(options.work), shown, classes)
    return lesson, _run(options), recipe


def _train(options: argparse.Namespace) -> None:
    lesson, folder, recipe = _lesson(options)
    train_student(lesson, folder, recipe, options.views)


def _cool(options: argparse.Namespace) -> None:
    lesson, folder, recipe = _lesson(options)
    cool_student(lesson, folder, recipe, options.views)


def _judge(options: argparse.Namespace) -> None:
    judge = Judge(Collection(options.collection), options.truth, families=options.families)
    kept = options.work / ("teacher-families.json" if options.families else "teacher.json")
    if not kept.exists():
        kept.write_text(json.dumps(judge(packaged_embedder().network)))
    student = embedder_of_file(BACKBONES["resnet18"], options.file, weights="", reason="", seed=0)
    seen = read_log(_run(options) / COOLED) | {"side": options.side, "sha256": student.spec.weights_sha256}
    compared_with = compared(judge(student.network, side=options.side), json.loads(kept.read_text()))
    sys.stdout.write(json.dumps(seen | compared_with) + "\n")


def _export(options: argparse.Namespace) -> None:
    path = _run(options) / COOLED
    facts = {
        "format": "pt",
        "title": "torchvision's resnet18 without its final layer, distilled from EfficientNet-Lite0, and its whitening",
        "licence": "BSD-3-Clause",
        "views": str(read_log(path)["seen"]),
        "side": str(options.side),
        "power": str(options.power),
    }
    student = load_student(path)
    whitening = whitening_of(student, open_store(options.work).pixels, options.side, options.power)
    digest = export(student, whitening, options.file, facts)
    sys.stdout.write(f"{options.file}, {options.file.stat().st_size:,} bytes, SHA-256 {digest}\n")


def _run(options: argparse.Namespace) -> Path:
    """Return the folder of one training."""
    return Path(options.run or options.work / "run")


if __name__ == "__main__":
    main()
