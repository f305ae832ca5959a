"""Cross-validation by families: what a classifier says of answers that it has seen no kin of. Pure."""

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
"""Projects with a yes, and projects with a no, below which nothing is learnt."""

Apply = Callable[["NDArray[np.bool_]", "NDArray[np.bool_]"], "NDArray[np.floating]"]


def too_few_answers(answers: NDArray[np.int8], groups: NDArray[np.int64]) -> str:
    """Say why an attribute cannot be learnt yet, or nothing if it can.

    Parameters
    ----------
    answers
        int8 ``(n,)``: 1 yes, 0 no, -1 unknown.
    groups
        int64 ``(n,)``: ``project_id`` of each row; an image of no known project has its own.

    Returns
    -------
    str
        A sentence for people, or ``""`` where at least five projects have a yes and five have a no.
    """
    yes, no = (len(np.unique(groups[answers == answer])) for answer in (YES, NO))
    if min(yes, no) >= MIN_GROUPS:
        return ""
    return (
        f"{yes} projects have a yes and {no} have a no; a classifier needs at least {MIN_GROUPS} of each. "
        "Answer more images of different projects."
    )


def group_folds(truth: NDArray[np.bool_], groups: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Deal groups to folds like cards: those with both answers, then those of yes, then those of no, large ones first.

    Dealing on from kind to kind puts a yes into every fold and leaves both answers to train on outside every fold,
    given `MIN_GROUPS` groups of each.

    Parameters
    ----------
    truth
        bool ``(m,)``: whether the answer is yes.
    groups
        int64 ``(m,)``: what must not be parted.
    folds
        Number of folds; fewer where fewer groups have a yes, or a no.
    seed
        Of the dealing.

    Returns
    -------
    ndarray
        int64 ``(m,)``: the fold of each answer, from 0.
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
    """Give the margin of every answer by a classifier that was fitted on the other folds.

    Parameters
    ----------
    fold
        int64 ``(m,)``, from `group_folds`.
    fit_and_apply
        Fits on some answers and gives the margins of others: two bool ``(m,)``, which to fit on and which to judge.

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
