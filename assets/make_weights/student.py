"""The student, and how far it is from the teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from pipeline.backbones import BACKBONES, new_network

if TYPE_CHECKING:
    from torch import Tensor

TEMPERATURE = 0.1
CONTRAST = 0.2


class Student(nn.Module):
    """ResNet-18 with a linear head to the teacher's width, which is dropped afterwards."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.network = new_network("resnet18")
        self.network.fc = nn.Identity()  # type: ignore[assignment]
        self.head = nn.Linear(BACKBONES["resnet18"].dimensions, width)

    def forward(self, views: Tensor) -> Tensor:
        """Say what the teacher would: float (n, width)."""
        said: Tensor = self.head(self.network(views))
        return said


def distance(said: Tensor, taught: Tensor) -> Tensor:
    """Give the loss of a batch.

    One minus the cosine of what student and teacher say of a picture, and, weighed by `CONTRAST`, the cross-entropy of
    finding each picture's teacher among the batch's (contrastive distillation; Tian, Krishnan and Isola 2020, ICLR).

    Parameters
    ----------
    said, taught
        float ``(n, width)``: the teacher's is centred.
    """
    ours, theirs = functional.normalize(said.float(), dim=1), functional.normalize(taught.float(), dim=1)
    alignment = 1 - (ours * theirs).sum(1).mean()
    similarities = ours @ theirs.T / TEMPERATURE
    contrast = functional.cross_entropy(similarities, torch.arange(len(ours)))
    return alignment + CONTRAST * contrast
