"""Simulate rounds with annotators who answer from a table of truth. Pure.

A fixed share of the truth is hidden: whole groups of related images (one project, or near-duplicates of each other)
that no strategy may ask about. Every figure is computed on it. The rest is the collection of a simulated loop with the
steps of the real one (`pipeline.learning.round_steps`). A part of each batch is drawn for validation by the same
design, with the same weights. It calibrates the scores and sets the threshold. It never trains, nor do its related
images. All strategies of one seed start from the same examples and use the same random numbers, so that they can be
compared in pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import UNKNOWN, YES
from pipeline.errors import ParameterError
from pipeline.learning.linear_model import LinearModel, margins
from pipeline.learning.query_strategies import Pool, Strategy, strategy_named
from pipeline.learning.round_steps import VALIDATION_SHARE, ValidationSample, calibrated, choose, fit, held_out
from pipeline.learning.round_threshold import place_threshold
from pipeline.learning.thresholds import threshold_for_precision
from pipeline.learning.training import train
from pipeline.progress import Progress, ProgressCallback
from pipeline.simulation.annotators import Annotators, Votes, check_votes, erring, replayed
from pipeline.simulation.holdout import hidden_to_judge_by
from pipeline.simulation.records import RoundFigures, SimulationData, SimulationOptions
from pipeline.statistics.validation_sampling import combined_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RoundFigures", "ScoresCallback", "SimulationData", "SimulationOptions", "simulate", "supervised_recall"]

EXAMPLES = 5
PRECISION = 0.9


ScoresCallback = Callable[[RoundFigures, "NDArray[np.int64]", "NDArray[np.float32]", "NDArray[np.bool_]"], None]
"""Called with the hidden rows int64 (h,) of each round, their scores float32 (h,) and truth bool (h,)."""


def simulate(
    data: SimulationData,
    truth: Mapping[str, NDArray[np.int8]],
    strategies: Sequence[str],
    options: SimulationOptions,
    *,
    progress: ProgressCallback | None = None,
    scores: ScoresCallback | None = None,
    votes: Mapping[str, Votes] | None = None,
) -> Iterator[RoundFigures]:
    """Simulate every attribute with every strategy and seed.

    Parameters
    ----------
    data
        The images.
    truth
        Attribute -> int8 (n,): 1 yes, 0 no, -1 unknown. Unknown images are not used.
    strategies
        Names of `pipeline.learning.query_strategies.STRATEGIES`.
    options
        Options of the simulation.
    progress
        Called after each round; may raise to cancel.
    scores
        Called with the hidden scores of each round.
    votes
        Attribute -> votes of a crowd on each image. If present, the votes answer the questions. Figures are still
        computed on the truth.

    Yields
    ------
    RoundFigures
        Figures of each round; fewer rounds than requested if no question is left.

    Raises
    ------
    ParameterError
        Before the first round: for an unknown strategy, an attribute with too few known images, votes of another
        collection, or votes together with noise.
    """
    if votes is not None:
        _check_votes(votes, truth, len(data.vectors), options)
    chosen = {name: strategy_named(name) for name in strategies}
    hidden = {name: hidden_to_judge_by(name, known, data.related_groups) for name, known in truth.items()}
    total = len(truth) * len(chosen) * options.seeds * options.rounds
    done = 0
    for attribute, known in truth.items():
        supervised = supervised_recall(data, known, hidden[attribute])
        for seed in range(options.seeds):
            for name, strategy in chosen.items():
                attribute_votes = None if votes is None else votes[attribute]
                run = _Run(data, known, hidden[attribute], strategy, options, seed, attribute_votes)
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
    """Return the hidden recall at precision 0.90 of a model trained on everything that is not hidden."""
    rows = np.flatnonzero((truth >= 0) & ~hidden)
    nothing = np.empty((0, data.vectors.shape[1]), np.float32)
    model = train(data.vectors[rows], truth[rows] == YES, nothing)
    rows = np.flatnonzero(hidden)
    return _recall_at_precision(margins([model], data.vectors[rows])[:, 0], truth[rows] == YES)


class _Run:
    """The simulated rounds of one attribute, one strategy and one seed."""

    def __init__(
        self,
        data: SimulationData,
        truth: NDArray[np.int8],
        hidden: NDArray[np.bool_],
        strategy: Strategy,
        options: SimulationOptions,
        seed: int,
        votes: Votes | None,
    ) -> None:
        self._data, self._truth, self._options, self._strategy, self._seed = data, truth, options, strategy, seed
        self._hidden = np.flatnonzero(hidden)
        self._known = np.flatnonzero(truth >= 0)
        self._vectors = data.vectors[self._known]
        self._annotators = _annotators(truth, votes, options, seed)
        self._open = (truth >= 0) & ~hidden  # not asked yet
        self._barred = ~self._open  # not used for training
        self._rows = _examples(truth, ~self._barred, data.related_groups, seed)
        self._answers = np.ones(len(self._rows), np.bool_)
        self._open[self._rows] = False
        self._labels = len(self._rows)
        self._validation = ValidationSample(np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0))
        self._drawn: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        self._answered = np.full(len(truth), UNKNOWN, np.int8)
        self._model, self._margins = self._train(0)

    def round(
        self, attribute: str, strategy: str, number: int, supervised: float, scores: ScoresCallback | None
    ) -> RoundFigures | None:
        """Ask a batch, answer it and train; return None if no question is left."""
        started = time.perf_counter()
        wanted = max(1, round(self._options.batch * VALIDATION_SHARE))
        training = self._options.batch - wanted
        seed = _mixed(self._seed, number)
        drawn, choice = choose(
            self._pool(), self._open, self._rows, self._related, self._strategy, wanted, training, seed
        )
        if not len(drawn.rows) + len(choice.rows):
            return None
        self._learn(choice.rows)
        self._validate(drawn.rows, drawn.probabilities)
        self._model, self._margins = self._train(number)
        related_groups = self._data.related_groups[self._rows]
        known = held_out(
            lambda rows: self._data.vectors[rows], self._rows, self._answers, related_groups, self._barred, seed
        )
        self._model, _ = calibrated(self._model, self._margins, self._validation, known)
        probabilities = self._model.probability(self._margins)
        judged = None if known is None else known.judged(self._model)
        estimates = self._validation.estimates(probabilities)
        threshold = place_threshold(estimates, judged, probabilities, None, PRECISION).threshold
        seconds = time.perf_counter() - started
        return self._figures((attribute, strategy, number), probabilities, threshold, supervised, seconds, scores)

    def _pool(self) -> Pool:
        groups = self._data.groups
        asked = ~self._open & (self._truth >= 0)
        asked[self._hidden] = False
        return Pool(
            margins=self._margins,
            allowed=self._open & ~self._barred & ~np.isin(groups, groups[asked]),
            groups=groups,
            vectors=lambda rows: self._data.vectors[rows],
            answered_rows=self._rows,
            answers=self._answers,
            answered_margins=self._margins[self._rows],
        )

    def _train(self, number: int) -> tuple[LinearModel, NDArray[np.float32]]:
        """Train on the answers so far and return the margins of all images; NaN for unknown ones."""
        if number and not self._answers.any():  # validation has taken every yes: the last model stays
            return self._model, self._margins
        seed = _mixed(self._seed, number)
        model = fit(lambda rows: self._data.vectors[rows], self._rows, self._answers, self._barred, seed)
        values = np.full(len(self._truth), np.nan, np.float32)
        values[self._known] = margins([model], self._vectors)[:, 0]
        return model, values

    def _learn(self, rows: NDArray[np.int64]) -> None:
        """Collect training answers about some images."""
        rows, answers = self._ask(rows)
        self._rows, self._answers = np.append(self._rows, rows), np.append(self._answers, answers)

    def _validate(self, rows: NDArray[np.int64], probabilities: NDArray[np.float64]) -> None:
        """Collect validation answers about some images, and remove their related images from training."""
        settled, answers = self._ask(rows)
        self._answered[settled] = answers
        self._drawn.append((rows, probabilities))
        self._barred[self._related(rows)] = True
        trains = ~self._barred[self._rows]
        self._rows, self._answers = self._rows[trains], self._answers[trains]
        everything = np.concatenate([drawn for drawn, _ in self._drawn])
        numbers = np.repeat(np.arange(len(self._drawn)), [len(drawn) for drawn, _ in self._drawn])
        weights = combined_weights(numbers, np.concatenate([chances for _, chances in self._drawn]))
        known = self._answered[everything] != UNKNOWN
        self._validation = ValidationSample(everything[known], self._answered[everything[known]] == YES, weights[known])

    def _related(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.flatnonzero(np.isin(self._data.related_groups, self._data.related_groups[rows]))

    def _ask(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Ask the annotators; return the settled rows and answers."""
        self._open[rows] = False
        answered = self._annotators(rows)
        self._labels += answered.answers
        return rows[answered.settled], answered.yes[answered.settled]

    def _figures(
        self,
        whose: tuple[str, str, int],
        probabilities: NDArray[np.float32],
        threshold: float,
        supervised: float,
        seconds: float,
        scores: ScoresCallback | None,
    ) -> RoundFigures:
        from sklearn.metrics import average_precision_score

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


