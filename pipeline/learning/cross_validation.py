"""Cross-validation by groups: no classifier is tested on images related to its training images. No input or output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pipeline.annotation.values import NO, YES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FOLDS", "group_folds", "held_out_margins", "too_few_answers"]

FOLDS = 5
MIN_GROUPS = 5
"""Least number of projects with a yes, and of projects with a no, to train a classifier."""

Apply = Callable[["NDArray[np.bool_]", "NDArray[np.bool_]"], "NDArray[np.floating]"]


def too_few_answers(answers: NDArray[np.int8], groups: NDArray[np.int64]) -> str:
    """Return the reason why an attribute has too few answers to train a classifier.

    Parameters
    ----------
    answers
        int8 ``(n,)``. 1 yes, 0 no, -1 unknown.
    groups
        int64 ``(n,)``. ``project_id`` of each row. An image without a known project has a number to itself.

    Returns
    -------
    str
        A sentence for people, or ``""`` if at least five projects have a yes and five have a no.
    """
    yes, no = (len(np.unique(groups[answers == answer])) for answer in (YES, NO))
    if min(yes, no) >= MIN_GROUPS:
        return ""
    return (
        f"{yes} projects have a yes and {no} have a no. A classifier needs at least {MIN_GROUPS} of each. "
        "Answer more images of different projects."
    )


def group_folds(truth: NDArray[np.bool_], groups: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Assign groups to folds in turn, first those with both answers, then only yes, then only no, large ones first.

    The turn continues from kind to kind. So every fold has a yes, and the other folds have both answers to train on,
    if there are `MIN_GROUPS` groups of each.

    Parameters
    ----------
    truth
        bool ``(m,)``. Whether the answer is yes.
    groups
        int64 ``(m,)``. Group of each answer. A group is never split.
    folds
        Number of folds. There are fewer if fewer groups have a yes, or a no.
    seed
        Seed of the order among groups of equal size.

    Returns
    -------
    ndarray
        int64 ``(m,)``. The fold of each answer, from 0.
    """
    _, group = np.unique(groups, return_inverse=True)
    size = np.bincount(group)
    n_yes = np.bincount(group, weights=truth).astype(np.int64)
    kind = np.where(n_yes == 0, 2, np.where(n_yes == size, 1, 0))
    folds = min(folds, int((kind != 2).sum()), int((kind != 1).sum()))
    shuffled = np.random.default_rng(seed).permutation(len(size))
    order = np.lexsort((shuffled, -size, kind))
    dealt = np.empty(len(size), dtype=np.int64)
    dealt[order] = np.arange(len(size)) % folds
    return dealt[group]


def held_out_margins(fold: NDArray[np.int64], fit_and_apply: Apply) -> NDArray[np.float64]:
    """Return the margin of every answer by a classifier that was fitted on the other folds.

    Parameters
    ----------
    fold
        int64 ``(m,)``, from `group_folds`.
    fit_and_apply
        Fits on some answers and returns the margins of others. It takes two masks, bool ``(m,)``, of the answers to fit
        on and of the answers to score.

    Returns
    -------
    ndarray
        float64 ``(m,)``.
    """
    margins = np.empty(len(fold))
    for held_out in range(int(fold.max(initial=-1)) + 1):
        test = fold == held_out
        margins[test] = fit_and_apply(~test, test)
    return margins
