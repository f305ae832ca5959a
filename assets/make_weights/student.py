"""The student network, its training targets, and the losses between both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import roi_align

from pipeline.embedding.backbones import BACKBONES, new_network

if TYPE_CHECKING:
    from torch import Tensor

    from assets.make_weights.views import Views

TEMPERATURE = 0.1
CONTRAST = 0.2


class Student(nn.Module):
    """ResNet-18 with a linear head to the teacher's coordinates. The head is removed after the training."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.network = new_network("resnet18")
        self.network.fc = nn.Identity()  # type: ignore[assignment]  # torchvision says Linear; any module will do
        self.head = nn.Linear(BACKBONES["resnet18"].dimensions, width)

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of every place, float (n, h, w, 512), and predicted teacher features (n, h, w, width)."""
        net, x = self.network, views
        for layer in (net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4):
            x = layer(x)
        features = x.permute(0, 2, 3, 1)
        return features, self.head(features)


def taught_of(maps: Tensor, views: Views, side: int) -> Tensor:
    """Return the teacher's features of the places of each view.

    Parameters
    ----------
    maps
        float32 ``(n, h, w, k)``. The teacher's features of whole pictures.
    views
        Part of each picture that is shown.
    side
        Number of places along each edge of a view.

    Returns
    -------
    Tensor
        float32 ``(n, side, side, k)``.
    """
    scale = torch.tensor([maps.shape[2], maps.shape[1]] * 2)
    boxes = torch.column_stack([torch.arange(len(maps)).float(), views.boxes * scale])
    places = roi_align(maps.permute(0, 3, 1, 2), boxes, side, sampling_ratio=2, aligned=True)
    places[views.flipped] = places[views.flipped].flip(3)
    return places.permute(0, 2, 3, 1)


def distance(predicted: Tensor, taught: Tensor, places: float) -> Tensor:
    """Return the loss of a batch.

    It has three terms. The first is one minus the cosine of the student's and the teacher's features of a view. The
    second is `places` times the same for the places of the view. The third, weighted by `CONTRAST`, is the
    cross-entropy of finding the teacher's features of each view in the batch (contrastive distillation; Tian, Krishnan
    and Isola 2020, ICLR).

    Parameters
    ----------
    predicted, taught
        float ``(n, h, w, k)``. Features of the student and of the teacher; those of the teacher are centred.
    places
        Weight of the places relative to the whole view.
    """
    ours, theirs = (functional.normalize(maps.float().mean((1, 2)), dim=1) for maps in (predicted, taught))
    alignment = 1 - (ours * theirs).sum(1).mean()
    contrast = functional.cross_entropy(ours @ theirs.T / TEMPERATURE, torch.arange(len(ours)))
    loss = alignment + CONTRAST * contrast
    if places:
        loss = loss + places * (1 - functional.cosine_similarity(predicted.float(), taught.float(), dim=3).mean())
    return loss


def unlikeness(features: Tensor, taught: Tensor) -> Tensor:
    """Return how much the similarities among a batch's views differ between student and teacher.

    This is the divergence of the softmax of each view's cosines with the others. It uses the features, because they are
    compared in the end and the head is removed (Fang et al. 2021, *SEED*, ICLR, section 3.2, here within the batch).

    Parameters
    ----------
    features
        float ``(n, h, w, 512)``. Features of the student, before the head.
    taught
        float ``(n, h, w, k)``.
    """

    def alike(maps: Tensor) -> Tensor:
        pooled = maps.float().mean((1, 2))
        directions = functional.normalize(pooled - pooled.mean(0), dim=1)
        cosines = directions @ directions.T / TEMPERATURE
        return cosines.masked_fill(torch.eye(len(cosines), dtype=torch.bool), -1e9).log_softmax(1)

    return functional.kl_div(alike(features), alike(taught), log_target=True, reduction="batchmean")


def misclassified(predicted: Tensor, taught: Tensor, scale: Tensor, classes: tuple[Tensor, Tensor]) -> Tensor:
    """Return the divergence of a batch's class probabilities from the teacher's (Hinton et al. 2015).

    The student's features are scaled to the length of the teacher's, because `distance` teaches only directions.

    Parameters
    ----------
    predicted, taught
        float ``(n, h, w, k)``, scaled.
    scale
        float ``(k,)``. Factors of the teacher's coordinates.
    classes
        Map from its coordinates to logits: weights ``(k, c)`` and bias ``(c,)``.
    """
    ours, theirs = (maps.float().mean((1, 2)) for maps in (predicted, taught))
    ours = functional.normalize(ours, dim=1) * theirs.norm(dim=1, keepdim=True)
    logits = [(rows / scale) @ classes[0] + classes[1] for rows in (ours, theirs)]
    return functional.kl_div(*(rows.log_softmax(1) for rows in logits), log_target=True, reduction="batchmean")
