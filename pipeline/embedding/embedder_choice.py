"""Choose the network and its weights, with the reason."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.embedding.backbones import BACKBONES
from pipeline.embedding.distilled_weights import DISTILLED, DistilledWeights, names_distilled
from pipeline.embedding.embedders import (
    NetworkEmbedder,
    distilled_embedder,
    embedder_of_file,
    embedder_of_state,
    packaged_embedder,
)
from pipeline.embedding.weights import PublishedWeights, cache_folder, download, find_cached, read_state
from pipeline.errors import ErrorKind, ParameterError, WeightsError

__all__ = ["choose_embedder", "embedders_at_hand"]


def choose_embedder(
    *,
    backbone: str = "auto",
    weights: Path | None = None,
    offline: bool = False,
    seed: int = 0,
    published: PublishedWeights | None = None,
    distilled: DistilledWeights = DISTILLED,
    patience: float = 5.0,
) -> NetworkEmbedder:
    """Choose network and weights, with the reason.

    ``auto`` is ResNet-18 if its ImageNet weights are in the torch cache or can be downloaded. Otherwise it is ResNet-18
    with the weights that come with this program if they are good enough, else EfficientNet-Lite0, whose weights are
    installed with it. ``resnet18`` allows only the first two. A file in ``weights`` determines the network.

    Parameters
    ----------
    backbone
        ``"auto"``, ``"resnet18"`` or ``"efficientnet_lite0"``.
    weights
        A ``.safetensors``, ``.pth`` or ``.pt`` file to use instead. ``distilled`` means the weights that come with this
        program.
    offline
        Whether to work without internet access. ``BAM_EXPLORER_OFFLINE=1`` in the environment has the same effect.
    seed
        Seed of the values in a network before its weights are loaded. No result depends on it.
    published
        Published weights of ResNet-18. None takes torchvision's.
    distilled
        The weights that come with this program.
    patience
        Longest wait in seconds for blocked or missing internet access.

    Returns
    -------
    NetworkEmbedder
        Its ``spec.reason`` states the choice and the reason.

    Raises
    ------
    ParameterError
        If the backbone is unknown, or the named weights belong to another one.
    WeightsError
        If the weights do not fit, or ``resnet18`` has none.
    """
    if backbone not in {"auto", *BACKBONES}:
        raise ParameterError(f"There is no backbone {backbone!r}. Allowed are auto, {', '.join(sorted(BACKBONES))}.")
    if names_distilled(weights):
        return _asked_distilled(backbone, distilled)
    if weights is not None:
        return _given_embedder(backbone, Path(weights), seed)
    if backbone == "efficientnet_lite0":
        return packaged_embedder(reason="EfficientNet-Lite0 with its packaged ImageNet weights, as asked for.")
    offline = offline or os.environ.get("BAM_EXPLORER_OFFLINE", "").strip().lower() in {"1", "true", "yes", "on"}
    found, place, notes = _find_resnet(published or _torchvision_weights(), offline=offline, patience=patience)
    if found is not None:
        chosen = "as asked for" if backbone == "resnet18" else "the first choice"
        return embedder_of_file(
            BACKBONES["resnet18"],
            found,
            weights="torchvision ImageNet (torch cache)",  # the same text after a download, for the same space
            reason=f"ResNet-18 with its ImageNet weights from the {place}, {chosen}.",
            seed=seed,
        )
    if distilled.passed:
        reason = f"ResNet-18 with the weights that come with this program, because ImageNet's are not here: {notes}."
        return distilled_embedder(reason=reason, distilled=distilled)
    if backbone == "resnet18":
        raise WeightsError(
            f"ResNet-18 has no ImageNet weights here: {notes}. Use a file of weights, the distilled weights that come "
            "with this program, an internet connection, or efficientnet_lite0, which needs no download.",
            kind=ErrorKind.NO_WEIGHTS,
        )
    reason = f"EfficientNet-Lite0 with its packaged ImageNet weights, because ResNet-18 has none here: {notes}."
    return packaged_embedder(reason=reason)


def embedders_at_hand(files: Iterable[Path] = ()) -> Iterator[NetworkEmbedder]:
    """Make every embedder that needs no download, one at a time.

    Parameters
    ----------
    files
        Files of weights to use as well.

    Yields
    ------
    NetworkEmbedder
        ResNet-18 with its ImageNet weights if they are in the torch cache, ResNet-18 with the weights that come with
        this program, EfficientNet-Lite0, and one for each file.

    Raises
    ------
    WeightsError
        If a file does not fit.
    """
    published = _torchvision_weights()
    if find_cached(published, cache_folder())[0] is not None:
        yield choose_embedder(backbone="resnet18", offline=True, published=published)
    yield distilled_embedder()
    yield packaged_embedder()
    for path in files:
        yield choose_embedder(weights=path)


def _asked_distilled(backbone: str, distilled: DistilledWeights) -> NetworkEmbedder:
    if backbone not in {"auto", "resnet18"}:
        raise ParameterError(
            f"The weights 'distilled' are of resnet18, not of {backbone}. Choose resnet18, or no backbone.",
            kind=ErrorKind.OTHER_BACKBONE,
        )
    reason = "ResNet-18 with the weights that come with this program, as asked for."
    return distilled_embedder(reason=reason, distilled=distilled)


def _given_embedder(backbone: str, path: Path, seed: int) -> NetworkEmbedder:
    state = read_state(path)
    if backbone == "auto":
        fitting = [name for name, facts in BACKBONES.items() if facts.first in state]
        backbone = fitting[0] if fitting else "resnet18"
    facts = BACKBONES[backbone]
    reason = f"{facts.title} with the weights given in {path.name}."
    return embedder_of_state(facts, state, path, weights=f"file {path.name}", reason=reason, seed=seed)


def _torchvision_weights() -> PublishedWeights:
    from torchvision.models import ResNet18_Weights

    return PublishedWeights(ResNet18_Weights.IMAGENET1K_V1.url)


def _find_resnet(published: PublishedWeights, *, offline: bool, patience: float) -> tuple[Path | None, str, str]:
    """Return the path or None, the place of the file, and a note on failed attempts."""
    folder = cache_folder()
    path, cache_note = find_cached(published, folder)
    if path is not None:
        return path, "torch cache", ""
    if offline:
        return None, "", f"{cache_note}, and offline work was asked for"
    path, download_note = download(published, folder, patience=patience)
    return path, "network, now in the torch cache", f"{cache_note}, and {download_note}"
