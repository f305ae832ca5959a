"""Read the data of a collection for a simulation. An edge: it reads the collection."""

from __future__ import annotations

import numpy as np

from pipeline.collection import Collection
from pipeline.learning.attribute_classifier import feature_directions
from pipeline.learning.related_images import related_images_of
from pipeline.simulation.loop import SimulationData

__all__ = ["simulation_data"]

BLOCK_ROWS = 8192


def simulation_data(collection: Collection) -> SimulationData:
    """Read near-duplicates, projects and vectors, in the leading directions in which classifiers are fitted.

    Raises
    ------
    CollectionError
        If the collection cannot be read.
    """
    vectors = collection.embedding()
    directions = feature_directions(vectors, seed=0)
    features = np.empty((len(vectors), len(directions)), np.float32)
    for start in range(0, len(vectors), BLOCK_ROWS):
        features[start : start + BLOCK_ROWS] = vectors[start : start + BLOCK_ROWS].astype(np.float32) @ directions.T
    groups = collection.duplicates().astype(np.int64)
    return SimulationData(features, groups, related_images_of(collection.projects(), groups))
