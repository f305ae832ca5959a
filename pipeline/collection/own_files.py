"""Recognise and remove files that this program wrote; all other files belong to the user. Uses the disk.

A folder is the program's own if it holds a readable ``collection.json`` or ``build.json`` of its form. A file in it is
the program's own if it is a plain file and its path has one of the forms below. The content of these two files
and of ``stages.json`` is checked as well, because other programs use the same names.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.files.small_files import json_object
from pipeline.files.system import remove_file
from pipeline.taxonomy import GROUPS

__all__ = [
    "MANIFEST",
    "RECORDS",
    "STATE",
    "entries",
    "foreign_files",
    "is_build",
    "is_collection",
    "is_kept",
    "is_own",
    "named",
    "remove_carried",
    "remove_own",
    "same_entry",
]

MANIFEST, STATE, RECORDS = "collection.json", "build.json", "stages.json"

KEPT_FOLDERS = ("rounds", "releases", "audits", "log")
"""Folders of a collection that a build keeps."""

_MANIFEST_KEYS = {"format_version", "program_version", "source_fingerprint", "embedding", "taxonomy", "layouts"}
_RECORD_KEYS = {"digest", "parameters", "outputs", "facts"}
_STATE_KEYS = ({"program_version", "source", "fingerprint", "embedding"}, {"synthetic", "attempt"})

_ATTRIBUTE = rf"({'|'.join(GROUPS)})_[a-z0-9_]+"
_DATASETS = (
    r"(images|thumbnails|raw|duplicates|captions|words|truth|columns|exif|hits|crowd_(choices|captions|labels))\.lance",
    r"(embeddings|graph)/[^/]+\.lance",
    r"layouts/(all|positives)-[a-z0-9]+\.lance",
    rf"scores/{_ATTRIBUTE}/\.?(model|round|imported)-[^/]+\.lance(\.part)?",
)
_PARTS_OF_DATASET = (
    r"data/[0-9a-f-]{16,}\.lance",
    r"_versions/(\d+\.manifest(-[0-9a-f-]+)?|_latest\.manifest|latest_version_hint\.json)",
    r"_transactions/\d+-[0-9a-f-]{36}\.txn",
    r"_deletions/[0-9-]+\.(arrow|bin)",
    r"_indices/[0-9a-f-]{36}/[\w.-]+\.(lance|idx)",
    # Left by a kill while Lance writes.
    r"(data|_versions|_transactions|_deletions|_indices/[0-9a-f-]{36})/\.tmp[A-Za-z0-9]{6}",
)
_DATASET = f"({'|'.join(_DATASETS)})"
_FILES = (
    rf"{_DATASET}/({'|'.join(_PARTS_OF_DATASET)})(#\d+)?",  # with a number while it is written
    r"(collection|build|stages|synthetic)\.json(\.tmp)?",
    r"bam-release\.sqlite(-journal)?",
    r"\.changed|\.collection\.json\.lock|\.labels\.sqlite\.turn",
    r"clusters/(all|positives)-[a-z0-9]+(\.\d+)?\.json(\.tmp)?",
    rf"models/([a-z0-9_]+-reduction(\.\d+)?|{_ATTRIBUTE}-(model-[^/]+|round-\d+|imported-[^/]+))\.(safetensors|part)",
    r"labels\.sqlite-(wal|shm|journal)",  # never the database itself: it may be the only copy
    r"rounds/[^/]+/(((certification-)?\d+|asking)\.json(\.tmp)?|\.lock|\.certifying\.lock)",
    r"releases/[^/]+/((\d+|\.\d+\.part)/(labels\.parquet|release\.json(\.tmp)?)|\.making\.lock)",
    r"log/changes\.jsonl",
    r"audits/[^/]+/(\d+/((audit|sample|certificate)\.json|population\.npy|certificate\.html)(\.tmp)?|\.auditing\.lock)",
)
_OWN_FILE = re.compile("|".join(f"({form})" for form in _FILES))
_OWN_FOLDER = re.compile(
    rf"embeddings|graph|layouts|clusters|models|log|scores(/{_ATTRIBUTE})?|{_DATASET}(/(data|_versions|_transactions|_deletions"
    r"|_indices(/[0-9a-f-]{36})?))?|(rounds|releases|audits)(/[^/]+(/(\d+|\.\d+\.part))?)?"
)


def is_collection(folder: Path) -> bool:
    """Return whether a folder is a collection of any version of this program; False for a link."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return _is_manifest(folder / MANIFEST)


def _is_manifest(path: Path) -> bool:
    values = json_object(path)
    return isinstance(values.get("format_version"), int) and values.keys() >= _MANIFEST_KEYS


