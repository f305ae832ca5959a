"""A grown collection is laid out again, and people still find their way."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.growing import add_images, lay_out_again
from pipeline.layout.alignment import fit_alignment
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder


def test_a_turned_mirrored_and_scaled_layout_is_brought_back() -> None:
    places = np.random.default_rng(0).normal(size=(50, 2))
    angle = 2.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for mirror in (1.0, -1.0):
        moved = (places * [1, mirror]) @ turn * 3.5 + [7, -2]
        assert np.allclose(fit_alignment(moved, places).of(moved), places, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_or_equal_places_are_aligned_too(count: int) -> None:
    places = np.ones((count, 2))
    assert np.isfinite(fit_alignment(places, places + 4).of(places)).all()


@pytest.mark.slow
def test_a_fresh_layout_lies_as_near_the_old_one_as_it_can(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    add_images(path, open_source(draw_images(tmp_path / "more", 12, seed=7), name="more"), FakeEmbedder())
    before = Collection(path)
    assert before.manifest.share_added > 0.1
    lay_out_again(path)
    after = Collection(path)
    assert after.manifest.share_added == 0
    assert np.array_equal(after.scores, before.scores)
    assert np.array_equal(after.image_ids, before.image_ids)
    one, other = before.layout("all-tsne").positions, after.layout("all-tsne").positions
    assert not np.array_equal(one, other)
    best = fit_alignment(other, one).of(other)
    assert np.allclose(best, other, atol=np.ptp(one) * 0.01)  # no turn or scale would bring it nearer
    names = after.layout("all-tsne").names
    assert all(np.abs(other - [name.x, name.y]).sum(axis=1).min() < np.ptp(one) * 0.01 for name in names)
