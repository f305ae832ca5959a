"""Access to the server: names of the server, pages that may connect, and headers of every response.

Nothing here knows Tornado. A browser's data cannot be trusted, but a web page cannot forge ``Host``, ``Origin`` or
``Sec-Fetch-*``, because the browser itself writes them.
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
"""Characters of a host name (RFC 1035, 2.3.4) and of a port."""

_NAME = re.compile(r"(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_*](?:[a-z0-9_.*-]*[a-z0-9_*])?)(?::(?:[0-9]{1,5}|\*))?")
_SCHEME_PORTS = {"http": "80", "https": "443"}
_LOOPBACK = "localhost"


@dataclass(frozen=True, slots=True)
class Visitors:
    """The names under which people reach this server.

    Parameters
    ----------
    names
        ``HOST[:PORT]`` in addition to the names of this machine; ``*`` stands for any characters.
    option
        Option of the command that adds a name, for the message of a refusal.
    """

    names: tuple[str, ...] = ()
    option: str = "--allow-origin"

    def refuses_host(self, host: str | None) -> str | None:
        """Return why a request for this ``Host`` is refused; None if it is not.

        A foreign name server may give a name to this machine's address (DNS rebinding), so such a name is refused. This
        machine's own names are safe on every port, since people use tunnels.
        """
        name = _plain(host or "")
        if name is None:
            return "The request has no valid host name."
        if _is_loopback(name) or self._listed(name):
            return None
        return (
            f"This server does not answer to the name {name}. If that is how people reach it, start it with "
            f"{self.option} {name}"
        )

    def refuses_forwarded(self, hosts: str | None) -> str | None:
        """Return why a request of a proxy with this ``X-Forwarded-Host`` is refused; None if it is not.

        The page's channel would be refused anyway, but without a message, so the page itself shows it.
        """
        return None if not hosts else self.refuses_host(hosts.partition(",")[0])

    def refuses_origin(self, origin: str | None, host: str | None) -> str | None:
        """Return why a page of this ``Origin`` may not connect to the server; None if it may, or has no origin."""
        if origin is None:
            return None
        scheme, mark, rest = origin.strip().lower().partition("://")
        name = _plain(rest) if mark and scheme in _SCHEME_PORTS else None
        if name is None:
            return "The request comes from a page without an address. Open the map in a window of its own."
        if self._listed(name) or _without_port(name, scheme) == _without_port(_plain(host or "") or "", scheme):
            return None
        return (
            f"A page of {name} may not connect to this server. If people reach it under that name, through a proxy, "
            f"start it with {self.option} {name}"
        )

    def _listed(self, name: str) -> bool:
        bare = _bare(name)
        return any(
            fnmatchcase(name, pattern) or (bare == name and fnmatchcase(name, _bare(pattern, "80", "443")))
            for pattern in map(str.lower, self.names)
        )


def refuses_fetch(headers: Mapping[str, str], *, page: bool) -> str | None:
    """Return why a request of another site's page is refused; None for the server's own page or a person.

    Parameters
    ----------
    headers
        Headers of the request. Browsers without ``Sec-Fetch-*`` pass here; the other rules still hold for them.
    page
        Whether the request is for the page itself, to which people may follow a link from any site.
    """
    site = headers.get("Sec-Fetch-Site", "none").strip().lower()
    if site in {"none", "same-origin"}:
        return None
    window = headers.get("Sec-Fetch-Dest", "").strip().lower() == "document"
    if page and window and headers.get("Sec-Fetch-Mode", "").strip().lower() == "navigate":
        return None
    return "Another site's page asked for this. Open the map in a window of its own."


def public_name(text: str) -> str:
    """Return the host name in a text, which is ``HOST[:PORT]`` or the address of a page.

    Raises
    ------
    ParameterError
        If the text is neither.

    Examples
    --------
    >>> public_name("https://maps.example.org/")
    'maps.example.org'
    """
    scheme, mark, rest = text.strip().lower().partition("://")
    name = _plain(rest.rstrip("/")) if mark and scheme in _SCHEME_PORTS else _plain(text.strip().lower())
    if name is None or "*" in name:
        raise ParameterError(
            f"{text!r} is no name of a host. Use the part of the address between https:// and the next slash, for "
            "example --allow-origin maps.example.org or --allow-origin maps.example.org:8443."
        )
    return name


def content_policy(nonce: str = "") -> str:
    """Return the Content-Security-Policy of a response.

    Parameters
    ----------
    nonce
        Nonce of the page's own scripts. Without one no script runs.

    Notes
    -----
    Panel makes modules from text (``blob:``) and styles at run time. Nothing is loaded from another host, no other site
    may frame the page, and no form may be sent.
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
    """Return the headers of every response. A page then sets a policy of its own."""
    return {
        "Content-Security-Policy": content_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }


def names_of(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the names in Bokeh's list of hosts that may connect. Each has a port, by default 80."""
    return tuple(sorted({pattern.lower() for pattern in patterns}))


def _plain(name: str) -> str | None:
    """Return a host name in lower case; None if it is not valid."""
    lowered = name.strip().lower()
    return lowered if len(lowered) <= LONGEST_NAME and _NAME.fullmatch(lowered) else None


def _bare(name: str, *ports: str) -> str:
    """Return a name without its port, or without these ports only."""
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
