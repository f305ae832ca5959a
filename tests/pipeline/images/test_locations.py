"""Locations: every kind has a stored form, and a damaged form is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.images.locations import (
    CellLocation,
    FileLocation,
    LinkLocation,
    Location,
    MemberLocation,
    NoLocation,
    PageLocation,
    RemoteLocation,
    location_from_text,
    location_text,
)

ROOT = Path("/pictures")
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.builds(lambda names: ROOT.joinpath(*names), st.lists(NAMES, min_size=1, max_size=3))
LOCATIONS = st.one_of(
    st.builds(FileLocation, PATHS),
    st.builds(MemberLocation, PATHS, st.text(), st.integers(-1, 2**40), st.integers(-1, 2**40)),
    st.builds(CellLocation, PATHS, st.text(), st.integers(0, 2**40)),
    st.builds(RemoteLocation, st.text()),
    st.builds(PageLocation, PATHS, st.integers(1, 2**40)),
    st.builds(LinkLocation, st.text()),
    st.just(NoLocation()),
)


@given(LOCATIONS)
def test_the_stored_form_leads_back_to_the_location(location: Location) -> None:
    assert location_from_text(location_text(location, ROOT), ROOT) == location


@given(PATHS, PATHS)
def test_a_moved_source_is_found_again(path: Path, other: Path) -> None:
    stored = location_text(FileLocation(path), ROOT)
    moved = location_from_text(stored, other)
    assert moved == FileLocation(other / path.relative_to(ROOT))


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", "[1]", "[" * 100_000),
        *('["file"]', '["file", 3]', '["file", "a", "b"]', '["ftp", "a"]', '["cell", "a", "b", true]'),
    ],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="is not a stored location"):
        location_from_text(text, ROOT)


def test_a_name_that_is_no_text_has_a_stored_form() -> None:
    location = FileLocation(ROOT / "caf\udce9.jpg")
    stored = location_text(location, ROOT)
    assert stored.isascii()
    assert json.loads(stored)[0] == "file"
    assert location_from_text(stored, ROOT) == location
