"""Missed yes: the bound that assumes nothing, and the estimate that trusts the scores."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from pipeline.audit.statistics.missed_positives import (
    NegativeAnswers,
    agreement_with_scores,
    missed_by_scores,
    negative_answers,
)
from pipeline.audit.statistics.missed_positives_bound import most_missed
from pipeline.audit.statistics.sampling import ScoreStratum
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import lower_bound_of_set
from tests.helpers.sizes import sizes

SIZES = [3000, 4500, 7000, 10_000, 14_000, 20_000, 30_000, 45_000, 80_000, 286_000]
DRAWN = [33, 33, 34, 34, 34, 35, 36, 39, 44, 78]
EXPECTED = [600.0, 350, 300, 280, 270, 260, 250, 240, 230, 150]


def answers(
    sizes: list[int],
    drawn: list[int],
    missed: list[int],
    expected: list[float] | None = None,
    answered: list[int] | None = None,
) -> NegativeAnswers:
    whole = np.array(expected if expected is not None else [0.1 * size for size in sizes], np.float64)
    known = np.array(answered if answered is not None else drawn, np.int64)
    return NegativeAnswers(
        np.array(sizes, np.int64), np.array(drawn, np.int64), known, np.array(missed, np.int64), whole,
        whole * known / np.maximum(sizes, 1),
    )  # fmt: skip


@st.composite
def any_answers(make: st.DrawFn) -> NegativeAnswers:
    number = make(st.integers(0, 5))
    sizes = [make(st.integers(0, 5000)) for _ in range(number)]
    drawn = [make(st.integers(0, min(size, 60))) for size in sizes]
    known = [make(st.integers(0, count)) for count in drawn]
    missed = [make(st.integers(0, count)) for count in known]
    expected = [make(st.floats(0, 1)) * size for size in sizes]
    return answers(sizes, drawn, missed, expected, known)


@pytest.mark.parametrize("confidence", [0.7, 0.9])
@pytest.mark.parametrize("expected", [[0.0, 0.0, 0.0], [0.1, 1.0, 9.0]])
@pytest.mark.parametrize("drawn", [[4, 3, 1], [1, 2, 5], [3, 0, 4]])
def test_whatever_is_missed_and_wherever_the_bound_fails_no_more_often_than_promised(
    drawn: list[int], expected: list[float], confidence: float
) -> None:
    """All numbers of misses in three strata, and all that a sample may show of them."""
    sizes = [5, 8, 12]
    samples = list(product(*(range(n + 1) for n in drawn)))
    bounds = np.array([most_missed(answers(sizes, drawn, list(found), expected), confidence) for found in samples])
    for truth in product(*(range(size + 1) for size in sizes)):
        chances = [
            hypergeom.pmf(np.arange(n + 1), size, true, n) for size, true, n in zip(sizes, truth, drawn, strict=True)
        ]
        likely = np.einsum("i,j,k->ijk", *chances).ravel()
        assert likely[bounds < sum(truth)].sum() <= 1 - confidence + 1e-9, truth


@settings(max_examples=sizes(25, 100), deadline=None)
@given(any_answers())
def test_the_bound_lies_between_what_was_found_and_what_may_be_there(given_answers: NegativeAnswers) -> None:
    most = int((given_answers.sizes - given_answers.answered + given_answers.missed).sum())
    assert given_answers.missed.sum() <= most_missed(given_answers, 0.95) <= most


def test_a_set_answered_in_full_is_known() -> None:
    full = answers([30, 50], [30, 50], [3, 1])
    assert most_missed(full, 0.95) == 4
    estimate = missed_by_scores(full)
    assert (estimate.value, estimate.low, estimate.high) == (4, 4, 4)


def test_one_stratum_has_the_exact_bound() -> None:
    bound = most_missed(answers([9000], [400], [7]), 0.95)
    assert bound == 9000 - round(lower_bound_of_set(393, 400, 9000, 0.95) * 9000)


def test_one_bet_over_all_strata_is_worth_more_than_a_bound_for_each() -> None:
    found = [8, 5, 3, 2, 1, 0, 0, 0, 0, 0]
    each = sum(
        size - lower_bound_of_set(n - y, n, size, 1 - 0.05 / 10) * size
        for size, n, y in zip(SIZES, DRAWN, found, strict=True)
    )
    assert most_missed(answers(SIZES, DRAWN, found, EXPECTED), 0.95) < 0.4 * each


def test_more_misses_never_lower_the_bound_and_scores_only_change_its_width() -> None:
    bounds = [most_missed(answers(SIZES, DRAWN, [0] * 8 + [y, y], EXPECTED), 0.95) for y in range(6)]
    assert bounds == sorted(bounds)
    assert len(set(bounds)) > 3
    without = most_missed(answers(SIZES, DRAWN, [0] * 10, [0.0] * 10), 0.95)
    assert without != bounds[0]


def test_an_open_image_counts_as_missed_in_the_bound() -> None:
    fewer = [*DRAWN[:-1], DRAWN[-1] - 2]
    waiting = answers(SIZES, DRAWN, [0] * 10, EXPECTED, fewer)
    assert most_missed(waiting, 0.95) == most_missed(answers(SIZES, DRAWN, [0] * 9 + [2], EXPECTED), 0.95)


@settings(max_examples=sizes(40, 150), deadline=None)
@given(any_answers(), st.sampled_from([0.8, 0.95]))
def test_the_estimate_by_scores_is_a_number_inside_its_interval(
    given_answers: NegativeAnswers, confidence: float
) -> None:
    estimate = missed_by_scores(given_answers, confidence)
    most = float((given_answers.sizes - given_answers.answered + given_answers.missed).sum())
    assert given_answers.missed.sum() <= estimate.low <= estimate.high <= most
    assert estimate.value is None or estimate.low <= estimate.value <= estimate.high
    assert (estimate.value is None) == (not given_answers.answered.any() and most > 0)
    assert 0 <= agreement_with_scores(given_answers) <= 1


def test_calibrated_scores_give_an_interval_that_holds_though_strata_are_sampled_unequally() -> None:
    rng = np.random.default_rng(5)
    shares = np.array(EXPECTED) / SIZES
    within, values = [], []
    for _ in range(800):
        truth = rng.binomial(SIZES, shares)
        found = rng.hypergeometric(truth, np.array(SIZES) - truth, DRAWN)
        estimate = missed_by_scores(answers(SIZES, DRAWN, found.tolist(), EXPECTED))
        within.append(estimate.low <= truth.sum() <= estimate.high)
        values.append(estimate.value)
    assert 0.93 <= np.mean(within) <= 0.99
    assert np.mean(values) == pytest.approx(sum(EXPECTED), rel=0.06)


def test_scores_wrong_by_one_factor_are_put_right_by_the_answers() -> None:
    rng = np.random.default_rng(6)
    truth = np.round(np.array(EXPECTED) * 0.4).astype(np.int64)
    values = [
        missed_by_scores(
            answers(SIZES, DRAWN, rng.hypergeometric(truth, np.array(SIZES) - truth, DRAWN).tolist(), EXPECTED)
        ).value
        for _ in range(400)
    ]
    assert np.mean([value for value in values if value is not None]) == pytest.approx(truth.sum(), rel=0.1)


def test_a_sample_without_misses_is_not_certain_that_there_are_none() -> None:
    estimate = missed_by_scores(answers([100_000], [100], [0], [5.0]))
    assert estimate.value == 0
    assert estimate.high > 1000


def test_more_answers_make_more_bands() -> None:
    few, many = (
        missed_by_scores(answers(SIZES, [n * times for n in DRAWN], [0] * 10, EXPECTED)).bands for times in (1, 20)
    )
    assert 1 < few < many


def test_right_scores_are_rarely_contradicted_and_wrong_ones_often() -> None:
    rng = np.random.default_rng(7)
    shares = np.array(EXPECTED) / SIZES
    right = [agreement_with_scores(answers(SIZES, DRAWN, rng.binomial(DRAWN, shares).tolist(), EXPECTED))
             for _ in range(300)]  # fmt: skip
    assert np.mean(np.array(right) < 0.05) <= 0.05
    flat = np.full(10, 0.05)
    wrong = [agreement_with_scores(answers(SIZES, DRAWN, rng.binomial(DRAWN, flat).tolist(), EXPECTED))
             for _ in range(100)]  # fmt: skip
    assert np.mean(np.array(wrong) < 0.01) > 0.8


def test_few_misses_where_the_scores_expect_none_contradict_them_though_the_total_fits() -> None:
    fitting = [8, 3, 2, 1, 1, 0, 0, 0, 0, 0]
    assert agreement_with_scores(answers(SIZES, DRAWN, fitting, EXPECTED)) > 0.2
    assert agreement_with_scores(answers(SIZES, DRAWN, [*fitting[:-1], 3], EXPECTED)) < 0.01


def test_answers_are_counted_by_stratum() -> None:
    strata = (ScoreStratum(50, 4, 0.1, 0.4, 12.5), ScoreStratum(900, 3, 0.0, 0.1, 9.0))
    counted = negative_answers(
        strata,
        np.array([0, 1, -1, 0, 1, 0]),
        np.array([0.25, 0.05, 0.9, 0.2, 0.0, 0.3]),
        np.array([1, 0, 1, 0, 1, -1]),
    )
    assert counted.drawn.tolist() == [4, 3]  # one of each was drawn and is not among those passed
    assert counted.answered.tolist() == [2, 2]
    assert counted.missed.tolist() == [1, 1]
    assert counted.expected.tolist() == [12.5, 9.0]
    assert counted.expected_answered == pytest.approx([0.45, 0.05])


def test_counts_that_cannot_be_are_said() -> None:
    with pytest.raises(ParameterError, match="Count again"):
        answers([10], [5], [6])
    with pytest.raises(ParameterError, match="one number for each stratum"):
        answers([10, 10], [5], [1])
    with pytest.raises(ParameterError, match="one entry for each image drawn"):
        negative_answers((), np.array([0]), np.array([0.1]), np.array([1]))
    with pytest.raises(ParameterError, match="not a probability"):
        negative_answers((), np.array([-1]), np.array([np.nan]), np.array([1]))
    for estimate in (most_missed, missed_by_scores):
        with pytest.raises(ParameterError, match="between 0 and 1"):
            estimate(answers([10], [5], [1]), 1.0)
