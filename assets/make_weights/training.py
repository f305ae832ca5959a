"""Training the student: from a checkpoint on, where there is one, with time left; it can be stopped at any time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from assets.make_weights.student import Student, distance
from assets.make_weights.views import disturbed
from pipeline.backbones import has_bfloat16_units

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

KEPT_EVERY = 180.0  # seconds between checkpoints
TOLD_EVERY = 20  # steps


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the student is trained.

    Parameters
    ----------
    views
        In all, over every sitting.
    side
        Of a view, in pixels.
    batch, rate, decay
        Views of a step; AdamW's learning rate at its height, and weight decay.
    warm
        Views until the rate is at its height; from there it falls as half a cosine.
    seed
        Of weights, order and views.
    """

    views: int = 3_000_000
    side: int = 112
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 20_000
    seed: int = 0

    def rate_at(self, seen: int) -> float:
        """Give the learning rate after so many views."""
        if seen < self.warm:
            return self.rate * (seen + self.batch) / self.warm
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, (seen - self.warm) / (self.views - self.warm))))


def train_student(
    pixels: NDArray[np.uint8],
    features: NDArray[np.float16],
    weights: NDArray[np.float64],
    folder: Path,
    recipe: Recipe,
    *,
    steps: int | None = None,
) -> Student:
    """Train until the recipe's views are seen, keeping a checkpoint in a folder every few minutes.

    Interrupted and run again it goes on from the checkpoint; what is seen then is what would have been.

    Parameters
    ----------
    pixels
        uint8 ``(n, h, w, 3)``.
    features
        float16 ``(n, width)``: the teacher's.
    weights
        float64 ``(n,)``: how often each picture is shown, in proportion.
    folder
        Of the checkpoint, and of ``log.jsonl``.
    recipe
        As it was begun: another one than the checkpoint's is an error.
    steps
        At most so many in this sitting.
    """
    torch.manual_seed(recipe.seed)
    student = Student(features.shape[1])
    optimizer = torch.optim.AdamW(student.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    seen = _resume(folder / "checkpoint.pt", student, optimizer, recipe)
    student.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    centre = torch.from_numpy(np.asarray(features, np.float32).mean(0))
    half = has_bfloat16_units()
    kept = started = time.monotonic()
    begun, losses = seen, []
    for views, places in islice(_batches(pixels, weights, recipe, seen), steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate_at(seen)
        taught = torch.from_numpy(features[places].astype(np.float32)) - centre
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            said = student(views.to(memory_format=torch.channels_last))
        loss = distance(said, taught)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seen += recipe.batch
        losses.append(loss.item())
        if len(losses) == TOLD_EVERY:
            _tell(folder, seen, losses, (seen - begun) / (time.monotonic() - started), recipe)
            losses = []
        if time.monotonic() - kept > KEPT_EVERY:
            _keep(folder / "checkpoint.pt", student, optimizer, seen, recipe)
            kept = time.monotonic()
    _keep(folder / "checkpoint.pt", student, optimizer, seen, recipe)
    return student


def _batches(
    pixels: NDArray[np.uint8], weights: NDArray[np.float64], recipe: Recipe, seen: int
) -> Iterator[tuple[Tensor, NDArray[np.int64]]]:
    """Make batches one ahead, in a thread: a step's seed is its number, whenever it is run."""

    def make(step: int) -> tuple[Tensor, NDArray[np.int64]]:
        rng = np.random.default_rng([recipe.seed, step])
        places = np.sort(rng.choice(len(pixels), recipe.batch, replace=False, p=chances))
        pictures = torch.from_numpy(pixels[places]).permute(0, 3, 1, 2)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return disturbed(pictures, recipe.side, generator), places

    chances = weights / weights.sum()
    first, last = seen // recipe.batch, -(-recipe.views // recipe.batch)
    with ThreadPoolExecutor(1) as thread:
        ahead = thread.submit(make, first)
        for step in range(first, last):
            batch = ahead.result()
            if step + 1 < last:
                ahead = thread.submit(make, step + 1)
            yield batch


def _resume(path: Path, student: Student, optimizer: torch.optim.Optimizer, recipe: Recipe) -> int:
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["recipe"] != asdict(recipe):
        raise SystemExit(f"{path} was begun with {state['recipe']}. Go on with that, or choose another folder.")
    student.load_state_dict(state["student"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["seen"])


def _keep(path: Path, student: Student, optimizer: torch.optim.Optimizer, seen: int, recipe: Recipe) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    state = {"student": student.state_dict(), "optimizer": optimizer.state_dict(), "seen": seen}
    torch.save(state | {"recipe": asdict(recipe)}, part)
    part.replace(path)


def _tell(folder: Path, seen: int, losses: list[float], pace: float, recipe: Recipe) -> None:
    left = (recipe.views - seen) / pace
    folder.mkdir(parents=True, exist_ok=True)
    loss = sum(losses) / len(losses)
    with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"seen": seen, "loss": round(loss, 4), "views_per_second": round(pace, 1)}) + "\n")
    print(f"{seen:,} of {recipe.views:,} views, loss {loss:.4f}, {pace:.0f}/s, {left / 60:.0f} min left", flush=True)  # noqa: T201
