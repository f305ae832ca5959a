"""Recall and false-omission rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audit.statistics.missed_positives import NegativeAnswers
from pipeline.audit.statistics.recall import PositiveAnswers, RecallEstimate, estimate_recall
from pipeline.errors import ParameterError
from tests.helpers.sizes import sizes
from tests.pipeline.audit.statistics.test_missed_positives import DRAWN, EXPECTED, SIZES, answers, any_answers

FOUND = [8, 3, 2, 1, 1, 0, 0, 0, 0, 0]
NONE = answers([], [], [])


@st.composite
def any_positives(make: st.DrawFn) -> PositiveAnswers:
    size = make(st.integers(0, 5000))
    drawn = make(st.integers(0, min(size, 80)))
    answered = make(st.integers(0, drawn))
    return PositiveAnswers(size, drawn, answered, make(st.integers(0, answered)), make(st.integers(0, 50)))


def numbers(estimate: RecallEstimate) -> list[float]:
    omission = estimate.false_omission
    shares = [estimate.low_free, estimate.model_low, estimate.model_high, estimate.p_value]
    shares += [omission.low, omission.high, omission.high_free]
    return shares + [value for value in (estimate.value, omission.value) if value is not None]


@settings(max_examples=sizes(50, 200), deadline=None)
@given(any_positives(), any_answers())
def test_whatever_was_answered_all_figures_are_shares_in_order(
    positives: PositiveAnswers, negatives: NegativeAnswers
) -> None:
    estimate = estimate_recall(positives, negatives)
    assert all(0 <= number <= 1 for number in numbers(estimate))
    assert estimate.model_low <= estimate.model_high
    assert estimate.value is None or estimate.model_low <= estimate.value <= estimate.model_high
    omission = estimate.false_omission
    assert omission.value is None or omission.low <= omission.value <= omission.high
    assert "nan" not in (estimate.words + estimate.assumption).lower()


def test_without_an_answer_recall_lies_anywhere() -> None:
    asked = answers([900, 100], [30, 30], [0, 0], answered=[0, 0])
    for negatives in (asked, answers([900, 100], [0, 0], [0, 0])):
        estimate = estimate_recall(PositiveAnswers(100, 0, 0, 0), negatives)
        assert (estimate.value, estimate.low_free, estimate.model_low, estimate.model_high) == (None, 0, 0, 1)
        assert estimate.false_omission.value is None
        assert "More cannot be said" in estimate.words
    nothing = estimate_recall(PositiveAnswers(0, 0, 0, 0), NONE)
    assert (nothing.value, nothing.low_free, nothing.model_low, nothing.model_high) == (None, 0, 0, 1)


def test_a_release_answered_in_full_is_known() -> None:
    estimate = estimate_recall(PositiveAnswers(10, 10, 10, 8, settled=2), answers([30, 50], [30, 50], [3, 2]))
    assert estimate.value == estimate.low_free == pytest.approx(10 / 15)
    assert (estimate.model_low, estimate.model_high) == pytest.approx((10 / 15, 10 / 15))
    assert estimate.false_omission.value == estimate.false_omission.high_free == 5 / 80


def test_images_that_people_settled_count_as_found() -> None:
    negatives = answers(SIZES, DRAWN, FOUND, EXPECTED)
    without, with_some = (
        estimate_recall(PositiveAnswers(3000, 100, 100, 90, settled=settled), negatives) for settled in (0, 2000)
    )
    assert with_some.low_free > without.low_free
    assert with_some.value is not None
    assert without.value is not None
    missed = 2700 / without.value - 2700
    assert with_some.value == pytest.approx(4700 / (4700 + missed))


def test_an_open_image_is_the_worst_case_in_the_bound_and_left_out_of_the_interval() -> None:
    fewer = [n - 1 for n in DRAWN]
    positives = PositiveAnswers(3000, 100, 90, 81)
    waiting = estimate_recall(positives, answers(SIZES, DRAWN, FOUND, EXPECTED, fewer))
    worst = estimate_recall(
        PositiveAnswers(3000, 100, 100, 81), answers(SIZES, DRAWN, [y + 1 for y in FOUND], EXPECTED)
    )
    assert waiting.low_free == worst.low_free
    alone = estimate_recall(PositiveAnswers(3000, 90, 90, 81), answers(SIZES, fewer, FOUND, EXPECTED))
    assert (waiting.value, waiting.model_low) == (alone.value, alone.model_low)
    assert "20 drawn without a verdict" in waiting.assumption
    assert "left out" not in alone.assumption


def test_right_scores_are_said_to_be_the_price_of_the_interval() -> None:
    estimate = estimate_recall(PositiveAnswers(3000, 100, 100, 90), answers(SIZES, DRAWN, FOUND, EXPECTED))
    assert not estimate.contradicted
    assert "If the calibrated scores are right within bands" in estimate.words
    assert "15 misses were found" in estimate.words
    assert "bands of scores" in estimate.assumption


def test_answers_that_contradict_the_scores_send_the_reader_to_the_lower_bound() -> None:
    surprising = answers(SIZES, DRAWN, [0] * 9 + [4], EXPECTED)
    estimate = estimate_recall(PositiveAnswers(3000, 100, 100, 90), surprising)
    assert estimate.contradicted
    assert "The scores contradict the answers: rely on the lower bound" in estimate.words
    assert f"{estimate.model_low:.1%}" not in estimate.words
    assert f"at least {math.floor(estimate.low_free * 1000) / 10:.1f}%" in estimate.words


@pytest.mark.parametrize("where", ["lowest", "highest", "everywhere"])
@pytest.mark.parametrize("misses", [50, 2000, 20_000])
def test_the_bounds_hold_together_wherever_the_misses_sit(where: str, misses: int) -> None:
    rng = np.random.default_rng(misses)
    order = {"lowest": range(9, -1, -1), "highest": range(10), "everywhere": range(0)}[where]
    truth, left = np.zeros(10, np.int64), misses
    for stratum in order:
        truth[stratum] = min(left, SIZES[stratum])
        left -= int(truth[stratum])
    truth += rng.multivariate_hypergeometric(np.array(SIZES) - truth, left)
    holds = []
    for _ in range(60):
        found = rng.hypergeometric(truth, np.array(SIZES) - truth, DRAWN).tolist()
        yes = int(rng.hypergeometric(2700, 300, 100))
        estimate = estimate_recall(PositiveAnswers(3000, 100, 100, yes), answers(SIZES, DRAWN, found, EXPECTED))
        omission = truth.sum() / sum(SIZES)
        holds.append(estimate.low_free <= 2700 / (2700 + truth.sum()) and estimate.false_omission.high_free >= omission)
    assert np.mean(holds) >= 0.95


def test_what_is_known_in_full_takes_no_share_of_the_risk() -> None:
    negatives = answers([9000], [400], [7])
    sampled = estimate_recall(PositiveAnswers(300, 100, 100, 90), negatives)
    settled = estimate_recall(PositiveAnswers(0, 0, 0, 0, settled=270), negatives)
    assert settled.false_omission.high_free < sampled.false_omission.high_free


def test_counts_that_cannot_be_are_said() -> None:
    with pytest.raises(ParameterError, match="yes <= answered <= drawn <= size"):
        PositiveAnswers(10, 11, 5, 5)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        estimate_recall(PositiveAnswers(10, 5, 5, 5), NONE, confidence=1.5)
