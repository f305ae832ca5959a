"""The records of an audit: state, plan, population and drawn images. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.plan import AuditPlan
from pipeline.audit.statistics.sampling import ScoreStratum
from pipeline.plain_values import made_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Audit", "AuditSample", "Population", "State", "digest_of"]


class State(StrEnum):
    """The states of an audit, in order. An audit only moves forward."""

    FROZEN = "frozen"
    """Release, plan and population are fixed and hashed. Nothing is drawn yet."""
    DRAWN = "drawn"
    """The images are asked."""
    PUBLISHED = "published"
    """The certificate is written. No answer changes it."""
    DROPPED = "dropped"
    """The audit was cancelled. Its images are excluded from later audits."""

    @property
    def summary(self) -> str:
        """The state in a word for people."""
        return "cancelled" if self is State.DROPPED else str(self)


@dataclass(frozen=True, slots=True)
class Population:
    """The population of an audit, as counts.

    Parameters
    ----------
    positives, negatives
        Images decided by the threshold that may be drawn.
    positives_left_out, negatives_left_out
        Images decided by the threshold that may not be drawn: images asked for training, validation, certification or
        an earlier audit, and their near-duplicates.
    positives_by_people, negatives_by_people
        Images settled by annotators; the audit excludes them.
    unsure
        Images between the thresholds, neither positive nor negative.
    """

    positives: int
    negatives: int
    positives_left_out: int
    negatives_left_out: int
    positives_by_people: int
    negatives_by_people: int
    unsure: int

    @property
    def summary(self) -> str:
        """The population as sentences."""
        left_out = self.positives_left_out + self.negatives_left_out
        return (
            f"The audit may draw {self.positives:,} positive and {self.negatives:,} negative images that the threshold "
            f"decided. Excluded: {self.positives_by_people + self.negatives_by_people:,} settled by people, "
            f"{left_out:,} used for training or tests or near-duplicates of these, {self.unsure:,} unsure."
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit of one release of one attribute.

    Parameters
    ----------
    number
        Number among the audits of the attribute, from 1.
    state
        The present state.
    plan
        The plan, fixed when the audit was frozen.
    fitted
        Changes that made the plan fit the release, for people. Empty without changes.
    by, owner
        Name and id of the person who started the audit. The name is untrusted text.
    definition_version
        Version of the attribute's definition.
    release_sha256, scores_sha256, model_sha256, origin
        Hashes of the release's table, of its scores and of its model, and version of the scores.
    population
        The population as counts.
    population_sha256
        Hash of the mask of the images that may be drawn.
    after
        Sequence number of the last logged action when the audit was frozen. Only later answers count.
    frozen_at, drawn_at, published_at
        Seconds since 1970. 0 before.
    batch
        Id of the batch of its questions.
    sample_sha256
        Hash of the images drawn. Empty before the draw.
    excluded
        Ids of annotators whose answers the certificate leaves out.
    collection, backbone
        Name of the collection and of its backbone when the audit was frozen. Empty in audits of earlier versions.
    gone
        Images that were drawn, had no verdict and were not in the collection when the audit was published.
    """

    number: int
    state: State
    plan: AuditPlan
    fitted: str
    by: str
    owner: str
    definition_version: int
    release_sha256: str
    scores_sha256: str
    model_sha256: str
    origin: str
    population: Population
    population_sha256: str
    after: int
    frozen_at: float
    drawn_at: float = 0.0
    published_at: float = 0.0
    batch: str = ""
    sample_sha256: str = ""
    excluded: tuple[str, ...] = ()
    collection: str = ""
    backbone: str = ""
    gone: tuple[int, ...] = ()

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"state": str(self.state), "plan": self.plan.as_dict()}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Audit:
        """Return the record of a mapping made by `as_mapping`.

        Raises
        ------
        KeyError, TypeError, ValueError, ParameterError
            If the mapping is no audit.
        """
        read = {
            "state": State(values["state"]),
            "plan": AuditPlan.from_dict(values["plan"]),
            "population": made_of(Population, values["population"]),
            "excluded": tuple(values["excluded"]),
            "gone": tuple(int(image) for image in values.get("gone", ())),
        }
        return made_of(cls, {**values, **read})


@dataclass(frozen=True, slots=True, eq=False)
class AuditSample:
    """The images of an audit in the order of the questions.

    Parameters
    ----------
    image_ids
        int64 (k,).
    positive
        bool (k,). Whether the image was drawn from the positive set.
    stratum
        int64 (k,). Index in ``strata`` of a negative; -1 for positives.
    probabilities
        float64 (k,), above 0 and at most 1. Inclusion probabilities.
    scores
        float32 (k,). Scores of the release.
    strata
        Strata of the negative set, highest scores first.
    """

    image_ids: NDArray[np.int64]
    positive: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    scores: NDArray[np.float32]
    strata: tuple[ScoreStratum, ...]

    def __len__(self) -> int:
        return len(self.image_ids)

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON. Numbers are read back exactly."""
        columns = {name: np.asarray(getattr(self, name)).tolist() for name in COLUMNS}
        return columns | {"strata": [asdict(stratum) for stratum in self.strata]}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> AuditSample:
        """Return the images of a mapping made by `as_mapping`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the mapping is no sample.
        """
        columns: dict[str, Any] = {name: np.array(values[name], kind) for name, kind in COLUMNS.items()}
        lengths = {column.shape for column in columns.values()}
        if len(lengths) != 1:
            raise ValueError("columns of different lengths")
        return cls(**columns, strata=tuple(made_of(ScoreStratum, entry) for entry in values["strata"]))


COLUMNS: dict[str, type] = {
    "image_ids": np.int64,
    "positive": np.bool_,
    "stratum": np.int64,
    "probabilities": np.float64,
    "scores": np.float32,
}


def digest_of(values: Any) -> str:
    """Return the SHA-256 of plain values as JSON with sorted keys and without blanks, in UTF-8."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
