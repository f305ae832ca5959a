"""Identities hold: whatever order, place or company the images come in, the same images get the same everything."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.composition import build_services
from explorer.controllers.map.rendering import Content, render
from explorer.services.services import BY_CHANCE
from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.map import density
from pipeline.map.filters import FilterSet
from pipeline.map.frame_view import FrameStyle, FrameView
from pipeline.sources.opening import open_source
from pipeline.sources.source import Source
from tests.helpers.fake_embedder import FakeEmbedder

SMALL = 30
OPTIONS = BuildOptions(near_duplicates=0.5)


@pytest.fixture(scope="module")
def small_source(drawn_source: Source) -> Source:
    return Source(drawn_source.name, drawn_source.root, drawn_source.items[:SMALL], drawn_source.attributes)


@pytest.fixture(scope="module")
def built(small_source: Source, collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """The small source in the order in which it is listed."""
    target = tmp_path_factory.mktemp("order") / "listed"
    build_collection(small_source, target, FakeEmbedder(), collection.manifest.taxonomy, OPTIONS)
    return Collection(target)


@pytest.fixture(scope="module")
def collection(collection_path: Path) -> Collection:
    return Collection(collection_path)


def neighbours(opened: Collection) -> list[object]:
    import lance

    table = lance.dataset(str(opened.path / "graph" / f"{opened.manifest.embedding.backbone}.lance")).to_table()
    return [table[name].to_pylist() for name in ("image_id", "neighbors", "distances")]


def picture(opened: Collection, layout: str) -> bytes:
    """The map of a layout as it goes to the browser."""
    density.warm_up()  # frames before that are drawn without the tint
    services = build_services(opened)
    view = FrameView(-1.1, -1.1, 1.1, 1.1, 300, 300, 1.0)
    try:
        return render(services, Content(layout, FilterSet(), BY_CHANCE, None, FrameStyle()), view).data
    finally:
        services.close()


@pytest.mark.slow
@settings(max_examples=4)
@given(order=st.randoms(use_true_random=False))
def test_any_order_of_the_source_gives_the_same_collection(
    small_source: Source, built: Collection, order: Random
) -> None:
    items = list(small_source.items)
    order.shuffle(items)
    shuffled = Source(small_source.name, small_source.root, tuple(items), small_source.attributes)
    with TemporaryDirectory() as folder:
        build_collection(shuffled, Path(folder) / "out", FakeEmbedder(), built.manifest.taxonomy, OPTIONS)
        other = Collection(Path(folder) / "out")
        assert np.array_equal(other.image_ids, built.image_ids)
        assert np.array_equal(other.embedding(), built.embedding())
        assert neighbours(other) == neighbours(built)
        assert np.array_equal(other.duplicates(), built.duplicates())
        assert np.array_equal(other.scores, built.scores)
        for facts in built.manifest.layouts:
            one, two = built.layout(facts.name), other.layout(facts.name)
            assert np.array_equal(one.positions, two.positions, equal_nan=True)
            assert np.array_equal(one.clusters, two.clusters)
            assert one.names == two.names
            assert picture(built, facts.name) == picture(other, facts.name)


def test_memory_is_aligned_by_ascending_id(built: Collection) -> None:
    assert (np.diff(built.image_ids) > 0).all()
    assert (built.image_ids >= 0).all()
    assert built.image_ids.dtype == np.int64
    assert [built.row_of(int(image_id)) for image_id in built.image_ids] == list(range(len(built)))


def test_the_small_collection_has_near_duplicates_to_compare(built: Collection) -> None:
    assert 0 < len(np.unique(built.duplicates())) < len(built)


def test_a_moved_folder_keeps_its_ids(drawn_table: Path, collection: Collection, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / drawn_table.parent.name
    shutil.copytree(drawn_table.parent, place)
    moved = open_source(place / drawn_table.name)
    build_collection(moved, tmp_path / "out", FakeEmbedder(), collection.manifest.taxonomy)
    assert np.array_equal(Collection(tmp_path / "out").image_ids, collection.image_ids)


def test_growth_keeps_the_ids_of_what_was_there(built: Collection, collection: Collection) -> None:
    assert len(collection) > len(built)
    assert np.isin(built.image_ids, collection.image_ids).all()
    for image_id in built.image_ids.tolist():
        before, after = built.record(built.row_of(image_id)), collection.record(collection.row_of(image_id))
        assert (before.image_id, before.source) == (after.image_id, after.source)
