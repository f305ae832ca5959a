"""Build paths from names that come from outside: a browser, a manifest, a database. Resolves links on the disk.

Attributes, layouts, backbones, versions of scores, rounds, releases and audits have folders and files in a collection
that carry their names or numbers. A hostile name could lead out of the collection: by an absolute path, by ``..``, or
by a link inside it.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from pipeline.errors import ParameterError

__all__ = ["check_name", "inside", "is_within"]

LONGEST = 200
"""Bytes of a name; a file system takes 255, and endings are added."""
WINDOWS = sys.platform == "win32"
_NO_WINDOWS_NAME = re.compile(r'.*[<>:"|?*].*|.*[. ]|(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?', re.IGNORECASE)
"""Names that mean a drive, a device or a hidden stream on Windows, or lose their end there."""


def check_name(name: str) -> str:
    """Return a name that is safe as the name of one file.

    Raises
    ------
    ParameterError
        If it is empty, hidden or too long, or holds a slash or an invisible character.
    """
    bad = not isinstance(name, str) or not name or name.startswith(".") or not name.isprintable()
    bad = bad or (WINDOWS and _NO_WINDOWS_NAME.fullmatch(name) is not None)
    if bad or "/" in name or "\\" in name or len(name.encode("utf-8", "surrogateescape")) > LONGEST:
        raise ParameterError(
            f"{str(name)[:80]!r} cannot be the name of a file of a collection. A name has 1 to {LONGEST} visible "
            "characters, begins with no dot and holds no slash."
        )
    return name


def inside(folder: Path, *names: str) -> Path:
    """Return a path below a folder, with one name for each part.

    Parameters
    ----------
    folder
        Folder of the collection.
    names
        Parts of the path. None of them is trusted.

    Returns
    -------
    Path
        The file or folder need not exist.

    Raises
    ------
    ParameterError
        If `check_name` refuses a name, or a link leads out of the folder.
    """
    path = folder.joinpath(*(check_name(name) for name in names))
    if not is_within(path, folder):
        raise ParameterError(f"{path} leads out of {folder} through a link. Remove the link.")
    return path


def is_within(path: Path, folder: Path) -> bool:
    """Return whether a path lies below a folder when all links are followed; False for a link to itself."""
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    return root in real.parents and not any(part.is_symlink() for part in (real, *real.parents))
