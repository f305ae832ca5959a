"""Remove invisible characters at both ends of a cell. Pure."""

from __future__ import annotations

__all__ = ["trimmed"]

INVISIBLE = "\ufeff\u200b\u2060"
"""A byte order mark, a zero width space and a word joiner, which `str.strip` does not remove."""


def trimmed(text: str) -> str:
    r"""Return a text without spaces and invisible characters at both ends.

    >>> trimmed("\ufeff\u00a0 file ")
    'file'
    """
    stripped = text.strip()
    while stripped and (stripped[0] in INVISIBLE or stripped[-1] in INVISIBLE):
        stripped = stripped.strip(INVISIBLE).strip()
    return stripped
