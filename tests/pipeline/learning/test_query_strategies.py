"""Query strategies: the images that each prefers, and the images that none may choose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.learning.query_strategies import SHORTLIST, STRATEGIES, Pool, strategy_named


def pool_of(n: int, seed: int = 0, *, n_yes: int = 5, n_no: int = 0, copies: int = 1) -> Pool:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((n, 6)).astype(np.float32)
    margins = generator.normal(0, 2, n).astype(np.float32)
    answered = generator.permutation(n)[: n_yes + n_no].astype(np.int64)
    allowed = generator.random(n) < 0.9
    allowed[answered] = False
    return Pool(
        margins=margins,
        allowed=allowed,
        groups=(np.arange(n) // copies * copies).astype(np.int64),
        vectors=lambda rows: vectors[rows],
        answered_rows=answered,
        answers=(np.arange(n_yes + n_no) < n_yes)[: len(answered)],
        answered_margins=margins[answered],
    )


@given(
    st.sampled_from(sorted(STRATEGIES)),
    st.integers(0, 200),
    st.integers(0, 40),
    st.integers(1, 4),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.integers(0, 1000),
)
def test_no_strategy_breaks_a_rule(
    name: str, n: int, count: int, copies: int, answers: tuple[int, int], seed: int
) -> None:
    pool = pool_of(n, seed, n_yes=answers[0], n_no=answers[1], copies=copies)
    pool.margins[::7] = np.nan
    choice = STRATEGIES[name](pool, count, seed)
    assert choice.rows.dtype == np.int64
    assert len(choice.rows) == len(choice.reasons)
    assert all(choice.reasons)
    assert pool.allowed[choice.rows].all(), "only what may be asked"
    assert not np.isnan(pool.margins[choice.rows]).any(), "never what has no margin"
    groups = pool.groups[choice.rows]
    assert len(np.unique(groups)) == len(groups), "never two near-duplicates"
    able = np.unique(pool.groups[pool.allowed & ~np.isnan(pool.margins)])
    assert len(groups) == min(count, len(able)), "as many as are wanted, or all there are"
    assert np.array_equal(choice.rows, STRATEGIES[name](pool, count, seed).rows), "repeatable"


def test_uncertainty_takes_the_nearest_to_the_boundary() -> None:
    pool = pool_of(300)
    rows = STRATEGIES["uncertainty"](pool, 10, 0).rows
    rest = np.setdiff1d(np.flatnonzero(pool.allowed), rows)
    assert np.abs(pool.margins[rows]).max() <= np.abs(pool.margins[rest]).min()


def test_highest_score_takes_the_highest() -> None:
    pool = pool_of(300)
    rows = STRATEGIES["highest_score"](pool, 10, 0).rows
    assert pool.margins[rows].min() >= np.delete(pool.margins, rows)[np.delete(pool.allowed, rows)].max()


def test_random_draws_others_by_another_seed() -> None:
    pool = pool_of(300)
    assert set(STRATEGIES["random"](pool, 20, 0).rows) != set(STRATEGIES["random"](pool, 20, 1).rows)


def test_diverse_takes_unlike_images_of_a_shortlist() -> None:
    pool = pool_of(3 * SHORTLIST)
    rows = STRATEGIES["diverse"](pool, 20, 0).rows
    nearest = STRATEGIES["uncertainty"](pool, SHORTLIST, 0).rows
    assert set(rows) <= set(nearest)
    assert spread(pool, rows) > spread(pool, nearest[:20])


def spread(pool: Pool, rows: np.ndarray) -> float:
    vectors = pool.vectors(rows)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2) + 99 * np.eye(len(rows))
    return float(distances.min(axis=1).mean())


class TestDefault:
    def test_the_first_page_looks_both_ways(self) -> None:
        pool = pool_of(400, n_yes=5, n_no=0)
        choice = STRATEGIES["default"](pool, 20, 0)
        assert choice.reasons == ("high score",) * 10 + ("near the boundary",) * 10
        assert np.array_equal(choice.rows[:10], STRATEGIES["highest_score"](pool, 10, 0).rows)
        assert np.abs(pool.margins[choice.rows[10:]]).max() < np.abs(pool.margins[choice.rows[:10]]).min()

    def test_a_rare_attribute_is_asked_about_where_yes_is_likeliest(self) -> None:
        pool = pool_of(400, n_yes=9, n_no=20)
        assert np.array_equal(STRATEGIES["default"](pool, 20, 0).rows, STRATEGIES["highest_score"](pool, 20, 0).rows)

    def test_a_common_one_where_the_model_is_in_doubt(self) -> None:
        pool = pool_of(400, n_yes=11, n_no=20)
        near = STRATEGIES["uncertainty"](pool, 40, 0).rows
        assert set(STRATEGIES["default"](pool, 20, 0).rows) <= set(near)


def test_a_strategy_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(ParameterError, match="random, uncertainty, highest_score, diverse, default"):
        strategy_named("best")


def test_copies_of_one_picture_do_not_stop_the_choice() -> None:
    pool = pool_of(200)
    same = Pool(
        pool.margins,
        pool.allowed,
        pool.groups,
        lambda rows: np.ones((len(rows), 3), np.float32),
        pool.answered_rows,
        pool.answers,
        pool.answered_margins,
    )
    assert len(np.unique(STRATEGIES["diverse"](same, 20, 0).rows)) == 20


@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_each_of_few_unlike_pictures_is_chosen_before_a_copy(seed: int) -> None:
    pool = pool_of(200)
    kinds = np.arange(200) % 7
    pool = dataclasses.replace(pool, vectors=lambda rows: np.eye(7, dtype=np.float32)[kinds[rows]])
    rows = STRATEGIES["diverse"](pool, 20, seed).rows
    assert len(np.unique(rows)) == 20
    assert len(np.unique(kinds[rows[:7]])) == 7
