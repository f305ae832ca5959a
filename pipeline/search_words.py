"""The words of a text and of a query: one way to cut both, so that what is typed meets what is written. Pure."""

from __future__ import annotations

import re

from pipeline.keywords import fold_plural

__all__ = ["BETWEEN_WORDS", "LONGEST_WORD", "query_words", "word_forms"]

BETWEEN_WORDS = r"[^\pL\pN]+"
"""What parts words, for RE2: anything but letters and digits, as Lance's simple tokenizer has it."""

MOST_WORDS, LONGEST_WORD, MOST_TEXT = 12, 40, 1000

_WORD = re.compile(r"[^\W_]+")


def query_words(text: str) -> tuple[str, ...]:
    """Take the words of what a person typed: runs of letters and digits in lower case, each once, a dozen at most."""
    found = (word[:LONGEST_WORD] for word in _WORD.findall(text[:MOST_TEXT].lower()))
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


def word_forms(word: str) -> tuple[str, ...]:
    """Give a word in the singular and the plural of English; a form that is no word does no harm."""
    single = fold_plural(word)
    if len(single) < 3 or not single.isascii() or not single.isalpha():
        return (word,)
    plurals = [f"{single}s"]
    if single.endswith("y"):
        plurals.append(f"{single[:-1]}ies")
    if single.endswith(("s", "x", "ch", "sh")):
        plurals.append(f"{single}es")
    return tuple(dict.fromkeys([word, single, *plurals]))
