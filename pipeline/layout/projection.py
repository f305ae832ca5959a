"""Project an embedding to a two-dimensional layout by t-SNE or UMAP, from one neighbour graph and a seed."""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline.errors import ParameterError
from pipeline.layout.quality import trustworthiness
from pipeline.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pipeline.embedding.neighbors import NeighborGraph

__all__ = ["LAYOUT_METHODS", "LayoutMethod", "normalize_layout", "tsne_layout", "umap_layout"]

FEW_ROWS = 10  # fewer images are placed on a grid, because they have no neighbourhoods to preserve
# Up to this size a layout is compared with the two principal components that it starts from. Below about 50 images the
# components are often better, and then every method gives them.
COMPARED_ROWS = 300
# Below 120 images n / exaggeration is so small that points hardly move from the start, which is 1e-4 wide, and form a
# line.
LOWEST_LEARNING_RATE = 10.0
# Processor time of trees and of interpolation on one thread: 7 and 12 s at 2,700 images, 18 and 20 s at 6,000.
BARNES_HUT_ROWS = 6_000
EXAGGERATED_ITERATIONS, ITERATIONS = 250, 500
# One thread. Two save a third of the time on an idle machine (3.8 s instead of 6.2 s at 2,700 images), but they wait
# for each other thousands of times. On a busy machine they took 55 s instead of 17 s. Sums split by thread also round
# differently.
THREADS = 1
CALLBACK_ITERATIONS = 10
SOFT_EDGE = 0.25


class LayoutMethod(Protocol):
    """A function that computes a layout. The values of `LAYOUT_METHODS` have this type."""

    def __call__(
        self,
        components: NDArray[np.float32],
        graph: NeighborGraph,
        *,
        seed: int,
        progress: ProgressCallback | None = ...,
    ) -> NDArray[np.float32]:
        """Return the layout float32 ``(n, 2)`` of ``(n, p)`` components with their ``(n, k)`` graph."""


def tsne_layout(
    components: NDArray[np.float32],
    graph: NeighborGraph,
    *,
    perplexity: float = 30.0,
    seed: int,
    progress: ProgressCallback | None = None,
) -> NDArray[np.float32]:
    """Return a layout by t-SNE (van der Maaten and Hinton 2008, JMLR 9).

    openTSNE runs with the settings of Kobak and Berens (2019, Nature Communications 10:5416). It starts from the first
    two principal components at a standard deviation of 1e-4. The learning rate is n / exaggeration (Belkina et al.
    2019) but at least 10. There are 250 iterations at exaggeration 12 and 500 without. Forces come from Barnes-Hut
    trees up to 6,000 images, and from interpolation and FFT above (Linderman et al. 2019).

    Parameters
    ----------
    components
        float32 ``(n, p)``. Principal components, largest variance first. Only the first two are used.
    graph
        Neighbours ``(n, k)`` in the embedding, in the same order of rows. ``3 * perplexity`` of them are used. If there
        are fewer, the perplexity falls to ``k / 3``.
    perplexity
        Effective number of neighbours, above 1.
    seed
        Seed of the jitter that separates identical images.
    progress
        Called every ten iterations with the number done. It can raise to cancel.

    Returns
    -------
    ndarray
        float32 ``(n, 2)`` as `normalize_layout` describes. Fewer than ten images lie on a grid instead. Up to 300
        images lie by the first two principal components if that layout is more trustworthy.

    Raises
    ------
    ParameterError
        If components and graph differ in rows or are not finite, or ``perplexity`` is 1 or less.
    """
    _check_input(components, graph)
    if not perplexity > 1:
        raise ParameterError(f"A perplexity of {perplexity} is not allowed. It must be above 1, for example 30.")
    if len(components) < FEW_ROWS or graph.k < 4:
        return _no_worse_than_components(_grid_layout(components), components, seed)

    import openTSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    used = min(graph.k, math.ceil(3 * perplexity))
    neighbors = PrecomputedNeighbors(
        np.ascontiguousarray(graph.indices[:, :used], dtype=np.int64),
        np.ascontiguousarray(graph.distances[:, :used], dtype=np.float64),
    )
    affinities = PerplexityBasedNN(perplexity=min(perplexity, used / 3), knn_index=neighbors, n_jobs=THREADS)
    embedding = openTSNE.TSNEEmbedding(
        _initial_places(components, seed) * 1e-4,
        affinities,
        negative_gradient_method="bh" if len(components) <= BARNES_HUT_ROWS else "fft",
        n_jobs=THREADS,
        random_state=seed,
    )
    _report(progress, "t-SNE", 0, EXAGGERATED_ITERATIONS + ITERATIONS, "iterations")
    phases = ((EXAGGERATED_ITERATIONS, 12.0, 0.5, 0), (ITERATIONS, 1.0, 0.8, EXAGGERATED_ITERATIONS))
    for iterations, exaggeration, momentum, before in phases:

        def watch(done: int, _error: float, _places: NDArray[Any], *, before: int = before) -> bool:
            _report(progress, "t-SNE", before + done, EXAGGERATED_ITERATIONS + ITERATIONS, "iterations")
            return False

        embedding.optimize(
            iterations,
            exaggeration=exaggeration,
            learning_rate=max(len(components) / exaggeration, LOWEST_LEARNING_RATE),
            momentum=momentum,
            inplace=True,
            use_callbacks=progress is not None,
            callbacks=[watch],
            callbacks_every_iters=CALLBACK_ITERATIONS,
        )
    return _no_worse_than_components(normalize_layout(np.array(embedding)), components, seed)


