"""Quality of a backbone's vectors for known pictures: linear probes and neighbours of the same project. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.embedding.neighbors import knn_graph
from pipeline.embedding.reduction import apply_reduction, fit_reduction
from pipeline.errors import ParameterError
from pipeline.learning.attribute_classifier import feature_directions, fit_attribute
from pipeline.learning.cross_validation import too_few_answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEAREST", "EmbeddingQuality", "ProbeQuality", "embedding_quality", "project_neighbors"]

NEAREST = 10
"""Number of nearest neighbours examined."""


@dataclass(frozen=True, slots=True)
class ProbeQuality:
    """The result of a linear classifier of one attribute on the vectors.

    Parameters
    ----------
    yes, no
        Numbers of known answers.
    average_precision
        Average precision of scores from classifiers trained without the image's project. Random scores reach
        ``yes / (yes + no)``.
    """

    yes: int
    no: int
    average_precision: float


@dataclass(frozen=True, slots=True)
class EmbeddingQuality:
    """The quality of vectors for known pictures.

    Parameters
    ----------
    images
        Number of images.
    probes
        Result of each attribute; attributes with too few answers are left out.
    mean_average_precision
        Mean over the probes; None if there are none.
    project_neighbors
        Images of the same project among the nearest ten, on average over ``project_images``; None if there are none.
    project_images
        Number of images that share their project with another image.
    """

    images: int
    probes: Mapping[str, ProbeQuality]
    mean_average_precision: float | None
    project_neighbors: float | None
    project_images: int


def embedding_quality(
    vectors: NDArray[Any], truth: Mapping[str, NDArray[np.int8]], projects: NDArray[np.int64], *, seed: int = 0
) -> EmbeddingQuality:
    """Measure vectors as a collection of only these images would store them: centred, reduced, L2-normalised.

    Linear probes are the same as for the first scores of a build
    (`pipeline.learning.attribute_classifier.fit_attribute`): logistic regression, folds by project. Linear probes are a
    usual measure of representations (Alain and Bengio 2017, *Understanding intermediate layers using linear classifier
    probes*).

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``: the backbone's output.
    truth
        Attribute -> int8 ``(n,)``: 1 yes, 0 no, -1 unknown.
    projects
        int64 ``(n,)``: number of each image's project; an image without one has its own number.
    seed
        Seed for the assignment of projects to folds.

    Returns
    -------
    EmbeddingQuality
        Depends only on the arguments.

    Raises
    ------
    ParameterError
        If lengths differ or vectors are not finite.
    """
    if not len(vectors) == len(projects) or any(len(answers) != len(vectors) for answers in truth.values()):
        raise ParameterError(
            f"{len(vectors)} vectors, {len(projects)} projects and answers about "
            f"{sorted({len(answers) for answers in truth.values()})} images differ. Pass arrays about the same images."
        )
    stored = apply_reduction(fit_reduction(vectors, seed=seed), vectors)
    directions = feature_directions(stored, seed=seed) if len(stored) else None
    probes = {}
    for name, answers in truth.items():
        if not too_few_answers(answers, projects):
            model = fit_attribute(stored, answers, projects, seed=seed, directions=directions)
            probes[name] = ProbeQuality(model.n_yes, model.n_no, model.average_precision)
    found, images = project_neighbors(stored, projects, seed=seed)
    return EmbeddingQuality(
        images=len(vectors),
        probes=probes,
        mean_average_precision=float(np.mean([probe.average_precision for probe in probes.values()]))
        if probes
        else None,
        project_neighbors=found,
        project_images=images,
    )


def project_neighbors(
    vectors: NDArray[Any], projects: NDArray[np.int64], *, nearest: int = NEAREST, seed: int = 0
) -> tuple[float | None, int]:
    """Return the mean number of nearest neighbours in the same project, over images of projects with several images.

    Parameters
    ----------
    vectors
        float ``(n, d)``, L2-normalised.
    projects
        int64 ``(n,)``.
    nearest
        Number of nearest neighbours examined.
    seed
        Seed of the approximate search in large collections.

    Returns
    -------
    float or None
        From 0 to ``nearest``; None if no project has two images.
    int
        Number of images in the mean.
    """
    _, place, count = np.unique(projects, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(count[place] > 1)
    if not shared.size:
        return None, 0
    graph = knn_graph(np.asarray(vectors, np.float32), nearest, seed=seed)
    same = projects[graph.indices[shared]] == projects[shared][:, None]
    return float(same.sum(axis=1).mean()), int(shared.size)
