"""Qualification requirements: answers, accuracy, and the test. Pure.

BAM required 10,000 finished tasks, with 95 % of them right. Here both requirements are set for each attribute, and are
off by default. Accuracy is measured by tests. All gold questions that an annotator answers, openly or hidden, are
divided into blocks in the order of their first answers, and the last full block decides. So an annotator who fails may
retake the test with new questions. Only full tests count, so stopping early at a lucky moment does not help, and a drop
in accuracy on hidden gold questions revokes the qualification.
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
        Number of training answers to single images, of any attribute, that an annotator must have given. 0 for no
        requirement.
    accuracy
        Share of correct answers in a test, up to 1. 0 for no requirement.
    test
        Number of gold questions of a test, 5 to 200.
    gold_share
        Share of gold questions hidden among the others, 0 to 0.2. Has no effect without gold questions.

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
            raise ParameterError(f"answers={self.answers:,} is outside 0 (no requirement) to {MOST_ANSWERS:,}.")
        if not 0 <= self.accuracy <= 1:
            raise ParameterError(
                f"accuracy={self.accuracy:g} is outside 0 (no requirement) to 1. Use for example 0.95."
            )
        if not SHORTEST_TEST <= self.test <= LONGEST_TEST:
            raise ParameterError(f"test={self.test} is outside {SHORTEST_TEST} to {LONGEST_TEST} gold questions.")
        if not 0 <= self.gold_share <= LARGEST_GOLD_SHARE:
            raise ParameterError(
                f"gold_share={self.gold_share:g} is outside 0 to {LARGEST_GOLD_SHARE:g}. Use for example 0.07."
            )

    @property
    def any(self) -> bool:
        """Whether there is any requirement."""
        return self.answers > 0 or self.accuracy > 0

    @property
    def needed(self) -> int:
        """Number of questions of a test that must be right."""
        return next(right for right in range(self.test + 1) if right >= self.accuracy * self.test - _ROUNDING)


NO_REQUIREMENTS = Requirements()
"""All annotators may answer."""


@dataclass(frozen=True, slots=True)
class Qualification:
    """Whether an annotator may answer an attribute.

    Parameters
    ----------
    allowed
        Whether the annotator may answer.
    words
        The reason for people, as a part of a sentence.
    test
        Whether a test is the next step.
    left
        Number of gold questions left of the current test.
    failed
        Whether the annotator was excluded by hand, or failed the last full test.
    by_hand
        Whether a person decided this, regardless of the requirements.
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
        Requirements of the attribute.
    answers
        Number of answers of the annotator, counted up to the requirement.
    right
        Whether each counting gold answer is correct, in the order of the first answers.
    permission
        Decision of a person, which overrides the requirements. None without a decision.
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
