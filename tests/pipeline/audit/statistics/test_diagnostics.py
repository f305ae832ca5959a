"""Pictures of an audit: reliability, precision and recall, regions, mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.audit.statistics.by_region import mistakes, precision_by_region
from pipeline.audit.statistics.diagnostics import Share, precision_recall, reliability
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import clopper_pearson

Drawn = tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.float64]]


@st.composite
def any_draw(make: st.DrawFn) -> Drawn:
    count = make(st.integers(0, 40))
    rng = np.random.default_rng(make(st.integers(0, 1000)))
    said = make(st.sampled_from([[-1], [0], [1], [0, 1], [-1, 0, 1]]))
    return rng.random(count), rng.choice(said, count).astype(np.int8), rng.uniform(0.01, 1, count)


def in_order(share: Share) -> bool:
    return 0 <= share.low <= share.high <= 1 and (share.value is None or share.low <= share.value <= share.high)


@settings(max_examples=60, deadline=None)
@given(any_draw(), st.integers(1, 12))
def test_a_reliability_diagram_counts_each_answer_once_and_holds_no_nan(drawn: Drawn, bins: int) -> None:
    diagram = reliability(*drawn, bins)
    known = drawn[1] != -1
    assert len(diagram) == bins
    assert sum(entry.answered for entry in diagram) == known.sum()
    assert sum(entry.yes for entry in diagram) == (drawn[1] == 1).sum()
    assert sum(entry.stands_for for entry in diagram) == pytest.approx((1 / drawn[2][known]).sum())
    for entry in diagram:
        assert in_order(entry.share)
        assert (entry.share.value is None) == (entry.mean_score is None) == (entry.answered == 0)
        assert entry.mean_score is None or entry.lowest - 1e-9 <= entry.mean_score <= entry.highest + 1e-9


def test_each_answer_stands_for_as_many_images_as_its_chance_says() -> None:
    diagram = reliability(np.array([0.22, 0.28, 1.0]), np.array([1, 0, 1]), np.array([0.5, 0.1, 1.0]), 10)
    assert diagram[2].stands_for == 12
    assert diagram[2].share.value == pytest.approx(2 / 12)
    assert diagram[2].mean_score == pytest.approx((0.22 * 2 + 0.28 * 10) / 12)
    assert diagram[9].answered == 1


def test_a_bin_of_equal_weights_has_the_exact_interval() -> None:
    rng = np.random.default_rng(0)
    said = (np.arange(60) < 21).astype(np.int8)
    share = reliability(rng.uniform(0.3, 0.39, 60), said, np.full(60, 0.25), 10)[3].share
    assert (share.low, share.high) == pytest.approx(clopper_pearson(21, 60), abs=0.02)


@settings(max_examples=40, deadline=None)
@given(any_draw(), st.floats(0, 1))
def test_precision_and_recall_hold_no_nan_and_recall_grows_with_lower_cuts(drawn: Drawn, threshold: float) -> None:
    picture = precision_recall(*drawn, threshold)
    assert picture.operating.threshold == threshold
    for point in (*picture.points, picture.operating):
        assert in_order(point.precision)
        assert in_order(point.recall)
    cuts = [point.threshold for point in picture.points]
    assert cuts == sorted(cuts, reverse=True)
    recalls = [point.recall.value for point in picture.points if point.recall.value is not None]
    assert recalls == sorted(recalls)


def test_the_operating_point_weighs_by_the_design() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    said, chances = np.array([1, 1, 0, 1, 0], np.int8), np.array([0.5, 0.5, 0.5, 0.01, 0.01])
    point = precision_recall(scores, said, chances, 0.7).operating
    assert point.precision.value == pytest.approx(2 / 3)
    assert point.recall.value == pytest.approx(4 / 104)


def test_every_region_of_the_positive_set_is_told_of_and_those_with_few_checks_warned_of() -> None:
    cluster, yes = np.array([3, 3, 3, 3, 3, 3, 8, 8]), np.array([1, 1, 1, 1, 1, 0, 1, 1], bool)
    regions = precision_by_region(cluster, yes, {3: 200, 8: 500, 5: 40, 6: 0, 9: 2})
    assert [(entry.region, entry.size, entry.checks, entry.yes) for entry in regions] == [
        (8, 500, 2, 2), (3, 200, 6, 5), (5, 40, 0, 0), (9, 2, 0, 0)
    ]  # fmt: skip
    by_region = {entry.region: entry for entry in regions}
    assert by_region[3].too_few == ""
    assert "2 checks among the 500 positives" in by_region[8].too_few
    assert "no check among" in by_region[5].too_few
    assert by_region[5].precision == Share(None, 0.0, 1.0)
    assert by_region[3].precision.value == pytest.approx(5 / 6)


def test_a_region_checked_in_full_is_known_and_not_warned_of() -> None:
    (entry,) = precision_by_region(np.array([1, 1, 1]), np.array([True, True, False]), {1: 3})
    assert (entry.precision.low, entry.precision.high) == pytest.approx((2 / 3, 2 / 3))
    assert entry.too_few == ""


@given(st.lists(st.booleans(), max_size=30), st.integers(30, 3000))
def test_the_interval_of_a_region_holds_its_share(said: list[bool], size: int) -> None:
    (entry,) = precision_by_region(np.zeros(len(said), np.int64), np.array(said, bool), {0: size})
    assert in_order(entry.precision)
    assert entry.precision.high - entry.precision.low >= (1 - len(said) / size) * 0.05


def test_the_wall_of_mistakes_shows_both_kinds_nearest_the_cut_first() -> None:
    rows = np.array([10, 11, 12, 13, 14, 15])
    scores = np.array([0.9, 0.55, 0.45, 0.05, 0.6, 0.35], np.float32)
    said = np.array([0, 0, 1, 1, 1, -1], np.int8)
    positive = np.array([1, 1, 0, 0, 1, 0], bool)
    wall = mistakes(rows, scores, said, positive, 0.5)
    assert wall.rows.tolist() in ([11, 12, 10, 13], [12, 11, 10, 13])
    assert dict(zip(wall.rows.tolist(), wall.false_positive.tolist(), strict=True)) == {
        11: True, 12: False, 10: True, 13: False
    }  # fmt: skip
    far = np.abs(wall.scores - 0.5)
    assert (np.diff(far) >= -1e-6).all()
    assert not len(mistakes(rows[:0], scores[:0], said[:0], positive[:0], 0.5).rows)


def test_arrays_of_other_images_and_impossible_numbers_are_said() -> None:
    scores, said, chances = np.array([0.2, 0.3]), np.array([0, 1]), np.array([1.0, 0.5])
    with pytest.raises(ParameterError, match="one entry for each image drawn"):
        reliability(scores, said[:1], chances)
    with pytest.raises(ParameterError, match="settled verdicts"):
        reliability(scores, np.array([0, 2]), chances)
    with pytest.raises(ParameterError, match="inclusion probability"):
        precision_recall(scores, said, np.array([1.0, 0.0]), 0.5)
    with pytest.raises(ParameterError, match="scores from 0 to 1"):
        reliability(scores + 1, said, chances)
    with pytest.raises(ParameterError, match="more checks than positives"):
        precision_by_region(np.array([1, 1]), np.array([True, True]), {1: 1})
    with pytest.raises(ParameterError, match="same length"):
        precision_by_region(np.array([1, 1]), np.array([True]), {1: 9})
    with pytest.raises(ParameterError, match="one entry for each image drawn"):
        mistakes(np.arange(3), scores, said, np.array([True, False]), 0.5)
