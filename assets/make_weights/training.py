"""Training the student: from a checkpoint on, where there is one, with time left; it can be stopped at any time.

The rate stays at its height for as long as one likes; a branch that cools down to nothing is what is used (Hägele et
al. 2024, *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*, NeurIPS). So training can go on,
another day, from where the branch left.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from assets.make_weights.student import Student, distance, taught_of
from assets.make_weights.views import Views, disturbed
from pipeline.backbones import has_bfloat16_units

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from assets.make_weights.teacher import Lessons

KEPT_EVERY = 180.0  # seconds between checkpoints
TOLD_EVERY = 20  # steps
CHECKPOINT, COOLED = "checkpoint.pt", "cooled.pt"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the student is trained.

    Parameters
    ----------
    sides
        ``(views, side)``: after how many views they are how large, in pixels; small ones first, which cost less.
    batch, rate, decay
        Views of a step; AdamW's learning rate at its height, and weight decay.
    warm
        Views until the rate is at its height, where it stays until the end is cooled.
    regions
        Whether a view of a part is taught what the teacher sees in that part, or in the whole picture.
    places
        What each place of a view counts beside the view.
    whitened
        From 0, the teacher's coordinates as they are, to 1, all equally strong.
    seed
        Of weights, order and views.
    """

    sides: tuple[tuple[int, int], ...] = ((0, 64), (400_000, 96), (1_200_000, 128))
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 10_000
    regions: bool = True
    places: float = 0.5
    whitened: float = 0.0
    seed: int = 0

    def side_at(self, seen: int) -> int:
        """Give the side of views after so many."""
        return [side for after, side in self.sides if seen >= after][-1]

    def warmed(self, seen: int) -> float:
        """Give the learning rate after so many views."""
        return self.rate * min(1.0, (seen + self.batch) / self.warm)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from: pixels uint8 (n, h, w, 3), the teacher's maps, and float64 (n,) how often each is shown."""

    pixels: NDArray[np.uint8]
    lessons: Lessons
    shown: NDArray[np.float64]


def train_student(
    lesson: Lesson, folder: Path, recipe: Recipe, views: int, *, steps: int | None = None, threads: int = 1
) -> Student:
    """Train until so many views are seen, keeping a checkpoint in a folder every few minutes.

    Interrupted and run again it goes on from the checkpoint; what is seen then is what would have been.

    Parameters
    ----------
    lesson
        What is learnt from.
    folder
        Of the checkpoint, and of ``log.jsonl``.
    recipe
        Batch and seed must be those that it was begun with; the rest may change on the way and is logged.
    views
        In all, over every sitting.
    steps
        At most so many in this sitting.
    threads
        That make views.
    """
    path = folder / CHECKPOINT
    return _train(lesson, path, path, recipe, views, recipe.warmed, steps, threads)


def cool_student(lesson: Lesson, folder: Path, recipe: Recipe, views: int, *, threads: int = 1) -> Student:
    """Go so many views further than the checkpoint on a branch of its own, the rate falling to nothing.

    The fall is ``1 - sqrt(share)`` (Hägele et al. 2024, section 4). Run again it starts over.
    """
    begun = int(torch.load(folder / CHECKPOINT, weights_only=True)["seen"])

    def rate_at(seen: int) -> float:
        return recipe.rate * float(1 - np.sqrt((seen - begun) / views))

    return _train(lesson, folder / CHECKPOINT, folder / COOLED, recipe, begun + views, rate_at, None, threads)


def _train(
    lesson: Lesson,
    begin: Path,
    path: Path,
    recipe: Recipe,
    until: int,
    rate_at: Callable[[int], float],
    steps: int | None,
    threads: int,
) -> Student:
    torch.manual_seed(recipe.seed)
    student = Student(lesson.lessons.maps.shape[3])
    student.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub has dtypes alone
    optimizer = torch.optim.AdamW(student.parameters(), lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    seen = _resume(begin, student, optimizer, recipe)
    _log(path, {"at": seen, "recipe": asdict(recipe), "until": until})
    scale = torch.from_numpy(lesson.lessons.spread**-recipe.whitened)
    half = has_bfloat16_units()
    kept = started = time.monotonic()
    begun, losses = seen, []
    for views, maps in islice(_batches(lesson, recipe, seen, until, threads), steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(seen)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            said = student(views.pixels.to(memory_format=torch.channels_last))
        loss = distance(said, taught_of(maps, views, said.shape[1]) * scale, recipe.places)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seen += recipe.batch
        losses.append(loss.item())
        if len(losses) == TOLD_EVERY:
            _tell(path, seen, losses, (seen - begun) / (time.monotonic() - started), until)
            losses = []
        if time.monotonic() - kept > KEPT_EVERY:
            _keep(path, student, optimizer, seen, recipe)
            kept = time.monotonic()
    _keep(path, student, optimizer, seen, recipe)
    return student


def _batches(lesson: Lesson, recipe: Recipe, seen: int, until: int, threads: int) -> Iterator[tuple[Views, Tensor]]:
    """Make batches ahead, in threads: a step's seed is its number, whenever it is run."""
    chances = lesson.shown / lesson.shown.sum()

    def make(step: int) -> tuple[Views, Tensor]:
        rng = np.random.default_rng([recipe.seed, step])
        places = np.sort(rng.choice(len(chances), recipe.batch, replace=False, p=chances))
        pictures = torch.from_numpy(lesson.pixels[places]).permute(0, 3, 1, 2)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        views = disturbed(pictures, recipe.side_at(step * recipe.batch), generator)
        maps = torch.from_numpy(lesson.lessons.maps[places]).float()
        return views, maps if recipe.regions else maps.mean((1, 2), keepdim=True).expand(maps.shape)

    first, last = seen // recipe.batch, -(-until // recipe.batch)
    # one thread each: a second team of torch's threads would take turns with the network's, spinning
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        ahead = [pool.submit(make, step) for step in range(first, min(last, first + threads + 1))]
        for step in range(first, last):
            batch = ahead.pop(0).result()
            if step + threads + 1 < last:
                ahead.append(pool.submit(make, step + threads + 1))
            yield batch


def _resume(path: Path, student: Student, optimizer: torch.optim.Optimizer, recipe: Recipe) -> int:
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if (state["batch"], state["seed"]) != (recipe.batch, recipe.seed):
        raise SystemExit(
            f"{path} was begun with batch {state['batch']} and seed {state['seed']}. "
            "Go on with these, or choose another folder."
        )
    student.load_state_dict(state["student"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["seen"])


def _keep(path: Path, student: Student, optimizer: torch.optim.Optimizer, seen: int, recipe: Recipe) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    state = {"student": student.state_dict(), "optimizer": optimizer.state_dict(), "seen": seen}
    torch.save(state | {"batch": recipe.batch, "seed": recipe.seed}, part)
    part.replace(path)


def _tell(path: Path, seen: int, losses: list[float], pace: float, until: int) -> None:
    loss = sum(losses) / len(losses)
    _log(path, {"seen": seen, "loss": round(loss, 4), "views_per_second": round(pace, 1)})
    left = (until - seen) / pace / 60
    print(f"{seen:,} of {until:,} views, loss {loss:.4f}, {pace:.0f}/s, {left:.0f} min left", flush=True)  # noqa: T201


def told(path: Path) -> dict[str, Any]:
    """Give what the log of a checkpoint says: its recipe, and views, loss and pace at the end."""
    entries = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    merged: dict[str, Any] = {}
    for entry in entries:
        merged |= entry
    return merged


def _log(path: Path, entry: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
