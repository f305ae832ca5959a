"""What the student learns to say: the teacher's features of each picture, undisturbed, computed once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from pipeline.embedders import packaged_embedder

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 64


def teach(pixels: NDArray[np.uint8], out: Path) -> NDArray[np.float16]:
    """Give the features of EfficientNet-Lite0, float16 (n, 1280); kept at `out`, and gone on with where they end.

    Parameters
    ----------
    pixels
        uint8 ``(n, 224, 224, 3)``.
    out
        ``features.npy``; beside it ``features.done`` counts.
    """
    embedder = packaged_embedder()
    shape = (len(pixels), embedder.spec.dimensions)
    counter = out.with_suffix(".done")
    done = int(counter.read_text()) if out.exists() and counter.exists() else 0
    mode = "r+" if done else "w+"
    features = np.lib.format.open_memmap(out, mode=mode, dtype=np.float16, shape=None if done else shape)
    if features.shape != shape:
        raise SystemExit(f"{out} holds features of {len(features):,} pictures, not {len(pixels):,}. Remove it.")
    for start in tqdm(range(done, len(pixels), BATCH), unit="batches", desc="teacher"):
        part = slice(start, start + BATCH)
        features[part] = embedder.embed(np.ascontiguousarray(pixels[part]))
        if (start // BATCH) % 20 == 19:
            features.flush()
            counter.write_text(str(min(start + BATCH, len(pixels))))
    features.flush()
    counter.write_text(str(len(pixels)))
    return features
