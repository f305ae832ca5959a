"""The log of changes to a collection and their authors, in a file that only grows. Uses the disk.

``log/changes.jsonl`` of the collection's folder holds a JSON object a line: ``at`` (seconds since 1970), ``who`` and
``name`` (the annotator's id and name), ``what`` (the message's component and type), ``about`` (its fields), and
``made`` (its result, as ``batch:ID`` or ``certification:ATTRIBUTE/NUMBER``). Answers are recorded in the label store
and not here.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.files.locks import lock
from pipeline.files.small_files import check_plain, writing
from pipeline.files.system import open_unfollowed

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["FILE", "ChangeLog"]

FILE = Path("log") / "changes.jsonl"
LONGEST_ABOUT = 2_000


class Author(Protocol):
    """The author of a change: an annotator of the label store."""

    @property
    def id(self) -> str:
        """Id of the annotator."""

    @property
    def name(self) -> str:
        """Name that the annotator chose."""


class ChangeLog:
    """The log of one collection. Safe to use from several threads and processes.

    Parameters
    ----------
    collection
        The collection that the log belongs to.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._path = collection.path / FILE
        self._lock = threading.Lock()
        self._read_to = 0
        self._makers: dict[str, str] = {}

    def note(self, who: Author, what: str, about: Mapping[str, Any], made: Sequence[str] = ()) -> None:
        """Add a line.

        Raises
        ------
        CollectionError
            If it cannot be written.
        """
        words = json.dumps(about, default=str)
        line = {"at": time.time(), "who": who.id, "name": who.name, "what": what, "made": list(made)}
        line |= {"about": about} if len(words) <= LONGEST_ABOUT else {"about": words[:LONGEST_ABOUT]}
        data = (json.dumps(line, default=str) + "\n").encode()
        with self._lock, writing(self._collection.path):
            self._path.parent.mkdir(exist_ok=True)
            with os.fdopen(
                open_unfollowed(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "rb+", buffering=0
            ) as file:
                lock(file)  # Windows does not append in one step
                end = file.seek(0, os.SEEK_END)
                if end:
                    file.seek(end - 1)
                    if file.read(1) != b"\n":  # keep a line that was cut off apart from the new one
                        data = b"\n" + data
                file.write(data)

    def maker(self, thing: str) -> str | None:
        """Return the id of the annotator who made something; None where the log does not record it.

        Parameters
        ----------
        thing
            As in ``made``.
        """
        with self._lock:
            self._read_on()
            return self._makers.get(thing)

    def _read_on(self) -> None:
        """Read the lines added since the last call; skip lines that are no records."""
        try:
            check_plain(self._path)
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._read_to:
                    self._read_to, self._makers = 0, {}
                file.seek(self._read_to)
                lines = file.read().splitlines(keepends=True)
        except OSError:
            return
        for line in lines:
            if not line.endswith(b"\n"):
                break
            self._read_to += len(line)
            try:
                entry = json.loads(line)
                for thing in entry["made"]:
                    self._makers.setdefault(str(thing), str(entry["who"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
