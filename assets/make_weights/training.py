"""Train the student. The training can be stopped at any time and continues from its checkpoint.

The learning rate stays constant for any length of time. The result is a branch in which the rate falls to zero (Hägele
et al. 2024, *Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations*, NeurIPS). So the training can
continue later from the point where the branch began.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from assets.make_weights.student import Student, distance, misclassified, taught_of, unlikeness
from assets.make_weights.views import Views, disturbed
from pipeline.embedding.backbones import has_bfloat16_units

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from assets.make_weights.teacher import Lessons

KEPT_EVERY = 180.0  # seconds between checkpoints
TOLD_EVERY = 20  # steps
CHECKPOINT, COOLED = "checkpoint.pt", "cooled.pt"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the training.

    Parameters
    ----------
    sides
        Pairs ``(views, side)``: the side of views in pixels after a number of views. Small ones come first, because
        they cost less.
    batch, rate, decay
        Views of a step, AdamW's highest learning rate, and its weight decay.
    warm
        Views until the rate is at its highest, where it stays until the branch at the end.
    smallest, whole, grey
        Smallest share of a picture's area that a view shows, share of views that show the whole picture, and share of
        views without colours.
    regions
        Whether the target of a view is the teacher's features of the part that it shows, or of the whole picture.
    places
        Weight of the places of a view relative to the view.
    alike
        Weight of `unlikeness`.
    classes
        Weight of `misclassified`.
    whitened
        From 0 (the teacher's coordinates unchanged) to 1 (all equally strong).
    seed
        Seed of the weights, the order and the views.
    """

    sides: tuple[tuple[int, int], ...] = ((0, 64), (400_000, 96), (1_200_000, 128))
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 10_000
    smallest: float = 0.12
    whole: float = 0.2
    grey: float = 0.3
    regions: bool = True
    places: float = 0.5
    alike: float = 0.0
    classes: float = 0.0
    whitened: float = 0.5
    seed: int = 0

    def side_at(self, seen: int) -> int:
        """Return the side of views after a number of views."""
        return [side for after, side in self.sides if seen >= after][-1]

    def warmed(self, seen: int) -> float:
        """Return the learning rate after a number of views."""
        return self.rate * min(1.0, (seen + self.batch) / self.warm)


@dataclass(frozen=True, slots=True)
class Lesson:
    """The training data.

    Parameters
    ----------
    pixels
        uint8 ``(n, h, w, 3)``.
    lessons
        The teacher's maps.
    shown
        float64 ``(n,)``. Relative frequency of each picture.
    classes
        Map from the teacher's coordinates to its logits, for recipes that teach classes.
    """

    pixels: NDArray[np.uint8]
    lessons: Lessons
    shown: NDArray[np.float64]
    classes: tuple[Tensor, Tensor] | None = None


def train_student(
    lesson: Lesson, folder: Path, recipe: Recipe, views: int, *, steps: int | None = None, threads: int = 1
) -> Student:
    """Train for a number of views, and keep a checkpoint in a folder every few minutes.

    An interrupted run continues from the checkpoint with the same views as without the interruption.

    Parameters
    ----------
    lesson
        The training data.
    folder
        Folder of the checkpoint and of ``log.jsonl``.
    recipe
        Batch and seed must be those of the checkpoint. All other settings may change and are logged.
    views
        Number of views in all runs together.
    steps
        Maximum number of steps in this run.
    threads
        Number of threads that make views.
    """
    path = folder / CHECKPOINT
    return _train(lesson, path, path, recipe, views, recipe.warmed, steps, threads)


