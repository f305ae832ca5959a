"""Keys are recognised in any case, alphabet and layout, and ignored while an input method composes."""

# ruff: noqa: RUF001 -- letters of other alphabets are what these tests are about

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.helpers.scripts import load_modules

KEYMAP = [
    "y",
    "n",
    "u",
    "z",
    "Shift+z",
    "a",
    "q",
    "m",
    "w",
    "1",
    "2",
    "0",
    "/",
    "?",
    "Enter",
    " ",
    "ArrowLeft",
    "Ctrl+a",
]
READ = (
    "([event, names]) => keyIn(new KeyboardEvent('keydown', event), Object.fromEntries(names.map((one) => [one, 1])))"
)


@pytest.fixture(scope="module")
def keys(chromium: Browser) -> Iterator[Page]:
    """A page that has nothing but the module of keys."""
    page = chromium.new_page()
    load_modules(page, "common/keys.js")
    yield page
    page.close()


def read(page: Page, key: str, code: str = "", **more: Any) -> str:
    return str(page.evaluate(READ, [{"key": key, "code": code, **more}, KEYMAP]))


def test_a_letter_is_the_same_in_any_case_and_shift_is_what_the_event_says(keys: Page) -> None:
    assert read(keys, "Y", "KeyY") == "y"  # Caps Lock
    assert read(keys, "Y", "KeyY", shiftKey=True) == "y"
    assert read(keys, "Z", "KeyZ") == "z"  # Caps Lock is no Shift
    assert read(keys, "z", "KeyZ", shiftKey=True) == "Shift+z"  # Caps Lock and Shift
    assert read(keys, "Z", "KeyZ", shiftKey=True) == "Shift+z"


@pytest.mark.parametrize(
    ("printed", "code", "meant"),
    [
        ("н", "KeyY", "y"),  # Russian
        ("Н", "KeyY", "y"),
        ("т", "KeyN", "n"),
        ("υ", "KeyY", "y"),  # Greek
        ("Ζ", "KeyZ", "z"),
        ("ט", "KeyY", "y"),  # Hebrew
        ("غ", "KeyY", "y"),  # Arabic
        ("ى", "KeyN", "n"),
        ("ั", "KeyY", "y"),  # Thai, a mark rather than a letter
        ("ㅛ", "KeyY", "y"),  # Korean
        ("ｙ", "KeyY", "y"),  # full width
    ],
)
def test_another_alphabet_is_read_by_the_place_of_the_key(keys: Page, printed: str, code: str, meant: str) -> None:
    assert read(keys, printed, code) == meant


@pytest.mark.parametrize(
    ("printed", "code", "meant"),
    [
        ("a", "KeyQ", "a"),  # French
        ("z", "KeyW", "z"),
        ("m", "Semicolon", "m"),
        (",", "KeyM", ""),
        ("y", "KeyT", "y"),  # Dvorak
        (";", "KeyZ", ""),
        ("z", "KeyY", "z"),  # German
        ("ö", "KeyY", ""),
    ],
)
def test_a_latin_layout_keeps_what_is_printed_on_its_keys(keys: Page, printed: str, code: str, meant: str) -> None:
    assert read(keys, printed, code) == meant


def test_digits_are_found_where_they_need_shift_and_on_the_block_of_numbers(keys: Page) -> None:
    assert read(keys, "&", "Digit1") == "1"  # French, without Shift
    assert read(keys, "1", "Digit1", shiftKey=True) == "1"
    assert read(keys, "à", "Digit0") == "0"
    assert read(keys, "2", "Numpad2") == "2"
    assert read(keys, "١", "Digit1") == "1"  # Arabic
    assert not read(keys, "!", "Digit1", shiftKey=True)


def test_signs_are_found_where_they_are_printed(keys: Page) -> None:
    assert read(keys, "?", "KeyM", shiftKey=True) == "?"  # French
    assert read(keys, "/", "Digit7", shiftKey=True) == "/"  # German
    assert read(keys, "؟", "Slash", shiftKey=True) == "?"  # Arabic


@pytest.mark.parametrize("modifier", ["ctrlKey", "altKey", "metaKey", "modifierAltGraph"])
def test_a_letter_with_a_modifier_answers_nothing(keys: Page, modifier: str) -> None:
    assert not read(keys, "y", "KeyY", **{modifier: True})
    assert not read(keys, "н", "KeyY", **{modifier: True})


def test_commands_are_read_in_every_alphabet(keys: Page) -> None:
    assert read(keys, "a", "KeyA", ctrlKey=True) == "Ctrl+a"
    assert read(keys, "ф", "KeyA", ctrlKey=True) == "Ctrl+a"
    assert read(keys, "A", "KeyA", metaKey=True) == "Ctrl+a"


def test_a_key_of_an_input_method_is_none(keys: Page) -> None:
    assert not read(keys, "Enter", isComposing=True)
    assert not read(keys, "Enter", keyCode=229)
    assert not read(keys, "Process", "KeyY", keyCode=229)
    assert read(keys, "Enter", keyCode=13) == "Enter"


def test_a_key_that_is_held_down_moves_on_but_does_nothing_else_again(keys: Page) -> None:
    press = (
        "([key, repeat]) => { let done = 0; pressKey(new KeyboardEvent('keydown', { key, repeat }), "
        "{ Enter: () => { done += 1 }, y: () => { done += 1 }, ArrowLeft: () => { done += 1 } }); return done }"
    )
    assert [keys.evaluate(press, [key, False]) for key in ("Enter", "y", "ArrowLeft")] == [1, 1, 1]
    assert [keys.evaluate(press, [key, True]) for key in ("Enter", "y", "ArrowLeft")] == [0, 0, 1]


@pytest.mark.parametrize("order", ["composition first", "key first"])
def test_the_enter_that_ends_a_composition_reaches_no_component(keys: Page, order: str) -> None:
    """Safari says that the composition ended before it says which key ended it."""
    heard = keys.evaluate(
        """(order) => {
          const root = document.createElement("div"), field = document.createElement("textarea")
          let heard = 0
          root.append(field)
          document.body.append(root)
          guardKeys(root)
          field.addEventListener("keydown", () => { heard += 1 })
          const ended = new CompositionEvent("compositionend", { bubbles: true, composed: true })
          const travels = { bubbles: true, composed: true, cancelable: true }
          const enter = new KeyboardEvent("keydown", { key: "Enter", isComposing: order === "key first", ...travels })
          for (const event of order === "key first" ? [enter, ended] : [ended, enter]) { field.dispatchEvent(event) }
          root.remove()
          return [heard, enter.defaultPrevented]
        }""",
        order,
    )
    assert heard == [0, True]
