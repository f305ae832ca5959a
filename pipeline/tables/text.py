"""What stands at the edges of a cell without being seen. Pure."""

from __future__ import annotations

__all__ = ["trimmed"]

INVISIBLE = "\ufeff\u200b\u2060"
"""A byte order mark, a zero width space and a word joiner: `str.strip` leaves them."""


def trimmed(text: str) -> str:
    r"""Take spaces of every kind, and what is invisible, from both ends.

    >>> trimmed("\ufeff\u00a0 file ")
    'file'
    """
    stripped = text.strip()
    while stripped and (stripped[0] in INVISIBLE or stripped[-1] in INVISIBLE):
        stripped = stripped.strip(INVISIBLE).strip()
    return stripped
