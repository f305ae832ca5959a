"""Drawing images for validation, and the weight of each answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.statistics.validation_sampling import UNIFORM, combined_weights, draw_validation, score_strata

everything = np.ones(5000, bool)


def margins(count: int = 5000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    images=st.integers(0, 300),
    count=st.integers(0, 320),
    share=st.sampled_from([0.2, 0.25, 0.5, 1.0]),
    strata=st.integers(1, 12),
    seed=st.integers(0, 5),
)
def test_a_draw_holds_different_open_images_with_chances(
    images: int, count: int, share: float, strata: int, seed: int
) -> None:
    allowed = np.random.default_rng(seed).random(images) < 0.7
    draw = draw_validation(margins(images), allowed, count, uniform_share=share, strata=strata, seed=seed)
    assert len(np.unique(draw.rows)) == len(draw.rows) == len(draw.probabilities) == len(draw.reasons)
    assert allowed[draw.rows].all()
    assert len(draw.rows) <= min(count, allowed.sum())
    assert ((draw.probabilities > 0) & (draw.probabilities <= 1)).all()
    if count < allowed.sum():
        assert draw.reasons.count(UNIFORM) >= count / 5


def test_a_large_pool_gives_as_many_as_asked_for_and_mostly_from_the_top() -> None:
    values = margins()
    draw = draw_validation(values, everything, 100, seed=1)
    assert len(draw.rows) == 100
    assert draw.reasons.count(UNIFORM) == 25
    # Nine of ten strata lie in the upper half of the ranking.
    assert (values[draw.rows] > np.median(values)).mean() > 0.6


def test_fewer_images_than_asked_are_all_drawn_for_certain() -> None:
    draw = draw_validation(margins(7), np.ones(7, bool), 50, seed=0)
    assert sorted(draw.rows) == list(range(7))
    assert (draw.probabilities == 1).all()


def test_the_chances_are_those_of_the_draw() -> None:
    """Many draws of a pool so small that the two parts are in each other's way."""
    values, allowed, repeats = margins(40), np.ones(40, bool), 1500
    drawn, chances = np.zeros(40), np.full(40, np.nan)
    for seed in range(repeats):
        draw = draw_validation(values, allowed, 16, strata=4, seed=seed)
        drawn[draw.rows] += 1
        chances[draw.rows] = draw.probabilities
    error = np.sqrt(chances * (1 - chances) / repeats)
    assert (np.abs(drawn / repeats - chances) <= 4 * error + 1e-9).all()
    assert chances.sum() == pytest.approx(drawn.sum() / repeats, abs=0.05)


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (draw_validation(margins(), everything, 60, seed=seed) for seed in (3, 3, 4))
    assert (first.rows == again.rows).all()
    assert set(first.rows) != set(other.rows)


def test_strata_are_halves_of_halves_from_the_lowest_score_up() -> None:
    stratum = score_strata(np.arange(16), 4)
    assert stratum.tolist() == [3] * 8 + [2] * 4 + [1] * 2 + [0] * 2


def test_equal_scores_are_drawn_too() -> None:
    draw = draw_validation(np.zeros(5000), everything, 100, seed=0)
    assert len(draw.rows) == 100


def test_weighted_totals_over_rounds_equal_the_census_in_the_mean() -> None:
    """Three rounds, each by another ranking of the remaining images."""
    rng = np.random.default_rng(0)
    truth = rng.random(5000) < 0.05
    rankings = [rng.normal(size=5000) + strength * truth for strength in (0, 1, 3)]
    totals = []
    for run in range(150):
        left, rows, chances, numbers = everything.copy(), [], [], []
        for number, ranking in enumerate(rankings):
            draw = draw_validation(ranking, left, 40 + 20 * number, seed=10 * run + number)
            left[draw.rows] = False
            rows.append(draw.rows)
            chances.append(draw.probabilities)
            numbers.append(np.full(len(draw.rows), number))
        weights = combined_weights(np.concatenate(numbers), np.concatenate(chances))
        drawn = np.concatenate(rows)
        totals.append((weights @ truth[drawn], weights.sum()))
    mean, error = np.mean(totals, axis=0), np.std(totals, axis=0) / np.sqrt(len(totals))
    assert abs(mean[0] - truth.sum()) <= 3.5 * error[0]
    assert abs(mean[1] - 5000) <= 3.5 * error[1]


def test_one_draw_weighs_by_its_chances_alone() -> None:
    assert combined_weights(np.zeros(2, np.int64), np.array([0.5, 0.01])).tolist() == [2.0, 100.0]
    assert not len(combined_weights(np.empty(0, np.int64), np.empty(0)))


def test_a_margin_that_is_nan_matters_only_where_it_is_open() -> None:
    values, allowed = margins(100), np.ones(100, bool)
    values[3] = np.nan
    with pytest.raises(ParameterError, match="Score all images first"):
        draw_validation(values, allowed, 10, seed=0)
    allowed[3] = False
    assert 3 not in draw_validation(values, allowed, 90, seed=0).rows


@pytest.mark.parametrize("options", [{"uniform_share": 0.1}, {"strata": 0}, {"count": -1}])
def test_numbers_outside_their_range_are_said(options: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match=r"0\.2 to 1"):
        draw_validation(margins(), everything, **({"count": 10, "seed": 0} | options))


@pytest.mark.parametrize("chance", [0.0, 1.5, np.nan])
def test_a_chance_that_is_none_is_said(chance: float) -> None:
    with pytest.raises(ParameterError, match="at most 1"):
        combined_weights(np.zeros(1, np.int64), np.array([chance]))
