"""The student, what it is taught of a view, and how far it is from that."""

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
    """ResNet-18 with a linear head to the teacher's coordinates, which is dropped afterwards."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.network = new_network("resnet18")
        self.network.fc = nn.Identity()  # type: ignore[assignment]  # torchvision says Linear; any module will do
        self.head = nn.Linear(BACKBONES["resnet18"].dimensions, width)

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Give the features of every place, float (n, h, w, 512), and what the teacher would say: (n, h, w, width)."""
        net, x = self.network, views
        for layer in (net.conv1, net.bn1, net.relu, net.maxpool, net.layer1, net.layer2, net.layer3, net.layer4):
            x = layer(x)
        features = x.permute(0, 2, 3, 1)
        return features, self.head(features)


def taught_of(maps: Tensor, views: Views, side: int) -> Tensor:
    """Give what the teacher says of the places of each view.

    Parameters
    ----------
    maps
        float32 ``(n, h, w, k)``: of the whole pictures.
    views
        Which part of each is shown.
    side
        Places of a view, along each edge.

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


def distance(said: Tensor, taught: Tensor, places: float) -> Tensor:
    """Give the loss of a batch.

    One minus the cosine of what student and teacher say of a view; `places` times the same of its places; and,
    weighed by `CONTRAST`, the cross-entropy of finding each view's teacher among the batch's (contrastive distillation;
    Tian, Krishnan and Isola 2020, ICLR).

    Parameters
    ----------
    said, taught
        float ``(n, h, w, k)``: the teacher's is centred.
    places
        What the places count beside the whole.
    """
    ours, theirs = (functional.normalize(maps.float().mean((1, 2)), dim=1) for maps in (said, taught))
    alignment = 1 - (ours * theirs).sum(1).mean()
    contrast = functional.cross_entropy(ours @ theirs.T / TEMPERATURE, torch.arange(len(ours)))
    loss = alignment + CONTRAST * contrast
    if places:
        loss = loss + places * (1 - functional.cosine_similarity(said.float(), taught.float(), dim=3).mean())
    return loss


def unlikeness(features: Tensor, taught: Tensor) -> Tensor:
    """Give how differently a batch's views are alike for student and teacher.

    The divergence of the softmax of each view's cosines with the others: features are what is compared in the end, the
    head is dropped (Fang et al. 2021, *SEED*, ICLR, section 3.2, here within the batch).

    Parameters
    ----------
    features
        float ``(n, h, w, 512)``: the student's, before the head.
    taught
        float ``(n, h, w, k)``.
    """

    def alike(maps: Tensor) -> Tensor:
        pooled = maps.float().mean((1, 2))
        directions = functional.normalize(pooled - pooled.mean(0), dim=1)
        cosines = directions @ directions.T / TEMPERATURE
        return cosines.masked_fill(torch.eye(len(cosines), dtype=torch.bool), -1e9).log_softmax(1)

    return functional.kl_div(alike(features), alike(taught), log_target=True, reduction="batchmean")


def misclassified(said: Tensor, taught: Tensor, scale: Tensor, classes: tuple[Tensor, Tensor]) -> Tensor:
    """Give how far a batch's class probabilities are from the teacher's: the divergence (Hinton et al. 2015).

    What the student says is taken as long as what the teacher says, for `distance` teaches directions alone.

    Parameters
    ----------
    said, taught
        float ``(n, h, w, k)``, scaled.
    scale
        float ``(k,)``: what the teacher's coordinates were multiplied by.
    classes
        From its coordinates to logits: weights ``(k, c)`` and bias ``(c,)``.
    """
    ours, theirs = (maps.float().mean((1, 2)) for maps in (said, taught))
    ours = functional.normalize(ours, dim=1) * theirs.norm(dim=1, keepdim=True)
    logits = [(rows / scale) @ classes[0] + classes[1] for rows in (ours, theirs)]
    return functional.kl_div(*(rows.log_softmax(1) for rows in logits), log_target=True, reduction="batchmean")
