"""The loop of rounds driven by simulated annotators who answer from a table of truth. Pure.

A fixed share of the truth is hidden: whole families of images (one project, or near-duplicates of each other) that no
strategy may ask about. Every figure is computed on it. All strategies of one seed start from the same examples and
look for validation images in the same order, so that they can be compared in pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.linear_model import LinearModel, margins
from pipeline.query_strategies import Pool, Strategy, strategy_named
from pipeline.schema import Progress, ProgressCallback
from pipeline.simulation_parts import RoundFigures, SimulationData, SimulationOptions
from pipeline.simulation_split import hidden_to_judge_by
from pipeline.thresholds import threshold_for_precision
from pipeline.training import draw_weak_negatives, train

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RoundFigures", "ScoresCallback", "SimulationData", "SimulationOptions", "simulate", "supervised_recall"]

EXAMPLES = 5
PRECISION = 0.9
VALIDATION_SHARE = 0.2

YES = 1


ScoresCallback = Callable[[RoundFigures, "NDArray[np.int64]", "NDArray[np.float32]", "NDArray[np.bool_]"], None]
"""Told of each round's hidden rows int64 (h,), their scores float32 (h,) and truth bool (h,)."""


def simulate(
    data: SimulationData,
    truth: Mapping[str, NDArray[np.int8]],
    strategies: Sequence[str],
    options: SimulationOptions,
    *,
    progress: ProgressCallback | None = None,
    scores: ScoresCallback | None = None,
) -> Iterator[RoundFigures]:
    """Simulate every attribute with every strategy and seed.

    Parameters
    ----------
    data
        The images.
    truth
        Attribute -> int8 (n,): 1 yes, 0 no, -1 unknown; unknown images take no part.
    strategies
        Names of `pipeline.query_strategies.STRATEGIES`.
    options
        How.
    progress
        Told after each round; may raise to cancel.
    scores
        Told of each round's hidden scores.

    Yields
    ------
    RoundFigures
        Round by round; fewer than asked for where nothing is left to ask.

    Raises
    ------
    ParameterError
        Before the first round: for an unknown strategy, or an attribute of which too little is known.
    """
    chosen = {name: strategy_named(name) for name in strategies}
    hidden = {name: hidden_to_judge_by(name, known, data.families) for name, known in truth.items()}
    total = len(truth) * len(chosen) * options.seeds * options.rounds
    done = 0
    for attribute, known in truth.items():
        supervised = supervised_recall(data, known, hidden[attribute])
        for seed in range(options.seeds):
            for name, strategy in chosen.items():
                run = _Run(data, known, hidden[attribute], strategy, options, seed)
                for number in range(1, options.rounds + 1):
                    figures = run.round(attribute, name, number, supervised, scores)
                    if figures is None:
                        break
                    if progress is not None:
                        note = f"{attribute}, {name}, seed {seed}"
                        progress(Progress("Simulating rounds", done + number, total, "rounds", note))
                    yield figures
                done += options.rounds


def supervised_recall(data: SimulationData, truth: NDArray[np.int8], hidden: NDArray[np.bool_]) -> float:
    """Give the hidden recall at precision 0.90 of a model that was trained on all that is not hidden."""
    rows = np.flatnonzero((truth >= 0) & ~hidden)
    nothing = np.empty((0, data.vectors.shape[1]), np.float32)
    model = train(data.vectors[rows], truth[rows] == YES, nothing)
    rows = np.flatnonzero(hidden)
    return _recall_at_precision(margins([model], data.vectors[rows])[:, 0], truth[rows] == YES)


