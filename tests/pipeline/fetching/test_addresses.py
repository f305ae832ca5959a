"""Addresses of links: one reading, or none."""

from __future__ import annotations

import string
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LinkError
from pipeline.fetching.address_rules import kind_of
from pipeline.fetching.addresses import LONGEST, Address, parse_address, redirected

IPV4 = st.integers(0, 2**32 - 1).map(IPv4Address)
IPV6 = st.integers(0, 2**128 - 1).map(IPv6Address)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://example.com/a.jpg", "https://example.com/a.jpg"),
        ("  HTTP://Example.COM.:80/a b?q=ü#part ", "http://example.com/a%20b?q=%C3%BC"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com:8080?x", "http://example.com:8080/?x"),
        ("http://example.com/100%25/%zz", "http://example.com/100%25/%zz"),
        ("http://93.184.216.34./x", "http://93.184.216.34/x"),
        ("http://\uff11\uff12\uff17.0.0.1/", "http://127.0.0.1/"),
        ("http://127\u30020\u30020\u30021/", "http://127.0.0.1/"),
        ("http://[0:0:0:0:0:0:0:1]:8080/x", "http://[::1]:8080/x"),
        ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://example.com/a\\b", "http://example.com/a%5Cb"),
    ],
)
def test_an_address_gets_its_usual_spelling(text: str, url: str) -> None:
    assert parse_address(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "ftp://example.com/a.jpg",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "gopher://example.com/",
        "unix:///run/docker.sock",
    ],
)
def test_only_http_and_https_are_allowed(text: str) -> None:
    with pytest.raises(LinkError) as error:
        parse_address(text)
    assert error.value.reason == "scheme"


@pytest.mark.parametrize(
    "text",
    [
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://example.com@127.0.0.1/",
        "http://good.example\\@evil.example/",
        "http://good.example\\.evil.example/",
        "http://[fe80::1%eth0]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://exa mple.com/",
        "http://exa\tmple.com/",
        "http://example.com/\r\nHost: other",
        "http://example.com/\x00",
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:80a/",
        "http://a..b/",
        "http://-/",
        "http://%31%32%37.0.0.1/",
        "http:///a.jpg",
        "http:example.com/a.jpg",
        "//example.com/a.jpg",
        "example.com/a.jpg",
        "example.com:80/a.jpg",
        "=HYPERLINK(1)",
        "http://example.com/\ud800",
        "http://" + "a" * 64 + ".example/",
        "http://example.com/" + "a" * LONGEST,
        "",
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_refused(text: str) -> None:
    with pytest.raises(LinkError) as error:
        parse_address(text)
    assert error.value.reason == "bad_address"
    assert str(error.value).isprintable()


@given(
    st.text(max_size=60)
    | st.text(string.printable + "\uff10\uff11\uff12\uff0e\u3002@\\[]%", max_size=40).map("http://{}/".format)
)
def test_whatever_is_accepted_is_plain_and_reads_the_same_again(text: str) -> None:
    try:
        address = parse_address(text)
    except LinkError:
        return
    url = address.url
    assert parse_address(url) == address
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert urlsplit(url).hostname == address.host
    assert urlsplit(url).username is None
    if address.host.rpartition(".")[2].isdigit() or ":" in address.host:
        ip_address(address.host)  # a numeric host has its one usual spelling


@given(IPV4)
def test_no_number_but_the_usual_spelling_stands_for_an_ipv4_address(ip: IPv4Address) -> None:
    parts = str(ip).split(".")
    number = int(ip)
    spellings = [str(number), hex(number), oct(number).replace("0o", "0"), ".".join(hex(int(part)) for part in parts)]
    spellings += [f"{parts[0]}.{number & 0xFFFFFF}", ".".join(part.zfill(4) for part in parts)]
    for spelling in spellings:
        with pytest.raises(LinkError):
            parse_address(f"http://{spelling}/")
    assert parse_address(f"http://{ip}/").host == str(ip)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (b"../x.jpg", "https://host.example/x.jpg"),
        (b"//other.example/y", "https://other.example/y"),
        (b"?q=1", "https://host.example/a/b?q=1"),
        (b"http://other.example/z z", "http://other.example/z%20z"),
        ("/\u00e4".encode(), "https://host.example/%C3%A4"),
        (b"/\xe4", "https://host.example/%E4"),
        (b"http://169.254.169.254/latest", "http://169.254.169.254/latest"),
    ],
)
def test_a_redirect_is_read_as_browsers_do(location: bytes, url: str) -> None:
    assert redirected(Address("https", "host.example", 443, "/a/b"), location).url == url


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (b"file:///etc/passwd", "scheme"),
        (b"data:text/html,x", "scheme"),
        (b"http://2130706433/", "bad_address"),
        (b"//user@other.example/", "bad_address"),
        (b"", "bad_redirect"),
        (b"/a\tb", "bad_redirect"),
        (b"http://[::1/", "bad_address"),
        (b"//[::1/", "bad_redirect"),
    ],
)
def test_a_redirect_may_lead_nowhere_that_a_link_may_not(location: bytes, reason: str) -> None:
    with pytest.raises(LinkError) as error:
        redirected(Address("https", "host.example", 443, "/a/b"), location)
    assert error.value.reason == reason


