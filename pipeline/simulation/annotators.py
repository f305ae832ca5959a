"""Who answers in a simulation: people who know the truth and err at a rate, or the votes that a crowd gave. Pure."""

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
    """What single annotators of a crowd said of each image of a collection.

    Parameters
    ----------
    yes, no
        int64 (n,), rows in ascending order of ``image_id``: votes of each kind.
    """

    yes: NDArray[np.int64]
    no: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What came of asking about k images.

    Parameters
    ----------
    settled
        bool (k,): whether a majority said the same; a tie settles nothing.
    yes
        bool (k,): what it said.
    answers
        How many answers were given in all.
    """

    settled: NDArray[np.bool_]
    yes: NDArray[np.bool_]
    answers: int


Annotators = Callable[["NDArray[np.int64]"], Settled]
"""Asked about rows int64 (k,)."""


def erring(truth: NDArray[np.int8], people: int, noise: float, generator: np.random.Generator) -> Annotators:
    """Make annotators who say the truth int8 (n,), each the opposite with probability ``noise``."""

    def ask(rows: NDArray[np.int64]) -> Settled:
        flipped = generator.random((len(rows), people)) < noise
        yes = (np.where(flipped, 1 - truth[rows, None], truth[rows, None]) == YES).sum(axis=1)
        return _majority(yes, np.full(len(rows), people))

    return ask


def replayed(votes: Votes, people: int, generator: np.random.Generator) -> Annotators:
    """Make annotators of the votes of a crowd: of each image so many of its votes, drawn without replacement.

    An image with fewer votes has all of them. One without any is asked in vain: nobody of the crowd saw it.
    """

    def ask(rows: NDArray[np.int64]) -> Settled:
        yes, no = votes.yes[rows], votes.no[rows]
        given = np.minimum(people, yes + no)
        return _majority(generator.hypergeometric(yes, no, given), given)

    return ask


def check_votes(votes: Votes, images: int) -> None:
    """Refuse votes that are not of this collection.

    Raises
    ------
    ParameterError
        If there is not one count of each kind for every image, or a count is negative.
    """
    if not (votes.yes.shape == votes.no.shape == (images,)) or min(votes.yes.min(), votes.no.min()) < 0:
        raise ParameterError(
            f"Votes of shapes {votes.yes.shape} and {votes.no.shape} were given for {images:,} images; there must be a "
            "count of yes and of no, 0 or more, for each. Read them for this collection."
        )


def _majority(yes: NDArray[np.int64], given: NDArray[np.int64]) -> Settled:
    return Settled(2 * yes != given, 2 * yes > given, int(given.sum()))
