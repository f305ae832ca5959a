"""What an embedding was made with. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EmbeddingSpec"]


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """Which model made the vectors of one embedding space; never mixed with another.

    Parameters
    ----------
    backbone
        ``"resnet18"`` or ``"efficientnet_lite0"``.
    weights
        Where the weights came from, for people: ``"torchvision ImageNet (torch cache)"``.
    weights_sha256
        SHA-256 of the weights file, hexadecimal, or ``"random"`` with a seed.
    dimensions
        Width of the backbone's output, e.g. 512.
    reason
        Why this backbone was used, a sentence for people.
    """

    backbone: str
    weights: str
    weights_sha256: str
    dimensions: int
    reason: str = ""
