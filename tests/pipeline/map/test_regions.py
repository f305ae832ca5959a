"""Boxes and outlines on a layout: judged against the plain rule, point by point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.errors import ParameterError
from pipeline.map.filters import PassingSet
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import representatives
from pipeline.map.regions import MOST_VERTICES, codes_of, count_in_cells, inside, rows_in_box, rows_in_outline

COUNT = 400
RNG = np.random.default_rng(5)
LAYOUT = np.round(RNG.uniform(-1, 1, (COUNT, 2)), 2).astype(np.float32)  # rounded: many points share a line
LAYOUT[::23] = np.nan
INDEX = LayoutIndex.build(LAYOUT, np.zeros(COUNT, np.uint32))
EVERYTHING = PassingSet.everything(COUNT)

corners = st.integers(-12, 12).map(lambda step: step / 10)
outlines = st.lists(st.tuples(corners, corners), min_size=3, max_size=30).map(lambda list_: np.array(list_, np.float64))


def even_odd(point: NDArray[np.float32], vertices: NDArray[np.float64]) -> bool:
    """The rule itself: edges that a ray to the right crosses, lower end included."""
    px, py = map(float, point)
    crossed = 0
    for (x0, y0), (x1, y1) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if (y0 > py) != (y1 > py):
            crossed += px < (x1 - x0) * (py - y0) / (y1 - y0) + x0
    return crossed % 2 == 1


@given(outlines)
def test_an_outline_holds_what_the_rule_says_however_it_crosses_itself(vertices: NDArray[np.float64]) -> None:
    expected = [row for row in range(COUNT) if np.isfinite(LAYOUT[row]).all() and even_odd(LAYOUT[row], vertices)]
    assert rows_in_outline(INDEX, EVERYTHING, vertices).tolist() == expected


@given(st.integers(3, 60), st.floats(0.2, 3.0))
def test_many_turns_and_vertices_change_nothing_of_the_rule(vertices: int, turns: float) -> None:
    angle = np.linspace(0, 2 * np.pi * turns, vertices, endpoint=False)
    outline = np.column_stack([np.cos(angle) * (0.5 + 0.4 * np.sin(3 * angle)), np.sin(angle)])
    points = LAYOUT[np.isfinite(LAYOUT).all(axis=1)]
    expected = [even_odd(point, outline) for point in points]
    assert inside(points[:, 0], points[:, 1], outline).tolist() == expected


@example(x0=0.0, y0=0.0, x1=-0.1, y1=0.4)  # an image on the right edge, which is also the border of cells
@given(corners, corners, corners, corners)
def test_a_box_holds_its_edges_and_nothing_outside(x0: float, y0: float, x1: float, y1: float) -> None:
    x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    x, y = LAYOUT.T
    expected = np.flatnonzero((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
    assert rows_in_box(INDEX, EVERYTHING, (x0, y0, x1, y1)).tolist() == expected.tolist()


def test_images_that_do_not_pass_are_never_inside() -> None:
    mask = np.arange(COUNT) % 3 == 0
    square = np.array([[-2, -2], [2, -2], [2, 2], [-2, 2]], np.float64)
    everywhere = np.isfinite(LAYOUT).all(axis=1)
    for found in (
        rows_in_outline(INDEX, PassingSet.of(mask), square),
        rows_in_box(INDEX, PassingSet.of(mask), (-2, -2, 2, 2)),
    ):
        assert found.tolist() == np.flatnonzero(mask & everywhere).tolist()
        assert found.dtype == np.int32


def test_an_outline_stays_where_it_was_drawn_whatever_comes_first_in_a_cell() -> None:
    ranked = INDEX.with_rank(RNG.permutation(COUNT).astype(np.uint32))
    triangle = np.array([[-0.5, -0.9], [0.9, 0.1], [-0.2, 0.8]])
    assert (
        rows_in_outline(ranked, EVERYTHING, triangle).tolist() == rows_in_outline(INDEX, EVERYTHING, triangle).tolist()
    )


@pytest.mark.parametrize("line", [[[0, 0], [1, 0], [0.5, 0]], [[0, 0], [0, 0], [0, 0]], [[0, 0], [1, 1], [0, 0]]])
def test_an_outline_without_an_inside_holds_nothing(line: list[list[float]]) -> None:
    assert rows_in_outline(INDEX, EVERYTHING, np.array(line, np.float64)).size == 0


@pytest.mark.parametrize(
    "vertices",
    [np.zeros((2, 2)), np.zeros((MOST_VERTICES + 1, 2)), np.zeros((5, 3)), np.full((4, 2), np.nan), np.zeros(6)],
    ids=["two", "too many", "three numbers", "no numbers", "flat"],
)
def test_what_is_no_outline_is_refused_with_a_remedy(vertices: NDArray[np.float64]) -> None:
    with pytest.raises(ParameterError, match="Draw"):
        rows_in_outline(INDEX, EVERYTHING, vertices)


@pytest.mark.parametrize("bounds", [(1.0, 0.0, 0.0, 1.0), (0.0, 0.0, float("nan"), 1.0), (0.0, 0.0, float("inf"), 1.0)])
def test_what_is_no_box_is_refused(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(ParameterError, match="Left and bottom"):
        rows_in_box(INDEX, EVERYTHING, bounds)


@given(st.integers(0, 8), st.lists(st.integers(0, COUNT - 1), max_size=40), st.integers(1, 5))
def test_cells_count_what_is_chosen_and_passes(level: int, chosen: list[int], keep: int) -> None:
    chosen_mask, passing_mask = np.zeros(COUNT, np.bool_), np.arange(COUNT) % keep == 0
    chosen_mask[chosen] = True
    codes = codes_of(INDEX, PassingSet.of(passing_mask), PassingSet.of(chosen_mask))
    shown = representatives(INDEX, EVERYTHING, (-2, -2, 2, 2), level)
    counts = count_in_cells(codes, shown.cell_x, shown.cell_y, level)
    both = PassingSet.of(chosen_mask & passing_mask)
    expected = representatives(INDEX, both, (-2, -2, 2, 2), level)
    assert counts.tolist() == expected.count_passing.tolist()
