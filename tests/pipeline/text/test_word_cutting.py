"""Words of any script are split in one way, so typed words find written ones, also without accents and signs."""

# ruff: noqa: RUF001 -- letters that look alike are what this is about

from __future__ import annotations

import unicodedata
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.search.caption_index import _terms
from pipeline.text.query_words import holds, query_words, wanted_terms
from pipeline.text.word_cutting import fold_text, index_terms, is_unspaced, words_of

SCRIPTS = (
    "abcxyzABCéèüßøđıİŞñơếđ0123½²ﬁＡ",
    "ΑΒΓΩάέήώςσ",
    "абвгдёйъЁЙ",
    "قطةسوداءكتابـ" + "\u064b\u064c\u064e\u0650\u0651\u0652\u0670\u200c",
    "שלוםאבג\u05b0\u05b8\u05c1",
    "कखबिल्लीड़ीर\u093c\u094d\u200d\u200c१२",
    "বাংলাবিড়াল\u09cd",
    "தமிழ்பூனை\u0bcd",
    "แมวดำนั่งอยู่ริมหน้าต่าง๑\u200b",
    "ລາວແມວ",
    "ខ្មែរឆ្មា\u200b",
    "မြန်မာကြောင်",
    "东京猫在树上東京",
    "ねこネコﾈｺ゛ー々",
    "한국어고양이",
    " \t\n,.;:!?-_'\"()[]/|😀\ufe0f\u00ad\u0300\u0301",
)
texts = st.lists(st.sampled_from(SCRIPTS).flatmap(lambda script: st.text(script, max_size=12)), max_size=8).map("".join)
any_text = texts | st.text(max_size=60)


@settings(deadline=None, max_examples=400)
@given(any_text)
def test_a_text_is_found_by_each_of_its_own_words(caption: str) -> None:
    terms = set(index_terms(words_of(caption)))
    for typed in [*caption.split(), caption]:
        for word in query_words(unicodedata.normalize("NFC", typed)):
            assert all(not terms.isdisjoint(some) for some in wanted_terms(word)), (typed, word)


@settings(deadline=None, max_examples=200)
@given(any_text)
def test_a_typed_caption_is_held_by_itself_and_by_the_beginning_of_each_word(caption: str) -> None:
    words = words_of(caption)
    for word in words:
        assert holds(words, word)
        assert holds(words, word[: max(1, len(word) - 1)]) or not words_of(word[: max(1, len(word) - 1)])
    assert holds(words, caption) == bool(words)
    assert not holds(words, "")


@settings(deadline=None, max_examples=300)
@given(any_text)
def test_words_are_cut_alike_wherever_they_stand(text: str) -> None:
    assert words_of(text) == [word for piece in text.split() for word in words_of(piece)]
    assert fold_text(fold_text(text)) == fold_text(text)
    assert words_of(fold_text(text)) == words_of(text)
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(unicodedata.normalize("NFC", text))
    for word in words_of(text):
        assert any(char.isalnum() for char in word)
        assert not any(char.isspace() for char in word), "terms stand between spaces"
        assert len(word) <= 40 or is_unspaced(word)


@settings(deadline=None, max_examples=200)
@given(st.lists(any_text | st.text("aB9 -_;\x00" * 3, max_size=100), max_size=6))
def test_thousands_at_once_are_cut_as_one_is(captions: list[str]) -> None:
    counts: Counter[str] = Counter()
    terms = _terms(pa.array(captions, pa.string()), counts).to_pylist()
    cut = [words_of(caption) for caption in captions]
    assert [one.split() for one in terms] == [index_terms(words) for words in cut]
    spaced = Counter(word for words in cut for word in words if not is_unspaced(word))
    assert Counter({word: count for word, count in counts.items() if word}) == spaced


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("काली बिल्ली खिड़की पर", "खिड़की"),
        ("قِطَّةٌ سَوْدَاءُ", "قطة"),
        ("قطة سوداء", "سَوْدَاءُ"),
        ("كـــتاب", "كتاب"),
        ("می‌خواهم", "میخواهم"),
        ("שָׁלוֹם", "שלום"),
        ("STRASSE", "straße"),
        ("Größe", "grosse"),
        ("DİYARBAKIR", "diyarbakır"),
        ("IŞIK", "ışık"),
        ("Việt Nam đèn", "viet den"),
        ("Αθήνα", "ΑΘΗΝΑ"),
        ("ﬁne ＡＢＣ", "fine abc"),
        ("co\u00adopt", "coopt"),
        ("क्\u200dष", "क्ष"),
        ("ﾈｺ", "ネコ"),
        ("แมวดำนั่งอยู่", "แมว"),
        ("แมวดำนั่งอยู่", "ดำ"),
        ("東京タワーの猫", "タワー"),
        ("東京タワーの猫", "猫"),
        ("猫tower", "tower"),
    ],
)
def test_what_people_leave_out_or_write_otherwise_is_found(written: str, typed: str) -> None:
    words = words_of(written)
    terms = set(index_terms(words))
    for word in query_words(typed):
        assert all(not terms.isdisjoint(some) for some in wanted_terms(word))
        assert holds(words, word)


def test_marks_are_inside_words() -> None:
    assert words_of("काली बिल्ली, खिड़की") == ["काली", "बिल्ली", "खिड़की"]
    assert len(words_of("แมวดำ นั่งอยู่")) == 2
    assert words_of("தமிழ் বিড়াল") == ["தமிழ்", "বিড়াল"]


def test_a_query_of_a_script_without_spaces_is_cut_to_what_every_search_takes() -> None:
    assert [len(word) for word in query_words("แมว" * 300)] == [100]


@pytest.mark.parametrize(
    ("written", "typed"), [("й", "и"), ("किला", "कल"), ("แมว", "หมา"), ("東京", "京東"), ("cat", "at")]
)
def test_what_is_another_word_is_not_found(written: str, typed: str) -> None:
    terms = set(index_terms(words_of(written)))
    assert not all(not terms.isdisjoint(some) for word in query_words(typed) for some in wanted_terms(word))
