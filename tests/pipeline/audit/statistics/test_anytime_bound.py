"""A bound that may be watched after every answer."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audit.statistics.anytime_bound import (
    LARGEST_EVIDENCE,
    AnytimeBound,
    anytime_lower_bound,
    certifies,
    evidence,
    leading,
)
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import most_below

ANSWERS = st.lists(st.booleans(), max_size=120)


def draw(size: int, yes: int, seed: int, count: int | None = None) -> NDArray[np.int8]:
    """The first images of a set, in random order."""
    images = np.zeros(size, np.int8)
    images[:yes] = 1
    return np.random.default_rng(seed).permutation(images)[:count]


@pytest.mark.parametrize(("size", "target"), [(7, 0.9), (8, 0.5), (9, 0.7)])
def test_evidence_is_never_above_one_on_average_while_the_target_is_missed(size: int, target: float) -> None:
    for yes in range(most_below(target, size) + 1):
        orders = sorted(set(permutations([1] * yes + [0] * (size - yes))))
        mean = np.mean([evidence(np.array(order), size, target) for order in orders], axis=0)
        assert (mean <= 1 + 1e-9).all()


@pytest.mark.parametrize("size", [60, 1_500, 20_000])
def test_watching_after_every_answer_certifies_a_bad_set_in_at_most_one_of_twenty(size: int) -> None:
    yes = most_below(0.9, size)
    false = [certifies(draw(size, yes, seed, 400), size, 0.9) for seed in range(400)]
    # At a chance of 0.05 more than 32 of 400 come about once in 500 times; the seeds are fixed.
    assert sum(false) <= 32


def test_watching_bounds_is_as_safe() -> None:
    wrong = 0
    for seed in range(100):
        yes = 640 + seed
        wrong += bool((anytime_lower_bound(draw(800, yes, seed, 300), 800) > yes / 800 + 1e-12).any())
    assert wrong <= 12


@pytest.mark.parametrize(("truth", "most"), [(0.98, 75), (0.97, 95), (0.95, 200)])
def test_a_good_set_is_certified_after_about_as_many_answers_as_a_fixed_plan_takes(truth: float, most: int) -> None:
    bound = AnytimeBound(50_000, 0.9)
    after = [bound.certified_after(draw(50_000, round(truth * 50_000), seed, 1_500)) for seed in range(150)]
    assert np.median([10_000 if count is None else count for count in after]) <= most


@given(ANSWERS, st.integers(0, 400))
def test_the_bound_never_falls_and_is_never_below_what_was_seen(said: list[bool], more: int) -> None:
    answers, size = np.array(said, np.int8), len(said) + more
    path = anytime_lower_bound(answers, size)
    assert path.shape == answers.shape
    assert (np.diff(path) >= 0).all()
    assert (path >= np.cumsum(answers) / max(size, 1)).all()
    assert (path <= (size - np.cumsum(1 - answers)) / max(size, 1)).all()


@settings(deadline=None)
@given(ANSWERS, st.integers(1, 5_000), st.sampled_from([0.3, 0.6, 0.777, 0.9]), st.sampled_from([0.8, 0.95]))
def test_the_bound_reaches_the_target_just_when_it_is_certified(
    said: list[bool], more: int, target: float, confidence: float
) -> None:
    bound = AnytimeBound(len(said) + more, target, confidence)
    answers = np.array(said, np.int8)
    after = bound.certified_after(answers)
    reached = np.flatnonzero(bound.lower_bound(answers) >= target)
    assert (int(reached[0]) + 1 if len(reached) else None) == after
    assert certifies(answers, bound.size, target, confidence) == (after is not None)


@given(ANSWERS, ANSWERS, st.integers(1, 300))
def test_what_comes_later_changes_nothing_of_what_was_shown(said: list[bool], later: list[bool], more: int) -> None:
    size = len(said) + len(later) + more
    both = np.array(said + later, np.int8)
    assert (anytime_lower_bound(both, size)[: len(said)] == anytime_lower_bound(both[: len(said)], size)).all()
    assert evidence(both, size, 0.9)[: len(said)] == pytest.approx(evidence(both[: len(said)], size, 0.9))


@given(ANSWERS, st.integers(1, 300))
def test_a_lower_share_has_more_evidence(said: list[bool], more: int) -> None:
    answers, size = np.array(said, np.int8), len(said) + more
    paths = [evidence(answers, size, target) for target in (0.2, 0.5, 0.8, 0.95, 1.0)]
    for lower, higher in pairwise(paths):
        assert (lower >= higher - 1e-9).all()


def test_a_set_watched_to_its_end_is_known() -> None:
    assert anytime_lower_bound(draw(300, 281, 1), 300)[-1] == 281 / 300
    assert anytime_lower_bound(draw(30, 0, 1), 30)[-1] == 0
    assert evidence(np.ones(40, np.int8), 40, 1.0)[-1] == LARGEST_EVIDENCE


def test_evidence_stays_a_finite_number() -> None:
    path = evidence(np.ones(9_000, np.int8), 1_000_000, 0.5)
    assert path[-1] == LARGEST_EVIDENCE
    assert np.isfinite(evidence(np.zeros(9_000, np.int8), 1_000_000, 0.5)).all()


def test_only_verdicts_before_the_first_open_one_are_used() -> None:
    assert leading(np.array([1, 0, 1, -1, 1, 1])).tolist() == [1, 0, 1]
    assert leading(np.array([-1, 1])).tolist() == []
    assert leading(np.array([1, 0], np.int8)).tolist() == [1, 0]
    assert leading(np.empty(0, np.int8)).tolist() == []


def test_twenty_attributes_jointly_need_twenty_times_the_evidence() -> None:
    assert AnytimeBound(100, 0.9).limit == pytest.approx(20)
    assert AnytimeBound(100, 0.9, 1 - 0.05 / 20).limit == pytest.approx(400)


def test_how_it_stands_is_said_in_words() -> None:
    bound = AnytimeBound(20_000, 0.9)
    assert "Certified after 29 answers: at least 90%" not in bound.summary(np.ones(20, np.int8))
    assert bound.summary(np.ones(200, np.int8)).startswith("Certified after ")
    assert bound.summary(np.empty(0, np.int8)).startswith("Not certified after 0 answers: at least 0% of the 20,000")
    assert "You may look at any time" in bound.summary(np.ones(3, np.int8))
    assert "The set is empty" in AnytimeBound(0, 0.9).summary(np.empty(0, np.int8))


def test_an_empty_set_has_no_bound_and_no_certificate() -> None:
    nothing = np.empty(0, np.int8)
    assert len(anytime_lower_bound(nothing, 0)) == 0
    assert not certifies(nothing, 0, 0.9)


@pytest.mark.parametrize(
    ("answers", "size", "target", "confidence"),
    [([1, 1], 1, 0.9, 0.95), ([1], 5, 0.9, 1.0), ([-1], 5, 0.9, 0.95), ([2], 5, 0.9, 0.95), ([1], 5, 0.0, 0.95)],
)
def test_numbers_that_make_no_bound_are_said(answers: list[int], size: int, target: float, confidence: float) -> None:
    with pytest.raises(ParameterError):
        AnytimeBound(size, target, confidence).lower_bound(np.array(answers))
