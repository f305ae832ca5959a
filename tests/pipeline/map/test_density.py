"""The tint follows the points, is quiet, and does not depend on the view."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.map import density
from pipeline.map.density import MAX_OPACITY, count_points, density_opacity, mean_colors, paint_density


@pytest.fixture(scope="module", autouse=True)
def warm():
    density.warm_up()


def test_it_is_warm_after_warming_up():
    assert density.is_warm()


def test_points_are_counted_in_their_bins_from_the_bottom():
    x, y = np.array([0.1, 0.9, 0.9, 5.0], dtype=np.float32), np.array([0.1, 0.9, 0.6, 0.5], dtype=np.float32)
    assert count_points(x, y, (0, 0, 1, 1), (3, 2)).tolist() == [[1, 0, 0], [0, 0, 2]]


def test_counts_agree_with_numpy():
    x, y = np.random.default_rng(0).uniform(-1, 1, (2, 5000)).astype(np.float32)
    expected = np.histogram2d(y, x, bins=(16, 32), range=[(-1, 1), (-1, 1)])[0]
    # A point on a bin's edge may fall on either side in float32.
    assert np.abs(count_points(x, y, (-1, -1, 1, 1), (32, 16)) - expected).sum() <= 4


def test_no_points_are_no_tint():
    nothing = np.empty(0, dtype=np.float32)
    assert not density_opacity(count_points(nothing, nothing, (0, 0, 1, 1), (8, 8)), 4).any()


def test_the_tint_grows_with_the_points_and_stays_quiet():
    strengths = []
    for images in (1, 10, 1000, 10**6):
        counts = np.zeros((15, 15), dtype=np.float32)
        counts[7, 7] = images
        strengths.append(float(density_opacity(counts, 4).max()))
    assert strengths == sorted(set(strengths))
    assert strengths[-1] < MAX_OPACITY


def test_the_tint_of_a_place_does_not_depend_on_what_else_is_in_view():
    counts = np.random.default_rng(1).poisson(2, (30, 40)).astype(np.float32)
    crowded = counts.copy()
    crowded[:, :10] += 10_000
    assert np.array_equal(density_opacity(counts, 4)[:, 20:], density_opacity(crowded, 4)[:, 20:])


def test_blurring_keeps_the_number_of_points():
    counts = np.zeros((21, 21), dtype=np.float32)
    counts[10, 10] = 7
    blurred = density._blur(density._blur(counts).T).T
    assert blurred.sum() == pytest.approx(7)
    assert np.array_equal(blurred, blurred.T)


def test_the_tint_is_interpolated_between_the_middles_of_bins():
    frame = np.full((10, 20, 3), 100, dtype=np.uint8)
    opacity = np.array([[0.0, 0.3]], dtype=np.float32)
    tint = np.array([200, 100, 0], dtype=np.float32)
    paint_density(frame, opacity, tint, left=0.0, top=0.0, bin_width=10.0, bin_height=10.0)
    expected = 100 + 100 * 0.3 * np.clip((np.arange(20) + 0.5 - 5) / 10, 0, 1)
    assert np.abs(frame[..., 0] - expected).max() <= 0.51
    assert (frame[..., 1] == 100).all()
    assert np.abs(frame[..., 2] - (200 - expected)).max() <= 0.51


def test_a_bin_has_the_mean_colour_of_its_points_and_what_is_far_from_all_the_ground():
    x, y = np.array([0.1, 0.1, 0.9], dtype=np.float32), np.full(3, 0.5, dtype=np.float32)
    rgb = np.array([[200, 0, 0], [100, 0, 0], [0, 90, 30]], dtype=np.uint8)
    colors = mean_colors(x, y, rgb, (0.0, 0.0, 1.0, 1.0), (20, 5), ground=(7, 8, 9))
    assert colors.shape == (5, 20, 3)
    assert colors[2, 2].tolist() == pytest.approx([150, 0, 0])
    assert colors[2, 18].tolist() == pytest.approx([0, 90, 30])
    assert colors[2, 10].tolist() == [7, 8, 9]


def test_a_transparent_bin_has_no_say_in_its_neighbours_colour():
    frame = np.zeros((4, 20, 3), dtype=np.uint8)
    colors = np.array([[[250, 0, 0], [0, 250, 0]]], dtype=np.float32)
    paint_density(frame, np.array([[0.3, 0.0]], np.float32), colors, left=0.0, top=0.0, bin_width=10.0, bin_height=4.0)
    assert frame[..., 0].max() > 50
    assert not frame[..., 1].any()
