"""Filters and side panel leave the map its tab, whatever the window."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer.app import Explorer
from explorer.composition import OpenCollections
from explorer.views.page.drawers import is_phone


@pytest.fixture
def explorer(collection_path: Path, opened: OpenCollections) -> Explorer:
    return Explorer(collection_path, opened=opened)


def test_a_large_window_shows_filters_map_and_panel_side_by_side(explorer: Explorer) -> None:
    page = explorer.page()
    explorer.view.window_width = 1440
    explorer.view.panel_open = True
    assert page.sidebar_open
    assert (page.sidebar_width, page.contextbar_width) == (350, 420)


def test_in_a_narrow_window_filters_and_panel_take_turns(explorer: Explorer) -> None:
    page = explorer.page()
    explorer.view.window_width = 853
    assert page.sidebar_open
    explorer.view.panel_open = True
    assert not page.sidebar_open
    explorer.view.panel_open = False
    assert page.sidebar_open  # they gave way, and come back
    explorer.view.panel_open = True
    page.sidebar_open = True
    assert not explorer.view.panel_open


def test_on_a_phone_the_map_comes_first_and_each_side_takes_the_whole_window(explorer: Explorer) -> None:
    page = explorer.page()
    explorer.view.window_width = 390
    assert not page.sidebar_open
    assert (page.sidebar_width, page.contextbar_width) == (390, 390)
    page.sidebar_open = True
    explorer.filter_view._on_message({"type": "way", "key": "select"})
    assert not page.sidebar_open  # the canvas is visible
    explorer.view.wide = True
    assert page.contextbar_width == 390


def test_a_window_that_becomes_small_closes_the_filters_beside_an_open_panel(explorer: Explorer) -> None:
    page = explorer.page()
    explorer.view.window_width = 1440
    explorer.view.panel_open = True
    explorer.view.window_width = 800
    assert not page.sidebar_open
    assert explorer.view.panel_open


@pytest.mark.parametrize(
    ("headers", "phone"),
    [
        ({"User-Agent": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148"}, True),
        ({"Sec-Ch-Ua-Mobile": "?1"}, True),
        ({"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Sec-Ch-Ua-Mobile": "?0"}, False),
        ({}, False),
    ],
)
def test_a_phone_says_so_before_its_window_is_known(headers: dict[str, str | list[str]], phone: bool) -> None:
    assert is_phone(headers) is phone
