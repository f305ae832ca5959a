"""Intervals of proportions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, binomtest, hypergeom

from pipeline.errors import ParameterError
from pipeline.statistics.proportions import (
    clopper_pearson,
    fewest_yes,
    hypergeometric,
    lower_bound,
    lower_bound_of_set,
)


def test_none_wrong_of_thirty_is_at_most_a_ninth() -> None:
    low, high = clopper_pearson(0, 30)
    assert low == 0.0
    assert high == pytest.approx(1 - 0.025 ** (1 / 30))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_each_end_leaves_at_most_its_half_of_the_risk(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = clopper_pearson(successes, trials)
    assert low <= successes / trials <= high
    assert successes == 0 or binom.sf(successes - 1, trials, low) <= 0.025 + 1e-9
    assert successes == trials or binom.cdf(successes, trials, high) <= 0.025 + 1e-9


@pytest.mark.parametrize(("successes", "trials", "confidence"), [(1, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1)])
def test_numbers_that_are_no_proportion_are_said(successes: int, trials: int, confidence: float) -> None:
    with pytest.raises(ParameterError, match="not allowed"):
        clopper_pearson(successes, trials, confidence)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_bound_of_one_side_leaves_all_the_risk_there(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = lower_bound(successes, trials), 1 - lower_bound(trials - successes, trials)
    assert low <= successes / trials <= high
    assert successes == 0 or binom.sf(successes - 1, trials, low) == pytest.approx(0.05)
    assert successes == trials or binom.cdf(successes, trials, high) == pytest.approx(0.05)


@given(st.data())
def test_chances_of_a_sample_are_those_of_scipy(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 100_000))
    yes, sampled = data.draw(st.integers(0, size)), data.draw(st.integers(0, min(size, 400)))
    chances = hypergeometric(size, yes, sampled)
    assert chances.sum() == pytest.approx(1)
    assert chances == pytest.approx(hypergeom.pmf(np.arange(sampled + 1), size, yes, sampled), abs=1e-9)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 90))))
def test_no_share_below_the_bound_of_a_set_is_likely_enough(counts: tuple[int, int, int]) -> None:
    yes, sampled, size = counts
    bound = round(lower_bound_of_set(yes, sampled, size) * size)
    assert yes <= bound <= size - (sampled - yes)
    assert hypergeom.sf(yes - 1, size, bound, sampled) > 0.05 - 1e-9
    assert bound == yes or hypergeom.sf(yes - 1, size, bound - 1, sampled) <= 0.05 + 1e-9


def test_a_set_asked_in_full_is_known() -> None:
    assert lower_bound_of_set(18, 20, 20) == 0.9


@given(
    st.integers(1, 80).flatmap(lambda n: st.tuples(st.just(n), st.integers(n, 400))), st.sampled_from([0.5, 0.9, 0.97])
)
def test_a_set_passes_just_when_its_bound_reaches_the_target(counts: tuple[int, int], target: float) -> None:
    sampled, size = counts
    needed = fewest_yes(sampled, size, target)
    assert needed > sampled or lower_bound_of_set(needed, sampled, size) >= target
    assert needed == 0 or lower_bound_of_set(needed - 1, sampled, size) < target


def test_twenty_eight_yes_show_nothing_of_ninety_percent_and_twenty_nine_do() -> None:
    assert fewest_yes(28, 1_000_000, 0.9) == 29
    assert fewest_yes(29, 1_000_000, 0.9) == 29


@pytest.mark.parametrize(("yes", "sampled", "size"), [(3, 2, 5), (1, 0, 5), (1, 6, 5), (-1, 2, 5)])
def test_a_sample_that_is_none_is_said(yes: int, sampled: int, size: int) -> None:
    with pytest.raises(ParameterError, match="not allowed"):
        lower_bound_of_set(yes, sampled, size)


@pytest.mark.parametrize("target", [0.0, 1.1])
def test_a_target_that_is_no_share_is_said(target: float) -> None:
    with pytest.raises(ParameterError, match="target"):
        fewest_yes(10, 20, target)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9975])
@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (3, 7), (45, 50), (50, 50), (2_900, 3_000)])
def test_exact_intervals_are_those_of_scipy(successes: int, trials: int, confidence: float) -> None:
    def ends(alternative: str) -> tuple[float, float]:
        found = binomtest(successes, trials, alternative=alternative).proportion_ci(confidence, method="exact")
        return float(found.low), float(found.high)

    assert clopper_pearson(successes, trials, confidence) == pytest.approx(ends("two-sided"), abs=1e-9)
    assert lower_bound(successes, trials, confidence) == pytest.approx(ends("greater")[0], abs=1e-9)
    assert 1 - lower_bound(trials - successes, trials, confidence) == pytest.approx(ends("less")[1], abs=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("trials", [1, 2, 3, 5, 9, 17, 30, 200])
def test_exact_intervals_are_those_of_scipy_for_every_count(trials: int, confidence: float) -> None:
    counts = range(trials + 1) if trials <= 30 else range(0, trials + 1, 20)
    ours = [clopper_pearson(yes, trials, confidence) for yes in counts]
    side = (1 - confidence) / 2
    low = [beta.ppf(side, yes, trials - yes + 1) if yes else 0.0 for yes in counts]
    high = [beta.ppf(1 - side, yes + 1, trials - yes) if yes < trials else 1.0 for yes in counts]
    assert ours == list(zip(low, high, strict=True))
    tested = [tuple(binomtest(yes, trials).proportion_ci(confidence)) for yes in counts]
    assert np.abs(np.array(ours) - np.array(tested)).max() < 1e-12
