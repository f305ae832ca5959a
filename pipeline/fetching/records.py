"""Links to fetch, the options of a fetch, and what became of each link. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pipeline import __version__
from pipeline.errors import ParameterError
from pipeline.fetching.reasons import TRANSIENT, Reason

__all__ = [
    "Arrival",
    "Failure",
    "FetchLimits",
    "FetchOptions",
    "FetchReport",
    "Link",
    "LinkRecord",
    "LinkState",
    "Outcome",
    "Politeness",
    "Resolve",
    "TryAgain",
]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Function that returns the numeric addresses of a host and port."""

LARGEST_KEY: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Link:
    """One picture to fetch.

    Parameters
    ----------
    key
        Identity of the image, 0 to 2^63 - 1. Each key stands once in a list.
    url
        Its address, as the source has it.

    Raises
    ------
    ParameterError
        If the key is out of range.
    """

    key: int
    url: str

    def __post_init__(self) -> None:
        if not 0 <= self.key <= LARGEST_KEY:
            raise ParameterError(f"key={self.key}: the identity of an image is a number from 0 to 2^63 - 1.")


class TryAgain(StrEnum):
    """Which links are tried again that failed in an earlier run."""

    NONE = "none"
    TRANSIENT = "transient"
    """Those whose reason may have passed: outages, busy hosts."""
    ALL = "all"

    def includes(self, reason: str) -> bool:
        """Return whether a link that failed for a reason is tried again."""
        return self is TryAgain.ALL or (self is TryAgain.TRANSIENT and reason in TRANSIENT)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of one answer. Times are in seconds.

    Parameters
    ----------
    max_bytes
        Bytes of a picture, as received and after unpacking. What the header claims is not trusted.
    connect
        For finding the host, connecting and agreeing on TLS.
    answer
        From the request to the end of the header of the answer.
    stall
        Between two pieces of the answer.
    whole
        From the request to the end of the answer.
    redirects
        Redirects that are followed.

    Raises
    ------
    ParameterError
        If a number is out of range.
    """

    max_bytes: int = 200_000_000
    connect: float = 10.0
    answer: float = 20.0
    stall: float = 20.0
    whole: float = 180.0
    redirects: int = 5

    def __post_init__(self) -> None:
        for name in ("max_bytes", "connect", "answer", "stall", "whole"):
            _above_zero(name, getattr(self, name))
        _from(0, "redirects", self.redirects)


@dataclass(frozen=True, slots=True)
class Politeness:
    """How much is asked of a host, and how often.

    Parameters
    ----------
    requests
        Requests under way at a time, over all hosts.
    host_requests
        Requests under way at a time to one host; never more connections than that.
    host_rate
        Requests a second to one host; None for no limit.
    tries
        Times that a link is requested while the host fails.
    waits
        Times that a link is requested again because the host said to wait.
    backoff
        Seconds before the second try; doubled for each further one.
    longest_wait
        Seconds. A host that says to wait longer is not asked again in this run.
    robots
        Whether ``robots.txt`` of each host is read and obeyed. A list of links is the choice of a person, not of a
        crawler that follows links by itself, so it is off unless requested.

    Raises
    ------
    ParameterError
        If a number is out of range.
    """

    requests: int = 64
    host_requests: int = 6
    host_rate: float | None = 50.0
    tries: int = 3
    waits: int = 10
    backoff: float = 1.0
    longest_wait: float = 120.0
    robots: bool = False

    def __post_init__(self) -> None:
        for name in ("requests", "host_requests", "tries"):
            _from(1, name, getattr(self, name))
        _from(0, "waits", self.waits)
        for name in ("backoff", "longest_wait"):
            _above_zero(name, getattr(self, name))
        if self.host_rate is not None:
            _above_zero("host_rate", self.host_rate)


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Options of a fetch.

    Parameters
    ----------
    limits, politeness
        See there.
    try_again
        Which links that failed in an earlier run are tried again.
    allow_private
        Whether hosts may have addresses of this machine, of private networks and of metadata services. Only for links
        that you trust: a list from outside could make requests inside your network in your name.
    proxy
        Address of an HTTP proxy, or None. Proxies that the environment names are not used: behind a proxy the program
        cannot check which address a host has. With a proxy, only numeric hosts are checked.
    certificates
        A PEM file of the authorities to trust in place of the usual ones, or None.
    user_agent
        How the program introduces itself. Some hosts require a way to contact you in it.
    resolve
        Function that finds the addresses of a host; None for the system's.

    Raises
    ------
    ParameterError
        If `user_agent` cannot be sent.
    """

    limits: FetchLimits = field(default_factory=FetchLimits)
    politeness: Politeness = field(default_factory=Politeness)
    try_again: TryAgain = TryAgain.NONE
    allow_private: bool = False
    proxy: str | None = None
    certificates: Path | None = None
    user_agent: str = f"bam-explorer/{__version__}"
    resolve: Resolve | None = None

    def __post_init__(self) -> None:
        if not (self.user_agent.isascii() and self.user_agent.isprintable() and self.user_agent.strip()):
            raise ParameterError(f"user_agent={self.user_agent[:80]!r}: use visible ASCII characters.")

    def tries_again(self, reason: str) -> bool:
        """Return whether a link that failed for a reason in an earlier run is tried again.

        One that a rule of the options refused is also tried again if that rule is off now, except with `TryAgain.NONE`.
        """
        is_allowed_now = (reason == Reason.PRIVATE_ADDRESS and self.allow_private) or (
            reason == Reason.ROBOTS and not self.politeness.robots
        )
        return self.try_again.includes(reason) or (self.try_again is not TryAgain.NONE and is_allowed_now)


