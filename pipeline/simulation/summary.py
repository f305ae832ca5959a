"""Summarise simulated rounds: answers until a model is good enough, and comparison of strategies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.simulation.loop import RoundFigures

__all__ = ["Comparison", "Summary", "answers_to_reach", "compare", "summarize"]

SHARE = 0.8
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Summary:
    """The results of an attribute and strategy over all seeds.

    Parameters
    ----------
    attribute, strategy
        The attribute and strategy of the results.
    answers, low, high
        Mean number of answers until the goal, and its 95 % bootstrap interval over seeds. A run that never reaches the
        goal counts as all its answers.
    reached, runs
        Number of runs that reached the goal, and of all runs.
    average_precision, recall_at_p90
        Means over the last rounds of the runs.
    supervised
        Recall at precision 0.90 of a model trained on everything that is not hidden.
    """

    attribute: str
    strategy: str
    answers: float
    low: float
    high: float
    reached: int
    runs: int
    average_precision: float
    recall_at_p90: float
    supervised: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ratio of the mean answers of two strategies, paired by seed, with a 95 % bootstrap interval."""

    attribute: str
    strategy: str
    other: str
    ratio: float
    low: float
    high: float


def answers_to_reach(figures: Iterable[RoundFigures]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Count the answers until recall at precision 0.90 is four fifths of the recall with full supervision.

    Parameters
    ----------
    figures
        From `pipeline.simulation.loop.simulate`.

    Returns
    -------
    dict
        (attribute, strategy) -> float64 (seeds,), by ascending seed. A run that never reaches the goal counts as the
        answers of the longest run of its attribute.
    """
    runs: dict[tuple[str, str, int], list[RoundFigures]] = {}
    budget: dict[str, int] = {}
    for one in figures:
        runs.setdefault((one.attribute, one.strategy, one.seed), []).append(one)
        budget[one.attribute] = max(budget.get(one.attribute, 0), one.labels)
    found: dict[tuple[str, str], list[float]] = {}
    for attribute, strategy, seed in sorted(runs):
        run = runs[attribute, strategy, seed]
        reached = [one.labels for one in run if _reached(one)]
        found.setdefault((attribute, strategy), []).append(min(reached, default=budget[attribute]))
    return {key: np.array(values, np.float64) for key, values in found.items()}


def summarize(figures: Sequence[RoundFigures]) -> list[Summary]:
    """Summarise each attribute and strategy, in the order of their first appearance."""
    answers = answers_to_reach(figures)
    summaries = []
    for attribute, strategy in dict.fromkeys((one.attribute, one.strategy) for one in figures):
        runs: dict[int, list[RoundFigures]] = {}
        for one in figures:
            if (one.attribute, one.strategy) == (attribute, strategy):
                runs.setdefault(one.seed, []).append(one)
        last = [run[-1] for run in runs.values()]
        values = answers[attribute, strategy]
        means = values[_resamples(len(values))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        summaries.append(
            Summary(
                attribute,
                strategy,
                float(values.mean()),
                float(low),
                float(high),
                sum(any(map(_reached, run)) for run in runs.values()),
                len(runs),
                float(np.mean([one.average_precision for one in last])),
                float(np.mean([one.recall_at_p90 for one in last])),
                last[0].supervised,
            )
        )
    return summaries


def compare(answers: dict[tuple[str, str], NDArray[np.float64]], strategy: str, other: str) -> list[Comparison]:
    """Compare two strategies on every attribute that was simulated with both.

    Parameters
    ----------
    answers
        From `answers_to_reach`.
    strategy, other
        Names of the strategies.

    Raises
    ------
    ParameterError
        If they were simulated with different seeds.
    """
    found = []
    for attribute in dict.fromkeys(attribute for attribute, _ in answers):
        if (attribute, strategy) not in answers or (attribute, other) not in answers:
            continue
        ours, theirs = answers[attribute, strategy], answers[attribute, other]
        if len(ours) != len(theirs):
            raise ParameterError(
                f"{attribute} was simulated with {len(ours)} seeds by {strategy} and {len(theirs)} by {other}. "
                "Simulate both with the same seeds."
            )
        drawn = _resamples(len(ours))
        ratios = ours[drawn].mean(axis=1) / theirs[drawn].mean(axis=1)
        low, high = np.quantile(ratios, [0.025, 0.975])
        found.append(
            Comparison(attribute, strategy, other, float(ours.mean() / theirs.mean()), float(low), float(high))
        )
    return found


def _reached(one: RoundFigures) -> bool:
    return one.recall_at_p90 >= SHARE * one.supervised - 1e-12


def _resamples(count: int) -> NDArray[np.int64]:
    """Draw positions with replacement, the same for every strategy, so that seeds stay paired."""
    return np.random.default_rng(0).integers(0, count, (RESAMPLES, count))