def umap_layout(
    components: NDArray[np.float32],
    graph: NeighborGraph,
    *,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    seed: int,
    progress: ProgressCallback | None = None,
) -> NDArray[np.float32]:
    """Return a layout by UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426).

    The steps of umap-learn run on the shared graph: the fuzzy simplicial set, then stochastic gradient descent on one
    thread, with 500 epochs up to 10,000 images and 200 above. It starts from the first two principal components like
    t-SNE. This keeps the large-scale order as well as the spectral start (Kobak and Linderman 2021, Nature
    Biotechnology 39), and it cannot fail on duplicates or on a graph in several pieces.

    Parameters
    ----------
    components
        float32 ``(n, p)``. Principal components, largest variance first.
    graph
        Neighbours ``(n, k)`` in the embedding, in the same order of rows. The nearest ``n_neighbors - 1`` are used.
    n_neighbors
        Size of the neighbourhood that is preserved, including the image itself, 2 or more.
    min_dist
        Least distance of points, at least 0 and below 3.
    seed
        Seed of the jitter and the descent.
    progress
        Called as epochs pass. It can raise to cancel. Inside a notebook with widgets it reports only start and end,
        because umap-learn then draws its own bar.

    Returns
    -------
    ndarray
        float32 ``(n, 2)`` as `normalize_layout` describes. Fewer than ten images lie on a grid instead. Up to 300
        images lie by the first two principal components if that layout is more trustworthy.

    Raises
    ------
    ParameterError
        If components and graph differ in rows or are not finite, or an option is outside its range.
    """
    _check_input(components, graph)
    if n_neighbors < 2 or not 0 <= min_dist < 3:
        raise ParameterError(
            f"n_neighbors={n_neighbors} and min_dist={min_dist} are not allowed. n_neighbors must be 2 or more, and "
            "min_dist at least 0 and below 3. Pass for example 15 and 0.1."
        )
    rows = len(components)
    if rows < FEW_ROWS or graph.k < 1:
        return _no_worse_than_components(_grid_layout(components), components, seed)
    epochs = 500 if rows <= 10_000 else 200
    _report(progress, "UMAP", 0, epochs, "epochs", "loading")

    with warnings.catch_warnings():
        # umap-learn warns about optional packages (TensorFlow, widgets) that this project does not use.
        warnings.simplefilter("ignore")
        from pipeline.compilation import keep_machine_code, let_import

        let_import("umap")
        from umap.umap_ import (
            compute_membership_strengths,
            find_ab_params,
            fuzzy_simplicial_set,
            simplicial_set_embedding,
            smooth_knn_dist,
        )
    keep_machine_code(smooth_knn_dist, compute_membership_strengths)  # four seconds of every build

    random_state = np.random.RandomState(seed)  # umap-learn takes no Generator
    indices, distances = _with_self(graph, n_neighbors)
    places = _initial_places(components, seed)
    weights, _, _ = fuzzy_simplicial_set(
        components, indices.shape[1], random_state, "euclidean", knn_indices=indices, knn_dists=distances
    )
    a, b = find_ab_params(1.0, min_dist)
    embedding, _ = simplicial_set_embedding(
        components,
        weights,
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=epochs,
        init=places.astype(np.float32),
        random_state=random_state,
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        tqdm_kwds=_epoch_bar(progress, epochs),
    )
    _report(progress, "UMAP", epochs, epochs, "epochs")
    return _no_worse_than_components(normalize_layout(embedding), components, seed)


LAYOUT_METHODS: Mapping[str, LayoutMethod] = {"t-SNE": tsne_layout, "UMAP": umap_layout}
"""The functions that compute layouts, by the names that people read."""


