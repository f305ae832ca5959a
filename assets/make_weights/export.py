"""Export the student: without its head, whitened, in half precision, with a hash."""

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

LOOKED_AT = 4096  # number of pictures to fit the whitening to


def whitening_of(
    network: nn.Module, pixels: NDArray[np.uint8], side: int, power: float, *, looked_at: int = LOOKED_AT
) -> Whitening:
    """Fit a whitening to a network's features of an even sample of pictures.

    Parameters
    ----------
    network
        torchvision's ResNet-18 without its final layer.
    pixels
        uint8 ``(n, h, w, 3)``.
    side
        Side of the network's square input in pixels.
    power
        As for `assets.make_weights.whitening.fit_whitening`.
    looked_at
        Maximum number of pictures.
    """
    folded = FoldedNetwork(network, BACKBONES["resnet18"], bfloat16=False)
    some = np.linspace(0, len(pixels) - 1, min(len(pixels), looked_at)).astype(np.int64)
    return fit_whitening(features_of(folded, pixels[some], side), power=power)


def export(network: nn.Module, whitening: Whitening, path: Path, facts: dict[str, str]) -> str:
    """Write a ResNet-18 as float16 safetensors and return the file's SHA-256.

    Parameters
    ----------
    network
        torchvision's ResNet-18 without its final layer.
    whitening
        Whitening of its features.
    path
        File that ends in ``.safetensors``.
    facts
        Texts for the file's metadata.
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
    """Read the network of a checkpoint, without its head."""
    state = torch.load(checkpoint, weights_only=True)["student"]
    student = Student(len(state["head.bias"]))
    student.load_state_dict(state)
    return student.network.eval()
