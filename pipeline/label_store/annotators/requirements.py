"""Qualification requirements: answers, accuracy, and the test. Pure.

BAM let workers in who had done 10,000 tasks and were right in 95 % of them. Both requirements are set for each
attribute, and off until a person sets them. Accuracy is judged by tests: all gold questions that a person answers,
openly or hidden among others, are parted into blocks in the order in which they were answered, and the last full block
decides. So whoever fails may try again with as many other questions, nobody passes by stopping at a lucky moment, and
who grows careless loses the way in when their hidden questions fill a block that is not good enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import ParameterError

__all__ = ["NO_REQUIREMENTS", "Qualification", "Requirements", "judge"]

MOST_ANSWERS = 1_000_000
SHORTEST_TEST, LONGEST_TEST = 5, 200
LARGEST_GOLD_SHARE = 0.2
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Requirements:
    """Requirements for the annotators of an attribute.

    Parameters
    ----------
    answers
        Training answers to single images, of any attribute, that a person must have given; 0 for no requirement.
    accuracy
        Share of a test's gold questions that must be right, up to 1; 0 for no requirement.
    test
        Gold questions of a test, 5 to 200.
    gold_share
        Share of gold questions hidden among the others, 0 to 0.2; only where the attribute has gold.

    Raises
    ------
    ParameterError
        If a number is outside its range.
    """

    answers: int = 0
    accuracy: float = 0.0
    test: int = 20
    gold_share: float = 0.07

    def __post_init__(self) -> None:
        if not 0 <= self.answers <= MOST_ANSWERS:
            raise ParameterError(f"answers={self.answers:,} lies outside 0 (no requirement) to {MOST_ANSWERS:,}.")
        if not 0 <= self.accuracy <= 1:
            raise ParameterError(
                f"accuracy={self.accuracy:g} lies outside 0 (no requirement) to 1. Use for example 0.95."
            )
        if not SHORTEST_TEST <= self.test <= LONGEST_TEST:
            raise ParameterError(f"test={self.test} lies outside {SHORTEST_TEST} to {LONGEST_TEST} gold questions.")
        if not 0 <= self.gold_share <= LARGEST_GOLD_SHARE:
            raise ParameterError(
                f"A share of {self.gold_share:g} gold questions was asked for; 0 to {LARGEST_GOLD_SHARE:g} is allowed, "
                "for example 0.07."
            )

    @property
    def any(self) -> bool:
        """Whether a requirement can keep an annotator out."""
        return self.answers > 0 or self.accuracy > 0

    @property
    def needed(self) -> int:
        """How many questions of a test must be right."""
        return next(right for right in range(self.test + 1) if right >= self.accuracy * self.test - _ROUNDING)


NO_REQUIREMENTS = Requirements()
"""All annotators may answer."""


@dataclass(frozen=True, slots=True)
class Qualification:
    """Whether an annotator may answer an attribute.

    Parameters
    ----------
    allowed
        Whether they may.
    words
        Why, or why not, for people: a part of a sentence.
    test
        Whether answering gold questions is the way in.
    left
        Gold questions left of the test under way.
    failed
        Whether they were kept out by hand, or their last full test was not good enough.
    by_hand
        Whether a person decided so, whatever the requirements.
    """

    allowed: bool
    words: str
    test: bool = False
    left: int = 0
    failed: bool = False
    by_hand: bool = False


def judge(requirements: Requirements, answers: int, right: Sequence[bool], permission: bool | None) -> Qualification:
    """Return whether an annotator may answer an attribute.

    Parameters
    ----------
    requirements
        What is asked.
    answers
        How many answers they gave, counted up to the requirement.
    right
        For each of their gold answers that counts, in the order in which the questions were first answered, whether it
        is as expected.
    permission
        What a person decided about them by hand, which goes before the requirements; None for nothing.
    """
    full, begun = divmod(len(right), requirements.test)
    left = requirements.test - begun
    good = sum(right[(full - 1) * requirements.test : full * requirements.test]) if full else 0
    last = f"{good} of {requirements.test} right in the last test"
    failed = requirements.accuracy > 0 and full > 0 and good < requirements.needed
    if permission is not None:
        words = "let in by hand" if permission else "kept out by hand"
        return Qualification(permission, words, left=left, failed=not permission, by_hand=True)
    if answers < requirements.answers:
        words = f"{answers:,} of {requirements.answers:,} answers given, of any attribute"
        return Qualification(False, words, left=left, failed=failed)
    if requirements.accuracy == 0:
        return Qualification(
            True, f"{requirements.answers:,} answers given" if requirements.answers else "no requirement", left=left
        )
    if full and not failed:
        return Qualification(True, last, left=left)
    which = "next test" if full else "test"
    under_way = f"{begun} of {requirements.test} questions of the {which} answered, {requirements.needed} must be right"
    words = f"{last}; {under_way}" if full else under_way
    return Qualification(False, words, test=True, left=left, failed=failed)