class _Run:
    """One attribute, one strategy, one seed."""

    def __init__(
        self,
        data: SimulationData,
        truth: NDArray[np.int8],
        hidden: NDArray[np.bool_],
        strategy: Strategy,
        options: SimulationOptions,
        seed: int,
    ) -> None:
        self._data, self._truth, self._options, self._strategy, self._seed = data, truth, options, strategy, seed
        self._hidden = np.flatnonzero(hidden)
        # Families of validation images never train, and those of training images never validate.
        self._may_train = (truth >= 0) & ~hidden
        self._may_validate = self._may_train.copy()
        generator = np.random.default_rng([seed, 1])
        self._order = generator.random(len(truth))  # in which validation images are looked for, whatever the strategy
        examples = generator.permutation(np.flatnonzero(self._may_train & (truth == YES)))
        _, first = np.unique(data.families[examples], return_index=True)
        self._rows = examples[np.sort(first)][:EXAMPLES]
        self._answers = np.ones(len(self._rows), np.bool_)
        self._validation = np.empty(0, np.int64)
        self._validation_answers = np.empty(0, np.bool_)
        self._labels = len(self._rows)
        self._close(self._rows, self._may_validate)
        self._noise = np.random.default_rng([seed, 2])
        self._known = np.flatnonzero(truth >= 0)
        self._vectors = data.vectors[self._known]
        self._model, self._margins = self._train(0)

    def round(
        self, attribute: str, strategy: str, number: int, supervised: float, scores: ScoresCallback | None
    ) -> RoundFigures | None:
        """Ask a batch, answer it, train; None where nothing is left to ask."""
        started = time.perf_counter()
        batch = self._options.batch
        validation = self._draw_validation(max(1, round(batch * VALIDATION_SHARE)))
        training = self._strategy(self._pool(), batch - len(validation), _mixed(self._seed, number)).rows
        if not len(training) + len(validation):
            return None
        rows, answers = self._ask(training)
        self._close(training, self._may_validate)
        self._rows, self._answers = np.append(self._rows, rows), np.append(self._answers, answers)
        rows, answers = self._ask(validation)
        self._validation = np.append(self._validation, rows)
        self._validation_answers = np.append(self._validation_answers, answers)
        self._model, self._margins = self._train(number)
        seconds = time.perf_counter() - started
        return self._figures((attribute, strategy, number), supervised, seconds, scores)

    def _pool(self) -> Pool:
        return Pool(
            margins=self._margins,
            allowed=self._may_train,
            groups=self._data.groups,
            vectors=lambda rows: self._data.vectors[rows],
            answered_rows=self._rows,
            answers=self._answers,
            answered_margins=self._margins[self._rows],
        )

    def _train(self, number: int) -> tuple[LinearModel, NDArray[np.float32]]:
        """Train on the answers so far and give the margins of all images; NaN for those that take no part."""
        weak = draw_weak_negatives(self._may_train, seed=_mixed(self._seed, number))
        model = train(self._data.vectors[self._rows], self._answers, self._data.vectors[weak])
        values = np.full(len(self._truth), np.nan, np.float32)
        values[self._known] = margins([model], self._vectors)[:, 0]
        return model, values

    def _draw_validation(self, count: int) -> NDArray[np.int64]:
        """Draw validation images uniformly, and close their families to training."""
        free = np.flatnonzero(self._may_validate)
        rows = free[np.argsort(self._order[free], kind="stable")]
        _, first = np.unique(self._data.families[rows], return_index=True)
        rows = rows[np.sort(first)][:count]
        self._close(rows, self._may_train, self._may_validate)
        return rows

    def _close(self, rows: NDArray[np.int64], *masks: NDArray[np.bool_]) -> None:
        """Take the families of rows out of what may be asked, and the near-duplicates of what is asked to train."""
        for mask in masks:
            mask[np.isin(self._data.families, self._data.families[rows])] = False
        self._may_train[np.isin(self._data.groups, self._data.groups[rows])] = False

    def _ask(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Let annotators answer; give what they settled."""
        people = self._options.annotators
        flipped = self._noise.random((len(rows), people)) < self._options.noise
        votes = (np.where(flipped, 1 - self._truth[rows, None], self._truth[rows, None]) == YES).sum(axis=1)
        self._labels += len(rows) * people
        settled = 2 * votes != people
        return rows[settled], 2 * votes[settled] > people

    def _figures(
        self,
        whose: tuple[str, str, int],
        supervised: float,
        seconds: float,
        scores: ScoresCallback | None,
    ) -> RoundFigures:
        from sklearn.metrics import average_precision_score

        probabilities = self._model.probability(self._margins)
        threshold = _threshold(probabilities[self._validation], self._validation_answers)
        hidden, truth = probabilities[self._hidden], self._truth[self._hidden] == YES
        passed = hidden >= threshold
        found = int((passed & truth).sum())
        figures = RoundFigures(
            attribute=whose[0],
            strategy=whose[1],
            seed=self._seed,
            round=whose[2],
            labels=self._labels,
            average_precision=float(average_precision_score(truth, hidden)),
            recall_at_p90=_recall_at_precision(hidden, truth),
            threshold=threshold,
            precision=found / int(passed.sum()) if passed.any() else 0.0,
            recall=found / int(truth.sum()),
            seconds=seconds,
            supervised=supervised,
            hidden=len(truth),
            hidden_yes=int(truth.sum()),
        )
        if scores is not None:
            scores(figures, self._hidden, hidden, truth)
        return figures


def _threshold(scores: NDArray[np.float32], answers: NDArray[np.bool_]) -> float:
    """Choose a threshold on the validation answers: the one place to change when they are drawn by other chances."""
    return threshold_for_precision(scores, answers, precision=PRECISION).threshold


def _recall_at_precision(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    best = threshold_for_precision(scores, truth, precision=PRECISION)
    return best.recall if best.precision >= PRECISION else 0.0


def _mixed(seed: int, number: int) -> int:
    """Make one seed of two, so that no two rounds draw alike."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
