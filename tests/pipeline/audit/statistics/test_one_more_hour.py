"""The gain of one more hour is computed by the same bound that is watched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audit.statistics.anytime_bound import AnytimeBound, leading
from pipeline.audit.statistics.one_more_hour import an_hour_of_watching
from pipeline.errors import ParameterError

BOUND = AnytimeBound(400, 0.9)


def verdicts(yes: int, no: int, waiting: int) -> np.ndarray:
    said = np.array([1] * yes + [0] * no, np.int8)
    return np.concatenate([np.random.default_rng(3).permutation(said), np.full(waiting, -1, np.int8)])


def test_when_all_go_on_as_yes_it_is_the_bound_of_so_many_yes() -> None:
    hour = an_hour_of_watching(BOUND, verdicts(30, 0, 70), 72.0)
    assert hour.images == 50
    assert hour.at_least_now == BOUND.lower_bound(np.ones(30, np.int8))[-1]
    assert hour.at_least_then == BOUND.lower_bound(np.ones(80, np.int8))[-1]
    assert "50 more positives" in hour.words


@given(st.integers(0, 60), st.integers(0, 20), st.integers(0, 60), st.floats(1, 500), st.floats(0.1, 1))
def test_it_never_foresees_more_images_than_wait_and_the_bound_never_falls(
    yes: int, no: int, waiting: int, seconds: float, share: float
) -> None:
    hour = an_hour_of_watching(BOUND, verdicts(yes, no, waiting), seconds, 2, share=share)
    assert 0 <= hour.images <= waiting
    assert 0 <= hour.at_least_now <= hour.at_least_then <= 1


def test_with_two_people_and_half_of_the_images_positive_it_is_a_quarter_of_the_images() -> None:
    alone = an_hour_of_watching(BOUND, verdicts(30, 0, 300), 36.0)
    both = an_hour_of_watching(BOUND, verdicts(30, 0, 300), 36.0, 2, share=0.5)
    assert (alone.images, both.images) == (100, 25)


def test_an_open_image_between_the_others_is_answered_first() -> None:
    said = verdicts(40, 0, 0)
    said[5] = -1
    hour = an_hour_of_watching(BOUND, said, 3600.0)
    assert len(leading(said)) == 5
    assert hour.at_least_then == BOUND.lower_bound(np.ones(40, np.int8))[-1] > hour.at_least_now


def test_without_a_rate_or_an_image_it_says_why() -> None:
    assert "no image has a verdict yet" in an_hour_of_watching(BOUND, verdicts(0, 0, 9), 2.0).words
    assert "no image is left" in an_hour_of_watching(BOUND, verdicts(9, 0, 0), 2.0).words


@pytest.mark.parametrize(("seconds", "opinions", "share"), [(0.0, 1, 1), (2.0, 0.5, 1), (2.0, 1, 0), (2.0, 1, 1.5)])
def test_numbers_that_make_no_sense_are_refused(seconds: float, opinions: float, share: float) -> None:
    with pytest.raises(ParameterError, match="must be above 0"):
        an_hour_of_watching(BOUND, verdicts(9, 0, 9), seconds, opinions, share=share)
