"""Paths made from names that come from outside: a browser, a manifest, a database. An edge: it resolves links.

Names of attributes, layouts, backbones and versions of scores, and numbers of rounds, releases and audits become
folders and files of a collection. Whoever sends such a name, or edits the file that holds it, could lead elsewhere:
by an absolute path, by ``..``, or by a link that lies in the collection.
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
    """Give a name back that may be the name of one file.

    Raises
    ------
    ParameterError
        If it is empty, hidden, too long, or holds what leads to another folder or cannot be seen.
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
    """Make a path below a folder from names, one a part.

    Parameters
    ----------
    folder
        Of the collection.
    names
        Parts of the path below it, none of them trusted.

    Returns
    -------
    Path
        Need not be there.

    Raises
    ------
    ParameterError
        If a name is none, as `check_name` says, or a link leads out of the folder.
    """
    path = folder.joinpath(*(check_name(name) for name in names))
    if not is_within(path, folder):
        raise ParameterError(f"{path} leads out of {folder} through a link. Remove the link.")
    return path


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether a path, all links followed, lies below a folder; a link to itself does not."""
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    return root in real.parents and not any(part.is_symlink() for part in (real, *real.parents))
