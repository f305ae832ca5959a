"""Check that a collection may be written to a place without losing other files. Reads the disk.

Folders are compared by device and number. Links, ``..`` and file systems that ignore upper and lower case therefore
cannot hide that two names mean one folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.collection.own_files import foreign_files, is_collection, named
from pipeline.errors import CollectionError, ErrorKind
from pipeline.files.locks import lock, open_lock
from pipeline.files.small_files import writing

__all__ = [
    "check_occupied",
    "check_place",
    "check_source",
    "left_aside",
    "lock_path",
    "lock_place",
    "place_of",
    "work_beside",
]

BUILDING, OLD = "building", "old"
LOCK = b"bam-explorer\n"
"""Content of the program's own lock files. A lock file with other content is never removed."""
ELSEWHERE = "Choose another place."


def place_of(target: Path) -> Path:
    """Follow all links to the real place of a collection.

    Raises
    ------
    CollectionError
        If the links lead to themselves, or the path cannot name a collection.
    """
    if not _can_be_named(str(target.absolute())):
        raise CollectionError(
            f"{str(target)!r} cannot be the place of a collection: its path holds a line break, a tab or something "
            f"else that is no text. {ELSEWHERE}",
            kind=ErrorKind.OTHER_PLACE,
        )
    with writing(target):
        real = Path(os.path.realpath(target))
        if not real.name:
            raise CollectionError(
                f"{target} is where a disk begins: a collection cannot take its place. {ELSEWHERE}",
                kind=ErrorKind.OTHER_PLACE,
            )
        if real.is_symlink():
            raise CollectionError(
                f"{target} is a link that leads to itself. Remove it. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE
            )
    return real


def _can_be_named(path: str) -> bool:
    """Return whether Lance can write below a path: it needs UTF-8 without control characters."""
    return all(ord(mark) >= 32 and not 0xD800 <= ord(mark) <= 0xDFFF and ord(mark) != 127 for mark in path)


def work_beside(place: Path, what: str = BUILDING) -> Path:
    """Return the folder beside a collection that a build works in, or that holds the old collection for a moment."""
    return place.with_name(f".{place.name}.{what}")


def left_aside(place: Path) -> Path | None:
    """Return the collection that an interrupted build moved aside; None where there is none."""
    old = work_beside(place, OLD)
    return old if not os.path.lexists(place) and is_collection(old) else None


def check_place(target: Path, *, replace: bool, source: Path | None = None, table: bool = False) -> Path:
    """Refuse a place where a collection would replace other files; nothing is written.

    Parameters
    ----------
    target
        Path of the future collection.
    replace
        Whether a collection at the place may be replaced.
    source
        Folder of the images.
    table
        Whether a table lists the images. Other folders may then lie beside them.

    Returns
    -------
    Path
        The real place, with all links followed.

    Raises
    ------
    CollectionError
        If the place is taken and may not be replaced, or if it is, contains or lies in a folder that must stay.
    """
    place = place_of(target)
    with writing(target):
        if source is not None:
            check_source(target, place, Path(os.path.realpath(source)), table=table)
        outer = next((folder for folder in place.parents if is_collection(folder)), None)
        if outer is not None:
            raise CollectionError(f"{target} lies in the collection {outer}. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE)
        check_occupied(target, place, replace=replace)
    return place


def check_occupied(target: Path, place: Path, *, replace: bool) -> None:
    """Refuse a place that is taken and may not be replaced; parameters as in `check_place`."""
    if not os.path.lexists(place):
        aside = left_aside(place)
        if aside is not None and not replace:
            raise CollectionError(
                f"A build was stopped while it replaced {target}: the collection lies in {aside}. Rename that folder "
                f"to {place.name} to have it back, or allow it to be replaced.",
                kind=ErrorKind.BUILD_STOPPED,
            )
        return
    if not place.is_dir():
        raise CollectionError(f"{target} exists and is not a folder. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE)
    special = _special(place)
    if special:
        raise CollectionError(
            f"{target} is {special}: a collection cannot take its place. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE
        )
    with os.scandir(place) as found:
        if not any(found):
            return
    if not is_collection(place):
        raise CollectionError(f"{target} exists and is not a collection. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE)
    foreign = foreign_files(place)
    if foreign:
        raise CollectionError(
            f"{target} holds files that this program did not write and that would be lost: "
            f"{named(foreign)}. Move them out of the collection, or choose another place.",
            kind=ErrorKind.OTHER_PLACE,
        )
    if not replace:
        raise CollectionError(
            f"{target} exists already. Choose another place, or allow it to be replaced.", kind=ErrorKind.PLACE_TAKEN
        )


def check_source(target: Path, place: Path, source: Path, *, table: bool) -> None:
    """Refuse a source that is, holds or lies in the collection; parameters as in `check_place`, `place` from it."""
    if _same(place, source):
        raise CollectionError(f"{target} is the folder of the pictures. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE)
    if any(_same(place, folder) for folder in source.parents):
        raise CollectionError(
            f"{target} holds the pictures, which lie in {source}. {ELSEWHERE}", kind=ErrorKind.OTHER_PLACE
        )
    if not table and any(_same(folder, source) for folder in place.parents):
        raise CollectionError(
            f"{target} lies in the folder of the pictures, {source}: the collection would be taken for some of them. "
            "Choose a place outside of it.",
            kind=ErrorKind.OTHER_PLACE,
        )


def _special(place: Path) -> str:
    """Return why a folder may never be replaced, whatever it holds; empty where it may."""
    if os.path.ismount(place):
        return "where a disk begins"
    for folder, words in _belonging():
        if any(_same(place, part) for part in (folder, *folder.parents)):
            return words
    return ""


def _belonging() -> Iterator[tuple[Path, str]]:
    yield Path.cwd(), "the folder that you are in, or holds it"
    try:
        yield Path(os.path.realpath(Path.home())), "your home folder, or holds it"
    except RuntimeError:  # the system knows no home folder
        return


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def lock_path(place: Path) -> Path:
    """Return the lock file beside a collection, of builds and of changes."""
    return place.with_name(f".{place.name}.lock")


def lock_place(path: Path, target: Path) -> tuple[BinaryIO, bool]:
    """Keep other builds and changes of a collection out until this process ends, however it ends.

    Parameters
    ----------
    path
        The lock file, from `lock_path`.
    target
        Path of the collection, for the error.

    Returns
    -------
    file
        The locked file.
    ours : bool
        Whether the program created the file and may remove it.

    Raises
    ------
    CollectionError
        If another process builds or changes the collection, or another program wrote the file.
    """
    while True:
        new = not os.path.lexists(path)
        file = open_lock(path)
        try:
            lock(file, wait=False)
            if not path.exists() or not os.path.samestat(path.stat(), os.fstat(file.fileno())):
                file.close()  # the last holder removed it, so this lock would exclude no process
                continue
            ours = _is_ours(file, path, new=new)
        except BlockingIOError:
            file.close()
            raise CollectionError(
                f"Another process is building or changing {target} now. Wait for it, stop it, or choose another place."
            ) from None
        except BaseException:
            file.close()
            raise
        return file, ours


def _is_ours(file: BinaryIO, path: Path, *, new: bool) -> bool:
    """Return whether the program created a lock file; mark a new one."""
    found = file.read(len(LOCK) + 1)
    if found not in (b"", LOCK):
        raise CollectionError(f"{path} is in the way, and this program did not write it. Move it away.")
    if new and not found:
        file.write(LOCK)
    return new or found == LOCK
