"""Which network and weights are used, and why."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.embedding.distilled_weights import DISTILLED, DistilledWeights
from pipeline.embedding.embedder_choice import choose_embedder
from pipeline.errors import ParameterError, WeightsError
from pipeline.resources import asset
from tests.helpers.networks import State, batch, cache, cosines, expected, published, saved, state

WEAK = DistilledWeights(
    "weights/none.safetensors", "", side=224, drawings=0.9, photographs=0.9, clip_art=1, neighbors=1
)
__all__ = ["batch", "cache", "expected", "state"]  # fixtures


@pytest.fixture
def distilled(weights_file: Path, cache: Path) -> DistilledWeights:
    """Weights as if they came with this program, good enough; the torch cache is empty."""
    assert not list(cache.iterdir())
    digest = hashlib.sha256(weights_file.read_bytes()).hexdigest()
    return DistilledWeights(
        str(weights_file), digest, side=224, drawings=0.98, photographs=0.91, clip_art=0.97, neighbors=1.0
    )


class TestChoice:
    def test_weights_in_the_torch_cache_are_used_and_recorded(
        self, cache: Path, state: State, batch: np.ndarray, expected: np.ndarray
    ) -> None:
        data = saved(state, cache / "some.pth")
        place = published(data)
        (cache / "some.pth").rename(cache / place.file_name)
        embedder = choose_embedder(published=place)
        assert embedder.spec.backbone == "resnet18"
        assert embedder.spec.dimensions == 512
        assert embedder.spec.weights_sha256 == hashlib.sha256(data).hexdigest()
        assert "torch cache" in embedder.spec.reason
        assert cosines(embedder.embed(batch), expected).min() > 0.999

    def test_the_cache_is_looked_at_under_torchvisions_own_name(self, cache: Path) -> None:
        (cache / "resnet18-f37072fd.pth").write_bytes(b"half a download")
        assert "damaged (SHA-256" in choose_embedder(offline=True, distilled=WEAK).spec.reason

    def test_a_damaged_file_in_the_cache_is_passed_over(self, cache: Path) -> None:
        place = published(b"", prefix="0123abcd")
        (cache / place.file_name).write_bytes(b"half a download")
        embedder = choose_embedder(published=place, offline=True, distilled=WEAK)
        assert embedder.spec.backbone == "efficientnet_lite0"
        assert "0123abcd" in embedder.spec.reason

    @pytest.mark.parametrize("by", ["argument", "environment"])
    def test_offline_opens_no_socket(self, by: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("the network was tried")

        monkeypatch.setattr(socket, "socket", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        if by == "environment":
            monkeypatch.setenv("BAM_EXPLORER_OFFLINE", "1")
        embedder = choose_embedder(offline=by == "argument", distilled=WEAK)
        assert embedder.spec.backbone == "efficientnet_lite0"
        assert embedder.spec.dimensions == 1280
        assert "offline" in embedder.spec.reason
        assert not list(cache.iterdir())

    def test_asking_for_resnet_without_any_weights_names_the_remedies(self, cache: Path) -> None:
        with pytest.raises(WeightsError, match=r"none in the torch cache.*distilled weights.*efficientnet_lite0"):
            choose_embedder(backbone="resnet18", published=published(b"x"), distilled=WEAK, patience=2)
        assert not list(cache.iterdir())

    def test_our_own_weights_are_the_second_choice_where_they_are_good_enough(
        self, distilled: DistilledWeights, batch: np.ndarray, expected: np.ndarray
    ) -> None:
        embedder = choose_embedder(offline=True, distilled=distilled)
        assert (embedder.spec.backbone, embedder.spec.dimensions) == ("resnet18", 512)
        assert embedder.spec.weights_sha256 == distilled.sha256
        assert "none in the torch cache" in embedder.spec.reason
        assert (
            "0.980 on drawings and 0.910 on photographs that it was not trained on, and 0.970 on"
            in embedder.spec.reason
        )
        assert "EfficientNet-Lite0 is better" not in embedder.spec.reason
        assert cosines(embedder.embed(batch), expected).min() > 0.999

    @pytest.mark.parametrize("worse", [{"drawings": 0.96}, {"neighbors": 0.99}])
    def test_our_own_weights_are_passed_over_where_they_are_not(
        self, worse: dict[str, float], distilled: DistilledWeights
    ) -> None:
        assert choose_embedder(offline=True, distilled=replace(distilled, **worse)).spec.dimensions == 1280

    def test_who_has_other_pictures_is_told_where_the_weights_are_weak(self, distilled: DistilledWeights) -> None:
        spec = choose_embedder(offline=True, distilled=replace(distilled, photographs=0.8)).spec
        assert spec.backbone == "resnet18"
        assert "clip art. For photographs EfficientNet-Lite0 is better" in spec.reason
        spec = choose_embedder(offline=True, distilled=replace(distilled, photographs=0.8, clip_art=0.9)).spec
        assert spec.backbone == "resnet18"
        assert "For photographs and detailed clip art EfficientNet-Lite0 is better" in spec.reason

    def test_imagenet_weights_come_first(self, cache: Path, state: State, distilled: DistilledWeights) -> None:
        data = saved(state, cache / "some.pth")
        place = published(data)
        (cache / "some.pth").rename(cache / place.file_name)
        assert "ImageNet" in choose_embedder(published=place, distilled=distilled).spec.weights

    @pytest.mark.parametrize("backbone", ["auto", "resnet18"])
    def test_our_own_weights_are_used_when_asked_for(self, backbone: str, distilled: DistilledWeights) -> None:
        weak = replace(distilled, drawings=0.1)
        spec = choose_embedder(backbone=backbone, weights=Path("distilled"), distilled=weak).spec
        assert spec.weights_sha256 == distilled.sha256
        assert "as asked for" in spec.reason

    def test_our_own_weights_are_of_no_other_network(self, distilled: DistilledWeights) -> None:
        with pytest.raises(ParameterError, match="of resnet18, not of efficientnet_lite0"):
            choose_embedder(backbone="efficientnet_lite0", weights=Path("distilled"), distilled=distilled)

    def test_our_own_weights_are_checked_before_they_are_used(self, cache: Path, distilled: DistilledWeights) -> None:
        path = cache / "damaged.safetensors"
        path.write_bytes(Path(distilled.name).read_bytes()[:-1] + b"?")
        with pytest.raises(WeightsError, match=r"damaged.*Install bam-explorer again"):
            choose_embedder(weights=Path("distilled"), distilled=replace(distilled, name=str(path)))

    def test_the_weights_that_come_with_this_program_are_what_they_are_said_to_be(self, batch: np.ndarray) -> None:
        embedder = choose_embedder(weights=Path("distilled"))
        card = asset("weights/README.md").read_text(encoding="utf-8")
        assert embedder.spec.weights_sha256 == DISTILLED.sha256
        assert DISTILLED.sha256 in card
        assert asset(DISTILLED.name).stat().st_size <= 24_000_000
        shares = {"drawings": DISTILLED.drawings, "photographs": DISTILLED.photographs, "clip art": DISTILLED.clip_art}
        for kind, share in shares.items():
            row = next(line for line in card.splitlines() if line.startswith(f"| {kind} |"))
            assert row.split("|")[5].strip() == f"{share:.3f}"
        assert embedder.input_size == DISTILLED.side
        seen = np.stack([embedder.prepare(picture) for picture in [*batch, *batch[:, :, ::-1]]])
        vectors = embedder.embed(seen)
        centred = vectors - vectors.mean(axis=0)
        for place in range(len(batch)):  # mirrored, a picture is still nearest to itself
            others = np.delete(np.arange(len(centred)), place)
            nearest = others[np.argmax(cosines(centred[others], centred[place][None]))]
            assert nearest == place + len(batch)

    def test_an_unknown_backbone_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="auto, efficientnet_lite0, resnet18"):
            choose_embedder(backbone="resnet50")

    def test_lite0_is_used_when_asked_for(self) -> None:
        spec = choose_embedder(backbone="efficientnet_lite0").spec
        assert spec.reason.endswith("as asked for.")
        assert spec.weights_sha256.startswith("57934424")  # as the file's own name says