def normalize_layout(places: NDArray[Any]) -> NDArray[np.float32]:
    """Centre and scale a layout, so that every map has the same frame.

    The box from the 1st to the 99th percentile of each axis is centred on the origin. Its longer side spans [-1, 1],
    and the shorter side keeps the aspect. Places further out are moved inwards smoothly to at most 1.25 in the same
    order, so that one stray image does not shrink the map.

    Parameters
    ----------
    places
        float ``(n, 2)``.

    Returns
    -------
    ndarray
        float32 ``(n, 2)``, always finite. An image with a value that is not finite is placed at the centre.
    """
    exact = np.asarray(places, dtype=np.float64)
    if len(exact) == 0:
        return np.zeros((0, 2), dtype=np.float32)
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(exact).all(axis=1))
    if not finite.all():
        centre_of_rest = np.median(exact[finite], axis=0) if finite.any() else np.zeros(2)
        exact = np.where(finite[:, None], exact, centre_of_rest)
    low, high = np.percentile(exact, [1, 99], axis=0)
    centred = exact - (low + high) / 2
    half = float((high - low).max()) / 2
    if half <= 1e-12 * np.abs(exact).max():  # nearly all images in one place, so the others set the extent
        half = float(np.abs(centred).max())
    if half > 0:
        centred = centred / half
    beyond: NDArray[np.float64] = np.abs(centred) - 1
    drawn_in = np.sign(centred) * (1 + SOFT_EDGE * np.tanh(np.maximum(beyond, 0) / SOFT_EDGE))
    return np.asarray(np.where(beyond > 0, drawn_in, centred), dtype=np.float32)


def _check_input(components: NDArray[np.float32], graph: NeighborGraph) -> None:
    if components.ndim != 2 or len(components) != len(graph.indices) or not np.isfinite(components).all():
        raise ParameterError(
            f"Components of shape {components.shape} do not match a graph of {len(graph.indices)} rows, or are not "
            "finite. Both need one row for each image. Build both from the same embedding."
        )


def _grid_layout(components: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place a few images on a square grid without overlap, columns by the first component, rows by the second."""
    count = len(components)
    padded = np.zeros((count, 2))
    padded[:, : components.shape[1]] = components[:, :2]
    side = math.ceil(math.sqrt(count))
    places = np.zeros((count, 2))
    by_first = np.argsort(padded[:, 0], kind="stable")
    for column in range(side):
        members = by_first[column * side : (column + 1) * side]
        members = members[np.argsort(padded[members, 1], kind="stable")]
        places[members, 0] = column
        places[members, 1] = np.arange(len(members))
    return normalize_layout(places)


def _no_worse_than_components(
    layout: NDArray[np.float32], components: NDArray[np.float32], seed: int
) -> NDArray[np.float32]:
    """Return the first two components instead of a layout of few images if their trustworthiness is higher."""
    if not 0 < len(components) <= COMPARED_ROWS:
        return layout
    plain = normalize_layout(_initial_places(components, seed, jitter=0.001))
    return plain if trustworthiness(components, plain) > trustworthiness(components, layout) else layout


def _initial_places(components: NDArray[np.float32], seed: int, jitter: float = 0.01) -> NDArray[np.float64]:
    """Return the first two components at standard deviation 1, with a jitter that separates identical images."""
    places = np.zeros((len(components), 2))
    places[:, : components.shape[1]] = components[:, :2]
    places -= places.mean(axis=0)
    spread = places[:, 0].std()
    if spread > 0:
        places /= spread
    return places + np.random.default_rng(seed).normal(scale=jitter, size=places.shape)


def _with_self(graph: NeighborGraph, n_neighbors: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Put each row before its neighbours, because umap-learn counts it as one."""
    used = min(graph.k, n_neighbors - 1)
    rows = np.arange(len(graph.indices), dtype=np.int32)[:, None]
    indices = np.concatenate([rows, graph.indices[:, :used]], axis=1)
    distances = np.concatenate([np.zeros(rows.shape, np.float32), graph.distances[:, :used]], axis=1)
    return np.ascontiguousarray(indices, np.int32), np.ascontiguousarray(distances, np.float32)


def _report(progress: ProgressCallback | None, method: str, done: int, total: int, unit: str, note: str = "") -> None:
    if progress is not None:
        progress(Progress(f"Laying out by {method}", done, total, unit=unit, note=note))


def _epoch_bar(progress: ProgressCallback | None, epochs: int) -> dict[str, object]:
    """Return options of umap-learn's progress bar, which report its text as progress between epochs."""
    import tqdm.auto
    import tqdm.notebook

    if progress is None or issubclass(tqdm.auto.tqdm, tqdm.notebook.tqdm):
        return {"disable": True}
    # miniters=1 also keeps tqdm's monitor thread from drawing, so that progress stays on the working thread.
    return {
        "disable": False,
        "file": _EpochSink(progress, epochs),
        "bar_format": "{n_fmt}",
        "leave": False,
        "miniters": 1,
        "mininterval": 0.1,
    }


class _EpochSink(io.TextIOBase):
    """A text file for a progress bar, which reads the epoch from the bar's text."""

    def __init__(self, progress: ProgressCallback, epochs: int) -> None:
        super().__init__()
        self._progress: ProgressCallback | None = progress
        self._epochs = epochs

    def write(self, text: str, /) -> int:
        epoch = text.strip()
        if epoch.isdigit() and self._progress is not None:
            callback, self._progress = self._progress, None  # a cancelled bar draws itself once more
            _report(callback, "UMAP", int(epoch), self._epochs, "epochs")
            self._progress = callback
        return len(text)
