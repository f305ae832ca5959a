"""A filter set is a conjunction: order has no meaning, more conditions never let more images pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import ParameterError
from pipeline.map.filters import AttributeFilter, FilterSet, passing_counts, passing_mask, score_histogram
from pipeline.map.frame import warm_up

NAMES = ("bird", "dog", "watercolor")
SCORES = np.array([[0.1, 0.7, 0.9, np.nan], [0.9, 0.2, 0.8, 0.9], [0.5, 0.5, 0.5, 0.5]], dtype=np.float32)

scores_of_three = arrays(
    np.float32, st.tuples(st.just(3), st.integers(0, 30)), elements=st.floats(0, 1, width=32) | st.just(np.nan)
)
conditions = st.lists(st.builds(AttributeFilter, st.sampled_from(NAMES), st.floats(0, 1)), max_size=5)


@pytest.fixture(scope="module", autouse=True)
def compiled_kernels():
    """Compile beforehand, so that no example of hypothesis is taken for a slow one."""
    warm_up()


def test_every_condition_has_to_hold():
    both = FilterSet((AttributeFilter("bird", 0.5), AttributeFilter("dog", 0.5)))
    assert passing_mask(SCORES, NAMES, both).tolist() == [False, False, True, False]


def test_a_score_equal_to_the_minimum_passes_in_the_precision_of_the_scores():
    assert passing_mask(SCORES, NAMES, FilterSet((AttributeFilter("bird", 0.7),)))[1]


def test_an_empty_set_lets_every_image_pass():
    assert passing_mask(SCORES, NAMES, FilterSet()).all()


def test_a_missing_score_never_passes():
    assert not passing_mask(SCORES, NAMES, FilterSet((AttributeFilter("bird", -np.inf),)))[3]


@given(scores_of_three, conditions, st.randoms())
def test_filters_commute(scores, filters, random):
    shuffled = random.sample(filters, len(filters))
    one, other = (passing_mask(scores, NAMES, FilterSet(tuple(some))) for some in (filters, shuffled))
    assert np.array_equal(one, other)


@given(scores_of_three, conditions, st.data())
def test_another_filter_never_lets_more_images_pass(scores, filters, data):
    more = data.draw(st.builds(AttributeFilter, st.sampled_from(NAMES), st.floats(0, 1)))
    before = passing_mask(scores, NAMES, FilterSet(tuple(filters)))
    after = passing_mask(scores, NAMES, FilterSet((*filters, more)))
    assert not (after & ~before).any()


@given(scores_of_three, conditions)
def test_a_chip_counts_what_would_be_selected_with_it_switched_on(scores, filters):
    filter_set = FilterSet(tuple(filters))
    minima = dict.fromkeys(NAMES, 0.5)
    expected = []
    for name in NAMES:
        own = () if name in filter_set.minima() else (AttributeFilter(name, 0.5),)
        expected.append(passing_mask(scores, NAMES, FilterSet((*filters, *own))).sum())
    assert passing_counts(scores, NAMES, filter_set, minima=minima).tolist() == expected


def test_an_inactive_attribute_needs_a_minimum_to_be_counted():
    with pytest.raises(ParameterError, match="dog"):
        passing_counts(SCORES, NAMES, FilterSet(), minima={"bird": 0.5, "watercolor": 0.5})


def test_an_unknown_attribute_is_refused_with_the_known_ones():
    with pytest.raises(ParameterError, match=r"zebra.*bird, dog, watercolor"):
        passing_mask(SCORES, NAMES, FilterSet((AttributeFilter("zebra", 0.5),)))


def test_rows_that_do_not_match_the_names_are_refused():
    with pytest.raises(ParameterError, match="one row for each attribute"):
        passing_mask(SCORES, NAMES[:2], FilterSet())


def test_a_minimum_that_is_not_a_number_is_refused():
    with pytest.raises(ParameterError, match="bird"):
        AttributeFilter("bird", float("nan"))


def test_a_histogram_counts_edges_in_the_bin_that_begins_there_and_one_in_the_last():
    scores = np.array([0.0, 0.24, 0.25, 0.5, 1.0, np.nan, -3.0, np.inf], dtype=np.float32)
    assert score_histogram(scores, bins=4).tolist() == [3, 1, 1, 2]


@given(arrays(np.float32, st.integers(0, 50), elements=st.floats(0, 1, width=32)))
def test_a_histogram_agrees_with_numpy(scores):
    # 16 bins: their edges are exact in binary, so both put a score on an edge on the same side.
    assert np.array_equal(score_histogram(scores, bins=16), np.histogram(scores, bins=16, range=(0, 1))[0])


def test_a_histogram_without_bins_is_refused():
    with pytest.raises(ParameterError, match="at least 1"):
        score_histogram(SCORES[0], bins=0)
