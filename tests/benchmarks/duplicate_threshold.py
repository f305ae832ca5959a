"""Measure distances of altered copies: ``python -m tests.benchmarks.duplicate_threshold DIR``.

DIR is the built sample. Pictures drawn by chance are altered as copies are altered in the wild, embedded as the build
does, and compared: with their original, and with the nearest picture of another subject. Prints one JSON line for each
alteration and threshold, for ``docs/measurements/duplicates.jsonl``.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageOps
from safetensors.numpy import load_file

from pipeline.collection import Collection
from pipeline.embedding.embedder_choice import choose_embedder
from pipeline.embedding.embedders import Embedder
from pipeline.embedding.reduction import Reduction, apply_reduction
from pipeline.images.decoding import decode_rgb
from tests.benchmarks.machine import facts

THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
BATCH = 32


def jpeg(quality: int) -> Callable[[Image.Image], Image.Image]:
    """Encode again with losses."""

    def encode(image: Image.Image) -> Image.Image:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality)
        return Image.open(io.BytesIO(stream.getvalue())).convert("RGB")

    return encode


def cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    """Cut a share of the sides off, half of it on each."""
    return lambda image: ImageOps.crop(image, round(min(image.size) * share / 2))


def watermarked(image: Image.Image) -> Image.Image:
    """Write into a corner."""
    copy = image.copy()
    ImageDraw.Draw(copy).text((4, image.height - 14), "example.org", fill=(128, 128, 128))
    return copy


ALTERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG, quality 60": jpeg(60),
    "JPEG, quality 30": jpeg(30),
    "half the size": lambda image: image.resize((max(image.width // 2, 8), max(image.height // 2, 8))),
    "3 % cut off": cropped(0.03),
    "8 % cut off": cropped(0.08),
    "brightness 1.2": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "contrast 0.8": lambda image: ImageEnhance.Contrast(image).enhance(0.8),
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "watermark": watermarked,
}


def embed(images: list[Image.Image], embedder: Embedder, reduction: Reduction) -> NDArray[np.float32]:
    """Embed as the build does: float32 (n, d), rows of length 1."""
    prepared = [embedder.prepare(np.asarray(image)) for image in images]
    raw = np.concatenate([embedder.embed(np.stack(prepared[at : at + BATCH])) for at in range(0, len(images), BATCH)])
    return apply_reduction(reduction, raw.astype(np.float16)).astype(np.float32)


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path)
    parser.add_argument("--weights", type=Path, help="those that the collection was built with, unless the packaged")
    parser.add_argument("--pictures", type=int, default=600)
    options = parser.parse_args()
    collection = Collection(options.collection)
    backbone = collection.manifest.embedding.backbone
    arrays = load_file(options.collection / "models" / f"{backbone}-reduction.safetensors")
    reduction = Reduction(arrays["mean"], arrays.get("components"))
    embedder = choose_embedder(backbone=backbone, weights=options.weights, offline=True)
    if embedder.spec.weights_sha256 != collection.manifest.embedding.weights_sha256:
        raise SystemExit(f"{options.collection} was built with {collection.manifest.embedding.weights}; name them.")
    vectors = collection.embedding().astype(np.float32)
    rows = np.sort(np.random.default_rng(20261124).choice(len(vectors), options.pictures, replace=False))
    root = Path(collection.manifest.source_root)
    pictures = [_picture(root / collection.record(int(row)).source) for row in rows]
    common = facts("python -m tests.benchmarks.duplicate_threshold DIR") | {
        "backbone": backbone,
        "weights": embedder.spec.weights,
        "pictures": len(rows),
    }
    for name, alter in ALTERATIONS.items():
        copies = embed([alter(picture) for picture in pictures], embedder, reduction)
        distances = np.linalg.norm(copies - vectors[rows], axis=1)
        _print({"measure": "copies_found", "alteration": name, **_shares(distances)}, common)
    others = _nearest_other_subject(collection, vectors, rows)
    _print({"measure": "other_subjects_taken_for_copies", **_shares(others)}, common)


def _picture(path: Path) -> Image.Image:
    return Image.fromarray(decode_rgb(path.read_bytes()).rgb)


def _nearest_other_subject(
    collection: Collection, vectors: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the distance from each row to the nearest picture of another project."""
    projects = collection.projects()
    cosine = vectors[rows] @ vectors.T
    cosine[projects[rows][:, None] == projects[None, :]] = -1
    return np.sqrt(np.maximum(2 - 2 * cosine.max(axis=1), 0))


def _shares(distances: NDArray[Any]) -> dict[str, object]:
    quantiles = np.quantile(distances, (0.05, 0.5, 0.95)).round(3).tolist()
    within = {str(threshold): round(float((distances < threshold).mean()), 4) for threshold in THRESHOLDS}
    return {"distance_5_50_95": quantiles, "within": within}


def _print(measured: dict[str, object], common: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(measured | common) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
