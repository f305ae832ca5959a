"""Putting a finished collection in its place, over an older one. An edge: it moves, links and removes.

A process may be killed at any step. What is at the place is then the old collection or the new one, whole; what people
answered has a name in both; and what was moved aside is found by the next build. Where the system cannot swap two
folders in one step, there is a moment between two renames without either: the next build puts the old one back.
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
from pipeline.errors import CollectionError
from pipeline.files.small_files import json_object, write_json
from pipeline.files.system import exchange_folders, link_entry, move_folder, remove_file

__all__ = ["clear_aside", "clear_build", "put_in_place"]

_JOURNALS = ("labels.sqlite-wal", "labels.sqlite-shm")
"""Of a database that may have been written since: an old journal beside it would undo that."""


def clear_build(place: Path) -> None:
    """Remove what an earlier build left beside a place.

    Raises
    ------
    CollectionError
        If something lies there that this program did not write.
    """
    _end(work_beside(place), place)


def clear_aside(place: Path) -> None:
    """End what an earlier build began: put the old collection back, or remove it where the new one took its place.

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
    """Move a finished collection to its place; an older one there is replaced, and what people answered carried over.

    The caller has made sure that the older one may be replaced.

    Raises
    ------
    CollectionError
        If a file that must stay cannot be carried over; then the old collection stays.
    OSError
        If the disk refuses.
    """
    clear_aside(place)
    if not is_collection(place):
        move_folder(made, place)  # over an empty folder at most: the system refuses any other
        return
    remove_carried(made)  # by a build that was stopped here: the old collection has gone on since
    carry_over(place, made)
    _note_store(place, made)
    old = work_beside(place, OLD)
    if exchange_folders(made, place):
        made.rename(old)
    else:
        place.rename(old)
        made.rename(place)
    carry_over(old, place, newer_stays=True)  # what came into the old one while it was being replaced
    clear_aside(place)


def carry_over(old: Path, new: Path, *, newer_stays: bool = False, leave_out: tuple[str, ...] = ()) -> None:
    """Give what people answered about a collection, and what was made of it, to another one.

    Links rather than copies: a server that still has the store open goes on writing into the same file. Scores and
    models of rounds are not carried over, for they are of the old embedding; their reports and the releases are.

    Parameters
    ----------
    old, new
        The collections.
    newer_stays
        Whether a file of the new one that was written later stays.
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
    """Write into a collection which store holds the answers that were carried over."""
    identity = json_object(old / MANIFEST).get("label_store", "")
    if identity:
        write_json(new / MANIFEST, json_object(new / MANIFEST) | {"label_store": identity})


def _end(folder: Path, place: Path) -> None:
    """Remove a folder that an earlier build left, when all that people answered is in the collection at its place."""
    if not os.path.lexists(folder):
        return
    if not is_build(folder):
        raise CollectionError(
            f"{folder} is in the way, and this program did not write it. Move it away, or choose another place with "
            "--out (or --dir)."
        )
    there = is_collection(place)
    if there and is_collection(folder):
        carry_over(folder, place, newer_stays=True, leave_out=_JOURNALS)
    left = remove_own(folder, but=place if there else None)
    if left:
        raise CollectionError(
            f"{folder} is in the way: it holds what this program did not write, {named(left)}. Move that away, and run "
            "the same command again."
        )
