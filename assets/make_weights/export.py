"""The student as it ships: without its head, whitened, in half precision, under a hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save_file

from assets.make_weights.features import features_of
from assets.make_weights.student import Student
from assets.make_weights.whitening import fit_whitening
from pipeline.embedding.backbones import BACKBONES
from pipeline.embedding.folded_network import FoldedNetwork
from pipeline.embedding.weights import file_sha256
from pipeline.embedding.whitening import Whitening

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

LOOKED_AT = 4096  # pictures that the whitening is fitted to


def whitening_of(
    network: nn.Module, pixels: NDArray[np.uint8], side: int, power: float, *, looked_at: int = LOOKED_AT
) -> Whitening:
    """Fit a whitening to a network's features of pictures, spread over all of them.

    Parameters
    ----------
    network
        torchvision's, its final layer off.
    pixels
        uint8 ``(n, h, w, 3)``.
    side
        Of the squares that the network sees, in pixels.
    power
        As `assets.make_weights.whitening.fit_whitening` takes it.
    looked_at
        Pictures at most.
    """
    folded = FoldedNetwork(network, BACKBONES["resnet18"], bfloat16=False)
    some = np.linspace(0, len(pixels) - 1, min(len(pixels), looked_at)).astype(np.int64)
    return fit_whitening(features_of(folded, pixels[some], side), power=power)


def export(network: nn.Module, whitening: Whitening, path: Path, facts: dict[str, str]) -> str:
    """Write a ResNet-18 as float16 safetensors and give the file's SHA-256.

    Parameters
    ----------
    network
        torchvision's, its final layer off.
    whitening
        Of its features.
    path
        Ends in ``.safetensors``.
    facts
        Words for the file's metadata.
    """
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    state |= {name: torch.from_numpy(array).half() for name, array in whitening.state().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in state.items()}, path, facts)
    return file_sha256(path)


def load_student(checkpoint: Path) -> nn.Module:
    """Read the network of a checkpoint, its head off."""
    state = torch.load(checkpoint, weights_only=True)["student"]
    student = Student(len(state["head.bias"]))
    student.load_state_dict(state)
    return student.network.eval()
