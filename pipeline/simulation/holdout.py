"""Choose the holdout of a simulation: known images that are hidden from every strategy, to evaluate them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import NO, YES
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["hidden_part", "hidden_to_judge_by"]

HIDDEN_SHARE = 0.4
SPLIT_SEED = 20_170_422
"""Seed of the hidden part. It is not an option, so that it cannot be chosen favourably."""


def hidden_part(truth: NDArray[np.int8], related_groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Choose the hidden two fifths of an attribute's known images, in whole groups of related images.

    The groups have one random order, the same for every attribute, strategy and seed. They are hidden from the start of
    this order until they hold two fifths of the attribute's known images.

    Parameters
    ----------
    truth
        int8 (n,): 1 yes, 0 no, -1 unknown.
    related_groups
        int64 (n,): related images share a number.

    Returns
    -------
    ndarray
        bool (n,): hidden. Unknown images are never hidden.
    """
    _, family = np.unique(related_groups, return_inverse=True)
    order = np.random.default_rng(SPLIT_SEED).permutation(int(family.max(initial=-1)) + 1)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    known = truth >= 0
    sizes = np.bincount(place[family[known]], minlength=len(order))
    hidden_families = np.cumsum(sizes) <= HIDDEN_SHARE * known.sum()
    return np.asarray(known & hidden_families[place[family]], np.bool_)


def hidden_to_judge_by(attribute: str, truth: NDArray[np.int8], related_groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Choose the hidden part as `hidden_part` does, and check that both parts have both answers.

    Raises
    ------
    ParameterError
        If the hidden part or the rest lacks a yes or a no.
    """
    hidden = hidden_part(truth, related_groups)
    rest = (truth >= 0) & ~hidden
    counts = {
        "yes to ask": int((rest & (truth == YES)).sum()),
        "no to ask": int((rest & (truth == NO)).sum()),
        "hidden yes": int((hidden & (truth == YES)).sum()),
        "hidden no": int((hidden & (truth == NO)).sum()),
    }
    if not all(counts.values()):
        parts = ", ".join(f"{count} {name}" for name, count in counts.items())
        raise ParameterError(
            f"{attribute} cannot be simulated: with two fifths hidden it has {parts}; each must be at least 1. "
            "Add known images of both kinds to the table, of different projects."
        )
    return hidden
