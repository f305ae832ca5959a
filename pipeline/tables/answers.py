"""Read the answers and whole numbers of cells, in every kind of table. Pure."""

from __future__ import annotations

import re

from pipeline.tables.text import trimmed

__all__ = ["ALLOWED", "answer_word", "whole_number"]

ALLOWED = "Allowed are yes, no, 1, 0, true, false, unsure and nothing."

LARGEST = 2**63 - 1
EXACT = 2**53
"""From here on a number with a decimal point may have been rounded by the program that wrote it."""

_WORDS = {
    **dict.fromkeys(("yes", "y", "1", "true", "positive"), "yes"),
    **dict.fromkeys(("no", "n", "0", "false", "negative"), "no"),
    "unsure": "unsure",
    # no answer: empty, as pandas writes it, and the labels of an export that people have not settled
    **dict.fromkeys(("", "nan", "open", "split"), ""),
}
_ONE = re.compile(r"1\.0*")
_ZERO = re.compile(r"-?0(\.0*)?")
_WHOLE = re.compile(r"([0-9]{1,19})(\.0*)?")


def answer_word(cell: str) -> str:
    """Read an answer in capital or small letters.

    Returns
    -------
    str
        ``yes``, ``no`` or ``unsure``; empty where the cell gives no answer. Empty never means no.

    Raises
    ------
    ValueError
        If it is none of the allowed words.
    """
    known = _WORDS.get(cell)
    if known is not None:
        return known
    word = trimmed(cell).lower()
    known = _WORDS.get(word)
    if known is not None:
        return known
    if _ONE.fullmatch(word):
        return "yes"
    if _ZERO.fullmatch(word):
        return "no"
    raise ValueError(cell)


def whole_number(cell: str) -> int | None:
    """Read a whole number from 0 to 2^63 - 1. An apostrophe before it, or a point and zeros after it, are ignored.

    Returns
    -------
    int or None
        None where the cell is empty.

    Raises
    ------
    ValueError
        If it is no such number, or has a decimal point and is so large that it may have been rounded.
    """
    word = trimmed(cell).removeprefix("'")
    if not word or word.lower() == "nan":
        return None
    found = _WHOLE.fullmatch(word)
    if found is None:
        raise ValueError(cell)
    number = int(found[1])
    if number > LARGEST or (found[2] and number >= EXACT):
        raise ValueError(cell)
    return number
