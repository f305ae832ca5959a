from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.images.identity import image_id, image_ids

keys = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(
        lambda text: unicodedata.normalize("NFC", text)
    ),
    unique=True,
    min_size=1,
    max_size=30,
)


@given(keys, st.randoms(use_true_random=False))
def test_any_order_of_the_source_gives_the_same_ids(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = dict(zip(names, image_ids("source", names).tolist(), strict=True))
    second = dict(zip(shuffled, image_ids("source", shuffled).tolist(), strict=True))
    assert first == second


@given(st.text(min_size=1))
def test_ids_have_63_bits(key: str) -> None:
    assert 0 <= image_id("source", key) < 2**63


def test_an_id_is_pinned_so_that_old_collections_stay_valid() -> None:
    assert image_id("sample", "images/a.webp") == 2223300612376666746


def test_the_source_is_part_of_the_identity() -> None:
    assert image_id("one", "a.png") != image_id("two", "a.png")


def test_decomposed_names_of_macos_are_the_same_image() -> None:
    assert image_id("s", unicodedata.normalize("NFD", "é.png")) == image_id("s", "é.png")


def test_the_same_name_twice_is_an_error_that_names_it() -> None:
    with pytest.raises(SourceError, match=r"same identity: 'é\.png'"):
        image_ids("s", ["é.png", unicodedata.normalize("NFD", "é.png")])


def test_ids_are_int64() -> None:
    assert image_ids("s", ["a", "b"]).dtype == np.int64
