"""The number of annotators who are asked about an image. Pure."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.label_store.records import Value

__all__ = ["wanted_answers"]


def wanted_answers(opinions: int, agree: int | None, answers: Collection[str]) -> int:
    """Return the number of annotators who are asked about an image.

    If the first annotators do not agree, one more is asked, and so on, until `agree` annotators answered yes or no, or
    2 `agree` - 1 have answered. With this number one side has won, unless some are unsure.

    Parameters
    ----------
    opinions
        Number of annotators who are asked at first.
    agree
        Number of annotators who must agree. None: no more are asked.
    answers
        The last answer of each annotator.
    """
    people = len(answers)
    if agree is None or people < opinions:
        return opinions
    words = list(answers)
    settled = max(words.count(Value.YES), words.count(Value.NO)) >= agree
    return max(opinions, people if settled or people >= 2 * agree - 1 else people + 1)
