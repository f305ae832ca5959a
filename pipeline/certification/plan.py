"""The plan of a certification: its sets, samples and questions, fixed before the first answer. Pure.

The certified precision is that of a set: all ranked images that score at least a threshold. The sets are nested and
tested from the smallest on. `pipeline.certification.sequential_testing` explains why this needs no correction for
multiple tests. This module chooses, from the scores alone:

- **the first size**: the largest set with a predicted precision of 0.985 for a target of 0.9 (the target plus 85 % of
  the distance from the target to 1). The prediction takes scores as probabilities. So the first set is good even if
  scores are too high.
- **the growth**: each set is 12 % larger than the one before. Smaller steps find the best set more exactly, but each
  additional test may fail too early.
- **the samples**: each set has its own simple random sample, which grows with the square root of the size of the set.
  Precision falls towards the target as sets grow, and then more answers are needed. The samples use the whole budget if
  the sets continue to the size at which the predicted precision falls below 0.87 for a target of 0.9.

The sample of a set consists of its images with the smallest permanent random numbers (Ohlsson 1995, "Coordination of
samples using permanent random numbers", in *Business Survey Methods*), so an answer is used in all sets that contain
its image. All this is fixed before the first answer. A plan states the exact number of answers up to each set, and
lists the images.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.certification.set_sizes import (
    first_and_last_size,
    sample_sizes,
    set_sizes,
    smallest_sample,
    within_budget,
)
from pipeline.errors import ParameterError
from pipeline.plain_values import made_of
from pipeline.statistics.proportions import fewest_yes
from pipeline.statistics.random_numbers import chance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["CertificationPlan", "plan_certification"]

DEFAULT_GROWTH = 1.12


@dataclass(frozen=True, slots=True)
class CertificationPlan:
    """The plan of a certification. New scores, another population or other numbers need a new plan.

    Parameters
    ----------
    attribute, model_version
        Attribute, and number of the round that made the scores.
    target_precision, confidence
        Precision to be shown, and probability that a certified precision is true.
    growth, budget, seed
        Parameters of `plan_certification`.
    population
        Number of ranked images.
    sizes
        Sizes of the sets, ascending. Each set ends where the score changes.
    thresholds
        Lowest score of each set. An image with this score or more is in the set.
    samples
        Size of each set's sample, a simple random sample without replacement.
    fewest_yes
        Number of yes in the sample with which a set passes.
    answers
        Number of different images asked up to each set, at most the budget.
    images
        All images that may be asked, in ascending order of their permanent number.
    positions
        Rank of each of these, 0 the highest score.
    ranking_sha256
        SHA-256 of the ranked images and scores.
    words
        The plan as sentences.
    """

    attribute: str
    model_version: int
    target_precision: float
    confidence: float
    growth: float
    budget: int
    seed: int
    population: int
    sizes: tuple[int, ...]
    thresholds: tuple[float, ...]
    samples: tuple[int, ...]
    fewest_yes: tuple[int, ...]
    answers: tuple[int, ...]
    images: tuple[int, ...]
    positions: tuple[int, ...]
    ranking_sha256: str
    words: str

    @property
    def first_size(self) -> int:
        """Size of the first set."""
        return self.sizes[0]

    @property
    def sample(self) -> int:
        """Size of the first set's sample."""
        return self.samples[0]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, which `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> CertificationPlan:
        """Return the plan of values made by `as_dict`.

        Raises
        ------
        ParameterError
            If a field is missing or unknown.
        """
        try:
            return made_of(cls, values)
        except TypeError as error:
            raise ParameterError(f"This is not a certification plan: {error}. Make a new plan.") from error


# wide: every value that determines a plan is a parameter of its own
def plan_certification(
    attribute: str,
    model_version: int,
    images: NDArray[np.int64],
    scores: NDArray[np.float32],
    *,
    target_precision: float = 0.9,
    confidence: float = 0.95,
    growth: float = DEFAULT_GROWTH,
    budget: int = 600,
    first_size: int | None = None,
    seed: int,
) -> CertificationPlan:
    """Plan the sets, samples and questions of a certification.

    Parameters
    ----------
    attribute, model_version
        Attribute, and number of the round that made the scores.
    images
        int64 ``(n,)``. ``image_id`` of every image to certify, in any order. Leave out images with settled answers,
        because a release uses these answers, and images drawn for another purpose, because they may not be asked.
    scores
        float32 ``(n,)``. Calibrated probabilities, in the same order. With a bad calibration more answers are needed,
        but the statement is never wrong.
    target_precision
        Share of yes to be shown, between 0 and 1.
    confidence
        Probability that a certified precision is true, between 0 and 1.
    growth
        Ratio of the sizes of successive sets, above 1.
    budget
        Maximum number of answers.
    first_size
        Size of the first set. Chosen from the scores if omitted.
    seed
        Seed of the permanent random numbers. Use a new one.

    Returns
    -------
    CertificationPlan
        Depends only on the arguments, and not on the order of the images.

    Raises
    ------
    ParameterError
        If a number is outside its range, there is no image, an image occurs twice, lengths differ or a score is NaN.
    """
    _check(images, scores, target_precision, confidence, growth, budget, first_size)
    order = np.lexsort((images, -scores))
    ranked, falling = images[order].astype(np.int64), np.asarray(scores[order], dtype=np.float32)
    numbers = chance(ranked, seed)
    first, last = first_and_last_size(falling, target_precision, confidence)
    sizes = set_sizes(falling, first if first_size is None else min(first_size, len(falling)), growth)
    samples = sample_sizes(sizes, max(last, int(sizes[0])), target_precision, budget)
    sizes, samples, answers, asked = within_budget(numbers, sizes, samples, budget)
    pairs = zip(samples.tolist(), sizes.tolist(), strict=True)
    needed = tuple(fewest_yes(sample, size, target_precision, confidence) for sample, size in pairs)
    thresholds = tuple(float(falling[size - 1]) for size in sizes)
    digest = hashlib.sha256(ranked.tobytes() + falling.tobytes()).hexdigest()
    return CertificationPlan(
        attribute=attribute,
        model_version=model_version,
        target_precision=target_precision,
        confidence=confidence,
        growth=growth,
        budget=budget,
        seed=seed,
        population=len(ranked),
        sizes=tuple(sizes.tolist()),
        thresholds=thresholds,
        samples=tuple(samples.tolist()),
        fewest_yes=needed,
        answers=tuple(answers),
        images=tuple(ranked[asked].tolist()),
        positions=tuple(asked.tolist()),
        ranking_sha256=digest,
        words=_words(sizes, samples, answers, needed, target_precision, confidence, growth)
        + _doubt(float(falling[: sizes[0]].mean(dtype=np.float64)), target_precision),
    )


def _words(
    sizes: NDArray[np.int64],
    samples: NDArray[np.int64],
    answers: list[int],
    needed: tuple[int, ...],
    target: float,
    confidence: float,
    growth: float,
) -> str:
    sets = f"up to {sizes[-1]:,} in {len(sizes)} steps" if len(sizes) > 1 else "and no other"
    return (
        f"First the {sizes[0]:,} highest scores are tested, then each time about {growth - 1:.0%} more, {sets}. "
        f"The first test needs {samples[0]} answers, of which {needed[0]} must be yes. All tests need {answers[-1]}. "
        f"The first set that fails ends the certification, and the set before it is certified: at least {target:.0%} "
        f"yes. A certified precision is wrong in at most {1 - confidence:.0%} of certifications."
    )


def _doubt(expected: float, target: float) -> str:
    if expected >= target:
        return ""
    return (
        f" The scores predict only {expected:.1%} yes in the first set, so it will probably fail. Train another round "
        "before you start."
    )


def _check(
    images: NDArray[np.int64],
    scores: NDArray[np.float32],
    target: float,
    confidence: float,
    growth: float,
    budget: int,
    first_size: int | None,
) -> None:
    if not (0 < target < 1 and 0 < confidence < 1):
        raise ParameterError(
            f"target_precision={target} and confidence={confidence} are not allowed. Both must be between 0 and 1, for "
            "example 0.9 and 0.95."
        )
    if not growth > 1 or (first_size is not None and first_size < 1):
        raise ParameterError(
            f"growth={growth} and first_size={first_size} are not allowed. growth must be above 1, for example "
            f"{DEFAULT_GROWTH}, and first_size at least 1, or None."
        )
    if budget < (least := smallest_sample(target, confidence)):
        raise ParameterError(
            f"budget={budget} is too small. At least {least} answers are needed to show a precision of {target:g} at a "
            f"confidence of {confidence:g}, even if all are yes. Allow some hundreds."
        )
    rising = np.sort(images)
    if images.shape != scores.shape or images.ndim != 1 or (rising[1:] == rising[:-1]).any():
        raise ParameterError(
            f"images {images.shape} and scores {scores.shape} must be lists of the same length, and no image may occur "
            "twice."
        )
    if not len(images):
        raise ParameterError(
            "No image is left to certify, because all have answers or were drawn for another purpose. So the threshold "
            "decides no image. Release the answers as they are."
        )
    if np.isnan(scores).any():
        raise ParameterError("A score is NaN, so its image has no rank. Score all images again.")
