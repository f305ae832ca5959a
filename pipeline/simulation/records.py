"""What a simulation is given and what it tells. Pure."""

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
    """How rounds are simulated.

    Parameters
    ----------
    rounds, batch, seeds
        Rounds of a run, answers a round, and runs of each attribute and strategy (seeds 0, 1, ...).
    noise
        Probability from 0 to 0.5 that an annotator says the opposite of the truth.
    annotators
        Who answer each image; the majority settles it, and each answer counts. A tie settles nothing.
    """

    rounds: int = 12
    batch: int = 25
    seeds: int = 10
    noise: float = 0.0
    annotators: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.rounds <= 1000 and 2 <= self.batch <= 10_000 and 1 <= self.seeds <= 1000):
            raise ParameterError(
                f"{self.rounds} rounds of {self.batch} with {self.seeds} seeds were asked for; allowed are 1 to 1,000 "
                "rounds, batches of 2 to 10,000 and 1 to 1,000 seeds."
            )
        if not (0 <= self.noise <= 0.5 and 1 <= self.annotators <= 25):
            raise ParameterError(
                f"A noise of {self.noise} and {self.annotators} annotators were asked for; allowed are a noise of 0 to "
                "0.5 and 1 to 25 annotators."
            )


@dataclass(frozen=True, slots=True, eq=False)
class SimulationData:
    """What is known of the images, whatever the attribute; rows in ascending order of ``image_id``.

    Parameters
    ----------
    vectors
        float32 (n, w), finite: the embedding, or its leading directions (see `pipeline.learning.attribute_classifier`).
    groups
        int64 (n,): near-duplicates share a number.
    families
        int64 (n,): images of one project and their near-duplicates share a number, see
        `pipeline.learning.related_images.related_images_of`.
    """

    vectors: NDArray[np.float32]
    groups: NDArray[np.int64]
    families: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """What a round came to, computed on the hidden part.

    Parameters
    ----------
    attribute, strategy, seed, round
        Whose it is; rounds count from 1.
    labels
        Answers given so far: examples, training and validation, each annotator's.
    average_precision
        Of the hidden scores.
    recall_at_p90
        The most recall of any cut whose precision is at least 0.90; 0 where none is.
    threshold
        Probability chosen on the validation answers for a precision of 0.90.
    precision, recall
        Of the hidden images at that threshold.
    seconds
        Training, scoring, ranking and choosing of this round.
    supervised
        `recall_at_p90` of a model trained on all of the truth that is not hidden.
    hidden, hidden_yes
        Images of the hidden part, and those of them that show the attribute.
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
