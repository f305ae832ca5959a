"""Matching of vectors with images: by id in any order, by order if the numbers agree, and nothing left over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.given.matching import places_by_id, places_by_order


def row(number: int) -> str:
    return f"row {number}"


def vector(number: int) -> str:
    return f"vector {number}"


IDS = st.lists(st.text("abcdef0123456789", min_size=20, max_size=20), min_size=1, max_size=30, unique=True)


@given(IDS)
def test_each_image_gets_the_vector_of_its_id(ids: list[str]) -> None:
    shuffled = sorted(ids, key=hash)
    places = places_by_id(ids, row, shuffled, vector)
    assert [shuffled[place] for place in places] == ids


@pytest.mark.parametrize(
    ("images", "vectors", "words"),
    [
        (["a", "b", "c"], ["a"], r"row 1: no vector has the id 'b', and so it is for 1 more"),
        (["a"], ["a", "b"], "vector 1: no row has the id 'b'. Each vector needs one"),
        (["a", "a"], ["a"], "row 1: the id 'a' is there already, at row 0"),
        (["a"], ["a", "a"], "vector 1: the id 'a' is there already, at vector 0"),
        (["a", ""], ["a"], "row 1 has no id. Give each row one"),
        (["a"], ["a", ""], "vector 1 has no id. Give each vector one"),
        (["1.23E+18"], ["1"], "row 0: the id '1.23E.18' was rounded by a spreadsheet"),
    ],
)
def test_what_does_not_match_is_named(images: list[str], vectors: list[str], words: str) -> None:
    with pytest.raises(SourceError, match=words.replace(". ", r"\. ")):
        places_by_id(images, row, vectors, vector)


def test_another_number_of_rows_is_refused() -> None:
    assert places_by_order(3, 3, "v.npy", "t.csv").tolist() == [0, 1, 2]
    with pytest.raises(SourceError, match=r"v\.npy has 4 vectors, and t\.csv has 3 rows\. Without ids"):
        places_by_order(3, 4, "v.npy", "t.csv")
