"""Texts that a spreadsheet would run as a formula, made harmless in CSV tables. Pure."""

from __future__ import annotations

from typing import Final

__all__ = ["FORMULA_STARTS", "guarded", "unguarded"]

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would read as a formula. `unguarded` removes it.

    A text that already looks guarded gets one more, so that nothing is lost.
    """
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """Return the text before `guarded` changed it."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS) else text
