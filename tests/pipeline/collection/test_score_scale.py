"""A scale turns scores into numbers from 0 to 1 and back, and keeps their order."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collection.score_scale import ScoreMark, ScoreScale, scale_from_mapping

SCALE = ScoreScale(-16.0, 8.0, (ScoreMark(-7.0, "surely negative up to here"), ScoreMark(-1.0, "positive from here")))


@given(st.lists(st.floats(-16, 8, width=32), min_size=1, max_size=50))
def test_numbers_from_0_to_1_keep_the_order_and_come_back(scores: list[float]) -> None:
    unit = SCALE.to_unit(np.array(scores, np.float32))
    assert unit.dtype == np.float32
    assert ((unit >= 0) & (unit <= 1)).all()
    assert (np.diff(unit[np.argsort(scores, kind="stable")]) >= 0).all()
    np.testing.assert_allclose([SCALE.from_unit(float(value)) for value in unit], scores, atol=1e-5)


@given(st.floats(-16, 8, width=32), st.floats(-16, 8, width=32))
def test_a_score_that_reaches_a_mark_reaches_it_from_0_to_1_as_well(score: float, mark: float) -> None:
    if score >= mark:
        assert SCALE.to_unit(np.array([score], np.float32))[0] >= np.float32(SCALE.unit(mark))


def test_scores_outside_the_scale_are_its_ends() -> None:
    assert SCALE.to_unit(np.array([-99.0, 99.0])).tolist() == [0.0, 1.0]


def test_a_scale_without_extent_does_not_divide_by_0() -> None:
    assert np.isfinite(ScoreScale(2.0, 2.0).to_unit(np.array([1.0, 2.0, 3.0]))).all()


def test_a_scale_is_stored_and_read_again() -> None:
    assert scale_from_mapping(asdict(SCALE)) == SCALE
    assert scale_from_mapping(None) is None


@pytest.mark.parametrize(
    "values",
    [
        {"low": 0.0},
        {"low": "0", "high": 1.0},
        {"low": 2.0, "high": 1.0},
        {"low": float("nan"), "high": 1.0},
        {"low": 0.0, "high": 1.0, "marks": [{"value": 1.0}]},
        "probabilities",
    ],
)
def test_what_is_no_scale_is_refused(values: object) -> None:
    with pytest.raises(TypeError):
        scale_from_mapping(values)
