"""Fetch a list of links into a folder, and go on where an earlier run ended. Uses the network and the disk."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import length_hint
from pathlib import Path
from time import monotonic

from pipeline.errors import FetchError, LinkError
from pipeline.fetching.addresses import parse_address
from pipeline.fetching.frontier import Job
from pipeline.fetching.journal import Journal
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import Arrival, Failure, FetchOptions, FetchReport, Link, Outcome
from pipeline.fetching.traffic import Traffic
from pipeline.progress import Progress, ProgressCallback

__all__ = ["fetch"]

WINDOW = 8192
"""Links that are under way or wait for their host, at most. They are all that is held in memory."""
READ_AT_ONCE = 256
COMMIT_SECONDS, MOST_COMMITTED = 0.25, 512
"""Outcomes are made durable together: after this time, or when there are this many."""


def fetch(
    links: Iterable[Link],
    into: Path,
    options: FetchOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    cancel: Callable[[], bool] | None = None,
) -> FetchReport:
    """Fetch pictures.

    A link whose picture is there already is not requested again. A link that failed in an earlier run is not either,
    unless `options` say so. A link whose address has changed since is fetched again. The run may be killed at any
    moment: the next one goes on.

    Parameters
    ----------
    links
        What to fetch, each key once. It is read as the run goes on, in this thread, and never held as a whole.
    into
        The folder to fetch into: see `pipeline.fetching.journal`.
    options
        Limits, politeness and safety.
    progress
        Called a few times a second, in this thread. It can raise to end the run.
    cancel
        Called a few times a second. The run ends when it returns True.

    Returns
    -------
    FetchReport
        Sums of this run. `pipeline.fetching.report` reads the rows of all links.

    Raises
    ------
    FetchError
        If the folder cannot be written, another process fetches into it, or the options name an unusable file or proxy.
    """
    options = options or FetchOptions()
    with Journal(into) as journal, Traffic(journal.parts, options) as traffic:
        run = _Run(journal, traffic, options, length_hint(links, 0))
        return run.through(links, progress, cancel)


class _Run:
    """One run: the links that are under way, and the sums."""

    def __init__(self, journal: Journal, traffic: Traffic, options: FetchOptions, expected: int) -> None:
        self._journal = journal
        self._traffic = traffic
        self._options = options
        self._expected = expected
        self._under_way: set[int] = set()
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._bad: list[Outcome] = []
        self._size = 0
        self._began = monotonic()

    def through(
        self, links: Iterable[Link], progress: ProgressCallback | None, cancel: Callable[[], bool] | None
    ) -> FetchReport:
        """Fetch until the list has ended, or until it is cancelled."""
        waiting = iter(links)
        try:
            stopped = self._loop(waiting, progress, cancel)
        except FetchError:
            raise
        except BaseException:  # a callback or Ctrl-C ended the run
            self._stop()
            raise
        if stopped:
            self._stop()
        return self._report(stopped=stopped)

    def _loop(
        self, waiting: Iterator[Link], progress: ProgressCallback | None, cancel: Callable[[], bool] | None
    ) -> bool:
        """Read, collect and settle in turns; return whether the run was cancelled."""
        more, stopped = True, False
        while (more or self._under_way or self._bad) and not stopped:
            if more:
                more = self._read(waiting)
            outcomes = self._collect(wait=len(self._under_way) >= WINDOW or not more)
            self._settle(outcomes)
            if progress is not None:
                progress(self._progress())
            stopped = cancel is not None and cancel()
        return stopped

    def _stop(self) -> None:
        """End the requests, and settle what has come, so that it is not fetched again."""
        self._traffic.stop()
        while outcomes := list(self._ready()):
            self._settle(outcomes)

    def _read(self, waiting: Iterator[Link]) -> bool:
        """Hand links over until enough are under way; return whether the list may hold more."""
        end = monotonic() + COMMIT_SECONDS
        while len(self._under_way) < WINDOW and monotonic() < end:
            block = list(islice(waiting, READ_AT_ONCE))
            if not block:
                return False
            self._start(block)
        return True

    def _start(self, block: Sequence[Link]) -> None:
        """Leave out the links that need no request, and hand the others over."""
        known = self._journal.known(block)
        jobs, bad = [], []
        self._counts["links"] += len(block)
        for link in block:
            before = known.get(link.key)
            if link.key in self._under_way or (before is not None and self._journal.is_of_this_run(before)):
                self._counts["repeated"] += 1
            elif before is not None and before.url == link.url and before.state == "arrived":
                self._counts["kept"] += 1
            elif before is not None and before.url == link.url and not self._options.tries_again(before.reason):
                self._counts["left"] += 1
            else:
                self._under_way.add(link.key)
                try:
                    jobs.append(Job(link, parse_address(link.url)))
                except LinkError as error:
                    bad.append(Failure(link, Reason(error.reason), str(error), 0, 0, 0.0))
        self._bad += bad
        self._traffic.add(jobs)

    def _collect(self, *, wait: bool) -> list[Outcome]:
        """Return the outcomes since the last time, and wait for some of them."""
        found = [*self._bad, *self._ready()]
        self._bad = []
        end = monotonic() + COMMIT_SECONDS
        while wait and self._under_way and len(found) < MOST_COMMITTED and (left := end - monotonic()) > 0:
            try:
                found.append(_checked(self._traffic.outcomes.get(timeout=left)))
            except queue.Empty:
                break
        return found

    def _ready(self) -> Iterator[Outcome]:
        for _ in range(MOST_COMMITTED):
            try:
                yield _checked(self._traffic.outcomes.get_nowait())
            except queue.Empty:
                return

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Make outcomes durable, and count them."""
        if not outcomes:
            return
        self._journal.commit(outcomes)
        for outcome in outcomes:
            self._under_way.discard(outcome.link.key)
            if isinstance(outcome, Arrival):
                self._counts["arrived"] += 1
                self._size += outcome.size
            else:
                self._counts["failed"] += 1
                self._reasons[outcome.reason.value] += 1

    def _progress(self) -> Progress:
        done = self._counts["links"] - len(self._under_way)
        failed = self._counts["failed"]
        note = f"{failed:,} failed" if failed else ""
        return Progress("Fetching links", done, max(self._expected, 0), unit="links", note=note)

    def _report(self, *, stopped: bool) -> FetchReport:
        counts = self._counts
        return FetchReport(
            links=counts["links"],
            arrived=counts["arrived"],
            failed=counts["failed"],
            kept=counts["kept"],
            left=counts["left"],
            repeated=counts["repeated"],
            reasons=dict(sorted(self._reasons.items(), key=lambda item: (-item[1], item[0]))),
            size=self._size,
            seconds=monotonic() - self._began,
            stopped=stopped,
            robots=self._options.politeness.robots,
        )


def _checked(found: Outcome | BaseException) -> Outcome:
    """Return an outcome; raise what ended the requests."""
    if isinstance(found, BaseExceptionGroup):
        errors, _ = found.split(FetchError)
        raise errors.exceptions[0] if errors is not None else found
    if isinstance(found, BaseException):
        raise found
    return found
