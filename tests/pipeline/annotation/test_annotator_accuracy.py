"""Records of annotators: counts, exact intervals, and gold that is itself wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.annotation.annotator_accuracy import NONE, AnnotatorReport, Suspect, annotator_reports, suspect_gold
from pipeline.annotation.consensus import Label
from pipeline.errors import ParameterError
from pipeline.statistics.proportions import clopper_pearson

Y, N, U = Label.YES, Label.NO, Label.UNSURE
ANSWERS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([Y, N, U]),
        st.sampled_from([0.0, 1.0, 2.5]),
        st.sampled_from([NONE, Y, N]),
        st.sampled_from([NONE, Y, N, U]),
    ),
    max_size=30,
)


def reports(answers: list[tuple[int, int, float, int, int]], count: int = 3) -> list[AnnotatorReport]:
    """Sum up answers given as (annotator, value, seconds, expected, before)."""
    columns = [np.array([answer[place] for answer in answers]) for place in range(5)]
    people, values, seconds, expected, before = columns
    return annotator_reports(
        count,
        people.astype(np.int32),
        values.astype(np.int8),
        seconds.astype(np.float32),
        expected.astype(np.int8),
        before.astype(np.int8),
    )


def test_a_record_counts_each_kind_of_question_apart() -> None:
    (ann,) = reports(
        [
            (0, Y, 1.0, Y, NONE),
            (0, Y, 2.0, Y, NONE),
            (0, U, 9.0, Y, NONE),
            (0, Y, 0.0, N, NONE),
            (0, N, 3.0, N, NONE),
            (0, N, 0.0, NONE, N),
            (0, N, 0.0, NONE, Y),
            (0, Y, 4.0, NONE, NONE),
        ],
        count=1,
    )
    assert (ann.sensitivity.hits, ann.sensitivity.of) == (2, 3), "unsure is not a yes"
    assert (ann.false_positives.hits, ann.false_positives.of) == (1, 2)
    assert (ann.accuracy.hits, ann.accuracy.of) == (3, 5), "unsure is not right"
    assert (ann.consistency.hits, ann.consistency.of) == (1, 2)
    assert ann.answers == 1
    assert ann.median_seconds == 3.0, "of those measured"
    assert (ann.sensitivity.low, ann.sensitivity.high) == clopper_pearson(2, 3)


@given(ANSWERS)
@settings(max_examples=50, deadline=None)
def test_each_record_is_of_its_own_answers_and_has_no_nan(answers: list[tuple[int, int, float, int, int]]) -> None:
    for number, report in enumerate(reports(answers)):
        mine = [(0, *answer[1:]) for answer in answers if answer[0] == number]
        assert report == reports(mine, count=1)[0]
        assert report.sensitivity.of + report.false_positives.of == report.accuracy.of
        for rate in (report.sensitivity, report.false_positives, report.accuracy, report.consistency):
            assert 0 <= rate.low <= rate.high <= 1
            assert (rate.share is None) == (rate.of == 0)
            assert rate.share is None or rate.low <= rate.share <= rate.high


def test_who_answered_nothing_has_no_rates_and_the_widest_intervals() -> None:
    (nobody,) = reports([], count=1)
    assert nobody.median_seconds is None
    assert [nobody.accuracy.share, nobody.accuracy.low, nobody.accuracy.high] == [None, 0.0, 1.0]


@pytest.mark.parametrize(
    ("said", "suspect"),
    [("nnn", True), ("nny", True), ("nn", False), ("nyy", False), ("nnyy", False), ("nuu", False), ("nnu", True)],
)
def test_gold_is_suspect_when_three_answered_and_most_say_the_opposite(said: str, suspect: bool) -> None:
    values = np.array([{"y": Y, "n": N, "u": U}[letter] for letter in said], np.int8)
    found = suspect_gold(np.full(len(said), 7), values, np.full(len(said), Y, np.int8))
    assert found == ((Suspect(7, Y, said.count("n"), len(said)),) if suspect else ())


def test_the_most_contradicted_gold_comes_first() -> None:
    images = np.repeat([5, 6, 9], 4)
    values = np.array([Y, Y, Y, N, Y, Y, Y, Y, N, N, N, N], np.int8)
    expected = np.array([N] * 8 + [Y] * 4, np.int8)
    assert [one.image_id for one in suspect_gold(images, values, expected)] == [6, 9, 5]
    assert suspect_gold(images[:0], values[:0], expected[:0]) == ()


def test_columns_of_different_lengths_are_said() -> None:
    with pytest.raises(ParameterError, match="one entry in"):
        reports([(3, Y, 1.0, NONE, NONE)])
    with pytest.raises(ParameterError, match="same length"):
        suspect_gold(np.array([1]), np.array([], np.int8), np.array([], np.int8))
