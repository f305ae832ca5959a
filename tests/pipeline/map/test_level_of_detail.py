"""Shown images: they nest across zooms, do not depend on the view, and are a function of the set of images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.errors import ParameterError
from pipeline.map.filters import PassingSet
from pipeline.map.frame import warm_up
from pipeline.map.layout_index import LayoutIndex, rank_by_priority
from pipeline.map.level_of_detail import DEEPEST_LEVEL, points_in_view, representatives, row_at
from pipeline.statistics.random_numbers import chance
from tests.helpers.map_cells import rows_in_cell

EVERYTHING = (-1.25, -1.25, 1.25, 1.25)

coordinates = st.floats(-1.25, 1.25, width=32) | st.sampled_from([-1.25, 0.0, 0.625, 1.25, np.nan])
layouts = arrays(np.float32, st.tuples(st.integers(1, 40), st.just(2)), elements=coordinates)
levels = st.integers(0, 6)


@pytest.fixture(scope="module", autouse=True)
def compiled_kernels():
    """Compile beforehand, so that no example of hypothesis is taken for a slow one."""
    warm_up()


@st.composite
def indexed(draw):
    """Draw a layout, priorities with ties, and a mask."""
    layout = draw(layouts)
    priority = draw(arrays(np.uint32, layout.shape[0], elements=st.integers(0, 9)))
    mask = draw(arrays(np.bool_, layout.shape[0]))
    return layout, priority, mask, LayoutIndex.build(layout, priority)


def winners(index, mask, bounds, level):
    """Return {cell: (row, passing, all)}."""
    shown = representatives(index, PassingSet.of(mask), bounds, level)
    cells = zip(shown.cell_x.tolist(), shown.cell_y.tolist(), strict=True)
    facts = zip(shown.rows.tolist(), shown.count_passing.tolist(), shown.count_all.tolist(), strict=True)
    return dict(zip(cells, facts, strict=True))


def brute_force(layout, priority, mask, level):
    """Return the same as `winners` for the standard square, the slow way."""
    cells: dict[tuple[int, int], list[int]] = {}
    for row, (x, y) in enumerate(layout.astype(float)):
        if np.isfinite([x, y]).all():
            place = tuple(min(int((value + 1.25) / 2.5 * 2**level), 2**level - 1) for value in (x, y))
            cells.setdefault(place, []).append(row)
    best = {}
    for cell, rows in cells.items():
        passing = [row for row in rows if mask[row]]
        row = min(passing or rows, key=lambda row: (-int(priority[row]), row))
        best[cell] = (row, len(passing), len(rows))
    return best


@given(indexed(), levels)
def test_the_highest_priority_of_those_that_pass_is_shown_or_else_of_the_excluded(drawn, level):
    layout, priority, mask, index = drawn
    assert winners(index, mask, EVERYTHING, level) == brute_force(layout, priority, mask, level)


@given(indexed(), levels)
def test_without_the_excluded_the_other_cells_are_as_they_were(drawn, level):
    _, _, mask, index = drawn
    passing = PassingSet.of(mask)
    both, alone = (representatives(index, passing, EVERYTHING, level, with_excluded=wanted) for wanted in (True, False))
    kept = both.count_passing > 0
    for field in ("rows", "cell_x", "cell_y", "count_passing", "count_all"):
        assert np.array_equal(getattr(alone, field), getattr(both, field)[kept])


@given(indexed(), levels)
def test_the_winner_of_a_cell_wins_the_child_that_holds_it(drawn, level):
    _, _, mask, index = drawn
    parents = winners(index, mask, EVERYTHING, level)
    children = winners(index, mask, EVERYTHING, level + 1)
    for (x, y), (row, _, _) in parents.items():
        own = [children.get((2 * x + dx, 2 * y + dy), (-1,))[0] for dx in (0, 1) for dy in (0, 1)]
        assert row in own


@given(indexed(), levels, st.tuples(*[st.integers(-128, 128).map(lambda step: step / 64)] * 4))
def test_no_winner_and_no_count_depends_on_the_view(drawn, level, edges):
    _, _, mask, index = drawn
    x0, x1 = sorted(edges[:2])
    y0, y1 = sorted(edges[2:])
    assume(x0 < x1 and y0 < y1)
    cell = 2.5 / 2**level
    expected = {
        (x, y): facts
        for (x, y), facts in winners(index, mask, EVERYTHING, level).items()
        if x * cell - 1.25 < x1 and (x + 1) * cell - 1.25 > x0 and y * cell - 1.25 < y1 and (y + 1) * cell - 1.25 > y0
    }
    assert winners(index, mask, (x0, y0, x1, y1), level) == expected


@given(layouts, levels, st.randoms(use_true_random=False))
def test_winners_are_a_function_of_the_images_whatever_their_order(layout, level, random):
    ids = np.arange(layout.shape[0], dtype=np.int64) * 7919 + 11
    shuffle = np.array(random.sample(range(ids.size), ids.size))
    mask = ids % 3 > 0
    by_id = []
    for order in (np.arange(ids.size), shuffle):
        index = LayoutIndex.build(layout[order], chance(ids[order], seed=4))
        shown = winners(index, mask[order], EVERYTHING, level)
        by_id.append({cell: (int(ids[order][row]), *counts) for cell, (row, *counts) in shown.items()})
    assert by_id[0] == by_id[1]


@given(indexed(), levels, st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_a_point_picks_the_image_shown_in_its_cell(drawn, level, x, y):
    _, _, mask, index = drawn
    cell = (int(np.floor((x + 1.25) / 2.5 * 2**level)), int(np.floor((y + 1.25) / 2.5 * 2**level)))
    assert (
        row_at(index, PassingSet.of(mask), x, y, level) == winners(index, mask, EVERYTHING, level).get(cell, (-1,))[0]
    )


@given(indexed(), levels)
def test_a_cell_lists_all_its_images_best_first(drawn, level):
    _, priority, mask, index = drawn
    shown = winners(index, mask, EVERYTHING, level)
    for (x, y), (_, _, count) in shown.items():
        rows = rows_in_cell(index, x, y, level).tolist()
        assert len(rows) == count
        assert rows == sorted(rows, key=lambda row: (-int(priority[row]), row))
    assert rows_in_cell(index, 2**level, 0, level).size == 0


@given(indexed(), st.tuples(*[st.integers(-83, 83).map(lambda step: step / 64)] * 4))
def test_points_in_view_are_all_passing_points_there_and_few_others(drawn, edges):
    layout, _, mask, index = drawn
    x0, x1, y0, y1 = *sorted(edges[:2]), *sorted(edges[2:])
    x, y, rows = points_in_view(index, PassingSet.of(mask), (x0, y0, x1, y1))
    assert np.array_equal(layout[rows], np.column_stack([x, y]))
    assert mask[rows].all()
    inside = {tuple(p) for p in layout[mask].tolist() if x0 <= p[0] < x1 and y0 <= p[1] < y1}
    assert inside <= set(zip(x.tolist(), y.tolist(), strict=True))
    margin = max(x1 - x0, y1 - y0) / 8 + 1e-5
    assert ((x >= x0 - margin) & (x <= x1 + margin) & (y >= y0 - margin) & (y <= y1 + margin)).all()


def test_a_sample_of_the_points_is_even_and_the_same_in_every_view():
    rng = np.random.default_rng(0)
    index = LayoutIndex.build(rng.uniform(-1, 1, (20_000, 2)).astype(np.float32), np.zeros(20_000, dtype=np.uint32))
    everyone = PassingSet.everything(20_000)
    whole = set(zip(*points_in_view(index, everyone, EVERYTHING, keep_one_of=8)[:2], strict=True))
    assert len(whole) == 2500
    part = set(zip(*points_in_view(index, everyone, (-0.5, -0.5, 0.1, 0.2), keep_one_of=8)[:2], strict=True))
    assert part < whole
    quarter = sum(x < 0 and y < 0 for x, y in whole)
    assert abs(quarter - 625) <= 10


def test_nan_priority_comes_last_and_scores_may_be_priorities():
    priority = np.array([np.nan, -1.0, 0.5, 0.5], dtype=np.float32)
    index = LayoutIndex.build(np.zeros((4, 2), dtype=np.float32), priority)
    assert index.order[np.argsort(index.rank)].tolist() == [2, 3, 1, 0]


def test_other_priorities_need_no_other_index():
    rng = np.random.default_rng(1)
    layout, mask = rng.uniform(-1, 1, (200, 2)).astype(np.float32), rng.random(200) < 0.5
    first, second = rng.permutation(200).astype(np.uint32), rng.random(200).astype(np.float32)
    again = LayoutIndex.build(layout, first).with_rank(rank_by_priority(second))
    assert winners(again, mask, EVERYTHING, 2) == winners(LayoutIndex.build(layout, second), mask, EVERYTHING, 2)


@given(st.floats(1, 1e5), st.floats(10, 200))
def test_cells_measure_about_the_target(scale, target):
    rng = np.random.default_rng(2)
    index = LayoutIndex.build(rng.uniform(-1, 1, (500, 2)).astype(np.float32), np.zeros(500, dtype=np.uint32))
    level = index.level_for(scale, target=target)
    size = index.cell_side(level) * scale / target
    assert size >= 2**-0.5 - 1e-9 or level == 0
    assert size <= 2**0.5 + 1e-9 or level == index.max_level


@given(st.integers(2, 60), st.integers(0, 1000), st.sampled_from([0.5, 0.8, 0.97]))
def test_the_deepest_useful_level_is_the_first_that_gives_the_share_its_own_cells(n, seed, share):
    layout = np.random.default_rng(seed).normal(0, 0.2, (n, 2)).clip(-1, 1).astype(np.float32)
    index = LayoutIndex.build(layout, np.zeros(n, dtype=np.uint32), own_cell_share=share)
    everyone = PassingSet.everything(n)
    occupied = [representatives(index, everyone, EVERYTHING, level).rows.size for level in range(DEEPEST_LEVEL + 1)]
    useful = [level for level, cells in enumerate(occupied) if cells >= share * occupied[-1]]
    assert index.max_level == useful[0]


def test_images_at_one_place_do_not_drive_the_levels_down():
    layout = np.concatenate([np.zeros((900, 2)), [[-0.9, -0.9], [0.9, 0.9]]]).astype(np.float32)
    assert LayoutIndex.build(layout, np.zeros(902, dtype=np.uint32)).max_level == 2


def test_images_without_a_place_are_never_shown():
    layout = np.array([[np.nan, 0], [0, np.inf], [0.5, 0.5]], dtype=np.float32)
    index = LayoutIndex.build(layout, np.array([9, 9, 1], dtype=np.uint32))
    assert winners(index, np.ones(3, dtype=bool), EVERYTHING, 0) == {(0, 0): (2, 1, 1)}


@pytest.mark.parametrize("rows", [0, 2])
def test_a_layout_without_places_is_an_empty_map(rows):
    index = LayoutIndex.build(np.full((rows, 2), np.nan, dtype=np.float32), np.zeros(rows, dtype=np.uint32))
    mask = np.ones(rows, dtype=bool)
    assert representatives(index, PassingSet.of(mask), EVERYTHING, 0).rows.size == 0
    assert row_at(index, PassingSet.of(mask), 0, 0, 0) == -1
    assert points_in_view(index, PassingSet.of(mask), EVERYTHING)[0].size == 0


@pytest.mark.parametrize("offset", [(0.0, 0.0), (1000.0, -70.0), (3.0, 2.0)])
def test_any_layout_lies_whole_in_its_square(offset):
    layout = (np.random.default_rng(5).uniform(-2, 2, (100, 2)) + offset).astype(np.float32)
    index = LayoutIndex.build(layout, np.zeros(100, dtype=np.uint32))
    square = (index.origin_x, index.origin_y, index.origin_x + index.side, index.origin_y + index.side)
    assert ((layout >= square[:2]) & (layout <= square[2:])).all()
    for level in (0, 3):
        shown = representatives(index, PassingSet.everything(100), square, level)
        assert shown.count_all.sum() == 100
        place = np.floor((layout[shown.rows].astype(float) - square[:2]) / index.cell_side(level)).astype(int)
        assert place.tolist() == np.column_stack([shown.cell_x, shown.cell_y]).tolist()


def test_the_default_priority_depends_on_the_id_and_the_seed_alone():
    ids = np.array([3, 2**62, 5, 0], dtype=np.int64)
    assert chance(ids[::-1], 7).tolist() == chance(ids, 7).tolist()[::-1]
    assert chance(ids, 7).tolist() != chance(ids, 8).tolist()


def test_the_default_priority_is_splitmix64():
    # First outputs of the published generator from the states 0 and 1234567, upper halves.
    assert chance(np.array([0, 1234567], dtype=np.int64), 0).tolist() == [
        0xE220A8397B1DCDAF >> 32,
        6457827717110365317 >> 32,
    ]


def test_the_default_priority_is_fair():
    priority = chance(np.arange(100_000), 0)
    assert np.histogram(priority, bins=10, range=(0, 2**32))[0] == pytest.approx(10_000, rel=0.05)


def test_arrays_and_levels_that_do_not_fit_are_refused():
    layout, priority = np.zeros((3, 2), dtype=np.float32), np.zeros(3, dtype=np.uint32)
    index = LayoutIndex.build(layout, priority)
    with pytest.raises(ParameterError, match="same order"):
        LayoutIndex.build(layout, priority[:2])
    with pytest.raises(ParameterError, match="3 images"):
        index.with_rank(priority[:2])
    with pytest.raises(ParameterError, match="a layout of 3"):
        representatives(index, PassingSet.everything(2), EVERYTHING, 0)
    with pytest.raises(ParameterError, match="Level 21"):
        row_at(index, PassingSet.everything(3), 0, 0, DEEPEST_LEVEL + 1)
    with pytest.raises(ParameterError, match="positive"):
        index.level_for(0.0)
