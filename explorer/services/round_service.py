"""Rounds of a process's collection: at most one for each attribute, in a thread, with progress and a stop.

All sessions of the process see the same work, so a tab that opens while a round runs shows its progress.
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
REPORT_SECONDS = 0.15
"""Time between two reports of progress. A person cannot read more."""

UNEXPECTED = "The round failed. The server's log has the details. All answers are safe. Try again."


class Stopped(Exception):  # noqa: N818 -- not an error: a person stopped the work
    """A person stopped the work."""


@dataclass(slots=True)
class Working:
    """Running work on an attribute.

    Parameters
    ----------
    attribute, title
        Its attribute, and the name of the work for people.
    stage
        The current stage.
    done, total
        Progress of the stage.
    by
        Id of the person who started it. Only this person may stop it.
    started
        Start of the stage, as monotonic time in seconds.
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
        """The share of the stage that is done, 0 to 1."""
        return min(1.0, self.done / max(1, self.total))

    @property
    def words(self) -> str:
        """Return the stage, its progress and the time left."""
        spent, share = time.monotonic() - self.started, self.share
        left = spent * (1 - share) / share if share > 0 else 0.0
        rest = f", about {left:.0f} s left" if left >= 2 else ""
        return f"{self.stage or self.title} … {100 * share:.0f} %{rest}"


class RoundService:
    """The rounds of a process. Safe to use from several threads.

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
        """Return the running work on an attribute; None for none."""
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
        """Start work on an attribute in a thread.

        At the end `done` is called in the same thread, with "" or with the words of the error.

        Raises
        ------
        ParameterError
            If other work on the attribute is running.
        """
        with self._lock:
            other = self._working.get(attribute)
            if other is not None:
                raise ParameterError(f"{other.title} is under way here. Wait until it ends, or stop it first.")
            working = self._working[attribute] = Working(attribute, title, by)
        self._threads.submit(self._run, working, work, done)
        self._notify()

    def stop(self, attribute: str, *, by: str = "") -> None:
        """Stop the work on an attribute at its next step. Without running work nothing happens.

        Raises
        ------
        ParameterError
            If another person started it.
        """
        working = self.working(attribute)
        if working is not None and working.by != by:
            raise ParameterError(f"{working.title} was started by another person. Only they can stop it.")
        if working is not None:
            working.stop.set()

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call a callback, from any thread, when work starts, makes progress or ends. The result ends the watch."""
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
        reported = 0.0

        def progress(step: Progress) -> None:
            nonlocal reported
            if working.stop.is_set():
                raise Stopped
            if step.stage != working.stage:
                working.started = time.monotonic()
            working.stage, working.done, working.total = step.stage, step.done, step.total
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                self._notify()

        problem = ""
        try:
            work(progress)
        except Stopped:
            problem = f"{working.title} was stopped. Nothing of it was kept."
        except BamExplorerError as error:
            problem = self._words_of(error)
        except Exception:
            log.exception("%s of %s", working.title, working.attribute)
            problem = UNEXPECTED
        with self._lock:
            self._working.pop(working.attribute, None)
        done(problem)
        self._notify()

    def _notify(self) -> None:
        with self._lock:
            watchers = list(self._watchers.items())
        for key, call in watchers:
            try:
                call()
            except Exception:  # noqa: BLE001 -- a session that just ended must not end the work of the others
                with self._lock:
                    self._watchers.pop(key, None)
