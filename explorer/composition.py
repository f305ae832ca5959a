"""The composition root: builds the services that sessions share, and passes them to the code that needs them.

`panel serve explorer` runs the app's script in every session, and a notebook makes an `Explorer` by itself. All of them
use `THIS_PROCESS`, so the sessions of one collection share one set of services. Tests make their own `OpenCollections`
and close it.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from explorer.services.error_words import ErrorWords
from explorer.services.hidden_scores import HiddenScores
from explorer.services.label_service import LabelService
from explorer.services.layouts import Layouts
from explorer.services.original_pictures import OriginalPictures
from explorer.services.published_audits import PublishedAudits
from explorer.services.round_service import RoundService
from explorer.services.services import Services
from explorer.settings import label_store_url
from pipeline.collection import Collection

__all__ = ["THIS_PROCESS", "OpenCollections", "build_services"]


def build_services(collection: Collection, store_url: str | None = None) -> Services:
    """Build everything that the sessions of one collection share.

    No thread starts here, and no label store is opened: both happen on first use, or in `Services.start`.

    Parameters
    ----------
    collection
        The opened collection.
    store_url
        PostgreSQL database that keeps the answers, None for the file in the collection's folder.
    """
    words_of, layouts, labels = ErrorWords([collection.path]), Layouts(collection), LabelService(collection, store_url)
    hidden_scores = HiddenScores(collection)
    hidden_scores.look()
    services = Services(
        collection,
        layouts=layouts,
        labels=labels,
        rounds=RoundService(words_of),
        originals=OriginalPictures(collection),
        hidden_scores=hidden_scores,
        audits=PublishedAudits(collection, labels, layouts.get),
        words_of=words_of,
    )
    labels.beside = services.look_beside
    return services


class OpenCollections:
    """The collections that are open, each with one set of services. Safe to use from several threads.

    Parameters
    ----------
    store_url
        Returns the URL of the label store, or None for the file in the collection's folder. It is called whenever a
        collection is opened.

    Examples
    --------
    >>> with OpenCollections() as opened:  # doctest: +SKIP
    ...     Explorer("my-collection", opened=opened)
    """

    def __init__(self, store_url: Callable[[], str | None] = lambda: None) -> None:
        self._store_url = store_url
        self._lock = threading.Lock()
        self._open: dict[Path, Services] = {}
        self._replaced: weakref.WeakSet[Services] = weakref.WeakSet()

    def services(self, collection: str | Path) -> Services:
        """Return the services of a collection. It is opened on the first call and after it was built again or changed.

        Raises
        ------
        CollectionError
            If it cannot be opened.
        """
        key = Path(collection).resolve()
        with self._lock:
            before = self._open.get(key)
            if before is None or not (before.collection.is_current() and before.collection.is_newest()):
                self._open[key] = build_services(Collection(key), self._store_url())
                if before is not None:
                    self._replaced.add(before)  # pages that are open go on with it, or ask for a reload
            return self._open[key]

    def close(self) -> None:
        """End every thread and close every label store. The next call of `services` opens a collection again."""
        with self._lock:
            closing = [*self._open.values(), *self._replaced]
            self._open.clear()
            self._replaced.clear()
        for services in closing:
            services.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self.close()


THIS_PROCESS = OpenCollections(label_store_url)
"""The open collections of this process, shared by all its sessions and closed when the process ends."""

atexit.register(THIS_PROCESS.close)
