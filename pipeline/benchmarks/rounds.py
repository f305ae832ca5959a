"""Measure the time of a round of many attributes on a synthetic collection: train, score all images, rank, write.

The answers are the truth of randomly drawn images, some of them among the images that show the attribute. Their number
is that of real answers after some rounds. The score versions are never named in the collection and are removed
afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.benchmarks.embedding_speed import processor_name
from pipeline.collection import Collection
from pipeline.collection.vectors import StoredVectors
from pipeline.errors import ParameterError
from pipeline.learning.linear_model import LinearModel
from pipeline.learning.query_strategies import Pool, strategy_named
from pipeline.learning.related_images import related_images_of
from pipeline.learning.round_steps import fit, held_out
from pipeline.progress import Progress, ProgressCallback
from pipeline.rounds.score_versions import discard_round, write_round
from pipeline.rounds.scoring import score_margins, warm_up
from pipeline.synthetic.truth import Truth, read_truth

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bench_round", "check_counts"]

ANSWERS = 2_000
OF_POSITIVES = 500  # answers drawn among the images that show the attribute, as strategies do
BATCH = 96
UNUSED = 1_000_000_000  # a round number that is never reached
THREADS = 2
MOST_REPEATS = 1_000
STEPS = ("train", "score", "rank", "write")

_T = TypeVar("_T")


def check_counts(attributes: int, repeats: int) -> None:
    """Refuse counts that are out of range.

    Raises
    ------
    ParameterError
        If a count is out of range.
    """
    if attributes < 1:
        raise ParameterError(f"attributes={attributes} is out of range; at least 1 is needed.")
    if not 1 <= repeats <= MOST_REPEATS:
        raise ParameterError(f"repeats={repeats} is out of range; allowed are 1 to {MOST_REPEATS:,}.")


def bench_round(
    path: Path, *, attribute_count: int, repeats: int, seed: int, progress: ProgressCallback
) -> dict[str, object]:
    """Measure rounds.

    Parameters
    ----------
    path
        A synthetic collection. It is unchanged afterwards.
    attribute_count
        Attributes of a round, all scored in one pass.
    repeats
        Rounds measured after the first.
    seed
        Seed of the answers.
    progress
        Called after every round.

    Returns
    -------
    dict
        ``points``, ``width``, ``attributes``, ``answers`` (median of an attribute), ``repeats``, ``processor``,
        ``first_s`` (the round before those measured: libraries are loaded and files read for the first time),
        ``train_s``, ``score_s``, ``rank_s``, ``write_s`` (medians; all attributes together), ``round_s`` (each round),
        ``p50_s`` and ``p95_s``.

    Raises
    ------
    ParameterError
        If a count is out of range, or fewer attributes have a truth than requested.
    CollectionError
        If the collection is not synthetic, or cannot be read or written.
    """
    check_counts(attribute_count, repeats)
    collection = Collection(path)
    truth = read_truth(path)
    # In a small collection no image may show a rare attribute.
    present = [place for place, answers in enumerate(truth.answers) if answers.any()]
    if len(present) < attribute_count:
        raise ParameterError(
            f"attributes={attribute_count} exceeds the {len(present)} attributes that an image of {path} shows. "
            "Use fewer, or build a larger synthetic collection."
        )
    bench = _Bench(collection, truth, present[:attribute_count], seed)
    warm_up()
    taken: list[dict[str, float]] = []
    with bench.discarding():
        for number in range(repeats + 1):
            taken.append(bench.round(number))
            progress(Progress("Running rounds", number + 1, repeats + 1, "rounds"))
    rounds = [sum(steps.values()) for steps in taken]
    p50, p95 = np.percentile(rounds[1:], [50, 95]).tolist()
    return {
        "bench": "round",
        "points": len(collection),
        "width": collection.manifest.dimensions,
        "attributes": attribute_count,
        "answers": int(median(len(rows) for rows in bench.rows)),
        "repeats": repeats,
        "processor": processor_name(),
        "first_s": round(rounds[0], 3),
        **{f"{step}_s": round(median(steps[step] for steps in taken[1:]), 3) for step in STEPS},
        "round_s": [round(seconds, 3) for seconds in rounds[1:]],
        "p50_s": round(p50, 3),
        "p95_s": round(p95, 3),
    }


class _Bench:
    """A collection with answers and its rounds; the time of a label store is not measured."""

    def __init__(self, collection: Collection, truth: Truth, attributes: list[int], seed: int) -> None:
        self._collection = collection
        self._names = [truth.names[place] for place in attributes]
        self._groups = collection.duplicates()
        generator = np.random.default_rng(seed)
        self.rows = [_drawn(truth.answers[place], generator) for place in attributes]
        self._answers = [truth.answers[place][rows] for place, rows in zip(attributes, self.rows, strict=True)]
        self._number = UNUSED

    def round(self, seed: int) -> dict[str, float]:
        """Run one round; return the seconds of each step."""
        vectors = StoredVectors(self._collection)
        everyone = range(len(self._names))
        clock = [time.perf_counter()]

        models = _side_by_side(lambda place: self._train(vectors, place, seed), everyone)
        clock.append(time.perf_counter())
        margins = score_margins(self._collection, models)
        scores = _side_by_side(lambda place: models[place].probability(margins[place]), everyone)
        clock.append(time.perf_counter())
        _side_by_side(lambda place: self._rank(vectors, place, margins[place], seed), everyone)
        clock.append(time.perf_counter())
        _side_by_side(lambda place: self._write(place, scores[place], models[place]), everyone)
        clock.append(time.perf_counter())
        self._discard()  # each round has its own number and overwrites no other
        return dict(zip(STEPS, np.diff(clock).tolist(), strict=True))

    @contextmanager
    def discarding(self) -> Iterator[None]:
        """Remove the files written during a block, and no others."""
        path = self._collection.path
        places = [path / "models", path / "scores", *(path / "scores" / name for name in self._names)]
        made = [place for place in places if not place.exists()]
        while any(self._is_there(name) for name in self._names):
            self._number += 1
        try:
            yield
        finally:
            self._discard()
            for place in reversed(made):
                if place.is_dir() and not any(place.iterdir()):
                    place.rmdir()

    def _discard(self) -> None:
        for name in self._names:
            discard_round(self._collection, name, self._number)

    def _is_there(self, name: str) -> bool:
        path = self._collection.path
        return any(path.glob(f"*/{name}/*round-{self._number}*")) or any(path.glob(f"models/*round-{self._number}*"))

    def _train(self, vectors: StoredVectors, place: int, seed: int) -> LinearModel:
        rows, yes, barred = self.rows[place], self._answers[place], np.zeros(len(self._collection), np.bool_)
        related_groups = related_images_of(np.full(len(rows), -1, np.int64), self._groups[rows])
        held_out(vectors.of, rows, yes, related_groups, barred, seed)
        return fit(vectors.of, rows, yes, barred, seed)

    def _rank(self, vectors: StoredVectors, place: int, margins: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
        rows = self.rows[place]
        allowed = np.ones(len(margins), np.bool_)
        allowed[rows] = False
        pool = Pool(margins, allowed, self._groups, vectors.of, rows, self._answers[place], margins[rows])
        return strategy_named("default")(pool, BATCH, seed).rows

    def _write(self, place: int, scores: NDArray[np.float32], model: LinearModel) -> None:
        write_round(self._collection, self._names[place], self._number, scores, model)


def _drawn(answers: NDArray[np.bool_], generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw the answered images: int64, in the order of the answers."""
    positives = np.flatnonzero(answers)
    shown = generator.choice(positives, min(OF_POSITIVES, len(positives)), replace=False)
    others = generator.integers(0, len(answers), ANSWERS - len(shown))
    rows = np.unique(np.concatenate([shown, others])).astype(np.int64)
    return generator.permutation(rows)


def _side_by_side(work: Callable[[int], _T], places: range) -> list[_T]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(work, places))
