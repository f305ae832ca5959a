"""Split a query into words, and words into the terms that an index is searched for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.text.keywords import fold_plural
from pipeline.text.word_cutting import is_unspaced, terms_of, words_of

__all__ = ["has_beginning", "holds", "query_words", "wanted_terms", "word_forms"]

MOST_WORDS, MOST_RUN, MOST_TEXT = 12, 100, 1000


def query_words(text: str) -> tuple[str, ...]:
    """Return the words of a typed text, cut by `pipeline.text.word_cutting`, each once, at most a dozen."""
    return tuple(dict.fromkeys(word[:MOST_RUN] for word in words_of(text[:MOST_TEXT])))[:MOST_WORDS]


def word_forms(word: str) -> tuple[str, ...]:
    """Return the English singular and plural of a word; a form that does not exist does no harm."""
    single = fold_plural(word)
    if len(single) < 3 or not single.isascii() or not single.isalpha():
        return (word,)
    plurals = [f"{single}s"]
    if single.endswith("y"):
        plurals.append(f"{single[:-1]}ies")
    if single.endswith(("s", "x", "ch", "sh")):
        plurals.append(f"{single}es")
    return tuple(dict.fromkeys([word, single, *plurals]))


def wanted_terms(word: str) -> list[tuple[str, ...]]:
    """Return the terms for a word of a query; a text must contain one of each list."""
    return [(term,) for term in terms_of(word)] if is_unspaced(word) else [word_forms(word)]


def holds(words: Sequence[str], typed: str) -> bool:
    """Return whether the words of a text contain the typed words in a row; the last one may be incomplete.

    A typed run of a script without spaces matches any part of a longer run.
    """
    pieces = words_of(typed)
    return bool(pieces) and any(
        all(_meets(words[start + place], piece, last=place == len(pieces) - 1) for place, piece in enumerate(pieces))
        for start in range(len(words) - len(pieces) + 1)
    )


def has_beginning(words: Sequence[str], beginning: str) -> bool:
    """Return whether one of the words starts with `beginning`."""
    return any(word.startswith(beginning) for word in words)


def _meets(word: str, piece: str, *, last: bool) -> bool:
    if is_unspaced(piece):
        return piece in word
    return word.startswith(piece) if last else word == piece
