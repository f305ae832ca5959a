"""All requests of a run: an event loop in a thread of its own, fed and emptied by the thread that fetches.

The caller's thread hands links over and takes outcomes out. So the caller's list, its callbacks and the database are
used in the caller's own thread, a slow disk does not hold up the network, and a caller with a running event loop, such
as a notebook, can fetch too.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
from collections.abc import Sequence
from contextlib import aclosing, suppress
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from pipeline.errors import FetchError, LinkError
from pipeline.fetching.address_rules import kind_of
from pipeline.fetching.addresses import Address
from pipeline.fetching.connecting import SystemResolver, connection_maker
from pipeline.fetching.connections import Connections
from pipeline.fetching.frontier import Frontier, Job
from pipeline.fetching.reasons import Reason
from pipeline.fetching.records import Arrival, Failure, FetchOptions, Outcome
from pipeline.fetching.requests import HostWaitsError, Received, Requester
from pipeline.fetching.robots import Robots
from pipeline.text.plain_text import plain

__all__ = ["Traffic"]

_UNANSWERED = frozenset(
    {
        Reason.NO_SUCH_HOST,
        Reason.UNREACHABLE,
        Reason.CONNECT_TIMEOUT,
        Reason.CERTIFICATE,
        Reason.TLS,
        Reason.NO_ANSWER,
        Reason.DROPPED,
        Reason.STALLED,
    }
)
"""Reasons that count towards giving a host up."""
_TRIED_AGAIN = frozenset(
    {
        Reason.NO_SUCH_HOST,
        Reason.UNREACHABLE,
        Reason.CONNECT_TIMEOUT,
        Reason.TLS,
        Reason.NO_ANSWER,
        Reason.STALLED,
        Reason.DROPPED,
        Reason.INCOMPLETE,
        Reason.PROTOCOL,
        Reason.SERVER_ERROR,
    }
)
"""Reasons for which a link is requested again in the same run."""
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal")


class Traffic:
    """The requests under way. Use it as a context.

    Parameters
    ----------
    parts
        Folder of files that are being received.
    options
        Options of the fetch.

    Attributes
    ----------
    outcomes
        What became of the links, in the order in which they ended. An exception in it ends the run.

    Raises
    ------
    FetchError
        On entering, if the options name a file or proxy that cannot be used.
    """

    def __init__(self, parts: Path, options: FetchOptions) -> None:
        self.outcomes: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
        self._parts = parts
        self._options = options
        self._frontier = Frontier(options.politeness)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetching", daemon=True)
        self._jitter = random.Random(0)  # noqa: S311 -- spreads requests over time; nothing secret
        self._own_resolver = SystemResolver() if options.resolve is None else None
        make = connection_maker(options, options.resolve or self._own_resolver)  # type: ignore[arg-type]
        self._connections = Connections(make, options.politeness.requests)
        self._requester = Requester(self._connections, options.limits, options.user_agent)
        self._robots = Robots(self._requester, options.user_agent) if options.politeness.robots else None

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End all requests and wait for that; no outcome comes after it."""
        self._stopping = True
        self._nudge()
        self._thread.join()
        if self._own_resolver is not None:
            self._own_resolver.close()

    def add(self, jobs: Sequence[Job]) -> None:
        """Hand links over; returns at once."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and the reason is among the outcomes
                self._loop.call_soon_threadsafe(self._accept, list(jobs))

    def _nudge(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)

    def _accept(self, jobs: Sequence[Job]) -> None:
        now = monotonic()
        for job in jobs:
            self._frontier.add(job, now)
        self._wake.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 -- handed to the thread that fetches, which raises it
            self.outcomes.put(error)
        finally:
            self._started.set()

    async def _serve(self) -> None:
        """Start requests whenever one is ready and fewer than the allowed number are under way."""
        self._loop = asyncio.get_running_loop()
        self._started.set()
        most = self._options.politeness.requests
        async with aclosing(self._connections), asyncio.TaskGroup() as group:
            tasks: set[asyncio.Task[None]] = set()
            while not self._stopping:
                self._wake.clear()
                while len(tasks) < most and (turn := self._frontier.take(monotonic())) is not None:
                    job, error = turn
                    if error is not None:
                        self._fail(job, error)
                        continue
                    task = group.create_task(self._handle(job))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    task.add_done_callback(lambda _: self._wake.set())
                wait = self._frontier.wait(monotonic()) if len(tasks) < most else float("inf")
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == float("inf") else wait):
                        await self._wake.wait()
            for task in tasks:
                task.cancel()

    async def _handle(self, job: Job) -> None:
        """Make one request for a link, and decide what happens to the link then."""
        host = job.address.host
        if job.began is None:
            job.began = monotonic()
        answered: bool | None = None
        try:
            result = await self._request(job)
            answered = True
            self._take_result(job, result)
        except HostWaitsError as error:
            answered = True
            self._wait_for_host(job, host, error)
        except LinkError as error:
            if error.status:
                answered = True
            elif error.reason in _UNANSWERED:
                answered = False
            self._try_again(job, error)
        except FetchError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a hostile answer brings about must not end the run
            message = f"The answer cannot be read ({type(error).__name__}: {plain(str(error))[:120]})."
            self._try_again(job, LinkError(message, reason=Reason.PROTOCOL))
        finally:
            self._frontier.done(host, monotonic(), answered=answered)

    async def _request(self, job: Job) -> Received | Address:
        if self._options.proxy is not None and not self._options.allow_private:
            _check_for_proxy(job.address)
        if self._robots is not None:
            self._frontier.pace(job.address.host, await self._robots.check(job.address))
        return await self._requester.picture(job.address, self._part(job))

    def _take_result(self, job: Job, result: Received | Address) -> None:
        if isinstance(result, Address):
            job.redirects += 1
            if job.redirects > self._options.limits.redirects:
                message = f"The address was redirected more than {self._options.limits.redirects} times."
                raise LinkError(message, reason=Reason.TOO_MANY_REDIRECTS)
            job.address = result
            self._frontier.add(job, monotonic(), first=True)
            return
        self.outcomes.put(
            Arrival(
                job.link,
                self._part(job),
                result.size,
                result.sha256,
                result.image_format,
                result.status,
                job.tries + job.waits + 1,
                self._seconds(job),
            )
        )

    def _wait_for_host(self, job: Job, host: str, error: HostWaitsError) -> None:
        """Pause the host for the seconds that it asked for, or give it up if they are too many."""
        rules, now = self._options.politeness, monotonic()
        job.waits += 1
        if error.seconds is not None and error.seconds > rules.longest_wait:
            self._frontier.close(host, now, error.seconds, error)
        elif job.waits <= rules.waits:
            # A host that names no time may mean this link only: this link waits longer each time, the host once.
            again = min(rules.backoff * 2 ** (job.waits - 1), rules.longest_wait) if error.seconds is None else 0.0
            self._frontier.pause(host, now, rules.backoff if error.seconds is None else error.seconds)
            self._frontier.add(job, now, after=again, first=True)
            return
        self._fail(job, error)

    def _try_again(self, job: Job, error: LinkError) -> None:
        rules = self._options.politeness
        job.tries += 1
        if error.reason in _TRIED_AGAIN and job.tries < rules.tries:
            pause = rules.backoff * 2 ** (job.tries - 1) * self._jitter.uniform(0.75, 1.25)
            self._frontier.add(job, monotonic(), after=min(pause, rules.longest_wait))
        else:
            self._fail(job, error)

    def _fail(self, job: Job, error: LinkError) -> None:
        tries = job.tries + job.waits
        self.outcomes.put(Failure(job.link, Reason(error.reason), str(error), error.status, tries, self._seconds(job)))

    def _part(self, job: Job) -> Path:
        return self._parts / f"{job.link.key:016x}"

    @staticmethod
    def _seconds(job: Job) -> float:
        return 0.0 if job.began is None else monotonic() - job.began


def _check_for_proxy(address: Address) -> None:
    """Refuse what can be known without looking the name up, which the proxy does."""
    try:
        kind = kind_of(str(ip_address(address.host)))
    except ValueError:
        local = address.host == _LOCAL_NAMES[0] or address.host.endswith(_LOCAL_NAMES[1:])
        kind = "a local name" if local else ""
    if kind:
        message = f"{plain(address.host)} is {kind}. Only public addresses are fetched from."
        raise LinkError(message, reason=Reason.PRIVATE_ADDRESS)
