"""Measure the speed of embedding images, compared with a plain torchvision loop over the same files.

Our side times the whole of :func:`pipeline.build.image_stage.process_images`: read, hash, decode, thumbnails (also
without them), frame, embed, float16. The plain side is a ``DataLoader`` with two worker processes that opens, converts,
resizes, crops and normalises, and the network in float32 on two threads, without hash and thumbnails. The start of the
workers and a first pass over the files are not timed. The two sides take turns in one run, so that noise on the machine
affects both equally.
"""

from __future__ import annotations

import platform
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from pipeline.build.image_stage import process_images
from pipeline.embedding.backbones import BACKBONES, new_network
from pipeline.embedding.embedders import NetworkEmbedder, distilled_embedder, packaged_embedder
from pipeline.errors import ParameterError
from pipeline.images.locations import FileLocation
from pipeline.images.records import SourceItem
from pipeline.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pipeline.progress import ProgressCallback

__all__ = ["bench_embed", "processor_name"]

_PLAIN_THREADS = 2
_PLAIN_WORKERS = 2


class _PlainFiles:
    """The data set of the plain loop, as in torchvision's own examples."""

    def __init__(self, files: Sequence[Path], mean: Sequence[float], deviation: Sequence[float]) -> None:
        self.files, self.mean, self.deviation = list(files), mean, deviation
        self._transform: Callable[[Image.Image], Any] | None = None  # created in the worker that uses it

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, place: int) -> Any:
        if self._transform is None:
            from torchvision import transforms

            self._transform = transforms.Compose(
                [
                    transforms.Resize(256),
                    transforms.CenterCrop(224),
                    transforms.ToTensor(),
                    transforms.Normalize(self.mean, self.deviation),
                ]
            )
        with Image.open(self.files[place]) as image:
            return self._transform(image.convert("RGB"))


def bench_embed(
    files: Sequence[Path],
    *,
    backbones: Sequence[str] = ("resnet18", "efficientnet_lite0"),
    repeats: int = 3,
    batch: int = 32,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> list[dict[str, object]]:
    """Measure images per second, end to end, for both sides.

    Both sides use the weights that are part of this program or installed with it. Other weights have the same speed.

    Parameters
    ----------
    files
        Picture files. Both sides read all of them in every repeat.
    backbones
        Names of the networks.
    repeats
        Number of turns of each side; medians are reported.
    batch
        Images per batch, on both sides.
    seed
        Seed of the random weights.
    progress
        Called after each turn of each side.

    Returns
    -------
    list of dict
        One per backbone, ready for JSON: ``bench``, ``backbone``, ``images``, ``batch``, ``repeats``,
        ``images_per_second`` and ``ratio`` with thumbnails, ``images_per_second_without_thumbnails`` and
        ``ratio_without_thumbnails``, ``plain_images_per_second``, ``includes``, ``processor``, ``bfloat16``, ``fused``.

    Raises
    ------
    ParameterError
        If there are no files, a backbone is unknown, or a number is below 1.
    """
    if not files:
        raise ParameterError("There are no files to embed; choose a folder or collection with pictures.")
    unknown = sorted(set(backbones) - BACKBONES.keys())
    if unknown:
        raise ParameterError(f"There is no backbone {unknown[0]!r}; allowed are {', '.join(sorted(BACKBONES))}.")
    if repeats < 1 or batch < 1:
        raise ParameterError(f"repeats={repeats} and batch={batch}: both must be at least 1.")
    results = []
    for place, backbone in enumerate(backbones):
        tell = _shifted(progress, place * 3 * repeats, len(backbones) * 3 * repeats)
        results.append(_bench_backbone(files, backbone, repeats=repeats, batch=batch, seed=seed, tell=tell))
    return results


def _shifted(progress: ProgressCallback | None, start: int, total: int) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if progress is not None:
            progress(Progress("Measuring", start + done, total, unit="turns"))

    return tell


def _bench_backbone(
    files: Sequence[Path], backbone: str, *, repeats: int, batch: int, seed: int, tell: Callable[[int], None]
) -> dict[str, object]:
    import torch

    embedder = distilled_embedder() if backbone == "resnet18" else packaged_embedder()
    threads = torch.get_num_threads()
    rates: dict[str, list[float]] = {"plain": [], "whole": [], "bare": []}
    plain = _plain_passes(files, backbone, batch=batch, seed=seed)
    try:
        next(plain)  # starts the workers, untimed
        _embed_all(files[:batch], embedder, batch=batch, thumbnails=True)
        for turn in range(repeats):
            torch.set_num_threads(_PLAIN_THREADS)
            rates["plain"].append(next(plain))
            torch.set_num_threads(threads)
            tell(3 * turn + 1)
            for name, thumbnails in (("whole", True), ("bare", False)):
                rates[name].append(_embed_all(files, embedder, batch=batch, thumbnails=thumbnails))
                tell(3 * turn + (2 if thumbnails else 3))
    finally:
        torch.set_num_threads(threads)
        plain.close()
    plain_rate, whole, bare = (median(rates[name]) for name in ("plain", "whole", "bare"))
    return {
        "bench": "embed",
        "backbone": backbone,
        "weights": embedder.spec.weights,
        "images": len(files),
        "batch": batch,
        "repeats": repeats,
        "images_per_second": round(whole, 1),
        "images_per_second_without_thumbnails": round(bare, 1),
        "plain_images_per_second": round(plain_rate, 1),
        "ratio": round(whole / plain_rate, 2),
        "ratio_without_thumbnails": round(bare / plain_rate, 2),
        "includes": "read, hash, decode, tile and preview, frame, embed; starting workers and a first pass excluded",
        "processor": processor_name(),
        "threads": threads,
        "bfloat16": embedder.bfloat16,
        "fused": embedder.network.fused,
    }


def _embed_all(files: Sequence[Path], embedder: NetworkEmbedder, *, batch: int, thumbnails: bool) -> float:
    """Return images per second of one pass. A failed image is an error, because both sides must do the same work."""
    items = [(place, SourceItem("bench", path.name, FileLocation(path))) for place, path in enumerate(files)]
    start = time.perf_counter()
    embedded = sum(
        len(done.ok_ids) for done in process_images(items, embedder, batch_size=batch, thumbnails=thumbnails)
    )
    seconds = time.perf_counter() - start
    if embedded != len(files):
        raise ParameterError(f"{len(files) - embedded} of the files cannot be read; use only readable pictures.")
    return len(files) / seconds


def _plain_passes(files: Sequence[Path], backbone: str, *, batch: int, seed: int) -> Generator[float]:
    """Yield images per second of each pass; the first includes the start of the workers."""
    import torch
    from torch.utils.data import DataLoader

    facts = BACKBONES[backbone]
    torch.manual_seed(seed)
    network = new_network(backbone)
    mean, deviation = (np.array(values) / 255 for values in (facts.mean, facts.deviation))
    dataset: Any = _PlainFiles(files, mean.tolist(), deviation.tolist())
    loader = DataLoader(
        dataset,
        batch_size=batch,
        num_workers=_PLAIN_WORKERS,
        persistent_workers=True,
        multiprocessing_context="spawn",  # never fork once torch is loaded
    )
    while True:
        start, images = time.perf_counter(), 0
        with torch.no_grad():
            for pixels in loader:
                images += len(network(pixels))
        yield images / (time.perf_counter() - start)


def processor_name() -> str:
    """Return the system's name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
