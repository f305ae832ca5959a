"""Simulated rounds: hidden images are never asked, strategies are comparable, and figures can be computed again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from pipeline.errors import ParameterError
from pipeline.learning.linear_model import LinearModel
from pipeline.learning.query_strategies import STRATEGIES, Choice, Pool
from pipeline.learning.related_images import related_images_of
from pipeline.learning.round_steps import choose, fit
from pipeline.learning.round_threshold import PlacedThreshold, place_threshold
from pipeline.simulation import loop as simulation
from pipeline.simulation.annotators import Votes, erring, replayed
from pipeline.simulation.holdout import hidden_part
from pipeline.simulation.loop import RoundFigures, SimulationData, SimulationOptions, simulate
from pipeline.simulation.summary import answers_to_reach, compare, summarize
from pipeline.statistics.validation_estimates import ValidationEstimates
from pipeline.statistics.validation_sampling import ValidationDraw
from tests.helpers.sizes import sizes

SHORT = SimulationOptions(rounds=3, batch=10, seeds=2)


def clouds(n: int = 400, share: float = 0.3, seed: int = 0) -> tuple[SimulationData, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = (generator.random(n) < share).astype(np.int8)
    vectors = generator.standard_normal((n, 10)).astype(np.float32)
    vectors[:, 0] += np.where(truth == 1, 2, -1)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    projects = generator.integers(-1, n // 2, n)
    groups = np.where(np.arange(n) % 10 == 1, np.arange(n) - 1, np.arange(n))
    truth[::17] = -1
    return SimulationData(vectors, groups, related_images_of(projects, groups)), truth


def without_time(figures: list[RoundFigures]) -> list[RoundFigures]:
    return [replace(one, seconds=0.0) for one in figures]


@given(st.integers(1, 60), st.integers(0, 50))
def test_a_family_holds_whole_projects_and_whole_groups(n: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    projects, groups = generator.integers(-1, n, n), generator.integers(0, n, n)
    related_groups = related_images_of(projects, groups)
    for one in range(n):
        for two in range(n):
            if groups[one] == groups[two] or (projects[one] == projects[two] >= 0):
                assert related_groups[one] == related_groups[two]
    alone = related_images_of(np.full(n, -1), np.arange(n))
    assert np.array_equal(alone, np.arange(n)), "images without a project are not one family"


@given(st.integers(50, 400), st.integers(0, 50))
def test_two_fifths_of_what_is_known_are_hidden_by_whole_families(n: int, seed: int) -> None:
    data, truth = clouds(n, seed=seed)
    hidden = hidden_part(truth, data.related_groups)
    assert not hidden[truth < 0].any()
    known = truth >= 0
    largest = np.unique(data.related_groups[known], return_counts=True)[1].max()
    assert 0.4 * known.sum() - largest <= hidden.sum() <= 0.4 * known.sum()
    assert not np.isin(data.related_groups[known & ~hidden], data.related_groups[hidden]).any()


def test_no_strategy_sees_what_is_hidden_and_validation_families_never_train(monkeypatch: pytest.MonkeyPatch) -> None:
    data, truth = clouds()
    hidden = hidden_part(truth, data.related_groups)
    asked: list[int] = []

    def watch(pool: Pool, count: int, seed: int) -> Choice:
        choice = STRATEGIES["uncertainty"](pool, count, seed)
        assert not pool.allowed[hidden | (truth < 0)].any()
        assert not np.isin(data.groups[choice.rows], data.groups[pool.answered_rows]).any()
        asked.extend(choice.rows.tolist())
        return choice

    monkeypatch.setattr(simulation, "strategy_named", lambda name: watch)
    drawn: list[int] = []
    trained: list[list[int]] = []

    def chosen(*given: Any) -> tuple[ValidationDraw, Choice]:
        validation, choice = choose(*given)
        drawn.extend(validation.rows.tolist())
        return validation, choice

    def fitted(vectors: Any, rows: np.ndarray, *rest: Any) -> LinearModel:
        trained.append(rows.tolist())
        assert not np.isin(data.related_groups[rows], data.related_groups[drawn]).any()
        return fit(vectors, rows, *rest)

    monkeypatch.setattr(simulation, "choose", chosen)
    monkeypatch.setattr(simulation, "fit", fitted)
    list(simulate(data, {"a": truth}, ["uncertainty"], replace(SHORT, rounds=8, seeds=1)))
    assert len(asked) == 8 * 8
    assert len(drawn) == 8 * 2
    assert len(set(asked + drawn)) == 8 * 10
    assert not hidden[drawn].any()
    assert len(trained) == 1 + 8
    assert len(trained[-1]) > 8 * 6


def test_the_threshold_is_placed_by_weighted_validation_as_in_a_real_round(monkeypatch: pytest.MonkeyPatch) -> None:
    data, truth = clouds(2_000)
    seen: list[tuple[float, np.ndarray]] = []

    def place(estimates: ValidationEstimates, *others: Any) -> PlacedThreshold:
        placed = place_threshold(estimates, *others)
        seen.append((placed.threshold, estimates.weights))
        return placed

    monkeypatch.setattr(simulation, "place_threshold", place)
    figures = list(simulate(data, {"a": truth}, ["default"], replace(SHORT, rounds=4, batch=80, seeds=4)))
    assert [one.threshold for one in figures] == [threshold for threshold, _ in seen]
    assert [len(weights) for _, weights in seen] == 4 * [20, 40, 60, 80], "a quarter of a batch, as in a real round"
    last = [weights for _, weights in seen[3::4]]
    assert all(weights.max() > 3 * weights.min() for weights in last), "the top of the ranking is looked at closely"
    trained = 4 * (80 - 20)
    open_images = (truth >= 0).sum() - hidden_part(truth, data.related_groups).sum() - trained
    total = np.mean([weights.sum() for weights in last])
    assert total == pytest.approx(open_images, rel=0.1), "all of them stand for all that validation may still ask"


def test_a_run_repeats_and_does_not_depend_on_what_runs_beside_it() -> None:
    data, truth = clouds()
    alone = list(simulate(data, {"a": truth}, ["default"], SHORT))
    beside = list(simulate(data, {"b": truth, "a": truth}, ["random", "default"], SHORT))
    assert without_time(alone) == without_time(
        [one for one in beside if (one.attribute, one.strategy) == ("a", "default")]
    )


def test_there_is_one_object_a_round_and_every_answer_is_counted() -> None:
    data, truth = clouds()
    figures = list(simulate(data, {"a": truth}, ["default", "random"], SHORT))
    assert [(one.strategy, one.seed, one.round) for one in figures[:4]] == [
        ("default", 0, 1),
        ("default", 0, 2),
        ("default", 0, 3),
        ("random", 0, 1),
    ]
    assert [one.labels for one in figures[:3]] == [15, 25, 35], "five examples, then ten a round"
    crowd = list(simulate(data, {"a": truth}, ["default"], replace(SHORT, annotators=3)))
    assert [one.labels for one in crowd[:3]] == [35, 65, 95], "each annotator's answer counts"


def test_figures_can_be_computed_again_from_the_scores() -> None:
    data, truth = clouds()
    told: list[tuple[RoundFigures, np.ndarray, np.ndarray, np.ndarray]] = []
    figures = list(simulate(data, {"a": truth}, ["default"], SHORT, scores=lambda *all_of: told.append(all_of)))
    assert [one for one, *_ in told] == figures
    for one, rows, scores, yes in told:
        assert np.array_equal(rows, np.flatnonzero(hidden_part(truth, data.related_groups)))
        assert np.array_equal(yes, truth[rows] == 1)
        assert one.average_precision == pytest.approx(average_precision_score(yes, scores))
        passed = scores >= one.threshold
        assert one.recall == pytest.approx((passed & yes).sum() / yes.sum())
        assert one.precision == pytest.approx((passed & yes).sum() / max(1, passed.sum()))
        cuts = [scores >= cut for cut in scores]
        best = max(((cut & yes).sum() / yes.sum() for cut in cuts if (cut & yes).sum() >= 0.9 * cut.sum()), default=0)
        assert one.recall_at_p90 == pytest.approx(best)


def test_noise_harms_and_a_majority_mends() -> None:
    data, truth = clouds(800)
    options = SimulationOptions(rounds=4, batch=20, seeds=3)

    def quality(noise: float, annotators: int) -> float:
        changed = replace(options, noise=noise, annotators=annotators)
        return float(np.mean([one.average_precision for one in simulate(data, {"a": truth}, ["random"], changed)]))

    assert quality(0.0, 1) > quality(0.4, 1) + 0.02
    assert quality(0.2, 9) > quality(0.4, 1)


def test_answers_that_nobody_settles_leave_the_examples() -> None:
    data, truth = clouds()
    figures = list(simulate(data, {"a": truth}, ["random"], replace(SHORT, noise=0.5, annotators=2)))
    assert figures[-1].labels == 5 + 3 * 20


def test_a_run_ends_where_nothing_is_left_to_ask() -> None:
    data, truth = clouds(60)
    figures = list(simulate(data, {"a": truth}, ["default"], SimulationOptions(rounds=50, batch=20, seeds=1)))
    assert 1 <= len(figures) < 10


def test_progress_is_told_and_may_cancel() -> None:
    data, truth = clouds()
    told = []
    list(simulate(data, {"a": truth}, ["default"], SHORT, progress=told.append))
    assert [(one.done, one.total) for one in told] == [(number, 6) for number in range(1, 7)]

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(simulate(data, {"a": truth}, ["default"], SHORT, progress=stop))


@pytest.mark.parametrize("value", [-1, 0, 1], ids=["all unknown", "no positive", "one class"])
def test_an_attribute_of_which_too_little_is_known_is_said(value: int) -> None:
    data, truth = clouds()
    with pytest.raises(ParameterError, match=r"a cannot be simulated.*Add known images of both kinds"):
        list(simulate(data, {"a": np.full_like(truth, value)}, ["default"], SHORT))


def test_vectors_that_are_not_finite_are_said() -> None:
    data, truth = clouds()
    data.vectors[:] = np.nan
    with pytest.raises(ParameterError, match="not finite"):
        list(simulate(data, {"a": truth}, ["default"], SHORT))


@pytest.mark.parametrize(
    "changed",
    [{"rounds": 0}, {"batch": 1}, {"seeds": 0}, {"noise": 0.6}, {"noise": float("nan")}, {"annotators": 0}],
    ids=str,
)
def test_options_outside_what_is_allowed_are_said(changed: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="allowed are"):
        replace(SHORT, **changed)


@given(st.integers(1, 5), st.integers(0, 100))
def test_replayed_votes_are_those_that_were_given_and_a_tie_settles_nothing(people: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    votes = Votes(generator.integers(0, 4, 30), generator.integers(0, 4, 30))
    rows = np.arange(30)
    said = replayed(votes, people, generator)(rows)
    given_votes = np.minimum(people, votes.yes + votes.no)
    assert said.answers == given_votes.sum()
    assert not said.settled[given_votes == 0].any(), "of what nobody saw nothing is known"
    assert said.yes[(votes.no == 0) & (votes.yes > 0)].all()
    assert not said.yes[votes.yes == 0].any()
    whole = replayed(votes, 100, generator)(rows)
    assert np.array_equal(whole.settled, votes.yes != votes.no)
    assert np.array_equal(whole.yes, votes.yes > votes.no)


def test_a_crowd_that_votes_the_truth_teaches_as_much_as_annotators_who_never_err() -> None:
    data, truth = clouds()
    votes = {"a": Votes(2 * (truth == 1), 2 * (truth == 0))}
    replay = list(simulate(data, {"a": truth}, ["default"], SHORT, votes=votes))
    assert without_time(replay) == without_time(list(simulate(data, {"a": truth}, ["default"], SHORT)))


def test_a_crowd_that_errs_is_believed() -> None:
    data, truth = clouds()
    wrong = {"a": Votes(1 * (truth == 0), 1 * (truth == 1))}
    quality = [one.average_precision for one in simulate(data, {"a": truth}, ["random"], SHORT, votes=wrong)]
    right = [one.average_precision for one in simulate(data, {"a": truth}, ["random"], SHORT)]
    assert max(quality) < min(right)


def test_annotators_err_at_the_rate_that_was_asked_for() -> None:
    truth = np.ones(10_000, np.int8)
    said = erring(truth, 1, 0.2, np.random.default_rng(0))(np.arange(10_000))
    assert said.yes.mean() == pytest.approx(0.8, abs=0.02)


def test_votes_of_another_collection_or_with_noise_are_said() -> None:
    data, truth = clouds()
    good = {"a": Votes(1 * (truth == 1), 1 * (truth == 0))}
    with pytest.raises(ParameterError, match="no votes on a"):
        list(simulate(data, {"a": truth}, ["default"], SHORT, votes={}))
    with pytest.raises(ParameterError, match="they err by themselves"):
        list(simulate(data, {"a": truth}, ["default"], replace(SHORT, noise=0.1), votes=good))
    with pytest.raises(ParameterError, match="Read them for this collection"):
        list(simulate(data, {"a": truth}, ["default"], SHORT, votes={"a": Votes(np.ones(3), np.ones(3))}))


class TestSummary:
    @staticmethod
    def run(strategy: str, seed: int, recalls: list[float]) -> list[RoundFigures]:
        return [
            RoundFigures("a", strategy, seed, k + 1, 10 * (k + 1), 0.5, recall, 0.5, 0.9, 0.5, 0.1, 0.5, 100, 20)
            for k, recall in enumerate(recalls)
        ]

    def test_answers_are_counted_to_four_fifths_and_never_counts_as_the_budget(self) -> None:
        figures = self.run("x", 0, [0.1, 0.4, 0.2]) + self.run("x", 1, [0.1, 0.39, 0.39]) + self.run("y", 0, [0.4])
        answers = answers_to_reach(figures)
        assert answers["a", "x"].tolist() == [20, 30]
        assert answers["a", "y"].tolist() == [10]
        first = summarize(figures)[0]
        assert (first.answers, first.reached, first.runs) == (25, 1, 2)
        assert first.low <= first.answers <= first.high

    @settings(max_examples=sizes(3, 10))
    @given(st.lists(st.floats(10, 300), min_size=2, max_size=12), st.floats(0.3, 3))
    def test_a_strategy_that_always_needs_a_multiple_is_that_multiple(
        self, answers: list[float], factor: float
    ) -> None:
        other = np.array(answers)
        found = compare({("a", "x"): factor * other, ("a", "y"): other}, "x", "y")[0]
        assert found.ratio == pytest.approx(factor)
        assert (found.low, found.high) == pytest.approx((factor, factor))

    def test_only_what_was_run_with_the_same_seeds_is_compared(self) -> None:
        with pytest.raises(ParameterError, match="same seeds"):
            compare({("a", "x"): np.ones(2), ("a", "y"): np.ones(3)}, "x", "y")
        assert compare({("a", "x"): np.ones(2)}, "x", "y") == []
