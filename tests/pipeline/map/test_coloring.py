"""Colours match the legend, and everyone can distinguish them from each other and from the ground."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import ParameterError
from pipeline.map.coloring import (
    MAX_CATEGORIES,
    UNKNOWN,
    ColorKind,
    color_by_category,
    color_by_date,
    color_by_side,
    color_by_value,
)
from pipeline.map.frame_view import DARK, LIGHT

values = arrays(np.float32, st.integers(1, 60), elements=st.floats(-5, 5, width=32) | st.just(np.nan))


def luminance(color):
    """Return the relative luminance of WCAG 2.2."""
    share = np.asarray(color, dtype=float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@given(values, st.floats(-1, 1), st.floats(0.1, 2))
def test_a_higher_value_has_no_lower_class_and_the_unknown_have_their_own(numbers, low, span):
    classes = color_by_value(numbers, "x", low=low, high=low + span).classes
    known = np.isfinite(numbers)
    assert (classes[~known] == UNKNOWN).all()
    assert (np.diff(classes[known][np.argsort(numbers[known], kind="stable")].astype(int)) >= 0).all()
    assert (classes[known] < 64).all()


def test_one_outlier_does_not_take_all_colours():
    numbers = np.append(np.linspace(0, 1, 1000), 1e6)
    assert len(np.unique(color_by_value(numbers, "width").classes)) > 50


@pytest.mark.parametrize("numbers", [[], [np.nan, np.nan], [3.0, 3.0]])
def test_values_without_a_range_have_colours_too(numbers):
    coloring = color_by_value(np.array(numbers, dtype=np.float32), "x")
    assert len(coloring.classes) == len(numbers)
    assert len(coloring.legend(dark=True)["entries"]) == 2


@given(values, st.floats(-2, 2, width=32))
def test_sides_are_counted_as_the_filter_counts(numbers, minimum):
    coloring = color_by_side(numbers, minimum, "bird")
    assert coloring.counts == (int((numbers < minimum).sum()), int((numbers >= minimum).sum()))


@given(arrays(np.int64, st.integers(0, 80), elements=st.integers(-1, 14)))
def test_the_most_frequent_categories_have_their_own_colours(codes):
    names = [f"name {number:02d}" for number in range(15)]
    coloring = color_by_category(codes, names, "source")
    assert sum(coloring.counts) == int((codes >= 0).sum())
    assert list(coloring.counts[:MAX_CATEGORIES]) == sorted(coloring.counts[:MAX_CATEGORIES], reverse=True)
    for place, text in enumerate(coloring.texts[:MAX_CATEGORIES]):
        assert ((coloring.classes == place) == (codes == names.index(text))).all()
    assert ((coloring.classes == UNKNOWN) == (codes < 0)).all()


def test_a_category_without_a_name_is_refused():
    with pytest.raises(ParameterError, match="no name"):
        color_by_category(np.array([0, 3]), ["one"], "source")


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_a_scale_changes_lightness_steadily_and_the_high_end_stands_out(palette):
    table = color_by_value(np.array([0.0, 1.0]), "x").colors(dark=palette.dark)[:64]
    lightness = np.array([luminance(color) for color in table])
    steps = np.diff(lightness) if palette.dark else -np.diff(lightness)
    assert (steps > -0.002).all()
    assert contrast(table[-1], palette.ground) > 7
    assert contrast(table[0], palette.ground) > 1.5


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_every_colour_of_a_category_or_side_stands_out_from_the_ground(palette):
    categories = color_by_category(np.arange(9), list("abcdefghi"), "x").colors(dark=palette.dark)[: MAX_CATEGORIES + 1]
    sides = color_by_side(np.array([0.0, 1.0], dtype=np.float32), 0.5, "x").colors(dark=palette.dark)[:2]
    assert min(contrast(color, palette.ground) for color in [*categories, *sides]) > 2.2


# Vienot, Brettel, Mollon 1999, "Digital video colourmaps for checking the legibility of displays by dichromats".
PROTAN = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTAN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


@pytest.mark.parametrize("palette", [DARK, LIGHT])
@pytest.mark.parametrize("eye", [np.eye(3), PROTAN, DEUTAN])
def test_no_two_categories_and_no_two_sides_look_alike_to_any_eye(palette, eye):
    for coloring, count in (
        (color_by_category(np.arange(9), list("abcdefghi"), "x"), MAX_CATEGORIES),
        (color_by_side(np.array([0.0, 1.0], dtype=np.float32), 0.5, "x"), 2),
    ):
        linear = (coloring.colors(dark=palette.dark)[:count] / 255.0) ** 2.2
        seen = np.clip(linear @ eye.T, 0, 1) ** (1 / 2.2)
        distance = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(count)
        assert distance.min() > 0.1, [colorsys.rgb_to_hls(*color) for color in seen]


def test_the_legend_names_kinds_counts_and_colours():
    legend = color_by_category(np.array([0, 0, 1, -1]), ["<b>one</b>", "two"], "source").legend(dark=False)
    assert [(entry["text"], entry["count"]) for entry in legend["entries"]] == [("<b>one</b>", 2), ("two", 1)]
    assert all(entry["color"].startswith("#") for entry in legend["entries"])
    assert legend["unknown"]["count"] == 1
    assert legend["kind"] == ColorKind.CATEGORIES


def test_the_legend_says_in_the_colouring_s_own_words_what_has_no_class():
    assert color_by_category(np.array([0, -1]), ["one"], "x").legend(dark=True)["unknown"]["text"] == "not known"
    for coloring in (
        color_by_category(np.array([0, -1]), ["one"], "x", missing="in no cluster"),
        color_by_value(np.array([0.5, np.nan]), "x", missing="in no cluster"),
        color_by_side(np.array([0.5, np.nan], dtype=np.float32), 0.5, "x", missing="in no cluster"),
    ):
        unknown = coloring.legend(dark=True)["unknown"]
        assert (unknown["text"], unknown["count"]) == ("in no cluster", 1)


def test_the_ends_of_a_scale_of_dates_are_dates():
    days = np.append(np.arange(17_000, 18_001), np.nan).astype(np.float32)
    coloring, numbers = color_by_date(days, "Date taken"), color_by_value(days, "Date taken")
    assert coloring.texts == ("2016-08-07", "2019-03-25")
    assert np.array_equal(coloring.classes, numbers.classes), "the colours are those of the numbers"
    assert coloring.legend(dark=True)["kind"] == "scale"


def test_dates_of_one_day_show_their_time_and_those_of_any_year_are_shown():
    assert color_by_date(np.array([18_000.25, 18_000.75]), "x").texts == ("2019-04-14 06:14", "2019-04-14 17:45")
    assert color_by_date(np.array([1e9]), "x").texts[0].startswith("2739877-")
    assert color_by_date(np.array([np.nan, np.inf]), "x").texts == ("", "")
    assert color_by_date(np.array([np.nan]), "x").classes.tolist() == [UNKNOWN]
