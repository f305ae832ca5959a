"""What the ``robots.txt`` of hosts allows (RFC 9309). Uses the network.

The rules are those of `urllib.robotparser`: prefixes of paths, without wildcards. A host without the file allows
everything. A host whose file cannot be read allows nothing, as the RFC says.
"""

from __future__ import annotations

import asyncio
from urllib.robotparser import RobotFileParser

from cachetools import LRUCache

from pipeline.errors import LinkError
from pipeline.fetching.addresses import Address
from pipeline.fetching.reasons import Reason
from pipeline.fetching.requests import Requester

__all__ = ["MOST_BYTES", "Robots"]

MOST_BYTES = 500 * 1024
"""Bytes of a file that are read, as many as the RFC asks for."""
REMEMBERED = 2048
REDIRECTS = 5
LONGEST_GAP = 60.0


class Robots:
    """The rules of all hosts of a run.

    Parameters
    ----------
    requester
        Makes the requests; so these files come from checked addresses too.
    user_agent
        The name that the rules are looked up for.
    """

    def __init__(self, requester: Requester, user_agent: str) -> None:
        self._requester = requester
        self._user_agent = user_agent
        self._rules: LRUCache[tuple[str, str, int], RobotFileParser | None] = LRUCache(REMEMBERED)
        self._reading: dict[tuple[str, str, int], asyncio.Task[RobotFileParser | None]] = {}

    async def check(self, address: Address) -> float:
        """Look an address up.

        Returns
        -------
        float
            Seconds that the host wants between two requests; 0 if it does not say.

        Raises
        ------
        LinkError
            Reason ``robots`` if the host forbids the address, or its file cannot be read.
        """
        rules = await self._rules_of(address)
        if rules is None:
            message = "The robots.txt of the host cannot be read, which forbids everything."
            raise LinkError(message, reason=Reason.ROBOTS)
        if not rules.can_fetch(self._user_agent, address.url):
            raise LinkError("The robots.txt of the host forbids this address.", reason=Reason.ROBOTS)
        return min(float(rules.crawl_delay(self._user_agent) or 0), LONGEST_GAP)

    async def _rules_of(self, address: Address) -> RobotFileParser | None:
        origin = address.origin
        if origin in self._rules:
            return self._rules[origin]
        if origin not in self._reading:  # several links of a host may ask at once, and one request serves them all
            task = asyncio.create_task(self._read(Address(*origin, target="/robots.txt")))
            self._reading[origin] = task
            task.add_done_callback(lambda done: (self._reading.pop(origin, None), done.cancelled() or done.exception()))
        rules = await asyncio.shield(self._reading[origin])
        self._rules[origin] = rules
        return rules

    async def _read(self, address: Address) -> RobotFileParser | None:
        """Return the rules, or None where they cannot be read."""
        rules = RobotFileParser()
        try:
            for _ in range(REDIRECTS + 1):
                status, found = await self._requester.small_text(address, MOST_BYTES)
                if not isinstance(found, Address):
                    break
                address = found
            else:
                return None
        except LinkError as error:
            if error.reason == Reason.PRIVATE_ADDRESS:
                raise
            return None
        if 400 <= status < 500 and status != 429:
            found = b""
        elif status != 200:
            return None
        rules.parse(found.decode("utf-8", "replace").splitlines())
        rules.modified()  # without a time of reading, every answer is no
        return rules
