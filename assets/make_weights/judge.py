"""Compare a student with its teacher by linear probes and neighbours, mainly on families that it never saw."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.make_weights.features import features_of
from pipeline.benchmarks.backbones import decoded_preview, own_projects
from pipeline.benchmarks.embedding_quality import embedding_quality
from pipeline.simulation.truth_table import read_truth_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.collection import Collection
    from pipeline.embedding.folded_network import FoldedNetwork

UNSEEN = frozenset({"fluent3d", "fluentink", "openmoji", "gcompris", "photographs"})
"""Families of the sample that no package of ``sources.toml`` holds."""
CLIP_ART = "openclipart"
"""The sample's largest family, with its most detailed drawings. It is trained on, so it is judged separately."""
PHOTOGRAPH = "media_photo"


class Judge:
    """Judges networks on the unseen families of the sample, on drawings and photographs separately, and on clip art.

    Parameters
    ----------
    collection
        Built from the sample.
    truth
        Its table of truth, read by `pipeline.simulation.truth_table.read_truth_table`.
    families
        Whether each family of drawings is also judged alone.
    """

    def __init__(self, collection: Collection, truth: Path, *, families: bool = False) -> None:
        answers = read_truth_table(truth, collection, ())
        family = np.array([source.split("/")[-2] for source in collection.sources().to_pylist()])
        rows = np.flatnonzero(np.isin(family, [*UNSEEN, CLIP_ART]))
        self._projects = own_projects(collection.projects())[rows]
        self._answers = {name: values[rows] for name, values in answers.items() if "@" not in name}
        self._pictures = [decoded_preview(data) for data in collection.previews(rows.astype(np.int32))]
        photographs = self._answers.pop(PHOTOGRAPH) == 1
        of = {name: ~photographs & (family[rows] == name) for name in (*sorted(UNSEEN), CLIP_ART)}
        kinds = {"drawings": ~photographs & ~of[CLIP_ART], "photographs": photographs, "clip art": of[CLIP_ART]}
        self._parts = {name: np.flatnonzero(chosen) for name, chosen in kinds.items()}
        if families:
            apart = {name: np.flatnonzero(of[name]) for name in sorted(UNSEEN)}
            self._parts |= {name: places for name, places in apart.items() if places.size}

    def __call__(self, network: FoldedNetwork, *, side: int = 224) -> dict[str, dict[str, Any]]:
        """Judge a network on squares of a side; return the fields of ``EmbeddingQuality`` by kind."""
        features = features_of(network, self._pictures, side)
        return {kind: self._quality(features, rows) for kind, rows in self._parts.items()}

    def _quality(self, features: NDArray[np.float32], rows: NDArray[np.int64]) -> dict[str, Any]:
        answers = {name: values[rows] for name, values in self._answers.items()}
        return asdict(embedding_quality(features[rows], answers, self._projects[rows]))


def compared(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Compare a student's figures with the teacher's: by kind the ratio of means, neighbours, and each attribute."""
    return {kind: _beside(quality, theirs[kind]) for kind, quality in ours.items()}


def _beside(quality: dict[str, Any], teacher: dict[str, Any]) -> dict[str, Any]:
    precision, taught = quality["mean_average_precision"], teacher["mean_average_precision"]
    return {
        "images": quality["images"],
        "mean_average_precision": round(precision, 4) if precision is not None else None,
        "teacher": round(taught, 4) if taught is not None else None,
        "ratio": round(precision / taught, 4) if precision is not None and taught else None,
        "project_neighbors": _rounded(quality["project_neighbors"]),
        "teacher_neighbors": _rounded(teacher["project_neighbors"]),
        "attributes": {
            name: [round(side["probes"][name]["average_precision"], 3) for side in (quality, teacher)]
            for name in quality["probes"]
        },
    }


def _rounded(neighbors: float | None) -> float | None:
    return None if neighbors is None else round(neighbors, 3)
