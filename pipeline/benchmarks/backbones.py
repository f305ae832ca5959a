"""Compare all available backbones on the same pictures. An edge: it reads.

The pictures are the previews of a collection (longest side 512 pixels), so the originals are not needed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from pipeline.benchmarks.embedding_quality import EmbeddingQuality, embedding_quality
from pipeline.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection
    from pipeline.embedding.embedders import NetworkEmbedder

__all__ = ["bench_backbones", "decoded_preview", "folders_of_sources", "own_projects", "preview_vectors"]

BATCH = 32
STAGE = "Embedding"
FEWEST = 50
"""Number of images from which a folder has its own figures."""


def bench_backbones(
    collection: Collection,
    truth: Mapping[str, NDArray[np.int8]],
    embedders: Iterable[NetworkEmbedder],
    *,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Iterator[dict[str, Any]]:
    """Embed a collection with one backbone after another, and measure the quality of the vectors.

    Parameters
    ----------
    collection
        Collection with the previews.
    truth
        Attribute -> int8 ``(n,)``, rows in ascending order of ``image_id``: 1 yes, 0 no, -1 unknown.
    embedders
        One per backbone; created one at a time.
    seed
        Seed for the assignment of projects to folds.
    progress
        Called after each batch; may raise to stop.

    Yields
    ------
    dict
        For each backbone: ``backbone``, ``weights``, ``dimensions``, ``images``, ``seconds`` (including decoding) and
        the fields of `EmbeddingQuality`. ``families`` holds the same for each folder of 50 images or more, by the
        first folder in which the paths of the images differ.

    Raises
    ------
    CollectionDamagedError
        If the previews cannot be read.
    """
    projects = own_projects(collection.projects())
    families = folders_of_sources(collection.sources().to_pylist())
    for embedder in embedders:
        started = time.perf_counter()
        vectors = preview_vectors(collection, embedder, progress)
        seconds = time.perf_counter() - started
        yield {
            "backbone": embedder.spec.backbone,
            "weights": embedder.spec.weights,
            "dimensions": embedder.spec.dimensions,
            "seconds": round(seconds, 1),
            **_rounded(embedding_quality(vectors, truth, projects, seed=seed)),
            "families": {
                name: _rounded(
                    embedding_quality(
                        vectors[rows], {key: value[rows] for key, value in truth.items()}, projects[rows], seed=seed
                    )
                )
                for name, rows in families.items()
            },
        }


def preview_vectors(
    collection: Collection, embedder: NetworkEmbedder, progress: ProgressCallback | None = None
) -> NDArray[np.float32]:
    """Embed the previews of a collection: float32 (n, d), rows in ascending order of ``image_id``."""
    vectors = np.empty((len(collection), embedder.spec.dimensions), np.float32)
    for start in range(0, len(collection), BATCH):
        rows = np.arange(start, min(start + BATCH, len(collection)), dtype=np.int32)
        vectors[rows] = embedder.embed(
            np.stack([embedder.prepare(decoded_preview(data)) for data in collection.previews(rows)])
        )
        if progress is not None:
            progress(Progress(f"{STAGE} with {embedder.spec.backbone}", int(rows[-1]) + 1, len(collection), "images"))
    return vectors


def folders_of_sources(sources: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Group images by the first folder in which their paths differ: name -> int64 rows, only large groups.

    Empty if all images are in one folder.
    """
    folders = [PurePosixPath(source).parent.parts for source in sources]
    ends = (min(folders, default=()), max(folders, default=()))  # all paths share what these two share
    shared = next((at for at, (one, other) in enumerate(zip(*ends, strict=False)) if one != other), len(ends[0]))
    first = np.array([parts[shared] if len(parts) > shared else "" for parts in folders], np.str_)
    names, counts = np.unique(first, return_counts=True)
    large = [str(name) for name, count in zip(names, counts, strict=True) if name and count >= FEWEST]
    return {name: np.flatnonzero(first == name) for name in large} if len(names) > 1 else {}


def decoded_preview(data: bytes) -> NDArray[np.uint8]:
    """Decode a preview of a collection: uint8 (h, w, 3), RGB."""
    with Image.open(BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def own_projects(projects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the project of each image; an image without one gets its own negative number."""
    return np.where(projects < 0, -1 - np.arange(len(projects)), projects)


def _rounded(quality: EmbeddingQuality) -> dict[str, Any]:
    values = asdict(quality)
    for probe in values["probes"].values():
        probe["average_precision"] = round(probe["average_precision"], 4)
    for key in ("mean_average_precision", "project_neighbors"):
        if values[key] is not None:
            values[key] = round(values[key], 4)
    return values