def _is_state(path: Path) -> bool:
    state = json_object(path)
    return any(state.keys() >= keys for keys in _STATE_KEYS)


def _are_records(path: Path) -> bool:
    """Return whether a file holds the records of stages that `pipeline.build.stage` writes."""
    values = json_object(path)
    return bool(values) and all(isinstance(one, dict) and one.keys() >= _RECORD_KEYS for one in values.values())


def is_build(folder: Path) -> bool:
    """Return whether an earlier build left a folder: with its state, with its manifest, or before either."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    if is_collection(folder) or _is_state(folder / STATE):
        return True
    return all(path == f"{STATE}.tmp" for path in entries(folder))  # it is whole once it has its name


def is_own(folder: Path, path: str) -> bool:
    """Return whether the program wrote a file or an empty folder; `path` is below `folder`."""
    place = folder / path
    if place.is_symlink():
        return False
    if place.is_dir():
        return _OWN_FOLDER.fullmatch(path) is not None
    says = {MANIFEST: _is_manifest, STATE: _is_state, RECORDS: _are_records}.get(path)
    return place.is_file() and _OWN_FILE.fullmatch(path) is not None and (says is None or says(place))


def is_kept(path: str) -> bool:
    """Return whether a path below a collection belongs to answers, rounds, releases, audits or the log."""
    return path.partition("/")[0] in KEPT_FOLDERS or ("/" not in path and path.startswith("labels.sqlite"))


def entries(folder: Path, below: str = "") -> Iterator[str]:
    """Iterate over all files, links and empty folders below a folder, as paths with ``/``; follow no link."""
    waiting = [folder / below] if (folder / below).is_dir() else []
    while waiting:
        here = waiting.pop()
        with os.scandir(here) as found:
            found_here = list(found)
        for entry in found_here:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            else:
                yield Path(entry.path).relative_to(folder).as_posix()
        if not found_here and here not in (folder, folder / below):
            yield here.relative_to(folder).as_posix()


def foreign_files(folder: Path) -> list[str]:
    """Return the files of a folder that the program did not write and a build would not keep."""
    return sorted(path for path in entries(folder) if not is_kept(path) and not is_own(folder, path))


def remove_own(folder: Path, below: str = "", *, but: Path | None = None) -> list[str]:
    """Remove the files that the program wrote to a folder of its own, and the folder once it is empty.

    The files that mark the folder as the program's own go last, so that a removal can be interrupted and repeated.

    Parameters
    ----------
    folder
        A collection or an interrupted build.
    below
        Remove only this dataset or folder, a path with ``/``.
    but
        Remove answers only if this collection holds them too. None: remove them only if the file has another name on
        the disk, or the program writes it again when it is needed.

    Returns
    -------
    list of str
        Paths below `folder` of the files that stay because the program did not write them.
    """
    top = folder / below
    if top.is_symlink() or not top.is_dir():
        return [below] if os.path.lexists(top) else []
    last = () if below else (STATE, MANIFEST)
    for path in [path for path in entries(folder, below) if path not in last and _may_go(folder, path, but)]:
        _remove(folder / path)
    for here, _, _ in os.walk(top, topdown=False):
        path = Path(here).relative_to(folder).as_posix()
        if path != (below or ".") and _may_go(folder, path, but):
            _remove(Path(here))
    left = [path for path in entries(folder, below) if path not in last or not is_own(folder, path)]
    if not left:
        for name in last:
            (folder / name).unlink(missing_ok=True)
        _remove(top)
    return left


def remove_carried(folder: Path) -> None:
    """Remove from a build the files carried over from the collection that it will replace."""
    for path in list(entries(folder)):
        if is_kept(path) and _may_go(folder, path, None):
            _remove(folder / path)


def _may_go(folder: Path, path: str, but: Path | None) -> bool:
    """Return whether a file or an empty folder may be removed."""
    if not is_kept(path):
        return is_own(folder, path)
    if but is None:
        return is_own(folder, path) or _other_names(folder / path)
    other = but / path
    if (folder / path).is_dir() and not (folder / path).is_symlink():
        return other.is_dir()
    return same_entry(folder / path, other) or (is_own(folder, path) and os.path.lexists(other))


def same_entry(one: Path, other: Path) -> bool:
    """Return whether two names belong to one file on the disk, or two links lead to the same place."""
    try:
        if one.is_symlink() and other.is_symlink():
            return one.readlink() == other.readlink()
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _other_names(path: Path) -> bool:
    status = path.lstat()
    return not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1


def _remove(path: Path) -> None:
    """Remove a file or an empty folder; ignore one that was removed or filled meanwhile."""
    try:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            remove_file(path)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def named(paths: list[str]) -> str:
    """Return a phrase that names the first files."""
    shown = ", ".join(paths[:3])
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3:,} more"
