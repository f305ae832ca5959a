"""Who may ask this server for something: names it answers to, pages that may speak to it, headers of every answer.

Text in, text out: nothing here knows Tornado. What a browser sends cannot be trusted, but a web page that somebody has
open cannot forge ``Host``, ``Origin`` or ``Sec-Fetch-*`` either: its browser writes them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pipeline.errors import ParameterError

__all__ = ["Visitors", "answer_headers", "content_policy", "names_of", "public_name", "refuses_fetch"]

LONGEST_NAME = 253 + 6
"""Letters of a host's name (RFC 1035, 2.3.4) and of a port."""

_NAME = re.compile(r"(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_*](?:[a-z0-9_.*-]*[a-z0-9_*])?)(?::(?:[0-9]{1,5}|\*))?")
_SCHEME_PORTS = {"http": "80", "https": "443"}
_LOOPBACK = "localhost"


@dataclass(frozen=True, slots=True)
class Visitors:
    """The names under which people reach this server.

    Parameters
    ----------
    names
        ``HOST[:PORT]`` beside those of this machine; ``*`` stands for any run of letters.
    option
        The option of the command that adds a name, for words about a refusal.
    """

    names: tuple[str, ...] = ()
    option: str = "--allow-origin"

    def refuses_host(self, host: str | None) -> str | None:
        """Say why a request for this ``Host`` is refused; None where it is not.

        A name that somebody else's name server gives for this machine's address must not open it (DNS rebinding). This
        machine's own names are beyond such reach, whatever the port: people come through tunnels.
        """
        name = _plain(host or "")
        if name is None:
            return "The request names no host that could be read."
        if _is_loopback(name) or self._listed(name):
            return None
        return (
            f"This server does not answer to the name {name}. If that is how people reach it, start it with "
            f"{self.option} {name}"
        )

    def refuses_forwarded(self, hosts: str | None) -> str | None:
        """Say why a request is refused that a proxy passed on from this ``X-Forwarded-Host``; None where it is not.

        The page's channel would be refused anyway, with nobody to tell; so the page says it.
        """
        return None if not hosts else self.refuses_host(hosts.partition(",")[0])

    def refuses_origin(self, origin: str | None, host: str | None) -> str | None:
        """Say why a page of this ``Origin`` may not speak to the server; None where it may, or where there is none."""
        if origin is None:
            return None
        scheme, mark, rest = origin.strip().lower().partition("://")
        name = _plain(rest) if mark and scheme in _SCHEME_PORTS else None
        if name is None:
            return "The request comes from a page without an address. Open the map in a window of its own."
        if self._listed(name) or _without_port(name, scheme) == _without_port(_plain(host or "") or "", scheme):
            return None
        return (
            f"A page of {name} may not speak to this server. If people reach it under that name, through a proxy, "
            f"start it with {self.option} {name}"
        )

    def _listed(self, name: str) -> bool:
        bare = _bare(name)
        return any(
            fnmatchcase(name, pattern) or (bare == name and fnmatchcase(name, _bare(pattern, "80", "443")))
            for pattern in map(str.lower, self.names)
        )


def refuses_fetch(headers: Mapping[str, str], *, page: bool) -> str | None:
    """Say why a request that another site's page made is refused; None where the server's own page or a person made it.

    Parameters
    ----------
    headers
        Of the request; browsers that send no ``Sec-Fetch-*`` are let through, other rules still hold for them.
    page
        Whether the page itself is asked for: people may follow a link to it from anywhere.
    """
    site = headers.get("Sec-Fetch-Site", "none").strip().lower()
    if site in {"none", "same-origin"}:
        return None
    window = headers.get("Sec-Fetch-Dest", "").strip().lower() == "document"
    if page and window and headers.get("Sec-Fetch-Mode", "").strip().lower() == "navigate":
        return None
    return "Another site's page asked for this. Open the map in a window of its own."


def public_name(text: str) -> str:
    """Read a name under which people reach the server, as ``HOST[:PORT]`` or as an address of a page.

    Raises
    ------
    ParameterError
        If it is neither.

    Examples
    --------
    >>> public_name("https://maps.example.org/")
    'maps.example.org'
    """
    scheme, mark, rest = text.strip().lower().partition("://")
    name = _plain(rest.rstrip("/")) if mark and scheme in _SCHEME_PORTS else _plain(text.strip().lower())
    if name is None or "*" in name:
        raise ParameterError(
            f"{text!r} is no name of a host. Give what stands in the address bar between https:// and the next slash: "
            "--allow-origin maps.example.org or --allow-origin maps.example.org:8443."
        )
    return name


def content_policy(nonce: str = "") -> str:
    """Give the Content-Security-Policy of an answer.

    Parameters
    ----------
    nonce
        Of the page's own scripts; without one no script runs.

    Notes
    -----
    Panel makes modules of text (``blob:``) and styles on the fly. Nothing may come from another host, nothing may be
    framed by another site, no form may leave.
    """
    scripts = f"'self' blob: 'nonce-{nonce}'" if nonce else "'none'"
    parts = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'" if nonce else "'none'",
        "img-src": "'self' data: blob:" if nonce else "'none'",
        "font-src": "'self' data:" if nonce else "'none'",
        "connect-src": "'self' blob:" if nonce else "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def answer_headers() -> dict[str, str]:
    """Give the headers of every answer, a page's own policy aside."""
    return {
        "Content-Security-Policy": content_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def names_of(patterns: Iterable[str]) -> tuple[str, ...]:
    """Take Bokeh's list of hosts that may connect: each has a port, 80 where none was given."""
    return tuple(sorted({pattern.lower() for pattern in patterns}))


def _plain(name: str) -> str | None:
    """Lower a host's name; None where it is none."""
    lowered = name.strip().lower()
    return lowered if len(lowered) <= LONGEST_NAME and _NAME.fullmatch(lowered) else None


def _bare(name: str, *ports: str) -> str:
    """Take the port off a name: any, or only these."""
    host, mark, port = name.rpartition(":")
    if not mark or port.endswith("]"):
        return name
    return host if not ports or port in ports else name


def _without_port(name: str, scheme: str) -> str:
    return _bare(name, _SCHEME_PORTS[scheme])


def _is_loopback(name: str) -> bool:
    host = _bare(name)
    if host == _LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
