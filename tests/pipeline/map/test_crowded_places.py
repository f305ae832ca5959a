"""Layouts that no map is made for: one image, a crowd at one spot, places that are no numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.map import density
from pipeline.map.filters import PassingSet
from pipeline.map.frame import Frame, compose_frame
from pipeline.map.frame_view import FrameStyle, FrameView
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.tile_cache import TileCache


def drawn(layout: np.ndarray, passing: PassingSet) -> Frame:
    density.warm_up()
    index = LayoutIndex.build(layout, np.arange(len(layout), dtype=np.uint32))
    caches: dict[int, TileCache] = {}

    def cache_for(size: int) -> TileCache:
        white = lambda rows, side: np.full((rows.size, side, side, 3), 255, dtype=np.uint8)  # noqa: E731
        return caches.setdefault(size, TileCache(white, size, 8))

    return compose_frame(index, passing, cache_for, FrameView(-1.2, -0.8, 1.2, 0.8, 600, 400), FrameStyle())


@pytest.mark.parametrize("images", [1, 2, 400_000])
def test_any_number_of_images_at_one_spot_is_one_picture_that_counts_them_all(images: int) -> None:
    frame = drawn(np.full((images, 2), 0.25, dtype=np.float32), PassingSet.everything(images))
    assert frame.representatives.count_all.tolist() == [images]
    assert frame.representatives.rows.tolist() == [images - 1], "the highest priority is in front"
    assert (frame.rgb > 240).all(axis=2).any()


def test_where_no_image_passes_the_excluded_are_still_seen_dimmed() -> None:
    layout = np.full((5, 2), 0.25, dtype=np.float32)
    frame = drawn(layout, PassingSet.of(np.zeros(5, dtype=bool)))
    assert frame.representatives.count_passing.tolist() == [0]
    assert frame.representatives.rows.size == 1


def test_images_whose_place_is_no_number_are_left_out_and_take_nobody_with_them() -> None:
    layout = np.array([[np.nan, 0], [0.5, 0.5], [0, np.inf], [-np.inf, np.nan]], dtype=np.float32)
    frame = drawn(layout, PassingSet.everything(4))
    assert frame.representatives.rows.tolist() == [1]
