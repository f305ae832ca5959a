"""Layouts: neighbourhoods survive, the same seed gives the same picture, odd input still gives a finite map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_digits

from pipeline.embedding.neighbors import NeighborGraph, knn_graph
from pipeline.embedding.reduction import apply_reduction, fit_reduction, principal_components
from pipeline.errors import ParameterError
from pipeline.layout.projection import LAYOUT_METHODS, LayoutMethod, normalize_layout, tsne_layout, umap_layout
from pipeline.layout.quality import neighbor_recall, trustworthiness

SLOW = {"UMAP"}
"""Its kernels take 20 seconds to compile in a first run; every collection that the tests build has such a layout."""
every_method = pytest.mark.parametrize(
    "lay_out",
    [
        pytest.param(method, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, method in LAYOUT_METHODS.items()
    ],
)


def embedded(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, NeighborGraph]:
    stored = apply_reduction(fit_reduction(vectors, seed=0), vectors).astype(np.float32)
    return stored, principal_components(stored, 50, seed=0), knn_graph(stored, 90, seed=0)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, NeighborGraph]:
    return embedded(load_digits().data[:500].astype(np.float32))


@every_method
def test_neighbourhoods_of_digits_survive_and_the_same_seed_repeats(digits, lay_out):
    stored, components, graph = digits
    layout = lay_out(components, graph, seed=1)
    assert layout.dtype == np.float32
    assert trustworthiness(stored, layout, k=10) > 0.95
    assert neighbor_recall(graph, knn_graph(layout, 15, seed=0)) > 0.5
    np.testing.assert_array_equal(layout, lay_out(components, graph, seed=1))


@every_method
def test_the_picture_fills_the_frame(digits, lay_out):
    _, components, graph = digits
    layout = lay_out(components, graph, seed=0)
    low, high = np.percentile(layout, [1, 99], axis=0)
    np.testing.assert_allclose((low + high) / 2, 0, atol=1e-3)
    assert (high - low).max() == pytest.approx(2, abs=1e-2)
    assert np.abs(layout).max() <= 1.25


@every_method
@pytest.mark.parametrize("rows", range(13))
def test_any_small_number_of_images_has_a_layout(lay_out, rows):
    vectors = np.random.default_rng(rows).normal(size=(rows, 6)).astype(np.float32)
    _, components, graph = embedded(vectors)
    layout = lay_out(components, graph, seed=0)
    assert layout.shape == (rows, 2)
    assert np.isfinite(layout).all()
    assert len(np.unique(layout, axis=0)) == rows


@every_method
@pytest.mark.parametrize("rows", [2, 9, 12, 120])
def test_identical_images_still_have_a_layout(lay_out, rows):
    _, components, graph = embedded(np.full((rows, 8), 0.5, np.float32))
    layout = lay_out(components, graph, seed=0)
    assert np.isfinite(layout).all()
    assert len(np.unique(layout, axis=0)) >= rows / 4  # not one heap


@every_method
def test_duplicates_lie_together(lay_out):
    originals = load_digits().data[:60].astype(np.float32)
    _, components, graph = embedded(np.repeat(originals, 3, axis=0))
    layout = lay_out(components, graph, seed=0).reshape(60, 3, 2)
    spread_of_copies = np.linalg.norm(layout - layout.mean(axis=1, keepdims=True), axis=2).mean()
    assert spread_of_copies < 0.2 * np.linalg.norm(layout.mean(axis=1), axis=1).mean()


def few_vectors(kind: str, rows: int, seed: int) -> np.ndarray:
    """A few images of one kind: real ones, some that lie in heaps, some anywhere, copies, or along a line."""
    generator = np.random.default_rng(seed)
    if kind == "digits":
        data = load_digits().data
        return data[generator.choice(len(data), rows, replace=False)].astype(np.float32)
    if kind == "heaps":
        heaps = generator.normal(scale=4, size=(max(1, rows // 8), 24))
        return (heaps[generator.integers(len(heaps), size=rows)] + generator.normal(size=(rows, 24))).astype(np.float32)
    if kind == "copies":
        return generator.normal(size=(max(1, rows // 3), 12))[np.arange(rows) % max(1, rows // 3)].astype(np.float32)
    if kind == "line":
        return np.outer(generator.random(rows), generator.normal(size=8)).astype(np.float32)
    return generator.random((rows, 16)).astype(np.float32)


@pytest.mark.slow
@every_method
@settings(deadline=None, max_examples=12)
@given(st.sampled_from(["digits", "heaps", "anywhere", "copies", "line"]), st.integers(3, 200), st.integers(0, 99))
@example("digits", 24, 0)
@example("heaps", 24, 1)
@example("anywhere", 3, 2)
@example("copies", 9, 3)
def test_few_images_lie_no_worse_than_by_two_principal_components(
    lay_out: LayoutMethod, kind: str, rows: int, seed: int
) -> None:
    vectors = few_vectors(kind, rows, seed)
    components = principal_components(vectors, 50, seed=0)
    layout = lay_out(components, knn_graph(vectors, 90, seed=0), seed=0)
    # 0.02: more than 50 images are compared by 50 components, and the frame draws strays in a little.
    assert trustworthiness(vectors, layout) >= trustworthiness(vectors, components[:, :2]) - 0.02


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rows", [10, 24, 70])
def test_tsne_of_few_images_leaves_its_narrow_start(monkeypatch: pytest.MonkeyPatch, rows: int, seed: int) -> None:
    monkeypatch.setattr("pipeline.layout.projection.COMPARED_ROWS", 0)
    vectors = few_vectors("digits", rows, seed)
    layout = tsne_layout(principal_components(vectors, 50, seed=0), knn_graph(vectors, 90, seed=0), seed=0)
    assert layout.std(axis=0).min() > 0.2 * layout.std(axis=0).max(), "no line"


@every_method
def test_one_component_is_enough(lay_out):
    line = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    assert np.isfinite(lay_out(line, knn_graph(line, 15, seed=0), seed=0)).all()


@every_method
def test_progress_rises_to_the_end(digits, lay_out):
    _, components, graph = digits
    told = []
    lay_out(components, graph, seed=0, progress=told.append)
    done = [step.done for step in told]
    assert done == sorted(done)
    assert done[-1] == told[0].total
    assert len({step.total for step in told}) == 1
    assert len(set(done)) > 3  # between start and end, too


@every_method
def test_raising_from_progress_cancels(digits, lay_out):
    _, components, graph = digits

    class CancelledError(Exception):
        pass

    def cancel(step):
        if 0 < step.done < step.total:
            raise CancelledError(step.done)

    with pytest.raises(CancelledError) as raised:
        lay_out(components, graph, seed=0, progress=cancel)
    assert raised.value.__context__ is None


@pytest.mark.slow
@every_method
def test_progress_does_not_change_the_picture(digits, lay_out):
    _, components, graph = digits
    watched = lay_out(components, graph, seed=0, progress=lambda _step: None)
    np.testing.assert_array_equal(watched, lay_out(components, graph, seed=0))


def test_many_images_take_the_interpolated_forces(digits, monkeypatch):
    stored, components, graph = digits
    monkeypatch.setattr("pipeline.layout.projection.EXAGGERATED_ITERATIONS", 50)
    monkeypatch.setattr("pipeline.layout.projection.ITERATIONS", 50)
    trees = tsne_layout(components, graph, seed=0)
    monkeypatch.setattr("pipeline.layout.projection.BARNES_HUT_ROWS", 100)
    interpolated = tsne_layout(components, graph, seed=0)
    assert np.any(interpolated != trees)
    assert trustworthiness(stored, interpolated, k=10) > 0.93


finite_places = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 30), st.just(2)), elements=st.floats(-1e6, 1e6, width=32)
)


@settings(deadline=None)
@given(finite_places)
def test_a_normalised_layout_is_in_the_frame_and_in_order(places):
    layout = normalize_layout(places)
    assert np.abs(layout).max(initial=0) <= 1.25
    for axis in (0, 1):
        order = np.argsort(places[:, axis], kind="stable")
        assert np.all(np.diff(layout[order, axis]) >= -1e-6)


def test_normalising_keeps_the_aspect_and_draws_strays_in():
    places = np.random.default_rng(0).uniform(-1, 1, size=(1000, 2)) * [40, 10] + [300, -7]
    places[0] = [1e6, -7]
    layout = normalize_layout(places)
    low, high = np.percentile(layout, [1, 99], axis=0)
    assert (high - low)[0] / (high - low)[1] == pytest.approx(4, rel=0.02)
    assert layout[0, 0] == pytest.approx(1.25)
    assert np.delete(layout[:, 0], 0).max() < 1.1


def test_places_that_are_not_finite_are_put_among_the_rest():
    places = np.array([[0, 0], [np.nan, 1], [2, 2], [np.inf, 0]])
    assert np.isfinite(normalize_layout(places)).all()
    assert np.isfinite(normalize_layout(np.full((3, 2), np.nan))).all()


@every_method
def test_unlike_arrays_are_refused(digits, lay_out):
    _, components, graph = digits
    with pytest.raises(ParameterError, match="a graph of 500 rows"):
        lay_out(components[1:], graph, seed=0)


def test_options_outside_their_range_are_refused(digits):
    _, components, graph = digits
    with pytest.raises(ParameterError, match="perplexity of 1"):
        tsne_layout(components, graph, perplexity=1, seed=0)
    with pytest.raises(ParameterError, match="n_neighbors=1"):
        umap_layout(components, graph, n_neighbors=1, seed=0)
    with pytest.raises(ParameterError, match="min_dist=3"):
        umap_layout(components, graph, min_dist=3, seed=0)
