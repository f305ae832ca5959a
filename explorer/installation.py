"""Whether the installed packages are those that this code needs.

A checkout that was updated keeps the packages of its former version until it is installed again. Nothing here is loaded
before it is needed: by the command after an error, by a server and by the tests when they start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["checkout", "outdated_words", "unmet_requirements"]

PROJECT = "bam-explorer"


def outdated_words(extra: str = "", *, other_versions: bool = True) -> str | None:
    """Return a sentence that names the packages to install, and the command; None if every package fits.

    Parameters
    ----------
    extra
        Optional part of the program that the command installs too, for example ``test``.
    other_versions
        Whether a package of another version than needed counts. One that is not installed always does.

    Notes
    -----
    It reads the metadata of about thirty packages, which takes some hundredths of a second.
    """
    folder = checkout()
    unmet = [words for words, absent in unmet_requirements(folder) if absent or other_versions]
    if not unmet:
        return None
    part = f"[{extra}]" if extra else ""
    place = f'".{part}"' if part else "."
    remedy = (
        f"Install the program again: python -m pip install {PROJECT}{part}"
        if folder is None
        else f"Run this in {folder}: python -m pip install -e {place}"
    )
    return f"The installed packages do not fit this version of the program: {'; '.join(unmet)}. {remedy}"


def checkout() -> Path | None:
    """Return the checkout that this code runs from, None if it is installed as a wheel."""
    folder = Path(__file__).resolve().parents[1]
    return folder if _project(folder).get("name") == PROJECT else None


def unmet_requirements(folder: Path | None) -> list[tuple[str, bool]]:
    """Return what is needed and not installed, or installed in another version, in the order of the requirements.

    Parameters
    ----------
    folder
        The checkout whose ``pyproject.toml`` holds the requirements. None takes those of the installed program.

    Returns
    -------
    list of (words, absent)
        `absent` says whether the package is not installed at all.
    """
    try:
        from packaging.requirements import Requirement
    except ImportError:  # it comes with Bokeh
        return [("packaging is not installed", True)]
    found = []
    for text in _installed() if folder is None else _project(folder).get("dependencies", ()):
        needed = Requirement(text)
        if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(needed.name)
            fits = needed.specifier.contains(version, prereleases=True)
        except (metadata.PackageNotFoundError, KeyError, TypeError, ValueError):  # absent, or only half removed
            found.append((f"{needed.name} is not installed", True))
            continue
        if not fits:
            found.append((f"{needed.name} is {version}, and {needed.specifier} is needed", False))
    return found


def _project(folder: Path) -> Mapping[str, Any]:
    try:
        values: Mapping[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found: Mapping[str, Any] = values.get("project", {})
    return found


def _installed() -> Sequence[str]:
    try:
        return metadata.requires(PROJECT) or ()
    except metadata.PackageNotFoundError:
        return ()
