"""The structure of a synthetic collection: regions, clusters and blobs, with their directions and places. Pure.

A vector is the sum of a blob's centre (region + cluster + blob), a shift for every attribute that the image has or
resembles, and noise. The noise decreases over the dimensions like principal components, so the space has far fewer
effective dimensions than its width, as in a trained network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.synthetic.disc_packing import pack_discs
from pipeline.synthetic.random_streams import Purpose, stream
from pipeline.synthetic.spec import HARD_SHARE, SyntheticSpec, concept_weights

__all__ = ["BLOBS", "Catalogue", "make_catalogue"]

BLOBS: Final = 8
"""Blobs in a cluster."""

FADING_LENGTH, FADING_POWER = 40.0, 0.75
SHIFT_LENGTH = 64.0  # attributes lie in the leading dimensions, with this decay length
REGION, CLUSTER, BLOB = 0.5, 0.8, 0.35  # lengths of the parts of a centre; the noise has length 1
SHARED = 0.5  # of the squared length of two sub-concepts' directions
BACKGROUND_REGIONS = 16
SPREAD_OF_SIZES = 0.8
GAP_OF_BLOBS, GAP_OF_CLUSTERS, GAP_OF_REGIONS = 1.0, 1.15, 1.3  # wider between larger units


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Clusters (c), their blobs (c * BLOBS, those of one cluster side by side) and sub-concepts (s, by attribute).

    Parameters
    ----------
    noise
        float32 (d,): standard deviation of the noise in each dimension; its squares sum to 1.
    basis
        float32 (c * BLOBS + s, d): centres of the blobs, then shifts of the sub-concepts.
    cumulative
        float64 (c,): share of images in clusters up to this one.
    owner, concept
        int16 (c,): the attribute that owns the cluster and its sub-concept's number among all; -1 for background.
    blob_cumulative
        float64 (BLOBS,): cumulative shares of the blobs in any cluster.
    first_concept
        int16 (a + 1,): number of the first sub-concept of each attribute.
    concept_cumulative
        float64 (s,): shares of sub-concepts, cumulative within each attribute.
    places, radii
        float32 (c * BLOBS, 2) and (c * BLOBS,): centres of the blobs in the layout, within -1 .. 1, and their radii.
    """

    noise: NDArray[np.float32]
    basis: NDArray[np.float32]
    cumulative: NDArray[np.float64]
    owner: NDArray[np.int16]
    concept: NDArray[np.int16]
    blob_cumulative: NDArray[np.float64]
    first_concept: NDArray[np.int16]
    concept_cumulative: NDArray[np.float64]
    places: NDArray[np.float32]
    radii: NDArray[np.float32]

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(self.owner)


def make_catalogue(spec: SyntheticSpec) -> Catalogue:
    """Draw the structure of a collection from its seed."""
    rng = stream(spec.seed, Purpose.CATALOGUE)
    weights = [concept_weights(entry.concepts) for entry in spec.attributes]
    counts = [len(shares) for shares in weights]
    owned = [entry.owned * share for entry, shares in zip(spec.attributes, weights, strict=True) for share in shares]
    background = rng.lognormal(0.0, SPREAD_OF_SIZES, spec.background_clusters)
    background *= (1.0 - sum(owned)) / background.sum()
    masses = np.concatenate([owned, background])
    alone = np.full(spec.background_clusters, -1)
    owner = np.concatenate([np.repeat(np.arange(len(counts)), counts), alone]).astype(np.int16)
    concept = np.concatenate([np.arange(sum(counts)), alone]).astype(np.int16)
    regions = np.concatenate(
        [
            np.repeat(np.arange(len(counts)), counts),
            len(counts) + rng.integers(0, BACKGROUND_REGIONS, spec.background_clusters),
        ]
    )
    blob_shares = np.array(concept_weights(BLOBS)) * 0.5 + 0.5 / BLOBS
    fading = (1.0 + np.arange(spec.dimensions) / FADING_LENGTH) ** -FADING_POWER
    noise = fading / np.sqrt(np.sum(fading**2))
    centres = _centres(rng, regions, noise)
    shifts = _shifts(rng, spec, noise)
    mean = masses @ (centres @ blob_shares) + _expected_shift(spec, shifts)
    centres = (centres.transpose(0, 2, 1) - mean).reshape(-1, spec.dimensions)
    places, radii = _places(regions, masses, blob_shares)
    return Catalogue(
        noise=noise.astype(np.float32),
        basis=np.concatenate([centres, shifts]).astype(np.float32),
        cumulative=_summed(masses),
        owner=owner,
        concept=concept,
        blob_cumulative=_summed(blob_shares),
        first_concept=np.concatenate([[0], np.cumsum(counts)]).astype(np.int16),
        concept_cumulative=np.concatenate([_summed(np.array(shares)) for shares in weights]),
        places=places.astype(np.float32),
        radii=radii.astype(np.float32),
    )