def _annotators(truth: NDArray[np.int8], votes: Votes | None, options: SimulationOptions, seed: int) -> Annotators:
    generator = np.random.default_rng([seed, 2])
    if votes is None:
        return erring(truth, options.annotators, options.noise, generator)
    return replayed(votes, options.annotators, generator)


def _check_votes(
    votes: Mapping[str, Votes], truth: Mapping[str, NDArray[np.int8]], images: int, options: SimulationOptions
) -> None:
    missing = [name for name in truth if name not in votes]
    if missing or options.noise:
        reason = f"there are no votes on {', '.join(missing)}" if missing else f"noise={options.noise} is not 0"
        raise ParameterError(
            f"Votes cannot be replayed: {reason}. They need every attribute and no noise; they err by themselves."
        )
    for name in truth:
        check_votes(votes[name], images)


def _examples(
    truth: NDArray[np.int8], allowed: NDArray[np.bool_], related_groups: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Pick the first positive examples of every strategy of a seed, unrelated to each other."""
    examples = np.random.default_rng([seed, 1]).permutation(np.flatnonzero(allowed & (truth == YES)))
    _, first = np.unique(related_groups[examples], return_index=True)
    return examples[np.sort(first)][:EXAMPLES]


def _recall_at_precision(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    best = threshold_for_precision(scores, truth, precision=PRECISION)
    return best.recall if best.precision >= PRECISION else 0.0


def _mixed(seed: int, number: int) -> int:
    """Combine two seeds into one, so that no two rounds draw the same."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
