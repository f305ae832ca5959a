"""How good the vectors of a backbone are for known pictures: linear probes and neighbours of the same project. Pure."""

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
"""Neighbours that are looked at."""


@dataclass(frozen=True, slots=True)
class ProbeQuality:
    """What a linear classifier of one attribute finds in the vectors.

    Parameters
    ----------
    yes, no
        Known answers.
    average_precision
        Of scores by classifiers that had not seen the image's project; chance reaches ``yes / (yes + no)``.
    """

    yes: int
    no: int
    average_precision: float


@dataclass(frozen=True, slots=True)
class EmbeddingQuality:
    """What vectors are worth for known pictures.

    Parameters
    ----------
    images
        How many there were.
    probes
        By attribute; those with too few answers are left out.
    mean_average_precision
        Of these; None without any.
    project_neighbors
        Images of the same project among the nearest ten, on average over ``project_images``; None without any.
    project_images
        Images that share their project with another one.
    """

    images: int
    probes: Mapping[str, ProbeQuality]
    mean_average_precision: float | None
    project_neighbors: float | None
    project_images: int


def embedding_quality(
    vectors: NDArray[Any], truth: Mapping[str, NDArray[np.int8]], projects: NDArray[np.int64], *, seed: int = 0
) -> EmbeddingQuality:
    """Measure vectors as a collection of just these images would store them: centred, reduced, L2-normalised.

    Linear probes as for a build's first scores (`pipeline.learning.attribute_classifier.fit_attribute`): logistic
    regression, folds by project. That a better backbone has better linear probes is the usual measure of
    representations (Alain and Bengio 2017, *Understanding intermediate layers using linear classifier probes*).

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``: the backbone's output.
    truth
        Attribute -> int8 ``(n,)``: 1 yes, 0 no, -1 unknown.
    projects
        int64 ``(n,)``: a number for each project; an image of none has one of its own.
    seed
        Deals projects to folds.

    Returns
    -------
    EmbeddingQuality
        A function of the arguments alone.

    Raises
    ------
    ParameterError
        For lengths that differ, or vectors that are not finite.
    """
    if not len(vectors) == len(projects) or any(len(answers) != len(vectors) for answers in truth.values()):
        raise ParameterError(
            f"{len(vectors)} vectors, {len(projects)} projects and answers of "
            f"{sorted({len(answers) for answers in truth.values()})} images were given. Pass arrays of the same images."
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
    """Count the images of the same project among each one's nearest, on average over those that have any elsewhere.

    Parameters
    ----------
    vectors
        float ``(n, d)``, L2-normalised.
    projects
        int64 ``(n,)``.
    nearest
        Neighbours that are looked at.
    seed
        Of the approximate search in large collections.

    Returns
    -------
    float or None
        From 0 to ``nearest``; None where no project has two images.
    int
        Images that the mean is over.
    """
    _, place, count = np.unique(projects, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(count[place] > 1)
    if not shared.size:
        return None, 0
    graph = knn_graph(np.asarray(vectors, np.float32), nearest, seed=seed)
    same = projects[graph.indices[shared]] == projects[shared][:, None]
    return float(same.sum(axis=1).mean()), int(shared.size)
