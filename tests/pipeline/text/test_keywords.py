"""Words that may name something: lower-case, telling, without grammar, file names and makers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.images.keywords import naming_words
from pipeline.images.locations import NoLocation
from pipeline.images.records import SourceItem
from pipeline.text.keywords import fold_plural, keyword_tokens


def test_words_of_file_names_and_grammar_are_left_out() -> None:
    assert keyword_tokens("IMG_2041.JPG, The Queen's flags_of-Größe (untitled) 3d x ox 犬猫") == [
        "queen's",
        "flags",
        "größe",
        "犬猫",
    ]


@given(st.text())
def test_tokens_are_lower_case_words_of_any_text(text: str) -> None:
    for word in keyword_tokens(text):
        assert word == word.lower()
        assert len(word) >= 2
        assert not any(character.isdigit() or character.isspace() for character in word)


def test_a_makers_name_is_no_word_about_the_picture() -> None:
    item = SourceItem(
        source_name="a",
        key="a.png",
        location=NoLocation(),
        keywords="flag;Europe",
        caption="Flag by Jane Doe",
        author="Jane Doe",
    )
    assert naming_words(item) == ["flag", "europe", "flag"]


@pytest.mark.parametrize(
    ("one", "many"), [("flag", "flags"), ("berry", "berries"), ("glass", "glasses"), ("fox", "foxes"), ("bus", "bus")]
)
def test_singular_and_plural_have_one_key(one: str, many: str) -> None:
    assert fold_plural(one) == fold_plural(many)
