"""The label store of a process's collection: opened on first use, used in threads, watched for changes.

Every session is notified within a second of a change by this process or by another one on the same store. It is also
notified of changes beside the store.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property, partial
from typing import ParamSpec, TypeVar

from explorer.services.lru_cache import Recent
from pipeline.collection import Collection
from pipeline.errors import LabelStoreError
from pipeline.label_store import AnswerTable, LabelStore, Purpose, StoreState, open_label_store, store_exists

__all__ = ["SHOWN", "LabelService"]

P = ParamSpec("P")
T = TypeVar("T")

POLL_SECONDS = 0.7
"""Time between two looks at the store, so that a change reaches other people within two seconds."""

THREADS, SLOW_THREADS = 4, 2
"""The first threads write answers and take pages. The slow ones read the content of tabs, which may take seconds."""
SHOWN = (Purpose.TRAINING, Purpose.VALIDATION)
"""Purposes whose answers are shown. Answers of certifications and audits are blind."""


class LabelService:
    """A collection's answers, shared by the process. Safe to use from several threads.

    Parameters
    ----------
    collection
        Collection of the answers.
    url
        PostgreSQL database of the answers; None for the file in the collection's folder.
    """

    def __init__(self, collection: Collection, url: str | None = None) -> None:
        self._collection = collection
        self._url = url
        self.beside: Callable[[], object] = int
        """Called with every look at the store, in the same thread. Sessions are notified when its value changes."""
        self._beside_version: object = None
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="labels")
        self._slow = ThreadPoolExecutor(SLOW_THREADS, thread_name_prefix="reading")
        self._opening = threading.Lock()
        self._watchers: dict[int, Callable[[], None]] = {}
        self._watching = threading.Lock()
        self._next_watcher = 0
        self._poller: threading.Thread | None = None
        self._closed = False
        self._look = threading.Event()
        self._state: StoreState | None = None
        self._tables: Recent[tuple[str, StoreState | None], AnswerTable] = Recent(6, self._read_table)

    @property
    def store(self) -> LabelStore:
        """The open store. It is created if there is none yet.

        Raises
        ------
        LabelStoreError, CollectionError
            If it cannot be opened. The message says what to do. The next call tries again.
        """
        with self._opening:
            return self._store

    @cached_property
    def _store(self) -> LabelStore:
        return open_label_store(self._collection, self._url)

    @property
    def state(self) -> StoreState | None:
        """The state at the last look at the store. It stays equal until something is written."""
        return self._state

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run work on the store in a thread.

        Parameters
        ----------
        work
            Called in the thread with the other parameters.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))

    async def study(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run work that may take seconds in a thread. These threads are not those of `run`, so no answer waits."""
        return await asyncio.get_running_loop().run_in_executor(self._slow, partial(work, *arguments, **named))

    async def ask(self, method: Callable[[LabelStore], Callable[P, T]], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a method of the store in a thread, which also opens the store the first time.

        Parameters
        ----------
        method
            Selects the method, e.g. ``lambda store: store.questions.next_page``. The other parameters are its own; they
            are evaluated before the thread starts.
        """

        def call() -> T:
            return method(self.store)(*arguments, **named)

        return await self.run(call)

    def later(self, work: Callable[[], None]) -> None:
        """Run work on the store in a thread, without waiting for its result."""

        def quietly() -> None:
            with suppress(LabelStoreError):
                work()

        self._threads.submit(quietly)

    def nudge(self) -> None:
        """Look at the store now, after this process wrote to it."""
        self._look.set()

    def answers(self, attribute: str) -> AnswerTable:
        """Return the current surviving answers to an attribute, for the map. They are read once for each change."""
        state = self.store.state()
        return self._tables.get((attribute, state))

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call a callback from another thread after every change of the store.

        Returns
        -------
        callable
            Ends the watch. A callback that raises an error is not called again.
        """
        with self._watching:
            key = self._next_watcher = self._next_watcher + 1
            self._watchers[key] = callback
            if self._poller is None and not self._closed:
                self._poller = threading.Thread(target=self._poll, name="label-changes", daemon=True)
                self._poller.start()

        def stop() -> None:
            with self._watching:
                self._watchers.pop(key, None)

        return stop

    def close(self) -> None:
        """End all threads and close the store. Running work is finished first. Watchers are not called again."""
        with self._watching:
            self._closed = True
            self._watchers.clear()
            poller = self._poller
        self._look.set()
        if poller is not None:
            poller.join()
        self._threads.shutdown()
        self._slow.shutdown(cancel_futures=True)
        with self._opening:
            if "_store" in self.__dict__:
                self._store.close()

    def _poll(self) -> None:
        while True:
            self._look.wait(POLL_SECONDS)
            self._look.clear()
            with self._watching:
                watchers = list(self._watchers.items())
                if not watchers:
                    self._poller = None
                    return
            if self._changed():
                self._call(watchers)

    def _changed(self) -> bool:
        """Look at the store and beside it. Return whether either changed since the last look."""
        before = (self._state, self._beside_version)
        self._beside_version = self.beside()
        if self._is_there():
            with suppress(LabelStoreError):  # not reachable now: a writer gets the error, and this looks again
                self._state = self.store.state()
        return (self._state, self._beside_version) != before

    def _is_there(self) -> bool:
        """Return whether there is a store to look at. A watch does not create one."""
        return "_store" in self.__dict__ or self._url is not None or store_exists(self._collection)

    def _call(self, watchers: list[tuple[int, Callable[[], None]]]) -> None:
        for key, call in watchers:
            try:
                call()
            except Exception:  # noqa: BLE001 -- a session that just ended must not end the watch of the others
                with self._watching:
                    self._watchers.pop(key, None)

    def _read_table(self, key: tuple[str, StoreState | None]) -> AnswerTable:
        return self.store.answers.table(key[0], SHOWN)
