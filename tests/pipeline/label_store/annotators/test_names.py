"""Names that people choose: visible, of one text direction, and different."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.label_store import LabelStore
from pipeline.label_store.annotators.names import check_visible, looks, told_apart

UNSEEN = (
    *("\u200b", "\u3164", "\u2800\u2800", "\u00ad", "A\u200bnn", "\u200dAnn", "\u202eAnn", "An\u2066n"),
    *("\ufeffAnn", "\u034f", "Ann\u200e", "\u061c", "\u0301", "\ue000", "\U000e0041nn"),
)
ALIKE = ("Ann", "ann", "ANN", "\u0410nn", "\uff21\uff4e\uff4e", "\U0001d400nn", "\u0391nn")
NAMES = (
    "Ann",
    "Jörg Müller",
    "李雷",
    "नमस्ते",
    "محمد",
    "O'Brien",
    "Anna 2",
    "\U0001f469\u200d\U0001f680 Kim",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_many_scripts_are_taken_as_they_are(label_store: LabelStore, name: str) -> None:
    assert label_store.annotators.add(name).name == name


@pytest.mark.parametrize(
    "name",
    UNSEEN,
    ids=ascii,
)
def test_what_is_not_seen_or_turns_the_text_is_no_name(label_store: LabelStore, name: str) -> None:
    with pytest.raises(ParameterError, match=r"Type it as plain text|characters; 1 to"):
        label_store.annotators.add(name)
    assert label_store.annotators.list_all() == []


@pytest.mark.parametrize(
    "other", ["Ann", "ann", "ANN", "\u0410nn", "\uff21\uff4e\uff4e", "\U0001d400nn", "\u0391nn"], ids=ascii
)
def test_who_looks_like_somebody_else_gets_a_number(label_store: LabelStore, other: str) -> None:
    label_store.annotators.add("Ann")
    assert label_store.annotators.add(other).name == f"{other} (2)"
    assert label_store.annotators.add(other).name == f"{other} (3)"


def test_names_that_differ_to_the_eye_stay_as_they_are(label_store: LabelStore) -> None:
    for name in ("Ann", "Anna", "Bo", "Ånn"):
        assert label_store.annotators.add(name).name == name


@given(
    st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=6), max_size=8)
)
def test_no_two_names_look_the_same(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        taken.append(told_apart(name, taken))
    assert len({looks(name) for name in taken}) == len(taken)


@given(st.text(max_size=20))
def test_what_passes_is_seen_and_keeps_the_direction(name: str) -> None:
    try:
        check_visible(name, "name")
    except ParameterError:
        return
    assert any(unicodedata.category(one)[0] in "LNSP" for one in name)
    assert not set(name) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\u200b")
