"""Whose scores nobody is shown: attributes of which an audit is open, from the moment it is frozen until it ends.

Whoever answers an audit must not know what the release says of an image. A second window without a name would show it
as well as their own, so scores, cuts and all that follows from them are hidden from every page of the collection, and
not from some people's. Who has the files has the scores: commands give them, as before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.audit.files import list_audits
from pipeline.audit.records import State
from pipeline.collection.numbered_records import last_change
from pipeline.errors import BamExplorerError

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["UNDER_WAY", "OpenAudits", "hidden_words"]

UNDER_WAY = (State.FROZEN, State.DRAWN)


def hidden_words(titles: Iterable[str]) -> str:
    """Say whose scores are hidden, and why; empty where none are."""
    names = list(titles)
    if not names:
        return ""
    audit = "an audit of it is" if len(names) == 1 else "audits of them are"
    return f"Scores of {', '.join(names)} are hidden while {audit} open."


class OpenAudits:
    """Which attributes of a collection have an audit open. Safe to use from several threads.

    Parameters
    ----------
    collection
        Whose audits, of whatever process.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._seen = -1
        self.hidden: frozenset[str] = frozenset()
        """Names of these attributes, as of the last look."""

    def look(self) -> bool:
        """Look whether an audit was begun or ended since; tell whether other attributes are hidden now."""
        with self._lock:
            now = last_change(self._collection)
            if now == self._seen:
                return False
            self._seen, before = now, self.hidden
            self.hidden = frozenset(name for name in self._collection.scored if self._is_open(name))
            return self.hidden != before

    def words(self, names: Iterable[str] | None = None) -> str:
        """Say that scores of some attributes are hidden, of all if none are given; empty where none are."""
        taxonomy = self._collection.manifest.taxonomy
        asked = self.hidden if names is None else self.hidden.intersection(names)
        return hidden_words(taxonomy.attribute(name).title for name in sorted(asked))

    def _is_open(self, name: str) -> bool:
        try:
            return any(audit.state in UNDER_WAY for audit in list_audits(self._collection, name))
        except BamExplorerError:
            return True  # an audit that cannot be read may be open
