"""The number on a picture is short, true, and never outside the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.map.count_badges import count_text, draw_counts


def value_of(text):
    unit = {"k": 1000, "M": 1_000_000}.get(text[-1], 1)
    return float(text.rstrip("kM")) * unit


@given(st.integers(0, 99_999_999))
def test_a_count_is_written_short_and_never_too_high(count):
    text = count_text(count)
    assert len(text) <= 4
    assert value_of(text) <= count
    assert value_of(text) > count * 0.9 or count == 0


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (999, "999"), (1000, "1k"), (1249, "1.2k"), (35_600, "35k"), (999_999, "999k"), (2_500_000, "2.5M")],
)
def test_examples(count, text):
    assert count_text(count) == text


def drawn(counts, left, top, size=40, height=9, shape=(60, 80)):
    frame = np.full((*shape, 3), 128, dtype=np.uint8)
    place = {"left": np.array(left, dtype=np.int32), "top": np.array(top, dtype=np.int32)}
    draw_counts(frame, np.array(counts, dtype=np.int32), **place, size=size, height=height)
    return (frame != 128).any(axis=2)


def test_one_image_needs_no_number():
    assert not drawn([0, 1], [0, 40], [0, 0]).any()


def test_different_counts_look_different_and_stay_in_their_corner():
    seven, eight = drawn([7], [20], [10]), drawn([8], [20], [10])
    rows, columns = np.nonzero(seven)
    assert 30 <= rows.min() <= rows.max() < 50
    assert 40 <= columns.min() <= columns.max() < 60
    bright = [np.full((60, 80, 3), 128, dtype=np.uint8) for _ in range(2)]
    for frame, count in zip(bright, (7, 8), strict=True):
        place = np.array([20], dtype=np.int32), np.array([10], dtype=np.int32)
        draw_counts(frame, np.array([count], np.int32), left=place[0], top=place[1], size=40, height=9)
    assert (bright[0] != bright[1]).any()
    assert seven.shape == eight.shape


@given(st.integers(-60, 100), st.integers(-60, 100), st.integers(6, 30))
def test_nothing_is_written_outside_the_frame(x, y, height):
    drawn([1234], [x], [y], height=height)


def test_more_digits_take_more_room():
    widths = [np.ptp(np.nonzero(drawn([count], [20], [10]))[1]) for count in (7, 77, 777)]
    assert widths == sorted(set(widths))
