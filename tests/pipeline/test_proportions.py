"""Intervals of proportions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.errors import ParameterError
from pipeline.proportions import clopper_pearson


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
    with pytest.raises(ParameterError, match="Give 0 to n"):
        clopper_pearson(successes, trials, confidence)
