"""The record of the model that made an embedding. No input or output."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EmbeddingSpec"]


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """The model that made the vectors of one embedding space. Vectors of different spaces are never mixed.

    Parameters
    ----------
    backbone
        ``"resnet18"`` or ``"efficientnet_lite0"``.
    weights
        Origin of the weights for people, such as ``"torchvision ImageNet (torch cache)"``.
    weights_sha256
        SHA-256 of the weights file, hexadecimal, or ``"random"`` with a seed.
    dimensions
        Width of the backbone's output, e.g. 512.
    reason
        The reason for this backbone, a sentence for people.
    """

    backbone: str
    weights: str
    weights_sha256: str
    dimensions: int
    reason: str = ""
