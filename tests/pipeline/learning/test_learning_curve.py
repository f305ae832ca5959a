"""From round to round."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.learning.learning_curve import LearningPoint, learning_point, stop_advice
from pipeline.statistics.validation_estimates import average_precision


def point(number: int, answers: int, value: float, *, enough: bool = True) -> LearningPoint:
    truth = np.arange(40) % 2
    known = learning_point(number, answers, np.linspace(0, 1, 40), truth, None, threshold=0.5)
    return replace(known, average_precision=replace(known.average_precision, value=value, enough=enough))


def test_a_point_judges_one_classifier_on_all_validation_answers() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(60) < 0.4
    scores = rng.random(60) + 0.5 * truth
    one = learning_point(2, 120, scores, truth, None, threshold=0.8, seed=3)
    assert (one.round, one.answers, one.threshold) == (2, 120, 0.8)
    assert one.average_precision == average_precision(scores, truth, None, seed=3)
    assert one.recall.value == pytest.approx((scores >= 0.8)[truth].mean())


def test_a_flat_curve_says_that_fifty_more_will_change_little() -> None:
    advice = stop_advice([point(1, 50, 0.80), point(2, 100, 0.81), point(3, 150, 0.81), point(4, 200, 0.812)])
    assert advice.stop
    assert advice.words == "Fifty more answers will change little."


def test_a_rising_curve_says_by_how_much() -> None:
    advice = stop_advice([point(3, 150, 0.75), point(1, 50, 0.5), point(2, 100, 0.65)])
    assert not advice.stop
    assert "may raise the average precision by about 0.07 (now 0.75)" in advice.words


def test_a_falling_curve_is_not_worth_more_and_says_that_it_fell() -> None:
    advice = stop_advice([point(1, 50, 0.8), point(2, 100, 0.75), point(3, 150, 0.7)])
    assert advice.stop
    assert "fallen" in advice.words


def test_two_rounds_or_too_few_validation_answers_give_no_advice() -> None:
    assert not stop_advice([]).stop
    few = [point(1, 50, 0.8), point(2, 100, 0.8), point(3, 150, 0.8, enough=False)]
    assert not stop_advice(few).stop
    assert "Too few rounds to say" in stop_advice(few).words


def test_rounds_without_a_new_answer_are_no_trend() -> None:
    assert not stop_advice([point(number, 100, 0.8) for number in range(5)]).stop
