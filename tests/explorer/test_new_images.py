"""An open page says how many images were added to its collection, and goes on with those that it shows."""

from __future__ import annotations

import shutil
from pathlib import Path

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.views.page.frame import collection_summary
from pipeline.growing import add_images
from pipeline.sources.opening import open_source
from tests.conftest import draw_images
from tests.helpers.fake_embedder import FakeEmbedder


def test_an_open_page_tells_of_new_images_and_a_later_page_shows_them(collection_path: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(collection_path, tmp_path / "collection"))
    with OpenCollections() as opened:
        first = Explorer(path, opened=opened)
        line = collection_summary(first.context)
        there = len(first.services.collection)
        assert "new images" not in line.words
        add_images(path, open_source(draw_images(tmp_path / "more", 12, seed=7), name="more"), FakeEmbedder())
        first.services.look_beside()
        first.new_scores.look()
        assert line.words.endswith("12 new images: reload the page to see them")
        assert len(first.services.collection) == there
        assert first.services.layout("all-umap").positions.shape == (there, 2)
        first.services.check_unchanged()
        second = Explorer(path, opened=opened)
        assert len(second.services.collection) == there + 12
        assert "came after the map was laid out" in collection_summary(second.context).words
        first.services.close()
