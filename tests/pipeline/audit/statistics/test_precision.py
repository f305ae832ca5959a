"""The precision of an audited set, and the effect of open images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from pipeline.audit.statistics.precision import (
    FINITE,
    PrecisionEstimate,
    combined_precision,
    p_value,
    precision_of_set,
    rounded_down,
    rounded_up,
)
from pipeline.errors import ParameterError

COUNTS = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 3_000))


def estimates(yes: int, no: int, waiting: int, more: int, confidence: float = 0.95) -> PrecisionEstimate:
    return precision_of_set(yes, no, waiting, yes + no + waiting + more, confidence)


@given(COUNTS, st.floats(0.5, 0.999))
def test_ends_are_shares_in_order_and_never_nan(counts: tuple[int, int, int, int], confidence: float) -> None:
    found = estimates(*counts, confidence=confidence)
    assert 0 <= found.low <= found.at_least <= 1
    assert found.low <= found.high <= 1
    assert found.value is None or found.low <= found.value <= found.high
    assert not any(math.isnan(share) for share in (found.low, found.high, found.at_least))
    assert "nan" not in found.words


@given(COUNTS, st.data())
def test_an_audit_left_half_done_says_nothing_that_its_end_would_not_say(
    counts: tuple[int, int, int, int], data: st.DataObject
) -> None:
    yes, no, waiting, more = counts
    now = estimates(yes, no, waiting, more)
    turns_yes = data.draw(st.integers(0, waiting))
    then = estimates(yes + turns_yes, no + waiting - turns_yes, 0, more)
    assert now.low <= then.low + 1e-12
    assert now.at_least <= then.at_least + 1e-12
    assert now.high >= then.high - 1e-12


@pytest.mark.parametrize("size", [80, 400, FINITE - 1, FINITE, 9_000])
@pytest.mark.parametrize("drawn", [50, 73])
def test_coverage_in_a_set_is_at_least_nominal_by_enumeration(size: int, drawn: int) -> None:
    found = [precision_of_set(yes, drawn - yes, 0, size) for yes in range(drawn + 1)]
    low, high = np.array([each.low for each in found]), np.array([each.high for each in found])
    at_least = np.array([each.at_least for each in found])
    for right in range(0, size + 1, max(size // 40, 1)):
        chances, truth = hypergeom.pmf(np.arange(drawn + 1), size, right, drawn), right / size
        assert chances[(low <= truth + 1e-12) & (truth <= high + 1e-12)].sum() >= 0.95 - 1e-9
        assert chances[at_least > truth + 1e-12].sum() <= 0.05 + 1e-9


def test_a_set_of_two_thousand_is_large_and_one_fewer_is_finite() -> None:
    assert precision_of_set(90, 10, 0, FINITE).method == "Clopper-Pearson"
    assert precision_of_set(90, 10, 0, FINITE - 1).method == "hypergeometric"
    large, small = precision_of_set(450, 50, 0, FINITE), precision_of_set(450, 50, 0, FINITE - 1)
    assert small.high - small.low < large.high - large.low
    assert (large.low, large.high) == pytest.approx((0.87031, 0.92488), abs=1e-4)


def test_a_set_asked_in_full_is_known_however_large() -> None:
    for size in (50, 5_000):
        found = precision_of_set(size - 5, 5, 0, size)
        assert found.low == found.value == found.high == found.at_least == (size - 5) / size


def test_an_empty_set_and_a_set_without_verdicts_say_nothing() -> None:
    empty, undrawn, waiting = precision_of_set(0, 0, 0, 0), precision_of_set(0, 0, 0, 9), precision_of_set(0, 0, 9, 50)
    for found in (empty, undrawn, waiting):
        assert (found.value, found.low, found.high, found.at_least) == (None, 0, 1, 0)
    assert "The set is empty" in empty.words
    assert "no image was drawn" in undrawn.words
    assert "none of the 9 images drawn has a verdict" in waiting.words


def test_words_give_all_figures_and_round_against_the_claim() -> None:
    words = precision_of_set(90, 10, 3, 22_000).words
    assert "90 of 100 images with a verdict are yes (90.0%)" in words
    assert "3 images drawn are still open" in words
    assert rounded_down(0.8996) == "89.9%"
    assert rounded_up(0.9001) == "90.1%"
    assert rounded_down(0.57) == rounded_up(0.57) == "57.0%"


@given(COUNTS, st.sampled_from([0.5, 0.8, 0.9, 0.97]), st.sampled_from([0.9, 0.95, 0.9975]))
def test_a_p_value_is_small_just_where_the_bound_reaches_the_target(
    counts: tuple[int, int, int, int], target: float, confidence: float
) -> None:
    yes, no, waiting, more = counts
    drawn, size = yes + no + waiting, yes + no + waiting + more
    p = p_value(yes, drawn, size, target)
    assert 0 <= p <= 1
    if abs(p - (1 - confidence)) > 1e-9:
        assert (p <= 1 - confidence) == (estimates(*counts, confidence=confidence).at_least >= target)


def test_a_p_value_is_the_chance_of_so_many_yes_or_more() -> None:
    assert p_value(96, 100, 22_000, 0.9) == pytest.approx(binom.sf(95, 100, 0.9))
    assert p_value(96, 100, 300, 0.9) == pytest.approx(hypergeom.sf(95, 300, 269, 100))
    assert p_value(0, 0, 0, 0.9) == 1


@given(COUNTS, st.integers(0, 500), st.integers(0, 500))
def test_the_combined_figure_adds_images_that_are_right_and_images_nobody_knows(
    counts: tuple[int, int, int, int], settled: int, left_out: int
) -> None:
    alone = estimates(*counts)
    whole = combined_precision(alone, settled, left_out=left_out)
    assert whole.size == alone.size + settled + left_out
    assert 0 <= whole.low <= whole.at_least <= 1
    assert whole.low <= whole.high <= 1
    assert whole.value is None or whole.low - 1e-12 <= whole.value <= whole.high + 1e-12
    if whole.size:
        assert whole.low * whole.size == pytest.approx(alone.low * alone.size + settled)
        assert (1 - whole.high) * whole.size == pytest.approx((1 - alone.high) * alone.size)


def test_the_combined_figure_names_its_assumption() -> None:
    words = combined_precision(precision_of_set(90, 10, 0, 900), 100, left_out=7).words
    assert "Of all 1,007 released positives" in words
    assert "takes the 100 settled by people as right, which the audit did not look at" in words
    assert "7 that could not be drawn" in words


def test_a_release_settled_by_people_alone_is_right_by_assumption_and_an_empty_one_says_nothing() -> None:
    nothing = precision_of_set(0, 0, 0, 0)
    assert combined_precision(nothing, 40).value == 1
    assert combined_precision(nothing, 40).low == 1
    assert (combined_precision(nothing, 0).value, combined_precision(nothing, 0).high) == (None, 1)


@pytest.mark.parametrize("counts", [(-1, 0, 0, 5), (3, 2, 1, 5), (0, 0, -1, 5)])
def test_counts_that_make_no_sample_are_said(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ParameterError, match="at most size"):
        precision_of_set(*counts)


def test_other_numbers_are_said() -> None:
    with pytest.raises(ParameterError, match=r"confidence=1\.0 is not allowed"):
        precision_of_set(1, 1, 0, 5, 1.0)
    with pytest.raises(ParameterError, match="target must be above 0"):
        p_value(1, 2, 3, 0.0)
    with pytest.raises(ParameterError, match="must be 0 or more"):
        combined_precision(precision_of_set(1, 1, 0, 5), -1)
