"""Rounds of a process's collection: one at a time an attribute, in a thread, with progress and a way to stop.

Every session of the process sees the same work: whoever opens the tab while a round runs sees how far it is.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pipeline.errors import BamExplorerError, ParameterError
from pipeline.progress import Progress, ProgressCallback

__all__ = ["RoundService", "Stopped", "Working"]

log = logging.getLogger(__name__)

THREADS = 2
TELL_SECONDS = 0.15
"""Between two words on how far a round is: a person cannot read more."""

UNEXPECTED = "The round could not be finished. What went wrong stands in the server's log; answers are safe. Try again."


class Stopped(Exception):  # noqa: N818 -- not an error: a person stopped the work
    """Somebody stopped the work."""


@dataclass(slots=True)
class Working:
    """Work under way on an attribute.

    Parameters
    ----------
    attribute, title
        What it is about, and what is done, for people.
    stage
        What is done now.
    done, total
        How far the stage is.
    by
        Id of who began it, who alone may stop it.
    started
        Seconds that never jump.
    """

    attribute: str
    title: str
    by: str = ""
    stage: str = ""
    done: int = 0
    total: int = 1
    started: float = field(default_factory=time.monotonic)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def share(self) -> float:
        """How much of the stage is done, 0 to 1."""
        return min(1.0, self.done / max(1, self.total))

    @property
    def words(self) -> str:
        """Say what is done now, how far it is, and how long it may still take."""
        spent, share = time.monotonic() - self.started, self.share
        left = spent * (1 - share) / share if share > 0 else 0.0
        rest = f", about {left:.0f} s left" if left >= 2 else ""
        return f"{self.stage or self.title} … {100 * share:.0f} %{rest}"


class RoundService:
    """What a process shares of its rounds. Safe to use from several threads.

    Parameters
    ----------
    words_of
        Returns the words of an error for a visitor.
    """

    def __init__(self, words_of: Callable[[Exception], str] = str) -> None:
        self._words_of = words_of
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rounds")
        self._lock = threading.Lock()
        self._working: dict[str, Working] = {}
        self._watchers: dict[int, Callable[[], None]] = {}
        self._next_watcher = 0

    def working(self, attribute: str) -> Working | None:
        """Give the work under way on an attribute."""
        with self._lock:
            return self._working.get(attribute)

    def start(
        self,
        attribute: str,
        title: str,
        work: Callable[[ProgressCallback], object],
        done: Callable[[str], None],
        *,
        by: str = "",
    ) -> None:
        """Begin work on an attribute; `done` hears in the same thread how it ended: "" or what went wrong.

        Raises
        ------
        ParameterError
            If other work on the attribute is under way.
        """
        with self._lock:
            other = self._working.get(attribute)
            if other is not None:
                raise ParameterError(f"{other.title} is under way here. Wait until it is done, or stop it first.")
            working = self._working[attribute] = Working(attribute, title, by)
        self._threads.submit(self._run, working, work, done)
        self._tell()

    def stop(self, attribute: str, *, by: str = "") -> None:
        """Stop the work on an attribute at its next step; nothing happens where there is none.

        Raises
        ------
        ParameterError
            If somebody else began it.
        """
        working = self.working(attribute)
        if working is not None and working.by != by:
            raise ParameterError(f"{working.title} was begun by somebody else: only they can stop it.")
        if working is not None:
            working.stop.set()

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have a callback called, from any thread, whenever work begins, moves on or ends; the result ends it."""
        with self._lock:
            key = self._next_watcher = self._next_watcher + 1
            self._watchers[key] = callback

        def forget() -> None:
            with self._lock:
                self._watchers.pop(key, None)

        return forget

    def close(self) -> None:
        """Stop all work at its next step and wait until it has ended."""
        with self._lock:
            for working in self._working.values():
                working.stop.set()
        self._threads.shutdown()

    def _run(self, working: Working, work: Callable[[ProgressCallback], object], done: Callable[[str], None]) -> None:
        told = 0.0

        def progress(step: Progress) -> None:
            nonlocal told
            if working.stop.is_set():
                raise Stopped
            if step.stage != working.stage:
                working.started = time.monotonic()
            working.stage, working.done, working.total = step.stage, step.done, step.total
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                self._tell()

        problem = ""
        try:
            work(progress)
        except Stopped:
            problem = f"{working.title} was stopped; nothing half-done was kept."
        except BamExplorerError as error:
            problem = self._words_of(error)
        except Exception:
            log.exception("%s of %s", working.title, working.attribute)
            problem = UNEXPECTED
        with self._lock:
            self._working.pop(working.attribute, None)
        done(problem)
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            watchers = list(self._watchers.items())
        for key, call in watchers:
            try:
                call()
            except Exception:  # noqa: BLE001 -- a session that just ended must not end the work of the others
                with self._lock:
                    self._watchers.pop(key, None)
