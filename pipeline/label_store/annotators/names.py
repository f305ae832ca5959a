"""Check the names that annotators choose, and make names that look alike different. Pure.

Annotators may choose any name. Not allowed are invisible names, names that change the direction of the text around
them, and names that look like the name of another annotator.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from pipeline.errors import ParameterError

__all__ = ["check_visible", "looks", "told_apart"]

_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u180e\u034f\u17b4\u17b5")
"""Invisible letters and marks: Hangul fillers, the empty Braille pattern, joiners of old scripts."""

_JOINERS = frozenset("\u200c\u200d")
"""Invisible characters that some scripts and emoji need. They are allowed between two visible characters."""

_DRAWN_LIKE = {
    "a": "\u0430\u0391\u03b1",
    "b": "\u0432\u0412\u03b2",
    "c": "\u0441\u0421",
    "d": "\u0501",
    "e": "\u0435\u0415\u03b5\u0395",
    "g": "\u0581",
    "h": "\u04bb\u041d\u0397\u0570",
    "i": "\u0456\u0406\u03b9\u0399\u0131",
    "j": "\u0458\u0408",
    "k": "\u043a\u041a\u03ba",
    "l": "\u053c1|",
    "m": "\u043c\u041c\u039c",
    "n": "\u039d\u0578",
    "o": "\u043e\u041e\u03bf\u05850",
    "p": "\u0440\u0420\u03c1",
    "q": "\u051b\u0566",
    "s": "\u0455",
    "t": "\u0442\u0422\u03c4\u03a4",
    "u": "\u03c5\u057d",
    "v": "\u03bd",
    "w": "\u051d",
    "x": "\u0445\u0425\u03c7\u03a7",
    "y": "\u0443\u0423\u03b3\u03a5",
    "z": "\u0396",
}
"""Latin letter -> letters and digits that look like it: Cyrillic, Greek, Armenian. UTS 39 has many more."""

_ALIKE = {ord(letter): latin for latin, letters in _DRAWN_LIKE.items() for letter in letters}


def check_visible(name: str, what: str) -> None:
    """Refuse a name that is invisible, or that changes the direction of the text around it.

    Raises
    ------
    ParameterError
        If the name is not allowed.
    """
    for place, character in enumerate(name):
        if character in _JOINERS and 0 < place < len(name) - 1:
            continue
        if character in _BLANK or unicodedata.category(character) in {"Cf", "Co", "Cn", "Zl", "Zp"}:
            raise ParameterError(
                f"The {what} contains a character that is invisible or changes the direction of the text "
                f"(U+{ord(character):04X}). Type it as plain text."
            )
    if not any(unicodedata.category(character)[0] in "LNSP" for character in name):
        raise ParameterError(f"The {what} has no visible letter or sign. Type it as plain text.")


def looks(name: str) -> str:
    """Return a form that is equal for names that look alike."""
    plain = unicodedata.normalize("NFKC", name).translate(_ALIKE).casefold().translate(_ALIKE)
    kept = (one for one in unicodedata.normalize("NFD", plain) if one not in _JOINERS)
    return " ".join("".join(kept).replace("i", "l").split())


def told_apart(name: str, others: Iterable[str]) -> str:
    """Return a name that looks like no other name. If necessary, a number is added.

    Parameters
    ----------
    name
        The chosen name.
    others
        Names that are in use.
    """
    taken = {looks(other) for other in others}
    if looks(name) not in taken:
        return name
    number = 2
    while looks(f"{name} ({number})") in taken:
        number += 1
    return f"{name} ({number})"
