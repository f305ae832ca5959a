"""The student as it ships: without its head, in half precision, under a hash."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file

from assets.make_weights.student import Student
from pipeline.weights import file_sha256

if TYPE_CHECKING:
    from torch import nn


def export(network: nn.Module, path: Path, facts: dict[str, str]) -> str:
    """Write a ResNet-18 as float16 safetensors and give the file's SHA-256.

    Parameters
    ----------
    network
        torchvision's, its final layer off.
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
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in state.items()}, path, facts)
    return file_sha256(path)


def load_student(checkpoint: Path) -> nn.Module:
    """Read the network of a checkpoint, its head off."""
    state = torch.load(checkpoint, weights_only=True)["student"]
    student = Student(len(state["head.bias"]))
    student.load_state_dict(state)
    return student.network.eval()
