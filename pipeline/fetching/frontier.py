"""Decide which link is requested next: queues, pace and pauses of each host. Pure; the caller brings the time.

Hosts take turns. A host has at most so many requests under way, at most so many a second, and none while it said to
wait. A host that has not answered for a long time is given up: its links fail without a request, and one of them is let
through from time to time. All operations cost the logarithm of the number of hosts at most.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field

from pipeline.errors import LinkError
from pipeline.fetching.addresses import Address
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import Link, Politeness

__all__ = ["Frontier", "Job"]

DOWN_AFTER = 20
"""Failures to reach a host, with no answer between them, before it may be given up."""
SILENT_SECONDS = 300.0
"""Seconds since the last answer of a host that answered before, until it may be given up."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 600.0
"""Seconds until a host that was given up is tried again, doubled each time."""
MOST_HOSTS = 20_000
"""Hosts that are remembered, unless more than these have links that wait."""


@dataclass(slots=True)
class Job:
    """A link on its way.

    Parameters
    ----------
    link
        The link.
    address
        What is requested next: the link's address, or where it was redirected to.
    redirects, tries, waits
        Redirects followed, requests that failed, requests answered by "wait".
    began
        When the first request began; None before it.
    """

    link: Link
    address: Address
    redirects: int = 0
    tries: int = 0
    waits: int = 0
    began: float | None = None


@dataclass(slots=True)
class _Host:
    queue: deque[Job] = field(default_factory=deque)
    active: int = 0
    scheduled: bool = False
    next_time: float = 0.0
    paused_until: float = 0.0
    failures: int = 0
    answered_at: float | None = None
    closed_until: float = 0.0
    closures: int = 0
    closed: LinkError | None = None

    def is_idle(self, now: float) -> bool:
        """Return whether nothing would be lost if it were forgotten."""
        busy = self.queue or self.active or self.failures or self.closed
        return not busy and max(self.next_time, self.paused_until) <= now


class Frontier:
    """The links that wait, by host.

    Parameters
    ----------
    politeness
        Limits of each host.
    """

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._gap = 1.0 / politeness.host_rate if politeness.host_rate else 0.0
        self._hosts: dict[str, _Host] = {}
        self._ready: list[tuple[float, int, str]] = []
        self._later: list[tuple[float, int, Job]] = []
        self._order = itertools.count()

    def add(self, job: Job, now: float, *, after: float = 0.0, first: bool = False) -> None:
        """Add a link.

        Parameters
        ----------
        job
            The link.
        now
            The time in seconds; any clock that never goes back.
        after
            Seconds before which it is not requested.
        first
            Whether it comes before the links of its host that wait already.
        """
        if after > 0:
            heapq.heappush(self._later, (now + after, next(self._order), job))
            return
        host = self._hosts.setdefault(job.address.host, _Host())
        if first:
            host.queue.appendleft(job)
        else:
            host.queue.append(job)
        self._schedule(job.address.host, host, now)

    def take(self, now: float) -> tuple[Job, LinkError | None] | None:
        """Take the next link out.

        Returns
        -------
        tuple or None
            The link, and None if it is to be requested: then call `done` when that has ended. With an error the link
            has failed without a request. None alone if nothing is ready.
        """
        while self._later and self._later[0][0] <= now:
            self.add(heapq.heappop(self._later)[2], now, first=True)
        while self._ready and self._ready[0][0] <= now:
            name = heapq.heappop(self._ready)[2]
            host = self._hosts[name]
            host.scheduled = False
            closed = host.closed_until > now
            if not host.queue or (host.active >= self._allowed(host) and not closed):
                continue
            if self._time_of(host, now) > now and not closed:
                self._schedule(name, host, now)
                continue
            job = host.queue.popleft()
            if not closed:
                host.active += 1
                host.next_time = max(host.next_time, now) + self._gap
            self._schedule(name, host, now)
            return job, host.closed if closed else None
        return None

    def done(self, name: str, now: float, *, answered: bool | None) -> None:
        """Say that a request to a host has ended.

        Parameters
        ----------
        name
            The host.
        now
            The time.
        answered
            Whether the host answered, well or badly; None if that cannot be said.
        """
        host = self._hosts[name]
        host.active -= 1
        if answered:
            host.failures, host.closures, host.answered_at = 0, 0, now
            if host.closed and host.closed.reason == Reason.HOST_DOWN:
                host.closed, host.closed_until = None, 0.0
        elif answered is False:
            host.failures += 1
            silent = host.answered_at is None or now - host.answered_at > SILENT_SECONDS
            if host.failures >= DOWN_AFTER and silent:
                pause = min(FIRST_PAUSE * 2**host.closures, LONGEST_PAUSE)
                host.closures = min(host.closures + 1, 10)
                message = f"The host did not answer {host.failures:,} requests in a row, and was not asked again."
                self.close(name, now, pause, LinkError(message, reason=Reason.HOST_DOWN))
        self._schedule(name, host, now)
        if host.is_idle(now) and not host.scheduled:
            del self._hosts[name]
        elif len(self._hosts) > MOST_HOSTS:
            self._forget()

    def pause(self, name: str, now: float, seconds: float) -> None:
        """Request nothing from a host for some seconds. Call it while a request to the host is under way."""
        host = self._hosts[name]
        host.paused_until = max(host.paused_until, now + seconds)

    def close(self, name: str, now: float, seconds: float, error: LinkError) -> None:
        """Give a host up for some seconds; its links fail with an error."""
        host = self._hosts[name]
        host.closed, host.closed_until = error, max(host.closed_until, now + seconds)
        self._schedule(name, host, now)

    def pace(self, name: str, gap: float) -> None:
        """Leave at least so many seconds between two requests to a host from now on, once."""
        host = self._hosts[name]
        host.next_time += max(0.0, gap - self._gap)

    def wait(self, now: float) -> float:
        """Return the seconds until a link may become ready; infinity if only the end of a request can make one so."""
        times = [heap[0][0] for heap in (self._ready, self._later) if heap]
        return max(0.0, min(times) - now) if times else float("inf")

    def __len__(self) -> int:
        """Return the number of hosts that are known at the moment."""
        return len(self._hosts)

    def _allowed(self, host: _Host) -> int:
        """Return how many requests may be under way: a host that was given up gets one, to see whether it is back."""
        return 1 if host.closures else self._politeness.host_requests

    def _time_of(self, host: _Host, now: float) -> float:
        return now if host.closed_until > now else max(host.next_time, host.paused_until, now)

    def _schedule(self, name: str, host: _Host, now: float) -> None:
        free = host.active < self._allowed(host) or host.closed_until > now
        if host.queue and free and not host.scheduled:
            host.scheduled = True
            heapq.heappush(self._ready, (self._time_of(host, now), next(self._order), name))

    def _forget(self) -> None:
        """Forget the hosts without a link, also those that failed: memory is bounded whatever the list holds."""
        for name in [name for name, host in self._hosts.items() if not (host.queue or host.active or host.scheduled)]:
            del self._hosts[name]
