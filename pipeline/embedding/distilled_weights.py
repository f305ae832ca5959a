"""The distilled weights of ResNet-18 that come with this program: their file, its hash and their measured quality.

``assets/make_weights`` makes them. The model card beside the file has the details of their quality.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.embedding.weights import file_sha256
from pipeline.errors import WeightsError
from pipeline.resources import asset

__all__ = ["DISTILLED", "DistilledWeights", "distilled_file", "names_distilled"]

DRAWINGS_BAR: Final = 0.97
PHOTOGRAPHS_BAR: Final = 0.90


@dataclass(frozen=True, slots=True)
class DistilledWeights:
    """One file of weights and its quality, measured on kinds of pictures that it was not trained on.

    Parameters
    ----------
    name
        Path of the file below ``assets/``.
    sha256
        SHA-256 of the file.
    side
        Side of the square input in pixels. The network was trained on small squares and is best on them.
    drawings, photographs
        Mean average precision of linear probes, as a share of EfficientNet-Lite0's on the same pictures.
    clip_art
        The same on detailed drawings, of a kind that it was trained on.
    neighbors
        The same share for neighbours of the same project among the nearest ten, on drawings.
    """

    name: str
    sha256: str
    side: int
    drawings: float
    photographs: float
    clip_art: float
    neighbors: float

    @property
    def passed(self) -> bool:
        """Whether drawings and neighbours are good enough to use the weights by default. Photographs do not count."""
        return self.drawings >= DRAWINGS_BAR and self.neighbors >= 1.0

    @property
    def worth(self) -> str:
        """The quality of the weights, a sentence for people."""
        kinds = {
            "photographs": (self.photographs, PHOTOGRAPHS_BAR),
            "drawings": (self.drawings, DRAWINGS_BAR),
            "detailed clip art": (self.clip_art, DRAWINGS_BAR),
        }
        weak = [kind for kind, (share, bar) in kinds.items() if share < bar]
        warning = f". For {' and '.join(weak)} EfficientNet-Lite0 is better" if weak else ""
        return (
            f"Relative to EfficientNet-Lite0's, its mean average precision is {self.drawings:.3f} on drawings and "
            f"{self.photographs:.3f} on photographs that it was not trained on, "
            f"and {self.clip_art:.3f} on detailed clip art{warning}."
        )


DISTILLED: Final = DistilledWeights(
    name="weights/resnet18-distilled.safetensors",
    sha256="d87fbf8d3bf4b708838e007d63c1b5b01dda711a7898c6029f36d86f468a7b93",
    side=128,
    drawings=0.9956,
    photographs=0.8837,
    clip_art=0.8522,
    neighbors=1.206,
)


def names_distilled(weights: Path | None) -> bool:
    """Return whether a path of weights names the distilled ones. No file of weights can have that name."""
    return weights is not None and str(weights) == "distilled"


def distilled_file(distilled: DistilledWeights = DISTILLED) -> Path:
    """Return the path of the checked file.

    Raises
    ------
    WeightsError
        If the file is damaged.
    SourceError
        If the file is missing.
    """
    path = asset(distilled.name)
    digest = file_sha256(path)
    if digest != distilled.sha256:
        raise WeightsError(
            f"{path} is damaged (SHA-256 {digest[:8]}, not {distilled.sha256[:8]}). Install bam-explorer again."
        )
    return path
