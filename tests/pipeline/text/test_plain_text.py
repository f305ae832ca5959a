"""Text from outside is shown, never obeyed."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.plain_text import json_text, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("robin in snow.png", "robin in snow.png"),
        ("Füße, 鳥, \N{PARROT}, नमस्ते", "Füße, 鳥, \N{PARROT}, नमस्ते"),
        ("क्\u200dष", "क्\u200dष"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028", "\\u2028"),
        (os.fsdecode(b"\xff.png"), "\\udcff.png"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_what_is_shown_can_be_encoded_and_moves_no_cursor(text: str) -> None:
    shown = plain(text)
    shown.encode("utf-8")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert plain(shown) == shown


@given(st.dictionaries(st.text(), st.text()))
def test_json_means_the_same_and_is_fit_for_a_terminal(values: dict[str, str]) -> None:
    document = json_text(json.dumps(values, ensure_ascii=False, indent=2))
    assert json.loads(document) == values
    assert plain(document.replace("\n", "")) == document.replace("\n", "")


def test_half_a_character_can_be_printed_as_json() -> None:
    document = json_text(json.dumps(os.fsdecode(b"\xff"), ensure_ascii=False))
    document.encode("utf-8")
    assert json.loads(document) == os.fsdecode(b"\xff")
