"""Pictures of many packages as one array on disk. Each is framed as the explorer does it, on its own background.

A folder of pictures holds a folder for each family, ``KIND/FAMILY/...``; see the manifest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyvips  # type: ignore[import-untyped,unused-ignore]
from tqdm import tqdm

from pipeline.images.square_fit import fit_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 224
"""Side of the teacher's input in pixels. The student's views are parts of it."""
SUFFIXES = frozenset({".svg", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp"})
SMALLEST = 24  # pixels of the shorter side
FEWEST_COLOURS = 0.004  # share of pixels that differ from the background
PHOTOGRAPHS = "photo"
PARTS = 24
"""Number of parts of each photograph, in addition to the whole. There are few photographs with such licences, and a
network learns much from many parts of few pictures (Asano and Saeed 2023, *The Augmented Image Prior*, ICLR)."""
SMALLEST_PART, LARGEST_PART = 0.06, 0.6  # of the area
THREADS = 2


@dataclass(frozen=True, slots=True)
class PictureStore:
    """Framed pictures on disk.

    Parameters
    ----------
    pixels
        uint8 ``(n, SIDE, SIDE, 3)``, a memory map.
    names
        Path of each picture below the folder, as ``KIND/FAMILY/...``. Parts of a photograph end in ``#`` and a number.
    """

    pixels: NDArray[np.uint8]
    names: tuple[str, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """Family of each picture."""
        return tuple(name.split("/")[1] for name in self.names)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kind of each picture: the folder of its family."""
        return tuple(name.split("/")[0] for name in self.names)


def open_store(folder: Path) -> PictureStore:
    """Open the store that `build_store` wrote."""
    with (folder / "pictures.csv").open(encoding="utf-8", newline="") as file:
        names = tuple(row["name"] for row in csv.DictReader(file))
    pixels = np.lib.format.open_memmap(folder / "pixels.npy", mode="r")
    return PictureStore(pixels[: len(names)], names)


def build_store(pictures: Path, out: Path, *, left_out: Sequence[str] = ()) -> int:
    """Frame every picture below a folder, in the order of names; return their number.

    Parts of photographs count. Pictures that cannot be read, are tiny or nearly blank, or equal another one in every
    pixel are skipped.

    Parameters
    ----------
    pictures
        ``KIND/FAMILY/...``.
    out
        Folder for ``pixels.npy`` and then ``pictures.csv``.
    left_out
        Families that are kept for testing.
    """
    files = [path for path in sorted(pictures.glob("*/*/**/*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    files = [path for path in files if path.relative_to(pictures).parts[1] not in left_out]
    out.mkdir(parents=True, exist_ok=True)
    most = len(files) + PARTS * sum(path.relative_to(pictures).parts[0] == PHOTOGRAPHS for path in files)
    pixels = np.lib.format.open_memmap(out / "pixels.npy", mode="w+", dtype=np.uint8, shape=(most, SIDE, SIDE, 3))
    names, seen = [], set()
    for path, framed in _framed(pictures, files):
        for number, square in enumerate(framed):
            signature = hash(square.tobytes())
            if signature in seen:
                continue
            seen.add(signature)
            pixels[len(names)] = square
            names.append(path.relative_to(pictures).as_posix() + (f"#{number}" if number else ""))
    pixels.flush()
    with (out / "pictures.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name"])
        writer.writerows([name] for name in names)
    return len(names)


def _framed(pictures: Path, files: Sequence[Path]) -> Iterator[tuple[Path, list[NDArray[np.uint8]]]]:
    def frame(path: Path) -> list[NDArray[np.uint8]]:
        rgb = read_picture(path)
        if rgb is None:
            return []
        parts = parts_of(rgb, path.name) if path.relative_to(pictures).parts[0] == PHOTOGRAPHS else []
        return [fit_square(np.ascontiguousarray(part), SIDE, max_crop=2.0) for part in [rgb, *parts]]

    with ThreadPoolExecutor(THREADS) as threads:
        yield from zip(files, tqdm(threads.map(frame, files), total=len(files), unit="pictures"), strict=True)


def read_picture(path: Path) -> NDArray[np.uint8] | None:
    """Read a picture, a drawing on white, uint8 (h, w, 3); None if it shows nothing."""
    vector = path.suffix.lower() == ".svg"
    try:
        image = pyvips.Image.thumbnail(str(path), 2 * SIDE if vector else 1024, size="both" if vector else "down")
        image = image.colourspace("srgb")
        if image.hasalpha():
            image = image.flatten(background=[255, 255, 255])
        rgb = np.asarray(image.cast("uchar").numpy(), np.uint8)
    except pyvips.Error:
        return None
    if rgb.ndim == 2 or rgb.shape[2] == 1:
        rgb = np.repeat(rgb.reshape(*rgb.shape[:2], 1), 3, axis=2)
    if rgb.shape[2] != 3 or min(rgb.shape[:2]) < SMALLEST:
        return None
    ground = np.median(rgb[:: max(1, len(rgb) // 32)].reshape(-1, 3), axis=0)
    differs = np.abs(rgb[::2, ::2].astype(np.int16) - ground).max(axis=2) > 30
    return rgb if differs.mean() >= FEWEST_COLOURS else None


def parts_of(rgb: NDArray[np.uint8], name: str) -> list[NDArray[np.uint8]]:
    """Return `PARTS` squares of a photograph. Its name determines their places and sizes."""
    height, width = rgb.shape[:2]
    rng = np.random.default_rng(list(name.encode()))
    sides = np.sqrt(rng.uniform(SMALLEST_PART, LARGEST_PART, PARTS) * height * width)
    parts = []
    for side, down, right in zip(
        np.minimum(sides, min(height, width)).astype(int), *rng.random((2, PARTS)), strict=True
    ):
        top, left = int(down * (height - side + 1)), int(right * (width - side + 1))
        parts.append(rgb[top : top + side, left : left + side])
    return parts
