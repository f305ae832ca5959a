"""Cut a text of any script into comparable words, in the same way for captions, queries and typed texts. Pure.

A word is a run of letters, digits and the marks that belong to them (the vowel signs of Devanagari, Thai and others are
marks, not letters). Words are folded: compatible characters become equal (Unicode's NFKC) and case is folded. Marks
that people omit when they type are removed: accents on Latin and Greek letters, the vowel points of Arabic and Hebrew,
the Arabic stretching sign, and zero-width characters inside a word. The four letters i of Turkish become one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

__all__ = ["LONGEST_WORD", "cut_runs", "fold_text", "index_terms", "is_unspaced", "terms_of", "words_of"]

LONGEST_WORD = 40
"""Characters of a word that are compared. All characters of a run of a script without spaces are compared."""

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ZERO_WIDTH_SPACE = "\u200b"
"""Separates words, mainly in Khmer and Thai. The other zero-width characters join them."""
_STRETCH = "\u0640"
_LIKE_LATIN = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "\u0131": "i", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
)
_POINTS = ((0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED))
"""Vowel points of Hebrew and Arabic."""
_ACCENTS = (0x0300, 0x036F)
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""Select how a character is drawn; the character stays the same."""
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals of Han
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x312F),  # kana, bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x323AF),
)
"""Scripts that are written without spaces between words."""


def fold_text(text: str) -> str:
    """Return the folded text for comparison, see above; folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).translate(_LIKE_LATIN)
    kept, base = [], ""
    for char in plain:
        kind = _kind(char)
        if kind == "drop" or (kind == "accent" and _bears_accents(base)):
            continue
        if kind != "accent":
            base = char
        kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept))


def words_of(text: str) -> list[str]:
    """Cut a text into its folded words, in order, with repeats.

    A run of a script without spaces between words is one word of any length. It ends where another script begins.
    """
    if text.isascii():
        return [word[:LONGEST_WORD] for word in _ASCII_WORD.findall(text.lower())]
    words = [word for run in cut_runs(fold_text(text)) for word in _by_script(run)]
    return [word if is_unspaced(word) else word[:LONGEST_WORD] for word in words]


def terms_of(word: str) -> tuple[str, ...]:
    """Return the terms of a folded word, which an index stores and a query looks up.

    The term is the word itself. A run of a script without spaces has a term for each two adjacent characters, so that
    each part of it can be found; a single character is its own term.
    """
    if len(word) < 2 or not is_unspaced(word):
        return (word,)
    return tuple(dict.fromkeys(first + second for first, second in pairwise(word)))


def index_terms(words: Iterable[str]) -> list[str]:
    """Return the terms that an index stores for words: `terms_of`, and each letter of a script without spaces."""
    terms: list[str] = []
    for word in words:
        terms += terms_of(word)
        if is_unspaced(word):
            terms += dict.fromkeys(word)
    return terms


def is_unspaced(word: str) -> bool:
    """Return whether a word is a run of a script that is written without spaces."""
    return bool(word) and _unspaced(word[0])


def cut_runs(text: str, more: str = "") -> list[str]:
    """Cut a text into runs of letters, digits, their marks and `more`; each run has a letter or a digit."""
    runs, run, has_letter = [], [], False
    for char in [*text, " "]:
        kind = _kind(char)
        if kind == "letter" or char in more:
            run.append(char)
            has_letter |= kind == "letter"
        elif kind in {"mark", "accent"}:
            if run:  # a mark without a letter belongs to no word
                run.append(char)
        elif kind != "drop":
            if has_letter:
                runs.append("".join(run))
            run, has_letter = [], False
    return runs


def _by_script(run: str) -> list[str]:
    """Split a run where a script without spaces begins or ends; a mark belongs to the character before it."""
    parts, unspaced = [run[0]], _unspaced(run[0])
    for char in run[1:]:
        if _kind(char) == "letter" and _unspaced(char) != unspaced:
            unspaced = not unspaced
            parts.append(char)
        else:
            parts[-1] += char
    return parts


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """Return the role of a character in a word: letter (or digit), mark, accent, drop, or other."""
    code, category = ord(char), unicodedata.category(char)
    if char == _ZERO_WIDTH_SPACE:
        return "other"
    if category == "Cf" or char == _STRETCH or _within(code, (*_POINTS, *_SELECTORS)):
        return "drop"
    if category[0] == "M":
        return "accent" if _within(code, (_ACCENTS,)) else "mark"
    return "letter" if category[0] in "LN" else "other"


def _bears_accents(base: str) -> bool:
    return "a" <= base <= "z" or "\u0370" <= base <= "\u03ff"


@lru_cache(maxsize=4096)
def _unspaced(char: str) -> bool:
    return _within(ord(char), _UNSPACED)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)
