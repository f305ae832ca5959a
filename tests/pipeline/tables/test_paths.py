"""One spelling of a path for all tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tables import path_below

ROOT = "/photos/älter"


@pytest.mark.parametrize(
    "cell",
    [
        *("x/a.png", "x\\a.png", "./x/a.png", ".\\x\\a.png", "x//a.png", "x/./a.png", " x/a.png ", "\ufeffx/a.png"),
        *(
            "/photos/älter/x/a.png",
            "/photos/a\u0308lter/./x/a.png",
            "//photos/älter/x/a.png",
        ),
    ],
)
def test_all_spellings_of_one_path_are_one(cell: str) -> None:
    assert path_below(cell, [ROOT]) == "x/a.png"


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("../a.png", r"leads up by '\.\.'"),
        ("x/../../a.png", r"leads up by '\.\.'"),
        ("..\\a.png", r"leads up by '\.\.'"),
        ("/photos/älter/../b.png", r"leads up by '\.\.'"),
        ("/etc/passwd", "absolute path outside"),
        ("/photos/älterer/x.png", "absolute path outside"),
        ("\\\\server\\share\\a.png", "absolute path outside"),
        ("C:\\me\\a.png", "drive of Windows"),
        ("c:/me/a.png", "drive of Windows"),
        ("https://example.org/a.png", "address, and nothing is downloaded"),
        ("HTTP://example.org/a.png", "address"),
        ("file:///photos/älter/x/a.png", "address"),
        ("data:image/png;base64,AAAA", "address"),
        ("/photos/älter/", "folder itself"),
        (".", "folder itself"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_with_the_reason(cell: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        path_below(cell, [ROOT])


@given(st.lists(st.text(st.characters(exclude_characters="/\\\0", exclude_categories=("Cs",)), min_size=1), min_size=1))
def test_a_path_that_is_taken_stays_as_it_is_and_below(parts: list[str]) -> None:
    try:
        key = path_below("/".join(parts))
    except ValueError:
        return
    assert path_below(f"x/{key}") == f"x/{key}"
    assert ".." not in key.split("/")
    assert not key.startswith("/")
