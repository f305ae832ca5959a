"""Normalise the paths of images in tables. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.tables.text import trimmed

__all__ = ["path_below"]

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/|data:", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:[/\\]", re.IGNORECASE)


def path_below(cell: str, roots: Sequence[str] = ()) -> str:
    r"""Return a path as the collection writes it: parts with ``/`` between them, below the root of the source.

    Parameters
    ----------
    cell
        As written in the table: ``x\a.png``, ``./x/a.png``, ``x//a.png``, or an absolute path below one of `roots`.
    roots
        Absolute paths of the folder, in every known form.

    Raises
    ------
    ValueError
        If it leads out of the folder. The message is the end of a sentence about the path.
    """
    text = trimmed(cell)
    if not text:
        raise ValueError("the cell is empty")
    if "\0" in text:
        raise ValueError("it holds a zero byte")
    if _DRIVE.match(text):
        raise ValueError("it is an absolute path that begins with a drive of Windows")
    if _ADDRESS.match(text):
        raise ValueError("it is an address, and nothing is downloaded; give the files of the images")
    text = text.replace("\\", "/")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ValueError("it leads up by '..'")
    if text.startswith("/"):
        below = _below(parts, roots)
        if below is None:
            raise ValueError("it is an absolute path outside of that folder")
        parts = below
    if not parts:
        raise ValueError("it is the folder itself")
    return "/".join(parts)


def _below(parts: Sequence[str], roots: Sequence[str]) -> list[str] | None:
    """Return the parts of an absolute path below a root; None where it is below none of the roots."""
    for root in roots:
        above = [_form(part) for part in root.split("/") if part]
        if [_form(part) for part in parts[: len(above)]] == above:
            return list(parts[len(above) :])
    return None


def _form(part: str) -> str:
    return unicodedata.normalize("NFC", part)
