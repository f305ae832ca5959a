"""Of how many people an image is asked. Pure."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.label_store.records import Value

__all__ = ["wanted_answers"]


def wanted_answers(opinions: int, agree: int | None, said: Collection[str]) -> int:
    """Return of how many people an image is asked, all in all.

    Where `agree` must say the same and those who were asked at first do not, one more is asked, and again one more,
    until `agree` said yes, or no, or so many were asked that one side must have won if nobody was unsure.

    Parameters
    ----------
    opinions
        How many are asked at first.
    agree
        How many must say the same; None where nobody else is asked.
    said
        The last word of each person who answered.
    """
    people = len(said)
    if agree is None or people < opinions:
        return opinions
    words = list(said)
    settled = max(words.count(Value.YES), words.count(Value.NO)) >= agree
    return max(opinions, people if settled or people >= 2 * agree - 1 else people + 1)
