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
    """Release, plan and population are fixed and hashed; nothing is drawn."""
    DRAWN = "drawn"
    """The images are asked."""
    PUBLISHED = "published"
    """The certificate is written; no answer changes it."""
    DROPPED = "dropped"
    """Given up; what was drawn stays drawn."""


@dataclass(frozen=True, slots=True)
class Population:
    """The population of an audit, as counts.

    Parameters
    ----------
    positives, negatives
        Images decided by the threshold that may be drawn.
    positives_left_out, negatives_left_out
        Images decided by the threshold that may not be drawn: asked for training, validation, certification or an
        earlier audit, or
        near-duplicates of such images.
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
    def words(self) -> str:
        """The population for people."""
        left_out = self.positives_left_out + self.negatives_left_out
        return (
            f"Audited are {self.positives:,} positive and {self.negatives:,} negative images that the threshold "
            f"decided. Not looked at: {self.positives_by_people + self.negatives_by_people:,} settled by people, "
            f"{left_out:,} that taught or tested the classifier or are near-duplicates of such, {self.unsure:,} unsure."
        )


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit of one release of one attribute.

    Parameters
    ----------
    number
        Of the attribute's audits, from 1.
    state
        How far it is.
    plan
        Fixed when it was frozen.
    fitted
        Changes that made the plan fit the release, for people; empty without changes.
    by, owner
        Name and id of the person who started it. The name is untrusted text.
    definition_version
        What is asked.
    release_sha256, scores_sha256, model_sha256, origin
        Of the release: its table, the scores it ranks, the model that gave them, and their version.
    population
        In numbers.
    population_sha256
        Of the images that may be drawn.
    after
        Last act of the label store when it was frozen: only later answers count.
    frozen_at, drawn_at, published_at
        Seconds since 1970; 0 before.
    batch
        Id of the batch that asks.
    sample_sha256
        Of the images drawn; empty before the draw.
    excluded
        Ids of people whose answers the certificate leaves out.
    collection, backbone
        Name of the collection and of its embedding when the audit was frozen; empty in audits of earlier versions.
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
            If it is something else.
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
    """The images of an audit, in the order in which they are asked.

    Parameters
    ----------
    image_ids
        int64 (k,).
    positive
        bool (k,): drawn from the positive set.
    stratum
        int64 (k,): of a negative, its place in ``strata``; -1 for positives.
    probabilities
        float64 (k,), in (0, 1]: chance of each to be drawn.
    scores
        float32 (k,): as released.
    strata
        Of the negative set, the highest scores first.
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
        """Return plain values for JSON; numbers come back as they were."""
        columns = {name: np.asarray(getattr(self, name)).tolist() for name in COLUMNS}
        return columns | {"strata": [asdict(stratum) for stratum in self.strata]}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> AuditSample:
        """Read what `as_mapping` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
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
    """Return the SHA-256 of plain values: of their JSON with sorted keys and without blanks, in UTF-8."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
