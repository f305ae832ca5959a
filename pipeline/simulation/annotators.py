"""Simulated annotators: they answer the truth with an error rate, or replay the votes of a crowd. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import YES
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Annotators", "Settled", "Votes", "check_votes", "erring", "replayed"]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """The votes of single annotators of a crowd on each image of a collection.

    Parameters
    ----------
    yes, no
        int64 (n,), rows in ascending order of ``image_id``: votes of each kind.
    """

    yes: NDArray[np.int64]
    no: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The answers to questions about k images.

    Parameters
    ----------
    settled
        bool (k,): whether a majority agreed; a tie settles nothing.
    yes
        bool (k,): the answer of the majority.
    answers
        Total number of answers.
    """

    settled: NDArray[np.bool_]
    yes: NDArray[np.bool_]
    answers: int


Annotators = Callable[["NDArray[np.int64]"], Settled]
"""Called with the rows int64 (k,) to answer."""


def erring(truth: NDArray[np.int8], people: int, noise: float, generator: np.random.Generator) -> Annotators:
    """Create annotators who answer the truth int8 (n,), each the opposite with probability ``noise``."""

    def ask(rows: NDArray[np.int64]) -> Settled:
        flipped = generator.random((len(rows), people)) < noise
        yes = (np.where(flipped, 1 - truth[rows, None], truth[rows, None]) == YES).sum(axis=1)
        return _majority(yes, np.full(len(rows), people))

    return ask


def replayed(votes: Votes, people: int, generator: np.random.Generator) -> Annotators:
    """Create annotators from the votes of a crowd: some votes on each image, drawn without replacement.

    An image with fewer votes uses all of them. An image without votes, which the crowd never saw, gets no answer.
    """

    def ask(rows: NDArray[np.int64]) -> Settled:
        yes, no = votes.yes[rows], votes.no[rows]
        given = np.minimum(people, yes + no)
        return _majority(generator.hypergeometric(yes, no, given), given)

    return ask


def check_votes(votes: Votes, images: int) -> None:
    """Refuse votes that do not fit this collection.

    Raises
    ------
    ParameterError
        If an image lacks a count of yes or of no, or a count is negative.
    """
    if not (votes.yes.shape == votes.no.shape == (images,)) or min(votes.yes.min(), votes.no.min()) < 0:
        raise ParameterError(
            f"The votes have the shapes {votes.yes.shape} and {votes.no.shape} for {images:,} images; each image needs "
            "a count of yes and of no, 0 or more. Read them for this collection."
        )


def _majority(yes: NDArray[np.int64], given: NDArray[np.int64]) -> Settled:
    return Settled(2 * yes != given, 2 * yes > given, int(given.sum()))
