"""Files of weights: downloaded, read and checked."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.embedding.backbones import new_network
from pipeline.embedding.embedder_choice import choose_embedder
from pipeline.embedding.weights import PublishedWeights, download, read_state
from pipeline.embedding.whitening import Whitening
from pipeline.errors import WeightsError
from tests.helpers.networks import State, batch, cache, cosines, expected, published, saved, state
from tests.helpers.waiting import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


__all__ = ["batch", "cache", "expected", "state"]  # fixtures


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
        with server(lambda _: leave.wait(DEADLINE) and None) as base:
            path, note = download(published(b"x", base=base), cache, patience=0.3)  # while no server answers
            leave.set()
        assert path is None
        assert "given up" in note or "timed out" in note
        assert not list(cache.iterdir())

    def test_a_name_that_resolves_for_ever_costs_no_more_either(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        leave = threading.Event()

        def resolve(*_: object, **__: object) -> None:
            leave.wait(DEADLINE)
            raise OSError("no such name")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        path, note = download(PublishedWeights("http://weights.invalid/w-12345678.pth"), cache, patience=0.3)
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
                time.sleep(0.75)

        with server(slowly) as base:
            path, note = download(published(data, base=base), cache, patience=2.0)
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

    def test_a_whitening_that_comes_with_the_weights_is_the_last_step(
        self, state: State, batch: np.ndarray, expected: np.ndarray, tmp_path: Path
    ) -> None:
        rng = np.random.default_rng(0)
        whitening = Whitening(rng.normal(size=(512, 512)).astype(np.float32), rng.normal(size=512).astype(np.float32))
        path = tmp_path / "w.safetensors"
        save_file(state | {name: torch.from_numpy(array) for name, array in whitening.state().items()}, path)
        vectors = choose_embedder(weights=path).embed(batch)
        assert cosines(vectors, expected @ whitening.weight.T + whitening.bias).min() > 0.998

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                {"conv1.weight": torch.zeros(64, 1, 7, 7)},
                r"conv1.weight has shape \(64, 1, 7, 7\), not \(64, 3, 7, 7\)",
            ),
            ({"whitening.weight": torch.eye(512)}, r"whitening of .* does not fit a network of 512 dimensions"),
            ({"layer9.weight": torch.zeros(1)}, r"has unknown layer9.weight"),
            ({"bn1.bias": torch.full((64,), float("nan"))}, r"bn1.bias contains values that are not finite"),
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