def cool_student(lesson: Lesson, folder: Path, recipe: Recipe, views: int, *, threads: int = 1) -> Student:
    """Train a branch from the checkpoint for a number of views, with a rate that falls to zero.

    The rate falls as ``1 - sqrt(share)`` (Hägele et al. 2024, section 4). Another run starts from the checkpoint again.
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
    trainer = _Trainer(recipe, lesson)
    trainer.resume(begin)
    _log(path, {"at": trainer.seen, "recipe": asdict(recipe), "until": until})
    kept = started = time.monotonic()
    begun, losses = trainer.seen, []
    try:
        for views, maps in islice(_batches(lesson, recipe, trainer.seen, until, threads), steps):
            losses.append(trainer.step(views, maps, rate_at(trainer.seen)))
            now = time.monotonic()
            if len(losses) == TOLD_EVERY:
                _tell(path, trainer.seen, losses, (trainer.seen - begun) / (now - started), until)
                losses = []
            if now - kept > KEPT_EVERY:
                trainer.keep(path)
                kept = now
    finally:  # also when the training is stopped
        trainer.keep(path)
        _log(path, {"seen": trainer.seen})
    return trainer.student


class _Trainer:
    """A student and its optimizer after some views."""

    def __init__(self, recipe: Recipe, lesson: Lesson) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.seen, self._classes = recipe, 0, lesson.classes
        self.student = Student(lesson.lessons.maps.shape[3])
        self.student.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stub has dtypes
        self.optimizer = torch.optim.AdamW(
            self.student.parameters(), lr=recipe.rate, weight_decay=recipe.decay, fused=True
        )
        self._scale = torch.from_numpy(lesson.lessons.spread**-recipe.whitened)
        self._half = has_bfloat16_units()

    def step(self, views: Views, maps: Tensor, rate: float) -> float:
        """Learn from a batch; return the loss before the step."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            features, predicted = self.student(views.pixels.to(memory_format=torch.channels_last))
        taught = taught_of(maps, views, predicted.shape[1]) * self._scale
        loss = distance(predicted, taught, self.recipe.places)
        if self.recipe.alike:
            loss = loss + self.recipe.alike * unlikeness(features, taught)
        if self.recipe.classes and self._classes:
            loss = loss + self.recipe.classes * misclassified(predicted, taught, self._scale, self._classes)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.seen += self.recipe.batch
        return loss.item()

    def resume(self, path: Path) -> None:
        """Load a checkpoint if there is one."""
        if not path.exists():
            return
        state: dict[str, Any] = torch.load(path, weights_only=True)
        if (state["batch"], state["seed"]) != (self.recipe.batch, self.recipe.seed):
            raise SystemExit(
                f"{path} was begun with batch {state['batch']} and seed {state['seed']}. "
                "Go on with these, or choose another folder."
            )
        self.student.load_state_dict(state["student"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen = int(state["seen"])

    def keep(self, path: Path) -> None:
        """Write a checkpoint."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        state = {"student": self.student.state_dict(), "optimizer": self.optimizer.state_dict(), "seen": self.seen}
        torch.save(state | {"batch": self.recipe.batch, "seed": self.recipe.seed}, part)
        part.replace(path)


def _batches(lesson: Lesson, recipe: Recipe, seen: int, until: int, threads: int) -> Iterator[tuple[Views, Tensor]]:
    """Yield batches that threads make ahead. The seed of a step is its number, so its batch is always the same."""
    chances = lesson.shown / lesson.shown.sum()

    def make(step: int) -> tuple[Views, Tensor]:
        rng = np.random.default_rng([recipe.seed, step])
        places = np.sort(rng.choice(len(chances), recipe.batch, replace=False, p=chances))
        pictures = torch.from_numpy(lesson.pixels[places]).permute(0, 3, 1, 2)
        generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
        side = recipe.side_at(step * recipe.batch)
        views = disturbed(pictures, side, generator, smallest=recipe.smallest, whole=recipe.whole, grey=recipe.grey)
        maps = torch.from_numpy(lesson.lessons.maps[places]).float()
        return views, maps if recipe.regions else maps.mean((1, 2), keepdim=True).expand(maps.shape)

    first, last = seen // recipe.batch, -(-until // recipe.batch)
    # one thread each, because a second pool of torch's threads would compete with the network's
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        ahead = [pool.submit(make, step) for step in range(first, min(last, first + threads + 1))]
        for step in range(first, last):
            batch = ahead.pop(0).result()
            if step + threads + 1 < last:
                ahead.append(pool.submit(make, step + threads + 1))
            yield batch


def _tell(path: Path, seen: int, losses: list[float], pace: float, until: int) -> None:
    loss = sum(losses) / len(losses)
    _log(path, {"seen": seen, "loss": round(loss, 4), "views_per_second": round(pace, 1)})
    left = (until - seen) / pace / 60
    sys.stdout.write(f"{seen:,} of {until:,} views, loss {loss:.4f}, {pace:.0f}/s, {left:.0f} min left\n")
    sys.stdout.flush()


def read_log(path: Path) -> dict[str, Any]:
    """Return the content of a checkpoint's log: its recipe, and views, loss and pace at the end."""
    entries = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    merged: dict[str, Any] = {}
    for entry in entries:
        merged |= entry
    return merged


def _log(path: Path, entry: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
