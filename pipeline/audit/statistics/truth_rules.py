"""Truth rules: what the answers of several people make of an audited image. Pure.

A precision is one of a stated truth: an image that any of two people calls yes is not one that both call yes. BAM
counted an image as right if any annotator said yes (Wilber et al. 2017, arXiv 1704.08614); that rule is the loosest,
and "both" the strictest. The rule is fixed in the plan, before the first answer.

A verdict is yes or not yes. Unsure is not a yes. An image stays open until its verdict is certain whatever the missing
answers will be, so that no verdict is ever taken back by a further answer.
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
    """When an audited image counts as yes."""

    ANY = "any"
    BOTH = "both"
    MAJORITY = "majority"
    OWNER = "owner"

    @property
    def words(self) -> str:
        """The rule for people."""
        return {
            TruthRule.ANY: "an image is a yes if any of the people asked says yes, as in BAM",
            TruthRule.BOTH: "an image is a yes only if all the people asked say yes",
            TruthRule.MAJORITY: "an image is a yes if most of the people asked say yes",
            TruthRule.OWNER: "an image is a yes if the owner says yes",
        }[self]


OPINIONS = {TruthRule.ANY: 2, TruthRule.BOTH: 2, TruthRule.MAJORITY: 3, TruthRule.OWNER: 1}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is known of the images that have answers.

    Parameters
    ----------
    image_ids
        int64 ``(n,)``, ascending.
    verdicts
        int8 ``(n,)``: `YES`, `NOT_YES` or `OPEN`.
    answers
        int32 ``(n,)``: how many people's answers count for each, never more than the rule asks for.
    """

    image_ids: NDArray[np.int64]
    verdicts: NDArray[np.int8]
    answers: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.image_ids)

    def of(self, images: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the verdicts of these images in their order, int8; open where nobody has answered."""
        wanted = np.asarray(images, dtype=np.int64)
        if not len(self):
            return np.full(len(wanted), OPEN, np.int8)
        place = np.minimum(np.searchsorted(self.image_ids, wanted), len(self) - 1)
        return np.where(self.image_ids[place] == wanted, self.verdicts[place], OPEN).astype(np.int8)


def opinions(rule: TruthRule) -> int:
    """Return the default number of annotators of a rule: any and both 2, majority 3, owner 1."""
    return OPINIONS[rule]


def first_opinions(rule: TruthRule, asked: int | None = None) -> int:
    """Return the number of annotators who answer every image; a majority asks more only if these disagree.

    Parameters
    ----------
    rule
        The truth rule.
    asked
        Opinions an image at most; those of `opinions` if left out.

    Returns
    -------
    int
        At least 1: 2 of 3 for a majority, all for the other rules.

    Raises
    ------
    ParameterError
        If the rule cannot work with so many.
    """
    most = check_opinions(rule, asked)
    return most // 2 + 1 if rule is TruthRule.MAJORITY else most


def check_opinions(rule: TruthRule, asked: int | None) -> int:
    """Return the opinions an image, refusing numbers that make no rule.

    Raises
    ------
    ParameterError
        Unless it is 1 or more for any, 2 or more for both, odd and 3 or more for a majority, 1 for the owner.
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
            f'{count} opinions were asked for under the rule "{rule}". "any" takes 1 or more, "both" 2 or more, '
            f'"majority" an odd number from 3 on, "owner" 1. Take {OPINIONS[rule]}.'
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

    The last word of each annotator counts. Where more people have answered than the rule asks for, those count who
    spoke first: whoever likes a result better with one person more cannot get it by asking them.

    Parameters
    ----------
    image_ids
        int64 ``(m,)``, one entry an answer, in the order of the log.
    annotators
        Integers ``(m,)``, any numbers that tell annotators apart.
    values
        int8 ``(m,)``: `Label.YES`, `Label.NO` or `Label.UNSURE`.
    rule
        The truth rule.
    owner
        The annotator whose word is the truth; needed under `TruthRule.OWNER`, ignored otherwise.
    opinions
        People asked an image at most; those of the rule if left out.

    Returns
    -------
    Verdicts
        One row for each image that occurs. An image on which the rule's people have not decided is open.

    Raises
    ------
    ParameterError
        If the arrays differ in length or hold another value, the owner is not named, or the rule cannot work with so
        many opinions.
    """
    asked = check_opinions(rule, opinions)
    _check(image_ids, annotators, values)
    if rule is TruthRule.OWNER and owner is None:
        raise ParameterError('The rule "owner" was given without an owner. Name the annotator whose word is the truth.')
    every = np.unique(np.asarray(image_ids, dtype=np.int64))
    if rule is TruthRule.OWNER:
        theirs = np.asarray(annotators) == owner
        image_ids, annotators, values = image_ids[theirs], annotators[theirs], values[theirs]
    images, said = _counting(image_ids, annotators, values, asked)
    place = np.searchsorted(every, images)
    answers = np.bincount(place, minlength=len(every)).astype(np.int32)
    yes = np.bincount(place[said == Label.YES], minlength=len(every)).astype(np.int32)
    return Verdicts(every, _verdicts(yes, answers - yes, rule, asked), answers)


def missing(rule: TruthRule, people: int, *, opinions: int | None = None) -> str:
    """Return what stays open if fewer annotators answer than the rule needs.

    Parameters
    ----------
    rule
        The truth rule.
    people
        How many different people have answered; under `TruthRule.OWNER` 1 if the owner has.
    opinions
        People asked an image at most; those of the rule if left out.

    Returns
    -------
    str
        A sentence or two for people; empty where enough have answered.

    Raises
    ------
    ParameterError
        If the rule cannot work with so many opinions.
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
    """Return image and last word of the people who count: of each image, those who spoke first."""
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
    """Apply a rule to counts of yes and of everything else, both together at most those asked."""
    enough_yes = {TruthRule.BOTH: asked, TruthRule.MAJORITY: asked // 2 + 1}.get(rule, 1)
    verdicts = np.full(len(yes), OPEN, np.int8)
    verdicts[yes >= enough_yes] = YES
    verdicts[other > asked - enough_yes] = NOT_YES
    return verdicts


def _check(image_ids: NDArray[np.int64], annotators: NDArray[np.integer[Any]], values: NDArray[np.int8]) -> None:
    if not len(image_ids) == len(annotators) == len(values):
        raise ParameterError(
            f"{len(image_ids)} images, {len(annotators)} annotators and {len(values)} values were given; "
            "there must be one of each for every answer."
        )
    if len(values) and not np.isin(values, (Label.YES, Label.NO, Label.UNSURE)).all():
        raise ParameterError(
            "An answer is yes (1), no (0) or unsure (2); something else was given. Leave out answers taken back."
        )
