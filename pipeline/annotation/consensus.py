"""The label of each image from the answers of several annotators, by an agreement rule. Pure.

A label is computed from the surviving answers. The last answer of each annotator to each image counts. The order of
answers of different annotators does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParameterError

__all__ = [
    "ANSWERS",
    "AgreementRule",
    "Label",
    "Labels",
    "agreement_rule",
    "count_last_answers",
    "fold_answers",
    "label_of_counts",
]


class Label(IntEnum):
    """The label of an image for one attribute, as int8 in arrays."""

    OPEN = -1
    """Not enough answers yet."""
    NO = 0
    YES = 1
    UNSURE = 2
    """As many annotators as the rule needs were unsure."""
    SPLIT = 3
    """Annotators contradict each other, and the rule does not decide."""


ANSWERS = (Label.YES, Label.NO, Label.UNSURE)
"""The labels that one annotator can give as an answer."""


@dataclass(frozen=True, slots=True)
class AgreementRule:
    """The number of annotators who must agree.

    Parameters
    ----------
    agree
        Number of equal answers that settle an image, at least 1.
    of
        For "k of n": the largest number of annotators who are asked, with n < 2k, so that both sides cannot win. None:
        no limit. Then an image is split if both sides reach `agree`.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """

    agree: int = 1
    of: int | None = None

    def __post_init__(self) -> None:
        if self.agree < 1:
            raise ParameterError(f"agree={self.agree} is not allowed. It must be at least 1.")
        if self.of is not None and not self.agree <= self.of < 2 * self.agree:
            raise ParameterError(
                f"agree={self.agree} and of={self.of} are not allowed. They must be agree <= of < 2 * agree, for "
                "example 2 of 3."
            )

    def __str__(self) -> str:
        return f"{self.agree} agree" if self.of is None else f"{self.agree} of {self.of}"


def agreement_rule(agree: int) -> AgreementRule:
    """Return the rule of an attribute: one answer is enough, or k of at most 2k - 1 must agree."""
    return AgreementRule(agree, None if agree == 1 else 2 * agree - 1)


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of the images that have answers.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending.
    labels
        int8 (n,), values of `Label`.
    yes, no, unsure
        int32 (n,). Number of annotators with each last answer.
    """

    image_ids: NDArray[np.int64]
    labels: NDArray[np.int8]
    yes: NDArray[np.int32]
    no: NDArray[np.int32]
    unsure: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.image_ids)

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Whether each image is settled as yes or no: bool (n,)."""
        return np.isin(self.labels, (Label.YES, Label.NO))

    def ids_of(self, label: Label) -> NDArray[np.int64]:
        """Return the images with this label, ascending."""
        chosen: NDArray[np.int64] = self.image_ids[self.labels == label]
        return chosen


def fold_answers(
    image_ids: NDArray[np.int64],
    annotators: NDArray[np.integer[Any]],
    values: NDArray[np.int8],
    rule: AgreementRule,
) -> Labels:
    """Compute labels from surviving answers.

    Parameters
    ----------
    image_ids
        int64 (m,), one entry for each answer, in the order of the log.
    annotators
        Integers (m,), a different number for each annotator.
    values
        int8 (m,). `Label.YES`, `Label.NO` or `Label.UNSURE`.
    rule
        The agreement rule.

    Returns
    -------
    Labels
        One row for each image that occurs.

    Raises
    ------
    ParameterError
        If the arrays differ in length or hold another value.
    """
    unique, counts = count_last_answers(image_ids, annotators, values)
    yes, no, unsure = counts.astype(np.int32).T.copy()
    return Labels(unique, _labels(yes, no, unsure, rule), yes, no, unsure)


def count_last_answers(
    image_ids: NDArray[np.int64], annotators: NDArray[np.integer[Any]], values: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the last answer of each annotator to each image.

    Parameters
    ----------
    image_ids, annotators, values
        As in `fold_answers`.

    Returns
    -------
    image_ids
        int64 (n,): the images that occur, ascending.
    counts
        int64 (n, 3): annotators whose last answer is yes, no and unsure.

    Raises
    ------
    ParameterError
        If the arrays differ in length or hold another value.
    """
    if not len(image_ids) == len(annotators) == len(values):
        raise ParameterError(
            f"image_ids ({len(image_ids)}), annotators ({len(annotators)}) and values ({len(values)}) differ in "
            "length. Each answer needs one entry in all three."
        )
    if len(values) and not np.isin(values, ANSWERS).all():
        raise ParameterError("values contains a number other than yes (1), no (0) and unsure (2).")
    # A stable sort keeps the order of the log for each pair of image and annotator; the last entry is the last answer.
    order = np.lexsort((annotators, image_ids))
    images, people, ordered = image_ids[order], annotators[order], values[order]
    last = np.ones(len(order), bool)
    last[:-1] = (images[1:] != images[:-1]) | (people[1:] != people[:-1])
    unique, place = np.unique(images[last], return_inverse=True)
    columns = [np.bincount(place[ordered[last] == answer], minlength=len(unique)) for answer in ANSWERS]
    return unique, np.column_stack(columns).astype(np.int64)


def label_of_counts(yes: int, no: int, unsure: int, rule: AgreementRule) -> Label:
    """Return the label of an image from its numbers of yes, no and unsure answers."""
    image = np.array([[yes], [no], [unsure]], np.int32)
    return Label(int(_labels(image[0], image[1], image[2], rule)[0]))


def _labels(
    yes: NDArray[np.int32], no: NDArray[np.int32], unsure: NDArray[np.int32], rule: AgreementRule
) -> NDArray[np.int8]:
    """Apply the rule to counts. An undecided image is split if it has yes and no answers, otherwise open."""
    labels = np.full(len(yes), Label.OPEN, np.int8)
    labels[(yes > 0) & (no > 0)] = Label.SPLIT
    labels[(unsure >= rule.agree) & (labels != Label.SPLIT)] = Label.UNSURE
    if rule.of is not None:
        # All annotators have answered, and neither side has reached the number.
        labels[(yes + no + unsure >= rule.of) & (labels == Label.OPEN)] = Label.UNSURE
    labels[(yes >= rule.agree) & (no < rule.agree)] = Label.YES
    labels[(no >= rule.agree) & (yes < rule.agree)] = Label.NO
    return labels
