"""Draw images from a catalogue: their cluster, attributes, vector and place on the map. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.synthetic.catalogue import BLOBS, Catalogue
from pipeline.synthetic.spec import HARD_SHARE, SyntheticSpec

__all__ = ["HARD", "NO", "YES", "Drawn", "draw_images", "normalised", "put_copies"]

NO, YES, HARD = 0, 1, 2
"""Kinds of images for an attribute; `HARD` is a no that resembles a sub-concept."""

PROJECT_LOYALTY = 0.8  # share of a project's images in its own cluster
STRAY_SHARE = 0.02  # share of images between the blobs of the layout
STRAY_SPREAD = 4.0
BLOB_SPREAD = 0.42  # standard deviation of places in a blob, as a share of its radius
SMALLEST_DRIFT, LARGEST_DRIFT = 0.05, 0.2
"""Distance of a near-duplicate from the first vector of its group, as a share of the noise's length."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """m drawn images, row by row.

    Parameters
    ----------
    blobs
        int32 (m,): blob of the catalogue; its cluster is ``blob // BLOBS``.
    strays
        bool (m,): whether the image lies outside its blob in the layout.
    kinds
        uint8 (m, a): `NO`, `YES` or `HARD` for each attribute.
    concepts
        int16 (m, a): sub-concept (numbered among all) that a yes or a hard negative resembles.
    vectors
        float32 (m, d), not yet normalised.
    places
        float32 (m, 2): place in the layout.
    fractions
        float32 (m,), 0 to 1: selects one of the suitable pictures.
    """

    blobs: NDArray[np.int32]
    strays: NDArray[np.bool_]
    kinds: NDArray[np.uint8]
    concepts: NDArray[np.int16]
    vectors: NDArray[np.float32]
    places: NDArray[np.float32]
    fractions: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.blobs)

    @property
    def clusters(self) -> NDArray[np.int32]:
        """Cluster of each image, int32 (m,)."""
        return self.blobs // np.int32(BLOBS)


def draw_images(
    spec: SyntheticSpec,
    catalogue: Catalogue,
    rng: np.random.Generator,
    count: int,
    project_clusters: NDArray[np.int16] | None = None,
) -> Drawn:
    """Draw images.

    Parameters
    ----------
    spec, catalogue
        Description and structure to draw from.
    rng
        Random stream of the images.
    count
        Number of images m.
    project_clusters
        int16 (m,): preferred cluster of each image's project; without it there is no preference.
    """
    clusters = np.searchsorted(catalogue.cumulative, rng.random(count), side="right").astype(np.int32)
    loyal = rng.random(count, np.float32) < PROJECT_LOYALTY
    if project_clusters is not None:
        clusters = np.where(loyal, project_clusters, clusters).astype(np.int32)
    parts = np.searchsorted(catalogue.blob_cumulative, rng.random(count), side="right").astype(np.int32)
    blobs = clusters * np.int32(BLOBS) + parts
    kinds, concepts = _attributes(spec, catalogue, rng, clusters)
    noise = rng.standard_normal((count, spec.dimensions), np.float32)
    strays = rng.random(count, np.float32) < STRAY_SHARE
    # The place within a blob is given by the two leading components of the noise, so that near places are also a
    # little nearer in the embedding.
    spread = catalogue.radii[blobs] * np.where(strays, np.float32(STRAY_SPREAD), np.float32(BLOB_SPREAD))
    places = catalogue.places[blobs] + noise[:, :2] * spread[:, None]
    noise *= catalogue.noise
    noise += _loadings(catalogue, blobs, kinds, concepts) @ catalogue.basis
    return Drawn(blobs, strays, kinds, concepts, noise, places, rng.random(count, np.float32))


def put_copies(
    drawn: Drawn,
    rows: NDArray[np.int64],
    leaders: Drawn,
    groups: NDArray[np.int64],
    exact: NDArray[np.bool_],
    noise: NDArray[np.float32],
    rng: np.random.Generator,
) -> None:
    """Overwrite some drawn images with copies of the first image of their group, in place.

    Parameters
    ----------
    drawn
        Images; the rows `rows` (k,) become copies.
    leaders, groups
        The first image of each group, and the group (k,) of each row.
    exact
        bool (k,): whether the copy is exact; other copies differ a little.
    noise
        float32 (d,): noise of the catalogue.
    rng
        Generator of the differences.
    """
    for field in fields(Drawn):
        getattr(drawn, field.name)[rows] = getattr(leaders, field.name)[groups]
    drift = rng.standard_normal((len(rows), len(noise)), np.float32) * noise
    drift *= rng.uniform(SMALLEST_DRIFT, LARGEST_DRIFT, (len(rows), 1)).astype(np.float32)
    drift[exact] = 0
    drawn.vectors[rows] += drift
    drawn.places[rows] += drift[:, :2] * (0.05 / np.sqrt(len(noise)))


def normalised(vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    """Scale vectors (m, d) to unit length, in place, and return them as they are stored."""
    vectors /= np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return vectors.astype(np.float16)


def _attributes(
    spec: SyntheticSpec, catalogue: Catalogue, rng: np.random.Generator, clusters: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """Draw kinds uint8 (m, a) and sub-concepts int16 (m, a).

    In an attribute's own cluster every image is a yes or a hard negative. Elsewhere both are scattered at the rate that
    gives the stated prevalence in the whole collection.
    """
    shape = (len(clusters), len(spec.attributes))
    chance = rng.random(shape, np.float32)
    which = rng.random(shape, np.float32)
    kinds = np.zeros(shape, np.uint8)
    concepts = np.empty(shape, np.int16)
    owners = catalogue.owner[clusters]
    for column, entry in enumerate(spec.attributes):
        yes = np.full(len(clusters), entry.prevalence * (1 - entry.own_clusters) / (1 - entry.owned), np.float32)
        own = owners == column
        yes[own] = 1 / (1 + entry.hard_negatives)
        near = yes * np.float32(1 + entry.hard_negatives)
        near[own] = 2.0  # no image remains without a kind after rounding
        kinds[:, column] = np.where(chance[:, column] < yes, YES, np.where(chance[:, column] < near, HARD, NO))
        first, last = catalogue.first_concept[column], catalogue.first_concept[column + 1]
        drawn = np.searchsorted(catalogue.concept_cumulative[first:last], which[:, column], side="right")
        concepts[:, column] = first + np.minimum(drawn, last - first - 1)
        concepts[own, column] = catalogue.concept[clusters[own]]
    return kinds, concepts


def _loadings(
    catalogue: Catalogue, blobs: NDArray[np.int32], kinds: NDArray[np.uint8], concepts: NDArray[np.int16]
) -> Any:
    """Return the sparse matrix (m, blobs + sub-concepts) whose product with the basis is the noise-free vectors."""
    from scipy.sparse import csr_matrix

    rows, columns = np.nonzero(kinds)
    weights = np.where(kinds[rows, columns] == YES, 1.0, HARD_SHARE).astype(np.float32)
    counts = np.bincount(rows, minlength=len(blobs)) + 1
    starts = np.concatenate([[0], np.cumsum(counts)])
    indices = np.empty(starts[-1], np.int32)
    values = np.ones(starts[-1], np.float32)
    indices[starts[:-1]] = blobs
    others = np.ones(starts[-1], np.bool_)
    others[starts[:-1]] = False  # np.nonzero goes row by row, so the rest of each row follows its centre
    indices[others] = len(catalogue.places) + concepts[rows, columns].astype(np.int32)
    values[others] = weights
    return csr_matrix((values, indices, starts), shape=(len(blobs), len(catalogue.basis)))
