"""Options, data and figures of a simulation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RoundFigures", "SimulationData", "SimulationOptions"]


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """Options of simulated rounds.

    Parameters
    ----------
    rounds, batch, seeds
        Rounds of a run, answers per round, and runs of each attribute and strategy (seeds 0, 1, ...).
    noise
        Probability from 0 to 0.5 that an annotator answers the opposite of the truth.
    annotators
        Number of annotators who answer each image. The majority settles it, and each answer counts. A tie settles
        nothing.
    """

    rounds: int = 12
    batch: int = 25
    seeds: int = 10
    noise: float = 0.0
    annotators: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.rounds <= 1000 and 2 <= self.batch <= 10_000 and 1 <= self.seeds <= 1000):
            raise ParameterError(
                f"rounds={self.rounds}, batch={self.batch}, seeds={self.seeds}; allowed are 1 to 1,000 rounds, batches "
                "of 2 to 10,000 and 1 to 1,000 seeds."
            )
        if not (0 <= self.noise <= 0.5 and 1 <= self.annotators <= 25):
            raise ParameterError(
                f"noise={self.noise}, annotators={self.annotators}; allowed are a noise of 0 to 0.5 and 1 to 25 "
                "annotators."
            )


@dataclass(frozen=True, slots=True, eq=False)
class SimulationData:
    """Data about the images that all attributes share; rows in ascending order of ``image_id``.

    Parameters
    ----------
    vectors
        float32 (n, w), finite: the embedding, or its leading directions (see `pipeline.learning.attribute_classifier`).
    groups
        int64 (n,): near-duplicates share a number.
    related_groups
        int64 (n,): images of one project and their near-duplicates share a number, see
        `pipeline.learning.related_images.related_images_of`.
    """

    vectors: NDArray[np.float32]
    groups: NDArray[np.int64]
    related_groups: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """The figures of a round, computed on the hidden part.

    Parameters
    ----------
    attribute, strategy, seed, round
        The attribute, strategy, seed and round of the figures; rounds count from 1.
    labels
        Answers so far for examples, training and validation, each annotator counted.
    average_precision
        Average precision of the hidden scores.
    recall_at_p90
        The highest recall of any threshold with a precision of at least 0.90; 0 if there is none.
    threshold
        Probability chosen on the validation answers for a precision of 0.90.
    precision, recall
        Precision and recall of the hidden images at that threshold.
    seconds
        Seconds for training, scoring, ranking and choosing in this round.
    supervised
        `recall_at_p90` of a model trained on all of the truth that is not hidden.
    hidden, hidden_yes
        Number of hidden images, and of those that show the attribute.
    """

    attribute: str
    strategy: str
    seed: int
    round: int
    labels: int
    average_precision: float
    recall_at_p90: float
    threshold: float
    precision: float
    recall: float
    seconds: float
    supervised: float
    hidden: int
    hidden_yes: int
