"""Find and mend what a finished collection can make again from what is there. Reads and writes its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.build.stage import read_records
from pipeline.collection.own_files import RECORDS, STATE, is_own, remove_own
from pipeline.collection.updating import CollectionUpdate
from pipeline.collection.writer import EXIF, RAW
from pipeline.errors import BamExplorerError
from pipeline.files.small_files import read_plain
from pipeline.growing.rerun import ALONE, rerun
from pipeline.progress import ProgressCallback

__all__ = ["Mendable", "find_mendable", "mend"]

ONLY_OF_BUILDS: Final = (RAW, EXIF, STATE)
"""What only a build needs. A build that was killed at its very end leaves it in the collection."""


@dataclass(frozen=True, slots=True)
class Mendable:
    """What can be mended.

    Parameters
    ----------
    leftovers
        Datasets and files of the program's own that nothing needs any more, as paths below the collection.
    broken
        Stages whose outputs are missing or cannot be read, each with the first such output. In the order of stages.
    """

    leftovers: tuple[str, ...]
    broken: tuple[tuple[str, str], ...]


def find_mendable(path: Path) -> Mendable:
    """Read what stages made that can run again, and look for leftovers of a build; change nothing of either.

    A stage without a record is not examined: collections of earlier versions have none.

    Raises
    ------
    CollectionError
        If there is no collection, or another process builds or changes it.
    """
    with CollectionUpdate(path) as update:
        records = read_records(update.file(RECORDS))
        broken = []
        for name in ALONE:
            outputs = records[name].outputs if name in records else {}
            lost = next((output for output in outputs if not _can_be_read(update, output)), None)
            if lost is not None:
                broken.append((name, lost))
        return Mendable(tuple(name for name in ONLY_OF_BUILDS if _is_left(update.path, name)), tuple(broken))


def mend(path: Path, found: Mendable, progress: ProgressCallback | None = None) -> tuple[str, ...]:
    """Remove the leftovers and run the broken stages again, with those that read what they make.

    Returns
    -------
    tuple of str
        Names of the stages that ran.

    Raises
    ------
    CollectionError
        If another process builds or changes the collection, or what a stage reads is lost too.
    """
    if found.leftovers:
        with CollectionUpdate(path) as update:
            for name in ONLY_OF_BUILDS:
                if name in found.leftovers and _is_left(update.path, name):
                    if name == STATE:
                        (update.path / name).unlink()
                    else:
                        remove_own(update.path, name)
    ran: list[str] = []
    for name, _ in found.broken:
        if name not in ran:
            ran += rerun(path, name, needed=True, progress=progress)
    return tuple(ran)


def _is_left(folder: Path, name: str) -> bool:
    place = folder / name
    if name == STATE:
        return is_own(folder, name)
    return place.is_dir() and not place.is_symlink()


def _can_be_read(update: CollectionUpdate, name: str) -> bool:
    """Return whether a dataset or a small file can be read from its beginning to its end."""
    try:
        if not name.endswith(".lance"):
            read_plain(update.file(name))
            return True
        for _ in update.dataset(name).to_batches():
            pass
    except (OSError, ValueError, BamExplorerError):
        return False
    return True
