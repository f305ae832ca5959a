"""Addresses and host names that may send requests to the server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.serving.access import Visitors, content_policy, public_name, refuses_fetch
from pipeline.errors import ParameterError

PROXIED = Visitors(("localhost:5006", "maps.example.org:80", "other.example.org:8443", "*.lab.example.org:80"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:5006", "localhost:5006", "LOCALHOST", "127.0.0.1", "[::1]:5006", "127.9.9.9:1"]
)
def test_this_machines_own_names_open_the_map_whatever_the_port(host: str) -> None:
    assert Visitors().refuses_host(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5006",
        "127.0.0.1.evil.example",
        "localhost.evil.example:5006",
        "evil.example:80@localhost",
        "192.168.1.7:5006",
        "0.0.0.0:5006",
        "",
        None,
        "local host",
        "localhost:5006/x",
        "a" * 300,
        "<script>",
        "\uff4cocalhost",
    ],
)
def test_other_names_are_refused_with_the_option_that_adds_one(host: str | None) -> None:
    words = Visitors().refuses_host(host)
    assert words is not None
    assert "<" not in words
    if "." in (host or ""):
        assert "--allow-origin" in words or "no valid host name" in words


@pytest.mark.parametrize(
    "host", ["maps.example.org", "maps.example.org:80", "other.example.org:8443", "a.lab.example.org"]
)
def test_a_name_that_was_allowed_opens_the_map(host: str) -> None:
    assert PROXIED.refuses_host(host) is None
    assert PROXIED.refuses_origin(f"https://{host}", "127.0.0.1:5006") is None


@pytest.mark.parametrize("host", ["other.example.org", "other.example.org:80", "example.org", "xmaps.example.org"])
def test_a_name_is_allowed_with_its_port_alone(host: str) -> None:
    assert PROXIED.refuses_host(host) is not None


def test_a_page_may_speak_to_the_server_that_it_came_from() -> None:
    assert Visitors().refuses_origin("http://127.0.0.1:5006", "127.0.0.1:5006") is None
    assert Visitors().refuses_origin("http://localhost:9000", "localhost:9000") is None  # through a tunnel
    assert Visitors().refuses_origin(None, "localhost:9000") is None  # no page asks


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:7391", "https://evil.example", "null", "", "file://", "http://127.0.0.1", "data:", "http://"],
)
def test_a_page_from_elsewhere_may_not(origin: str) -> None:
    assert Visitors().refuses_origin(origin, "127.0.0.1:5006") is not None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_another_sites_page_is_refused_unless_a_person_follows_its_link_to_the_map(site: str) -> None:
    click = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert refuses_fetch(click, page=True) is None
    assert refuses_fetch(click, page=False) is not None
    for kind in ("image", "script", "iframe", "empty", "object", "embed", ""):
        assert refuses_fetch(click | {"Sec-Fetch-Dest": kind}, page=True) is not None
    assert refuses_fetch(click | {"Sec-Fetch-Mode": "no-cors"}, page=True) is not None


@given(st.text(max_size=60))
def test_no_text_opens_the_server_by_accident(host: str) -> None:
    words = Visitors().refuses_host(host)
    assert (words is None) == (host.strip().lower().partition(":")[0] == "localhost") or "127." in host or "::1" in host


def test_an_address_is_taken_for_the_name_in_it() -> None:
    assert public_name("https://Maps.example.org/") == "maps.example.org"
    assert public_name("maps.example.org:8443") == "maps.example.org:8443"


@pytest.mark.parametrize("text", ["", "*", "a b", "maps.example.org/birds", "ftp://maps.example.org", "a,b", "http://"])
def test_what_is_no_name_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ParameterError, match=r"--allow-origin maps\.example\.org"):
        public_name(text)


def test_the_policy_names_no_other_host_and_allows_no_evaluation() -> None:
    for policy in (content_policy(), content_policy("n0nce")):
        assert "unsafe-eval" not in policy
        assert "http" not in policy
        assert "*" not in policy
        assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "unsafe-inline" not in content_policy("n0nce").split("; ")[1]
