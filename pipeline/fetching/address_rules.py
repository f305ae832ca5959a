"""Which addresses of hosts are public. Pure.

The table is our own, because the answers of `ipaddress.is_global` differ between versions of Python. It follows the
registries of special addresses (IANA; RFC 6890). It refuses every form that carries an IPv4 address inside an IPv6
address, whatever the inner address is: such a form can lead to the private network behind a translator.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

__all__ = ["kind_of"]

_SPECIAL: Final = (
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "a private network"),
    ("100.64.0.0/10", "the network of a provider"),  # also 100.100.100.200, a metadata service
    ("127.0.0.0/8", "this machine"),
    ("168.63.129.16/32", "a metadata service"),
    ("169.254.0.0/16", "link-local"),  # also 169.254.169.254, the metadata service of most clouds
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("192.168.0.0/16", "a private network"),
    ("198.18.0.0/15", "for measurements"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "this host"),
    ("::1/128", "this machine"),
    ("::ffff:0:0/96", "an IPv4 address in an IPv6 address"),
    ("::/96", "an IPv4 address in an IPv6 address"),
    ("64:ff9b::/96", "an IPv4 address in an IPv6 address"),
    ("64:ff9b:1::/48", "an IPv4 address in an IPv6 address"),
    ("2001::/23", "reserved"),  # also Teredo, which carries an IPv4 address
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "an IPv4 address in an IPv6 address"),
    ("3fff::/20", "for documentation"),
    ("fc00::/7", "a private network"),  # also fd00:ec2::254 and fd20:ce::254, metadata services
    ("fe80::/10", "link-local"),
    ("fec0::/10", "a private network"),
    ("ff00::/8", "multicast"),
)

_Network = IPv4Network | IPv6Network
_TABLE: Final[tuple[tuple[_Network, str], ...]] = tuple((ip_network(text), kind) for text, kind in _SPECIAL)
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
"""The only part of IPv6 from which public addresses are given out."""

_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
"""The third quarter of an IPv6 address that carries an IPv4 address in its last one (RFC 5214)."""


@lru_cache(maxsize=4096)
def kind_of(address: str) -> str:
    """Return what an address is, if it is not public.

    Parameters
    ----------
    address
        An IPv4 or IPv6 address in its usual spelling.

    Returns
    -------
    str
        A few words such as "a private network"; "" for a public address. What cannot be read is "no address".
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "no address"
    found = next((kind for network, kind in _TABLE if ip.version == network.version and ip in network), "")
    if found or isinstance(ip, IPv4Address):
        return found
    return _kind_of_ipv6(ip)


def _kind_of_ipv6(ip: IPv6Address) -> str:
    if ip.scope_id is not None:
        return "link-local"
    if ip not in _PUBLIC_IPV6:
        return "reserved"
    return "an IPv4 address in an IPv6 address" if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP else ""
