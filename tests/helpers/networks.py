"""Networks, weights and an empty torch cache, for tests of embedders."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.embedding.backbones import BACKBONES, has_bfloat16_units, new_network
from pipeline.embedding.embedders import NetworkEmbedder, _seeded_network
from pipeline.embedding.folded_network import FoldedNetwork
from pipeline.embedding.spec import EmbeddingSpec
from pipeline.embedding.weights import PublishedWeights, cache_folder
from tests.helpers.image_files import photo

State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def state(weights_file: Path) -> State:
    return load_file(weights_file)


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return np.stack([np.array(photo(224, 224, seed)) for seed in range(3)])


@pytest.fixture(scope="module")
def expected(state: State, batch: np.ndarray) -> np.ndarray:
    """Return the output of torchvision's own network for the batch with these weights."""
    network = new_network("resnet18")
    network.load_state_dict(state)
    return reference(network, "resnet18", batch)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch cache, and leave to use the network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("BAM_EXPLORER_OFFLINE")
    folder = cache_folder()
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    return folder


def reference(network: Any, name: str, batch: np.ndarray) -> np.ndarray:
    """Vectors by the package's own network in float32."""
    facts = BACKBONES[name]
    setattr(network, facts.head.rstrip("."), torch.nn.Identity())
    pixels = (torch.from_numpy(batch).float() - torch.tensor(facts.mean)) / torch.tensor(facts.deviation)
    with torch.inference_mode():
        return network.eval()(pixels.permute(0, 3, 1, 2)).numpy()


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def published(data: bytes, *, base: str = "http://127.0.0.1:9", prefix: str | None = None) -> PublishedWeights:
    """An address whose file name contains the data's hash."""
    return PublishedWeights(f"{base}/resnet18-{prefix or hashlib.sha256(data).hexdigest()[:8]}.pth")


def saved(state: State, path: Path) -> bytes:
    torch.save(state, path)
    return path.read_bytes()


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