@given(st.binary(max_size=60))
def test_a_redirect_of_any_bytes_leads_to_a_checked_address_or_is_refused(location: bytes) -> None:
    try:
        found = redirected(Address("http", "host.example", 80, "/"), location)
    except LinkError:
        return
    assert found.scheme in {"http", "https"}
    assert parse_address(found.url) == found


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "this machine"),
        ("127.255.255.254", "this machine"),
        ("0.0.0.1", "this host"),
        ("10.1.2.3", "a private network"),
        ("172.16.0.1", "a private network"),
        ("172.31.255.255", "a private network"),
        ("192.168.1.1", "a private network"),
        ("100.64.0.1", "the network of a provider"),
        ("100.100.100.200", "the network of a provider"),
        ("169.254.169.254", "link-local"),
        ("169.254.170.2", "link-local"),
        ("168.63.129.16", "a metadata service"),
        ("192.0.0.192", "reserved"),
        ("198.19.0.1", "for measurements"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "this host"),
        ("::1", "this machine"),
        ("::ffff:8.8.8.8", "an IPv4 address in an IPv6 address"),
        ("::8.8.8.8", "an IPv4 address in an IPv6 address"),
        ("64:ff9b::8.8.8.8", "an IPv4 address in an IPv6 address"),
        ("64:ff9b:1::1", "an IPv4 address in an IPv6 address"),
        ("2002:7f00:1::", "an IPv4 address in an IPv6 address"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved"),
        ("2600::5efe:10.0.0.1", "an IPv4 address in an IPv6 address"),
        ("fe80::1", "link-local"),
        ("fe80::1%2", "link-local"),
        ("fec0::1", "a private network"),
        ("fd00:ec2::254", "a private network"),
        ("fd20:ce::254", "a private network"),
        ("ff02::1", "multicast"),
        ("4000::1", "reserved"),
        ("localhost", "no address"),
        ("172.15.255.255", ""),
        ("172.32.0.0", ""),
        ("100.128.0.0", ""),
        ("8.8.8.8", ""),
        ("93.184.216.34", ""),
        ("2606:2800:220:1:248:1893:25c8:1946", ""),
    ],
)
def test_the_kind_of_an_address_is_named(address: str, kind: str) -> None:
    assert kind_of(address) == kind


@given(IPV4 | IPV6)
def test_nothing_is_public_that_python_does_not_call_global(ip: IPv4Address | IPv6Address) -> None:
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        assert kind_of(str(ip))


@given(IPV4)
def test_no_ipv4_address_hides_in_an_ipv6_address(ip: IPv4Address) -> None:
    number = int(ip)
    hidden = [number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    hidden.append(0x2600 << 112 | 0x5EFE << 32 | number)
    for value in hidden:
        assert kind_of(str(IPv6Address(value)))
