"""Truth rules: how the answers of several annotators decide an audited image. Pure.

The precision depends on the truth rule. More images are yes if one of two annotators is enough than if both must agree.
BAM counted an image as right if any annotator answered yes (Wilber et al. 2017, arXiv 1704.08614). This rule is the
loosest, and "both" is the strictest. The plan fixes the rule before the first answer.

A verdict is yes or not yes. Unsure is not a yes. An image stays open while the missing answers could still change its
verdict. So no further answer changes a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.annotation.consensus import Label
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NOT_YES", "OPEN", "YES", "TruthRule", "Verdicts", "first_opinions", "missing", "opinions", "settle"]

OPEN, NOT_YES, YES = -1, 0, 1
"""Verdicts, as int8 in arrays."""


class TruthRule(StrEnum):
    """The condition under which an audited image counts as yes."""

    ANY = "any"
    BOTH = "both"
    MAJORITY = "majority"
    OWNER = "owner"

    @property
    def summary(self) -> str:
        """The rule as a clause. Certificates hold it, so its text must not change."""
        return {
            TruthRule.ANY: "an image is a yes if any of the people asked says yes, as in BAM",
            TruthRule.BOTH: "an image is a yes only if all the people asked say yes",
            TruthRule.MAJORITY: "an image is a yes if most of the people asked say yes",
            TruthRule.OWNER: "an image is a yes if the owner says yes",
        }[self]


OPINIONS = {TruthRule.ANY: 2, TruthRule.BOTH: 2, TruthRule.MAJORITY: 3, TruthRule.OWNER: 1}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of the images that have answers.

    Parameters
    ----------
    image_ids
        int64 ``(n,)``, ascending.
    verdicts
        int8 ``(n,)``. `YES`, `NOT_YES` or `OPEN`.
    answers
        int32 ``(n,)``. Number of annotators whose answers count, at most the number that the rule needs.
    """

    image_ids: NDArray[np.int64]
    verdicts: NDArray[np.int8]
    answers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.image_ids)

    def of(self, images: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the verdicts of images, int8 in their order. An image without an answer is open."""
        wanted = np.asarray(images, dtype=np.int64)
        if not len(self):
            return np.full(len(wanted), OPEN, np.int8)
        place = np.minimum(np.searchsorted(self.image_ids, wanted), len(self) - 1)
        return np.where(self.image_ids[place] == wanted, self.verdicts[place], OPEN).astype(np.int8)


def opinions(rule: TruthRule) -> int:
    """Return the default number of annotators of a rule: any and both 2, majority 3, owner 1."""
    return OPINIONS[rule]


def first_opinions(rule: TruthRule, asked: int | None = None) -> int:
    """Return the number of annotators who answer every image. A majority needs more only if these disagree.

    Parameters
    ----------
    rule
        The truth rule.
    asked
        Largest number of opinions for each image. `opinions` of the rule if omitted.

    Returns
    -------
    int
        At least 1. For a majority 2 of 3, for the other rules all.

    Raises
    ------
    ParameterError
        If the rule does not allow this number.
    """
    most = check_opinions(rule, asked)
    return most // 2 + 1 if rule is TruthRule.MAJORITY else most


def check_opinions(rule: TruthRule, asked: int | None) -> int:
    """Return the number of opinions for each image, and refuse a number that the rule does not allow.

    Raises
    ------
    ParameterError
        Unless it is 1 or more for any, 2 or more for both, odd and 3 or more for a majority, or 1 for the owner.
    """
    count = OPINIONS[rule] if asked is None else asked
    fine = {
        TruthRule.ANY: count >= 1,
        TruthRule.BOTH: count >= 2,
        TruthRule.MAJORITY: count >= 3 and count % 2 == 1,
        TruthRule.OWNER: count == 1,
    }[rule]
    if not fine:
        raise ParameterError(
            f'opinions={count} is not allowed with the rule "{rule}". "any" needs 1 or more, "both" 2 or more, '
            f'"majority" an odd number from 3 on, and "owner" 1. Use {OPINIONS[rule]}.'
        )
    return count


def settle(
    image_ids: NDArray[np.int64],
    annotators: NDArray[np.integer[Any]],
    values: NDArray[np.int8],
    rule: TruthRule,
    *,
    owner: int | None = None,
    opinions: int | None = None,
) -> Verdicts:
    """Return the verdict on each image that has answers.

    The last answer of each annotator counts. If more annotators have answered than the rule needs, only the first ones
    count. So nobody can improve a result by asking one more person.

    Parameters
    ----------
    image_ids
        int64 ``(m,)``, one entry for each answer, in the order of the log.
    annotators
        Integers ``(m,)``, a different number for each annotator.
    values
        int8 ``(m,)``. `Label.YES`, `Label.NO` or `Label.UNSURE`.
    rule
        The truth rule.
    owner
        The annotator whose answer is the truth. Needed for `TruthRule.OWNER`, ignored otherwise.
    opinions
        Largest number of annotators for each image. `opinions` of the rule if omitted.

    Returns
    -------
    Verdicts
        One row for each image that occurs. An undecided image is open.

    Raises
    ------
    ParameterError
        If the arrays differ in length or contain another value, the owner is missing, or the rule does not allow this
        number of opinions.
    """
    asked = check_opinions(rule, opinions)
    _check(image_ids, annotators, values)
    if rule is TruthRule.OWNER and owner is None:
        raise ParameterError('owner=None is not allowed with the rule "owner". It must be the owner of the audit.')
    every = np.unique(np.asarray(image_ids, dtype=np.int64))
    if rule is TruthRule.OWNER:
        theirs = np.asarray(annotators) == owner
        image_ids, annotators, values = image_ids[theirs], annotators[theirs], values[theirs]
    images, codes = _counting(image_ids, annotators, values, asked)
    place = np.searchsorted(every, images)
    answers = np.bincount(place, minlength=len(every)).astype(np.int32)
    yes = np.bincount(place[codes == Label.YES], minlength=len(every)).astype(np.int32)
    return Verdicts(every, _verdicts(yes, answers - yes, rule, asked), answers)


def missing(rule: TruthRule, people: int, *, opinions: int | None = None) -> str:
    """Return a note about open images if fewer annotators have answered than the rule needs.

    Certificates hold this note, so its text must not change.

    Parameters
    ----------
    rule
        The truth rule.
    people
        Number of different annotators who have answered. For `TruthRule.OWNER`, 1 if the owner has answered.
    opinions
        Largest number of annotators for each image. `opinions` of the rule if omitted.

    Returns
    -------
    str
        One or two sentences. Empty if enough annotators have answered.

    Raises
    ------
    ParameterError
        If the rule does not allow this number of opinions.
    """
    asked = check_opinions(rule, opinions)
    if people >= asked:
        return ""
    if rule is TruthRule.OWNER:
        return "The owner has not answered yet, and nobody else's answer counts: every image is open."
    who = "nobody has" if people < 1 else "1 person has" if people == 1 else f"{people} people have"
    wants = f'The rule "{rule}" takes the answers of {asked} people an image, and {who} answered so far. '
    if people < 1:
        return wants + "Every image is open."
    some_open = {
        TruthRule.ANY: "A yes decides at once; an image without one stays open",
        TruthRule.BOTH: "A no decides at once; an image that all of them call yes stays open",
        TruthRule.MAJORITY: "An image without a majority that can no longer change stays open",
    }[rule]
    return (
        f"{wants}{some_open} and counts against the lower bound until another person answers it. Ask "
        f"{asked - people} more, or plan an audit with another rule."
    )


def _counting(
    image_ids: NDArray[np.int64], annotators: NDArray[np.integer[Any]], values: NDArray[np.int8], asked: int
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return image and last answer of the annotators who count, which are the first ones of each image."""
    # A stable sort keeps the log's order inside each pair of image and annotator.
    order = np.lexsort((annotators, image_ids))
    images, people = image_ids[order], annotators[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (images[1:] != images[:-1]) | (people[1:] != people[:-1])
    last = np.ones(len(order), np.bool_)
    last[:-1] = new[1:]
    first_spoken, pair_images, words = order[new], images[new], values[order[last]]
    by_time = np.lexsort((first_spoken, pair_images))
    pair_images, words = pair_images[by_time], words[by_time]
    _, starts, counts = np.unique(pair_images, return_index=True, return_counts=True)
    counts_in = np.arange(len(pair_images)) - np.repeat(starts, counts) < asked
    return pair_images[counts_in], words[counts_in]


def _verdicts(yes: NDArray[np.int32], other: NDArray[np.int32], rule: TruthRule, asked: int) -> NDArray[np.int8]:
    """Apply a rule to the counts of yes and of other answers, together at most ``asked``."""
    enough_yes = {TruthRule.BOTH: asked, TruthRule.MAJORITY: asked // 2 + 1}.get(rule, 1)
    verdicts = np.full(len(yes), OPEN, np.int8)
    verdicts[yes >= enough_yes] = YES
    verdicts[other > asked - enough_yes] = NOT_YES
    return verdicts


def _check(image_ids: NDArray[np.int64], annotators: NDArray[np.integer[Any]], values: NDArray[np.int8]) -> None:
    if not len(image_ids) == len(annotators) == len(values):
        raise ParameterError(
            f"image_ids ({len(image_ids)}), annotators ({len(annotators)}) and values ({len(values)}) must be lists of "
            "the same length, with one entry for each answer."
        )
    if len(values) and not np.isin(values, (Label.YES, Label.NO, Label.UNSURE)).all():
        raise ParameterError("An answer is not yes (1), no (0) or unsure (2). Leave out answers that were undone.")
