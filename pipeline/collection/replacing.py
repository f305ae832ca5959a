"""Move a finished collection to its place and replace an older one. Moves, links and removes files.

The process may be killed at any step. The place then holds the complete old or the complete new collection, and the
answers have a name in both. The next build finds a collection that was moved aside. Where the system cannot swap two
folders in one step, neither is at the place between two renames: the next build moves the old one back.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.collection.own_files import (
    MANIFEST,
    entries,
    is_build,
    is_collection,
    is_kept,
    is_own,
    named,
    remove_carried,
    remove_own,
    same_entry,
)
from pipeline.collection.target import OLD, left_aside, work_beside
from pipeline.errors import CollectionError, ErrorKind
from pipeline.files.small_files import json_object, write_json
from pipeline.files.system import exchange_folders, link_entry, move_folder, remove_file

__all__ = ["clear_aside", "clear_build", "put_in_place"]

_JOURNALS = ("labels.sqlite-wal", "labels.sqlite-shm")
"""Journals of the database. An old journal beside a newer database would undo its last writes."""


def clear_build(place: Path) -> None:
    """Remove the files that an earlier build left beside a place.

    Raises
    ------
    CollectionError
        If something lies there that this program did not write.
    """
    _end(work_beside(place), place)


def clear_aside(place: Path) -> None:
    """Finish an interrupted replacement: move the old collection back, or remove it if the new one is in place.

    Raises
    ------
    CollectionError
        If something lies there that this program did not write.
    """
    aside = left_aside(place)
    if aside is not None:
        aside.rename(place)
    else:
        _end(work_beside(place, OLD), place)


def put_in_place(made: Path, place: Path) -> None:
    """Move a finished collection to its place; replace an older one there and carry its answers over.

    The caller has checked that the older one may be replaced.

    Raises
    ------
    CollectionError
        If a file that must stay cannot be carried over. The old collection then stays.
    OSError
        If the disk refuses.
    """
    clear_aside(place)
    if not is_collection(place):
        move_folder(made, place)  # over an empty folder at most
        return
    remove_carried(made)  # a build stopped here, and the old collection has changed since
    carry_over(place, made)
    _note_store(place, made)
    old = work_beside(place, OLD)
    if exchange_folders(made, place):
        made.rename(old)
    else:
        place.rename(old)
        made.rename(place)
    carry_over(old, place, newer_stays=True)  # files written to the old one during the replacement
    clear_aside(place)


def carry_over(old: Path, new: Path, *, newer_stays: bool = False, leave_out: tuple[str, ...] = ()) -> None:
    """Carry the answers about a collection, and the rounds, releases and audits made of them, over to another one.

    The files are linked, not copied: a server that has the store open goes on writing to the same file. Reports of
    rounds and releases are carried over. Scores and models are not, because they belong to the old embedding.

    Parameters
    ----------
    old, new
        The collections.
    newer_stays
        Keep a file of the new collection if it was written later.
    leave_out
        Files that are not carried over.
    """
    for path in entries(old):
        source, target = old / path, new / path
        if not is_kept(path) or path in leave_out or same_entry(source, target):
            continue
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target):
            if newer_stays and target.lstat().st_mtime_ns >= source.lstat().st_mtime_ns:
                continue
            if not is_own(new, path) and target.lstat().st_nlink < 2:
                raise CollectionError(f"{target} is in the way, and this program did not write it. Move it away.")
            remove_file(target)
        link_entry(source, target)


def _note_store(old: Path, new: Path) -> None:
    """Record in a collection which store holds the answers that were carried over."""
    identity = json_object(old / MANIFEST).get("label_store", "")
    if identity:
        write_json(new / MANIFEST, json_object(new / MANIFEST) | {"label_store": identity})


def _end(folder: Path, place: Path) -> None:
    """Remove a folder that an earlier build left, once all its answers are in the collection at the place."""
    if not os.path.lexists(folder):
        return
    if not is_build(folder):
        raise CollectionError(
            f"{folder} is in the way, and this program did not write it. Move it away, or choose another place.",
            kind=ErrorKind.OTHER_PLACE,
        )
    there = is_collection(place)
    if there and is_collection(folder):
        carry_over(folder, place, newer_stays=True, leave_out=_JOURNALS)
    left = remove_own(folder, but=place if there else None)
    if left:
        raise CollectionError(
            f"{folder} is in the way: it holds files that this program did not write, {named(left)}. Move them "
            "away, and run the same command again."
        )
