"""Read the address of a link strictly, so that no two programs could read it differently. Pure but for `urllib.parse`.

Only http and https are allowed. A number that stands for an IPv4 address in an unusual way (``0x7f.1``, ``2130706433``)
is refused here; the address that a name stands for is checked where the connection is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from pipeline.errors import LinkError
from pipeline.fetching.reasons import Reason
from pipeline.text.plain_text import plain

__all__ = ["LONGEST", "Address", "parse_address", "redirected"]

LONGEST = 8192
"""Characters of an address."""

_PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\\]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BYTES = re.compile(rb"[\x80-\xff]")
_KEPT = "%/:=&?~+!$,;'@()*-._"
_ESCAPES = str.maketrans({"\\": "%5C", " ": "%20"})


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address.

    Parameters
    ----------
    scheme
        ``"http"`` or ``"https"``.
    host
        The name in lower-case ASCII without a trailing dot, or a numeric address; IPv6 without brackets.
    port
        1 to 65535.
    target
        Path and query, in ASCII.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the header ``Host`` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """The whole address in its usual spelling."""
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_address(text: str) -> Address:
    """Read an address.

    Parameters
    ----------
    text
        The address; spaces around it are ignored.

    Raises
    ------
    LinkError
        Reason ``scheme`` for anything but http and https, ``bad_address`` for everything else that is wrong.
    """
    text = text.strip(" \t\r\n")
    if len(text) > LONGEST:
        raise _bad(f"it has {len(text):,} characters, and {LONGEST:,} are allowed")
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if found and scheme not in _PORTS and (text.startswith("//", found.end()) or "." not in scheme):
        raise LinkError(
            f"The address begins with {scheme}:, and only http and https are allowed.", reason=Reason.SCHEME
        )
    if not found or not text.startswith("//", found.end()):
        raise _bad("it must begin with http:// or https://")
    authority = re.split(r"[/?#]", text[found.end() + 2 :], maxsplit=1)[0]
    if _CONTROL.search(authority) or _CONTROL.search(text.translate(_ESCAPES)):
        raise _bad("it holds a control character, or a backslash in the name of the host")
    if "@" in authority:
        raise _bad("it names a user before the host; links are fetched without a user")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts)
    except ValueError as error:  # brackets, port, accents that hide a slash
        raise _bad(plain(str(error))[:120]) from None
    if port == 0:
        raise _bad("port 0 does not exist")
    return Address(scheme, host, port or _PORTS[scheme], _target(parts))


def redirected(address: Address, location: bytes) -> Address:
    """Return the address that a redirect leads to.

    Parameters
    ----------
    address
        The address that was redirected.
    location
        Value of the header ``Location``; may be relative.

    Raises
    ------
    LinkError
        Reason ``bad_redirect`` if it is empty or no text; otherwise as `parse_address`.
    """
    readable = location.decode("utf-8") if _is_utf8(location) else _BYTES.sub(_escaped, location).decode("ascii")
    text = readable.strip(" \t")
    if not text or _CONTROL.search(text.translate(_ESCAPES)):
        message = "The redirect cannot be followed: it names no address, or holds a control character."
        raise LinkError(message, reason=Reason.BAD_REDIRECT)
    try:
        return parse_address(text if _SCHEME.match(text) else urljoin(address.url, text))
    except ValueError as error:
        message = f"The redirect cannot be followed: {plain(str(error))[:120]}."
        raise LinkError(message, reason=Reason.BAD_REDIRECT) from None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _escaped(found: re.Match[bytes]) -> bytes:
    return b"%%%02X" % found[0][0]


def _host(parts: SplitResult) -> str:
    """Return the host in its usual spelling; raise ValueError without one, or for one that can be read in two ways."""
    host = parts.hostname or ""
    if "[" in parts.netloc:
        if "%" in host:
            raise ValueError("an IPv6 address with a zone belongs to a local network")
        return str(IPv6Address(host))
    if not host.isascii():
        if len(host) > 253:
            raise ValueError("the name of the host is too long")
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise ValueError("the name of the host is not allowed in an address") from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("the name of the host is missing, too long, or holds a character that no name has")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise ValueError("a numeric host must be four numbers from 0 to 255 without leading zeros") from None
    return host


def _target(parts: SplitResult) -> str:
    try:
        path = quote(parts.path or "/", safe=_KEPT + "[]")
        return f"{path}?{quote(parts.query, safe=_KEPT + '[]|^`{}')}" if parts.query else path
    except UnicodeEncodeError:
        raise _bad("it holds half a character") from None


def _bad(reason: str) -> LinkError:
    return LinkError(f"The text is not an address that can be fetched: {reason}.", reason=Reason.BAD_ADDRESS)
