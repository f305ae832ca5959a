"""The plan of a certification: its sets, samples and questions, fixed before the first answer. Pure.

The certified precision is that of a set: all given images that score at least a threshold. The sets are nested along
the ranking and tested from the smallest on (`pipeline.certification.sequential_testing` says why that needs no
correction for multiple tests). This module chooses, from the scores alone:

- **the first size**: the largest set whose scores, taken as probabilities, predict a precision of 0.985 for a target of
  0.9 (the target, and 85 % of what is missing to 1). Overconfident scores then still start with a good set;
- **the growth**: each set 12 % larger than the one before. Finer steps find the frontier more closely, but each
  further test is one more chance to fail too early;
- **the samples**: each set's own simple random sample, growing with the square root of its size, for the precision
  falls towards the target with size and then takes more answers to show. They are as large as the most answers allowed
  let them be, if the sets went on to where the scores predict less than 0.87 for a target of 0.9.

The sample of a set consists of its images with the smallest permanent random numbers (Ohlsson 1995, "Coordination of
samples using
permanent random numbers", in *Business Survey Methods*), so that an answer serves all the sets that its image lies in.
All this is known before the first answer: a plan states exactly how many answers it needs up to each set, and names the
images.
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
        Whose scores.
    target_precision, confidence
        What is to be shown, and the chance that a promise given is kept.
    growth, budget, seed
        As given to `plan_certification`.
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
        The plan for people.
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
        """Return plain values for JSON; `from_dict` reads them."""
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
            raise ParameterError(f"This is no certification plan: {error}. Make a new plan.") from error


# wide: all that fixes a certification is named where one is planned
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
    """Plan the sets, samples and questions of a certification, from scores and seed alone.

    Parameters
    ----------
    attribute, model_version
        Whose scores.
    images
        int64 ``(n,)``: ``image_id`` of every image to certify, in any order. Leave out images with settled answers,
        which enter a release by these, and images drawn for another purpose, which may not be asked.
    scores
        float32 ``(n,)``: calibrated probabilities, same order. Bad calibration costs answers; it never makes the
        statement wrong.
    target_precision
        Share of yes to be shown, in (0, 1).
    confidence
        Probability that a certified precision is true, in (0, 1).
    growth
        Ratio of the sizes of successive sets, above 1.
    budget
        Maximum number of answers.
    first_size
        Size of the first set; chosen from the scores by default.
    seed
        Seed of the permanent random numbers. Use a new one.

    Returns
    -------
    CertificationPlan
        A function of the arguments alone, whatever the order of the images.

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
        f"The first test takes {samples[0]} answers, of which {needed[0]} must be yes; all of them take {answers[-1]}. "
        f"The first set that fails ends it, and the one before is certified: at least {target:.0%} yes. "
        f"Such a promise is broken in at most {1 - confidence:.0%} of certifications."
    )


def _doubt(expected: float, target: float) -> str:
    if expected >= target:
        return ""
    return (
        f" The scores themselves promise only {expected:.1%} yes in the first set, so it will probably fail: train "
        "another round before you begin."
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
    if not (0 < target < 1 and 0 < confidence < 1 and growth > 1 and (first_size is None or first_size >= 1)):
        raise ParameterError(
            f"A target of {target}, a confidence of {confidence}, a growth of {growth} and a first size of "
            f"{first_size} were given; target and confidence lie between 0 and 1, the growth above 1, the size at 1 or "
            f"more. Take for example 0.9, 0.95 and {DEFAULT_GROWTH}, and leave the size out."
        )
    if budget < (least := smallest_sample(target, confidence)):
        raise ParameterError(
            f"{budget} answers were allowed, but {least} are the fewest that can show a precision of {target:g} at a "
            f"confidence of {confidence:g}, and only if all are yes. Allow some hundreds."
        )
    rising = np.sort(images)
    if images.shape != scores.shape or images.ndim != 1 or (rising[1:] == rising[:-1]).any():
        raise ParameterError(
            f"Images of shape {images.shape} and scores of shape {scores.shape} were given; there must be one score "
            "for each of some different images. Pass arrays of the same images."
        )
    if not len(images):
        raise ParameterError(
            "No image is left to certify: all are answered, or drawn for another purpose. There is nothing that a "
            "threshold decides; release the answers as they are."
        )
    if np.isnan(scores).any():
        raise ParameterError("A score is NaN, and what has no score has no rank. Score all images again.")