def _summed(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.cumsum(shares)
    total[-1] = 1.0
    return total


def _centres(rng: np.random.Generator, regions: NDArray[np.int64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw the blobs' centres, float64 (c, d, BLOBS): the sum of a region's, a cluster's and a blob's direction."""
    regional = _directions(rng, int(regions.max()) + 1, noise) * REGION
    own = _directions(rng, len(regions), noise) * CLUSTER
    blobs = _directions(rng, len(regions) * BLOBS, noise) * BLOB
    parts = blobs.reshape(len(regions), BLOBS, -1).transpose(0, 2, 1)
    centres: NDArray[np.float64] = (regional[regions] + own)[:, :, None] + parts
    return centres


def _directions(rng: np.random.Generator, count: int, noise: NDArray[np.float64]) -> NDArray[np.float64]:
    drawn = rng.standard_normal((count, len(noise))) * noise
    directions: NDArray[np.float64] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return directions


def _shifts(rng: np.random.Generator, spec: SyntheticSpec, noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw the sub-concepts' shifts, (s, d); the length is the attribute's separation in units of the noise."""
    leading = np.exp(-np.arange(spec.dimensions) / SHIFT_LENGTH)
    shifts = []
    for entry in spec.attributes:
        common = rng.standard_normal(spec.dimensions) * leading
        own = rng.standard_normal((entry.concepts, spec.dimensions)) * leading
        mixed = np.sqrt(SHARED) * common + np.sqrt(1.0 - SHARED) * own
        shifts.append(entry.separation * mixed / np.linalg.norm(mixed, axis=1, keepdims=True) * noise)
    return np.concatenate(shifts)


def _expected_shift(spec: SyntheticSpec, shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of all shifts over the images; it is subtracted from the centres to centre the vectors."""
    shares = [
        entry.prevalence * (1.0 + HARD_SHARE * entry.hard_negatives) * share
        for entry in spec.attributes
        for share in concept_weights(entry.concepts)
    ]
    expected: NDArray[np.float64] = np.array(shares) @ shifts
    return expected


def _places(
    regions: NDArray[np.int64], masses: NDArray[np.float64], blob_shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pack blobs into clusters, these into regions, these into the layout; areas grow with numbers of images."""
    blob_places, blob_around = pack_discs(np.sqrt(blob_shares), GAP_OF_BLOBS)
    scale = np.sqrt(np.maximum(masses, masses.mean() / 100))  # an attribute may have its own empty clusters
    centres = np.zeros((len(masses), 2))
    present = np.unique(regions)
    around = np.zeros(len(present))
    for place, region in enumerate(present.tolist()):
        inside = np.flatnonzero(regions == region)
        centres[inside], around[place] = pack_discs(scale[inside] * blob_around, GAP_OF_CLUSTERS)
    region_places, whole = pack_discs(around, GAP_OF_REGIONS)
    centres += region_places[np.searchsorted(present, regions)]
    places = centres[:, None, :] + scale[:, None, None] * blob_places[None, :, :]
    radii = scale[:, None] * np.sqrt(blob_shares)[None, :]
    return places.reshape(-1, 2) / whole, radii.reshape(-1) / whole
