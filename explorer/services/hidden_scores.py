"""Attributes whose scores are hidden: those with an open audit, from freezing until the audit ends.

Annotators of an audit must not know the release's decision about an image. They could see it in a second window without
a name, so scores, thresholds and all derived values are hidden on every page of the collection. Commands still show
them, since a person with the files has the scores anyway.
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

__all__ = ["UNDER_WAY", "HiddenScores", "hidden_words"]

UNDER_WAY = (State.FROZEN, State.DRAWN)


def hidden_words(titles: Iterable[str]) -> str:
    """Return which attributes' scores are hidden, and why; empty if none are."""
    names = list(titles)
    if not names:
        return ""
    audit = "an audit of it is" if len(names) == 1 else "audits of them are"
    return f"Scores of {', '.join(names)} are hidden while {audit} open."


class HiddenScores:
    """The attributes of a collection that have an open audit. Safe to use from several threads.

    Parameters
    ----------
    collection
        The collection. Audits of all processes count.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._lock = threading.Lock()
        self._seen = -1
        self.attributes: frozenset[str] = frozenset()
        """Names of these attributes, as of the last `look`."""

    def look(self) -> bool:
        """Look for audits that were started or ended. Return whether the hidden attributes changed."""
        with self._lock:
            now = last_change(self._collection)
            if now == self._seen:
                return False
            self._seen, before = now, self.attributes
            self.attributes = frozenset(name for name in self._collection.scored if self._is_open(name))
            return self.attributes != before

    def words(self, names: Iterable[str] | None = None) -> str:
        """Return a sentence about the hidden scores of `names`, or of all attributes; empty if none are hidden."""
        taxonomy = self._collection.manifest.taxonomy
        asked = self.attributes if names is None else self.attributes.intersection(names)
        return hidden_words(taxonomy.attribute(name).title for name in sorted(asked))

    def _is_open(self, name: str) -> bool:
        try:
            return any(audit.state in UNDER_WAY for audit in list_audits(self._collection, name))
        except BamExplorerError:
            return True  # an audit that cannot be read may be open
