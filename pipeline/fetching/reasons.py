"""Why a link gave no picture: short stable words, and which of them may be otherwise tomorrow. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["TRANSIENT", "Reason"]


class Reason(StrEnum):
    """The reason in the row of a link that failed."""

    BAD_ADDRESS = "bad_address"
    """The text is no address of the web, or is spelled in a way that programs read differently."""
    SCHEME = "scheme"
    """The address, or the one it was redirected to, begins with something other than http or https."""
    PRIVATE_ADDRESS = "private_address"
    """The host is this machine, a private network, a metadata service or another address that is not public."""
    NO_SUCH_HOST = "no_such_host"
    UNREACHABLE = "unreachable"
    """The host refused the connection, or no route leads to it."""
    CONNECT_TIMEOUT = "connect_timeout"
    CERTIFICATE = "certificate"
    """The certificate of the host is not valid for its name, has expired, or is signed by nobody who is trusted."""
    TLS = "tls"
    HOST_DOWN = "host_down"
    """Not requested, because the host did not answer for a long time."""
    ROBOTS = "robots"
    """The host's robots.txt forbids it, or could not be read."""
    NO_ANSWER = "no_answer"
    """No answer began within the time that is allowed."""
    STALLED = "stalled"
    """The answer began, and then no byte came for too long."""
    TOO_SLOW = "too_slow"
    """The answer was not complete within the time that is allowed."""
    DROPPED = "dropped"
    """The host closed the connection before the answer began."""
    INCOMPLETE = "incomplete"
    """The host closed the connection before the answer was complete."""
    PROTOCOL = "protocol"
    """The answer breaks the rules of HTTP, or its header is too large."""
    NOT_FOUND = "not_found"
    """Status 404 or 410."""
    FORBIDDEN = "forbidden"
    """Status 401, 403, 407 or 451."""
    RATE_LIMITED = "rate_limited"
    """The host said to wait: status 429, or 503 with a time."""
    SERVER_ERROR = "server_error"
    """Status 408, 425 or 500 and above."""
    HTTP_STATUS = "http_status"
    """Another status that brings no picture."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_REDIRECT = "bad_redirect"
    """A redirect without an address."""
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    """More bytes than allowed, counted after unpacking."""
    ENCODING = "encoding"
    """The answer is packed in a way that was not asked for, or cannot be unpacked."""
    HTML_PAGE = "html_page"
    """A page, usually one that reports an error, in place of a picture."""
    NOT_A_PICTURE = "not_a_picture"


TRANSIENT: Final = frozenset(
    {
        Reason.NO_SUCH_HOST,
        Reason.UNREACHABLE,
        Reason.CONNECT_TIMEOUT,
        Reason.TLS,
        Reason.HOST_DOWN,
        Reason.NO_ANSWER,
        Reason.STALLED,
        Reason.TOO_SLOW,
        Reason.DROPPED,
        Reason.INCOMPLETE,
        Reason.PROTOCOL,
        Reason.RATE_LIMITED,
        Reason.SERVER_ERROR,
    }
)
"""Reasons that may pass: an outage, a busy host. The others will most likely be the same next time."""
