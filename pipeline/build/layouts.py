"""The layouts of a collection: t-SNE and UMAP of all images and of the images that show some attribute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.build.first_scores import FirstScores
from pipeline.collection.manifest import LayoutFacts
from pipeline.embedding.neighbors import NeighborGraph, knn_graph
from pipeline.embedding.reduction import principal_components
from pipeline.errors import ParameterError
from pipeline.images.keywords import naming_words
from pipeline.images.records import SourceItem
from pipeline.layout.cluster_names import ClusterName, name_clusters
from pipeline.layout.clustering import cluster_layout
from pipeline.layout.projection import tsne_layout, umap_layout
from pipeline.layout.quality import neighbor_recall, point_trust, trustworthiness
from pipeline.progress import Progress, ProgressCallback
from pipeline.taxonomy import Taxonomy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BuiltLayout", "GivenPlaces", "LayoutOptions", "build_layouts", "positive_subset"]

COMPONENTS = 50
METHODS = (("tsne", "t-SNE"), ("umap", "UMAP"))
NEIGHBORS_OF_LAYOUT = 15
GIVEN = "given"
PER_ATTRIBUTE = 1000  # BAM!'s map shows the 1,000 best images of each attribute


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """Parameters of the methods.

    Parameters
    ----------
    perplexity
        Of t-SNE: effective number of neighbours, above 1.
    neighbors
        Of UMAP: size of the neighbourhood with the image itself, 2 or more.
    min_dist
        Of UMAP: least distance of points, at least 0 and below 3.
    """

    perplexity: float = 30.0
    neighbors: int = 15
    min_dist: float = 0.1

    @property
    def reach(self) -> int:
        """Number of neighbours of each image that the methods use."""
        return max(math.ceil(3 * self.perplexity), self.neighbors - 1)


@dataclass(frozen=True, slots=True, eq=False)
class GivenPlaces:
    """Places that were given.

    Parameters
    ----------
    title
        Title of the layout.
    positions
        float32 (n, 2), in the order of the images.
    """

    title: str
    positions: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BuiltLayout:
    """One finished layout.

    Parameters
    ----------
    facts
        Name, title, method, quality.
    rows
        int64 (m,), ascending rows of the collection that it holds.
    positions
        float32 (m, 2), y up.
    trust
        float32 (m,), see `pipeline.layout.quality.point_trust`.
    clusters
        int32 (levels, m), the coarsest first; -1 for none.
    names
        Names of the clusters.
    """

    facts: LayoutFacts
    rows: NDArray[np.int64]
    positions: NDArray[np.float32]
    trust: NDArray[np.float32]
    clusters: NDArray[np.int32]
    names: tuple[ClusterName, ...]


@dataclass(frozen=True, slots=True)
class _Population:
    """Images to lay out: name on disk, title on screen, rows of the collection, vectors and neighbours."""

    name: str
    title: str
    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    graph: NeighborGraph


def build_layouts(
    vectors: NDArray[np.float16],
    graph: NeighborGraph,
    scores: FirstScores,
    items: Sequence[SourceItem],
    taxonomy: Taxonomy,
    options: LayoutOptions | GivenPlaces | None = None,
    *,
    seed: int,
    progress: ProgressCallback,
) -> list[BuiltLayout]:
    """Compute the layouts of a collection for each method and population; the first is the default view.

    Parameters
    ----------
    vectors
        float16 (n, d), the stored embedding, rows by ascending id.
    graph
        Its neighbours.
    scores
        First scores, for the positive population and the names of clusters.
    items
        Metadata of the n images, in the same order.
    taxonomy
        Titles and groups of the attributes.
    options
        Parameters of the methods. Where they use more neighbours than `graph` has, more are searched for. Or the places
        of all images, which are then the only layout.
    seed
        Seed of all random steps.
    progress
        Called with the progress of each layout.
    """
    chosen = options or LayoutOptions()
    wide = vectors.astype(np.float32)
    everything = _Population("all", "all images", np.arange(len(wide)), wide, graph)
    if isinstance(chosen, GivenPlaces):
        return [_build(everything, (GIVEN, chosen.title), chosen, scores, items, taxonomy, seed, progress)]
    populations = [everything]
    positive = positive_subset(scores.scores.T, scores.known.T, scores.thresholds, per_attribute=PER_ATTRIBUTE)
    if 0 < np.count_nonzero(positive) < len(wide):
        rows = np.flatnonzero(positive)
        part = wide[rows]
        title = f"best of each attribute ({len(rows):,})"
        populations.append(_Population("positives", title, rows, part, knn_graph(part, max(1, graph.k), seed=seed)))
    return [
        _build(population, method, chosen, scores, items, taxonomy, seed, progress)
        for population in populations
        for method in METHODS
    ]


def _build(
    population: _Population,
    method: tuple[str, str],
    options: LayoutOptions | GivenPlaces,
    scores: FirstScores,
    items: Sequence[SourceItem],
    taxonomy: Taxonomy,
    seed: int,
    progress: ProgressCallback,
) -> BuiltLayout:
    key, title = method
    title = f"{title} · {population.title}"

    def named(report: Progress) -> None:
        progress(replace(report, stage=title))

    if isinstance(options, GivenPlaces):
        positions = options.positions
    else:
        components = principal_components(population.vectors, COMPONENTS, seed=seed)
        positions = _placed(key, components, _wide_enough(population, options.reach, seed), options, seed, named)
    layout_graph = knn_graph(positions, NEIGHBORS_OF_LAYOUT * 3, seed=seed)
    clusters = cluster_layout(positions, seed=seed)
    rows = population.rows
    attributes = [taxonomy.attribute(name) for name in scores.names]

    names = name_clusters(
        clusters,
        positions,
        attributes,
        _shown(scores)[:, rows],
        lambda row: naming_words(items[rows[row]]),
        seed=seed,
    )
    facts = LayoutFacts(
        name=f"{population.name}-{key}",
        title=title,
        method=key,
        images=len(rows),
        seed=seed,
        trustworthiness=trustworthiness(population.vectors, positions, k=NEIGHBORS_OF_LAYOUT, seed=seed),
        neighbor_recall=neighbor_recall(population.graph, layout_graph),
    )
    trust = point_trust(population.graph, layout_graph, k=NEIGHBORS_OF_LAYOUT)
    return BuiltLayout(facts, rows, positions, trust, clusters, names)


def _placed(
    key: str,
    components: NDArray[np.float32],
    graph: NeighborGraph,
    options: LayoutOptions,
    seed: int,
    progress: ProgressCallback,
) -> NDArray[np.float32]:
    if key == "tsne":
        return tsne_layout(components, graph, perplexity=options.perplexity, seed=seed, progress=progress)
    near, apart = options.neighbors, options.min_dist
    return umap_layout(components, graph, n_neighbors=near, min_dist=apart, seed=seed, progress=progress)


def _wide_enough(population: _Population, reach: int, seed: int) -> NeighborGraph:
    """Return the graph of a population, or one of more neighbours where the methods use more than it has."""
    if not 0 < population.graph.k < min(reach, len(population.rows) - 1):
        return population.graph
    return knn_graph(population.vectors, reach, seed=seed)


def _shown(scores: FirstScores) -> NDArray[np.bool_]:
    """Return which images show each attribute, bool (a, n): known to, or unknown and scored at least its minimum."""
    passing = scores.scores >= scores.thresholds[:, None]
    return np.where(scores.known >= 0, scores.known == 1, passing)


def positive_subset(
    scores: NDArray[Any], known: NDArray[np.int8], thresholds: NDArray[Any], *, per_attribute: int = 1000
) -> NDArray[np.bool_]:
    """Return the images that show some attribute, the best of each.

    For each attribute up to ``per_attribute`` images that are known to show it or score at least its threshold: known
    yes first, then by score, equal scores by row. A known no is never taken for that attribute, whatever its score.

    Parameters
    ----------
    scores
        float ``(n, a)``, rows in ascending order of ``image_id``.
    known
        int8 ``(n, a)``: 1 yes, 0 no, -1 unknown.
    thresholds
        float ``(a,)``.
    per_attribute
        Maximum number of images for one attribute.

    Returns
    -------
    ndarray
        bool ``(n,)``: the union over all attributes.

    Raises
    ------
    ParameterError
        If the shapes do not match, or ``per_attribute`` is below 1.
    """
    scores, known, thresholds = np.asarray(scores), np.asarray(known), np.asarray(thresholds)
    if scores.ndim != 2 or known.shape != scores.shape or thresholds.shape != scores.shape[1:] or per_attribute < 1:
        raise ParameterError(
            f"scores {scores.shape}, known {known.shape}, thresholds {thresholds.shape} and "
            f"per_attribute={per_attribute} are not allowed. scores and known have the shape (images, attributes), "
            "thresholds has one number an attribute, and per_attribute is at least 1."
        )
    chosen = np.zeros(len(scores), dtype=np.bool_)
    for column in range(scores.shape[1]):
        answered_yes = known[:, column] == 1
        passes = (scores[:, column] >= thresholds[column]) & (known[:, column] == -1)
        candidates = np.flatnonzero(answered_yes | passes)
        order = np.lexsort((candidates, -scores[candidates, column], ~answered_yes[candidates]))
        chosen[candidates[order[:per_attribute]]] = True
    return chosen
