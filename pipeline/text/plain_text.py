"""Escape text from outside, for example file names, for a terminal. Pure."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["json_text", "plain"]

_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"  # part of words in Persian and Hindi, and of emoji
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PERHAPS = re.compile(r"[^ -~]")


def plain(text: str) -> str:
    r"""Escape characters that a terminal would execute, not print: ``\x1b``, ``\n``, ``\u202e``, half characters.

    Control characters, marks of text direction, line separators and undecodable bytes are written as Python escapes.
    All other characters stay.
    """
    return _PERHAPS.sub(lambda found: _shown(found[0]) if _is_unfit(found[0]) else found[0], text)


def json_text(text: str) -> str:
    """Do the same in a JSON document with JSON escapes, so that its strings keep their values."""
    return _PERHAPS.sub(
        lambda found: _as_json(found[0]) if found[0] != "\n" and _is_unfit(found[0]) else found[0], text
    )


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in _UNFIT and character not in _JOINERS


def _shown(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _as_json(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
