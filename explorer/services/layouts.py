"""The layouts of a collection, each read once."""

from __future__ import annotations

import threading

from pipeline.collection import Collection, Layout

__all__ = ["Layouts"]


class Layouts:
    """Reads layouts of one collection and keeps them. Safe to use from several threads."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._read: dict[str, Layout] = {}

    def get(self, name: str) -> Layout:
        """Return a layout.

        Raises
        ------
        CollectionError
            If it cannot be read.
        """
        with self._lock:
            if name not in self._read:
                self._read[name] = self._collection.layout(name)
            return self._read[name]
