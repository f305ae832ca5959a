"""Priorities of images: random, by score, by uncertainty, or by the clearest attribute."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import ParameterError
from pipeline.map.layout_index import rank_by_priority
from pipeline.map.priorities import PriorityKind, priority_of, uncertainty_of
from pipeline.statistics.random_numbers import chance

NAMES = ["bird", "tree"]
scores = arrays(
    np.float32, st.tuples(st.just(2), st.integers(1, 30)), elements=st.floats(0, 1, width=32) | st.just(np.nan)
)


def ranked(kind, table, **options):
    ids = np.arange(table.shape[1], dtype=np.int64)
    return np.argsort(rank_by_priority(priority_of(kind, image_ids=ids, scores=table, names=NAMES, **options)))


@given(scores)
def test_by_score_the_highest_comes_first_and_the_unknown_last(table):
    first_to_last = table[1][ranked(PriorityKind.SCORE, table, attribute="tree")]
    known = np.isfinite(first_to_last)
    assert (np.diff(first_to_last[known]) <= 0).all()
    assert (np.diff(known.astype(int)) <= 0).all()


@given(scores, st.floats(0, 1, width=32))
def test_by_uncertainty_the_score_nearest_the_minimum_comes_first(table, minimum):
    order = ranked(PriorityKind.UNCERTAINTY, table, attribute="bird", minimum=minimum)
    distance = np.abs(table[0][order] - np.float32(minimum))
    known = np.isfinite(distance)
    assert (np.diff(distance[known]) >= 0).all()
    assert (np.diff(known.astype(int)) <= 0).all()


def test_by_salience_a_sure_case_of_a_rare_attribute_comes_before_one_of_a_common_one():
    table = np.zeros((2, 100), dtype=np.float32) + np.float32(0.01)
    table[1, :60] = 0.95  # trees are everywhere
    table[0, 99] = 0.95  # the one bird
    order = ranked(PriorityKind.SALIENCE, table)
    assert order[0] == 99
    assert set(order[1:61].tolist()) == set(range(60))


def test_salience_of_what_nobody_scored_is_unknown_and_comes_last():
    table = np.full((2, 3), np.nan, dtype=np.float32)
    table[0, 1] = 0.2
    assert ranked(PriorityKind.SALIENCE, table)[0] == 1


def test_without_scores_everything_is_chance():
    ids = np.arange(50, dtype=np.int64)
    nothing = np.empty((0, 50), dtype=np.float32)
    for kind in PriorityKind:
        got = priority_of(kind, image_ids=ids, scores=nothing, names=[], seed=3)
        assert np.array_equal(got, chance(ids, 3))


def test_an_attribute_without_scores_is_named():
    with pytest.raises(ParameterError, match=r"'cat'.*bird, tree"):
        ranked(PriorityKind.SCORE, np.zeros((2, 3), dtype=np.float32), attribute="cat")


@given(st.integers(0, 2**62), st.integers(0, 1000))
def test_chance_depends_on_the_id_and_the_seed_alone(image_id, seed):
    one = chance(np.array([image_id]), seed)
    assert one[0] == chance(np.array([5, image_id, 9]), seed)[1]
    assert one[0] != chance(np.array([image_id]), seed + 1)[0]


@given(scores=arrays(np.float32, 20, elements=st.floats(0, 1, width=32)), cut=st.floats(0, 1, width=16))
def test_uncertainty_lies_between_nought_and_one_and_is_whole_at_the_cut(scores, cut):
    doubt = uncertainty_of(np.append(scores, np.float32(cut)), cut)
    assert (doubt >= -1e-6).all()
    assert (doubt <= 1).all()
    assert doubt[-1] == 1