class LinkState(StrEnum):
    """What became of a link."""

    ARRIVED = "arrived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A picture that was received whole and waits under a temporary name.

    Parameters
    ----------
    link
        Its link.
    part
        The file that holds it.
    size
        Bytes, unpacked.
    sha256
        Of these bytes.
    image_format
        As `pipeline.images.formats.detection.format_of` names it.
    status, tries, seconds
        Status of the answer, requests that it took, and seconds from the first request to the end.
    """

    link: Link
    part: Path
    size: int
    sha256: bytes
    image_format: str
    status: int
    tries: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A link that gave no picture.

    Parameters
    ----------
    link
        The link.
    reason
        Why.
    told
        A sentence for people.
    status
        Status of the last answer; 0 if none came.
    tries, seconds
        As for `Arrival`.
    """

    link: Link
    reason: Reason
    told: str
    status: int
    tries: int
    seconds: float


Outcome = Arrival | Failure


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """The row of one link.

    Parameters
    ----------
    key, url
        The link.
    state
        Whether it arrived or failed.
    reason
        A word of `Reason`; "" for a picture that arrived.
    status
        Status of the last answer; 0 if none came.
    told
        A sentence about the failure, or "".
    size
        Bytes of the picture; 0 without one.
    image_format
        Format of the picture, or "".
    sha256
        Hexadecimal digest of the picture, or "".
    tries, seconds
        Requests that it took, and seconds from the first request to the end.
    at
        When this became known: seconds since 1970.
    """

    key: int
    url: str
    state: LinkState
    reason: str
    status: int
    told: str
    size: int
    image_format: str
    sha256: str
    tries: int
    seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class FetchReport:
    """The result of a run.

    Parameters
    ----------
    links
        Links that were read from the list.
    arrived, failed
        Links of this run that gave a picture, and that gave none.
    kept
        Links whose picture was there already.
    left
        Links that failed in an earlier run and were not tried again.
    repeated
        Links whose key had stood in the list before.
    reasons
        Number of links that failed in this run, by reason, the most frequent first.
    size
        Bytes of the pictures that arrived in this run.
    seconds
        Duration of the run.
    stopped
        Whether it was stopped before the end of the list.
    robots
        Whether ``robots.txt`` was obeyed.
    """

    links: int
    arrived: int
    failed: int
    kept: int
    left: int
    repeated: int
    reasons: Mapping[str, int]
    size: int
    seconds: float
    stopped: bool
    robots: bool


def _above_zero(name: str, value: float) -> None:
    if not 0 < value < float("inf"):
        raise ParameterError(f"{name}={value}: it must be above 0.")


def _from(least: int, name: str, value: int) -> None:
    if value < least:
        raise ParameterError(f"{name}={value}: it must be at least {least}.")
