"""The number of images that a statement needs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.audit.statistics.precision import precision_of_set
from pipeline.audit.statistics.sample_sizes import (
    TRUTHS,
    chance_to_certify,
    images_needed,
    what_an_hour_buys,
)
from pipeline.errors import ParameterError


@pytest.mark.parametrize(
    ("truth", "images", "errors", "for_twenty"),
    [(0.92, 1290, 111, 2780), (0.93, 550, 43, 1200), (0.95, 180, 11, 395), (0.97, 90, 4, 180), (0.98, 65, 2, 115)],
)
def test_the_price_list_of_ninety_percent(truth: float, images: int, errors: int, for_twenty: int) -> None:
    found = images_needed(0.9, truth)
    assert (found.images, found.errors_allowed) == (images, errors)
    assert images_needed(0.9, truth, jointly=20).images == for_twenty


def test_an_audit_of_a_hundred_shows_ninety_percent_in_44_of_100_releases_that_have_95() -> None:
    assert chance_to_certify(100, 0.9, 0.95) == pytest.approx(0.44, abs=0.005)
    assert chance_to_certify(100, 0.9, 0.95, jointly=20) == pytest.approx(0.12, abs=0.005)
    assert chance_to_certify(0, 0.9, 0.95) == 0


@pytest.mark.parametrize("size", [None, 60, 700, 5_000])
@pytest.mark.parametrize("truth", TRUTHS)
def test_power_and_errors_allowed_are_those_of_the_bound_itself(truth: float, size: int | None) -> None:
    found = images_needed(0.9, truth, size=size)
    there = 1_000_000 if size is None else size

    def shown(errors: int) -> float:
        return precision_of_set(found.images - errors, errors, 0, there).at_least

    assert shown(found.errors_allowed) >= 0.9
    assert found.errors_allowed == found.images or shown(found.errors_allowed + 1) < 0.9
    assert found.power >= 0.8
    if size is None:
        assert found.power == pytest.approx(binom.cdf(found.errors_allowed, found.images, 1 - truth))
    if found.images > 5 and found.images < there:
        assert all(chance_to_certify(images, 0.9, truth, size=size) < 0.8 for images in range(5, found.images, 5)[-40:])


@given(st.sampled_from([0.5, 0.8, 0.9, 0.99]), st.floats(0.05, 1), st.sampled_from([0.5, 0.8, 0.95]))
def test_no_smaller_multiple_of_five_reaches_the_power(target: float, part: float, power: float) -> None:
    truth = target + (1 - target) * part
    found = images_needed(target, truth, power=power)
    if found.images < 3_000:
        reached = [n for n in range(5, found.images, 5) if chance_to_certify(n, target, truth) >= power]
        assert reached == []
    assert found.power >= power


@given(st.integers(0, 1_999), st.sampled_from(TRUTHS))
def test_a_small_set_takes_no_more_than_it_has(size: int, truth: float) -> None:
    found = images_needed(0.9, truth, size=size)
    assert found.images <= size
    assert found.power >= (0.8 if size else 0.0)


def test_a_set_that_is_too_small_for_a_sample_is_asked_in_full_and_says_so() -> None:
    found = images_needed(0.9, 0.92, size=30)
    assert (found.images, found.power) == (30, 1.0)
    assert "all 30 images of the set, at most 3 of them not yes" in found.words
    assert images_needed(0.9, 0.902, size=3_000).images == 3_000
    assert images_needed(0.9, 0.92, size=2_500).images == 1_290
    assert "The set is empty" in images_needed(0.9, 0.95, size=0).words


def test_the_sentence_says_target_truth_and_price() -> None:
    assert images_needed(0.9, 0.95).words == (
        "To certify 90% at an expected precision of 95%: 180 images, at most 11 of them not yes. The chance of success "
        "is 81%."
    )


def test_an_hour_buys_what_as_many_answers_at_the_same_rate_would_show() -> None:
    estimate = precision_of_set(95, 5, 0, 22_000)
    hour = what_an_hour_buys(estimate, 3.0, 2.0)
    assert hour.images == 600
    assert hour.at_least_then == precision_of_set(665, 35, 0, 22_000).at_least > hour.at_least_now
    assert "About" not in hour.words
    assert "about 600 images" in hour.words
    assert "a new plan, with a new draw" in hour.words


def test_open_images_come_first_in_that_hour() -> None:
    estimate = precision_of_set(45, 5, 50, 22_000)
    hour = what_an_hour_buys(estimate, 90.0, more_may_be_drawn=False)
    assert hour.images == 40
    assert hour.at_least_then == precision_of_set(81, 9, 10, 22_000).at_least
    assert "new plan" not in hour.words
    assert what_an_hour_buys(estimate, 1.0, more_may_be_drawn=False).images == 50


def test_an_hour_with_nothing_left_or_nothing_known_buys_nothing() -> None:
    for estimate in (precision_of_set(9, 1, 0, 10), precision_of_set(0, 0, 0, 0), precision_of_set(0, 0, 5, 10)):
        hour = what_an_hour_buys(estimate, 2.0)
        assert hour.at_least_then == hour.at_least_now == estimate.at_least
        assert "cannot be predicted" in hour.words
    with pytest.raises(ParameterError, match="must be above 0"):
        what_an_hour_buys(replace(precision_of_set(9, 1, 0, 99)), 0.0)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"truth": 0.9}, "must be above the target"),
        ({"truth": 1.01}, "must be above the target"),
        ({"target": 0.0}, "between 0 and 1"),
        ({"power": 1.0}, "between 0 and 1"),
        ({"confidence": float("nan")}, "between 0 and 1"),
        ({"jointly": 0}, "at least 1"),
        ({"size": -1}, "0 or more"),
        ({"truth": 0.9001}, "so close to target"),
    ],
)
def test_numbers_that_make_no_plan_are_said(options: dict[str, float], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        images_needed(**({"target": 0.9, "truth": 0.95} | options))  # type: ignore[arg-type]


def test_other_numbers_are_said() -> None:
    with pytest.raises(ParameterError, match="at most size"):
        chance_to_certify(6, 0.9, 0.95, size=5)


def test_large_sets_cost_no_time_to_plan() -> None:
    assert images_needed(0.9, 0.95, size=2_500_000) == images_needed(0.9, 0.95)
    assert np.isfinite(images_needed(0.9, 0.901).power)
