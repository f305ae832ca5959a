"""Searching a real small collection: words however they are typed, and similar images against brute force."""

# ruff: noqa: RUF001 -- letters that look alike are what this is about

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from pipeline.build import BuildOptions, build_collection
from pipeline.collection import Collection
from pipeline.errors import CollectionDamagedError, ParameterError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.progress import Progress
from pipeline.resources import asset
from pipeline.search import Search
from pipeline.search.dot_products import dot_products
from pipeline.sources.opening import open_source
from pipeline.text.query_words import query_words, word_forms
from pipeline.text.word_cutting import is_unspaced
from tests.helpers.fake_embedder import FakeEmbedder

CAPTIONS = [
    "A red bird on a branch",
    "Two birds, one blue",
    "bird; bird; bird",
    "A cartoon of a car",
    "Cherries and a cherry tree",
    'He said "AND" OR (not) <b>bold</b> text:caption* ~1 ^2',
    "Größe: ÜBER straße, café",
    "",
    "category of cats",
    "1984 by night",
]
KEYWORDS = ["animal", "", "animal;wild", "vehicle", "fruit", "", "deutsch", "keyword-only", "animal", ""]


@pytest.fixture(scope="module")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection whose captions are those above, one image each, in the order of their file names."""
    folder = tmp_path_factory.mktemp("captioned")
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption", "keywords"])
        for number, (caption, keywords) in enumerate(zip(CAPTIONS, KEYWORDS, strict=True)):
            Image.new("RGB", (60 + number, 60), (number * 20, 90, 200 - number * 15)).save(folder / f"{number}.png")
            writer.writerow([f"{number}.png", caption, keywords])
        (folder / "broken.png").write_bytes(b"no image")
        writer.writerow(["broken.png", "a broken bird", "animal"])
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(folder / "table.csv"), folder / "built", FakeEmbedder(), taxonomy, BuildOptions())
    return folder / "built"


@pytest.fixture(scope="module")
def unindexed(captioned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an older version built it."""
    copy = tmp_path_factory.mktemp("older") / "built"
    shutil.copytree(captioned, copy)
    shutil.rmtree(copy / "captions.lance")
    shutil.rmtree(copy / "words.lance")
    return copy


def numbers(path: Path, text: str) -> set[int]:
    """Search, and return the numbers of the captions found."""
    collection = Collection(path)
    rows = Search(collection).by_words(text).rows
    return {int(Path(record.source).stem) for record in collection.records(rows)}


SEARCHES = [
    ("bird", {0, 1, 2}),
    ("BIRDS", {0, 1, 2}),
    ("red birds", {0}),
    ("birds animal", {0, 2}),
    ("cherry", {4}),
    ("cherries tree", {4}),
    ("car", {3}),
    ("cat", {8}),
    ("animal", {0, 2, 8}),
    ("keyword only", {7}),
    ("1984", {9}),
    ("bird fish", set()),
    ("über", {6}),
    ("größe", {6}),
]


@pytest.mark.parametrize(("text", "expected"), SEARCHES)
def test_all_words_are_asked_for_whole_singular_or_plural_in_captions_and_keywords(
    captioned: Path, unindexed: Path, text: str, expected: set[int]
) -> None:
    assert numbers(captioned, text) == expected
    assert numbers(unindexed, text) == expected


@pytest.mark.parametrize(("text", "expected"), [("cartoo", {3}), ("red br", {0}), ("cherr", {4}), ("nigh", {9})])
def test_a_last_word_that_nothing_has_is_a_beginning(
    captioned: Path, unindexed: Path, text: str, expected: set[int]
) -> None:
    assert numbers(captioned, text) == expected
    assert numbers(unindexed, text) == expected
    found = Search(Collection(captioned)).by_words(text)
    assert found.began
    assert all(word.startswith(found.words[-1]) for word in found.began)


def test_the_best_match_comes_first(captioned: Path) -> None:
    collection = Collection(captioned)
    rows = Search(collection).by_words("bird").rows
    assert collection.record(int(rows[0])).caption == "bird; bird; bird"
    assert Search(collection).by_words("bird", limit=1).rows.tolist() == [int(rows[0])]


def test_an_image_that_could_not_be_read_is_never_found(captioned: Path, unindexed: Path) -> None:
    for path in (captioned, unindexed):
        assert Search(Collection(path)).by_words("broken").rows.size == 0


MANY_SCRIPTS = [
    "แมวดำ นั่งอยู่ ริมหน้าต่างบานใหญ่ที่เปิดอยู่ตลอดทั้งวัน",
    "काली बिल्ली खिड़की पर",
    "قِطَّةٌ سَوْدَاءُ كـــتاب",
    "东京的猫在树上",
    "東京タワーの猫 at night",
    "Größe: STRASSE DİYARBAKIR",
    "con mèo đen Việt Nam",
    "கருப்பு பூனை",
    "x" * 60 + " end",
    "קָטָן חָתוּל",
]
IN_SCRIPTS = [
    ("แมว", 0),
    ("ตลอดทั้ง", 0),
    ("سوداء", 2),
    ("كتاب", 2),
    ("猫在", 3),
    ("タワー", 4),
    ("straße", 5),
    ("diyarbakır", 5),
]
IN_SCRIPTS += [("meo den", 6), ("x" * 60, 8), ("x" * 40, 8), ("חתול", 9), ("बिल्ली खिड़", 1), ("பூ", 7)]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of captions in many scripts."""
    folder = tmp_path_factory.mktemp("scripts")
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "caption"])
        for number, caption in enumerate(MANY_SCRIPTS):
            Image.new("RGB", (60 + number, 60), (number * 20, 90, 200 - number * 15)).save(folder / f"{number}.png")
            writer.writerow([f"{number}.png", caption])
    taxonomy = load_taxonomy(asset("taxonomy/bam.toml"))
    build_collection(open_source(folder / "table.csv"), folder / "built", FakeEmbedder(), taxonomy, BuildOptions())
    return folder / "built"


@pytest.fixture(scope="module", params=["now", "older", "oldest"])
def scripts_of_any_age(scripts: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The same as this and as older programs have indexed it."""
    import lance

    if request.param == "now":
        return scripts
    copy = Path(shutil.copytree(scripts, tmp_path_factory.mktemp("older") / "built"))
    table = lance.dataset(str(copy / "captions.lance")).to_table(columns=["image_id", "text"])
    shutil.rmtree(copy / "captions.lance")
    if request.param == "older":
        texts = lance.write_dataset(table, str(copy / "captions.lance"))
        options = {"with_position": False, "stem": False, "remove_stop_words": False, "max_token_length": 40}
        texts.create_scalar_index("text", "INVERTED", **options)
    return copy


def test_captions_in_any_script_are_found_by_their_own_words(scripts_of_any_age: Path) -> None:
    for number, caption in enumerate(MANY_SCRIPTS):
        assert number in numbers(scripts_of_any_age, caption), caption
        for word in caption.split():
            assert number in numbers(scripts_of_any_age, word), word


@pytest.mark.parametrize(("text", "expected"), IN_SCRIPTS)
def test_they_are_found_by_parts_where_no_space_parts_words_and_without_signs(
    scripts_of_any_age: Path, text: str, expected: int
) -> None:
    assert expected in numbers(scripts_of_any_age, text)


HOSTILE = [
    "",
    "   ",
    '"',
    "'; DROP TABLE images; --",
    "AND OR NOT",
    "(((",
    "text:bird^5 ~2 *",
    "*",
    "😀🎉",
    "\x00\ufffe\ud83d",
    "a" * 10_000,
    "bird " * 5_000,
    "%_\\",
    "[a-z]+|.*",
    "bird\nnot",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_is_an_operator_or_an_error(captioned: Path, unindexed: Path, text: str) -> None:
    assert numbers(captioned, text) == numbers(unindexed, text)


def test_operators_are_words(captioned: Path) -> None:
    assert numbers(captioned, "and bold") == {5}
    assert numbers(captioned, "bird -red") == {0}, "a minus excludes nothing"
    assert numbers(captioned, "bird NOT red") == set()


@given(st.text(max_size=60))
def test_words_of_a_query_are_few_short_and_without_signs(text: str) -> None:
    words = query_words(text * 40)
    assert len(words) <= 12
    assert all(word and (len(word) <= 40 or is_unspaced(word)) for word in words)
    assert all(any(char.isalnum() for char in word) and not any(map(str.isspace, word)) for word in words)
    assert len(set(words)) == len(words)
    for word in words:
        assert word in word_forms(word)


def test_a_damaged_index_is_one_sentence(captioned: Path, tmp_path: Path) -> None:
    shutil.copytree(captioned, tmp_path / "copy")
    search = Search(Collection(tmp_path / "copy"))
    for file in (tmp_path / "copy" / "captions.lance").rglob("*"):
        if file.is_file():
            file.write_bytes(b"x")
    with pytest.raises(CollectionDamagedError, match="Restore it from a copy"):
        search.by_words("bird")


def cosines(collection: Collection, rows: NDArray[np.int32]) -> NDArray[np.float64]:
    vectors = collection.embedding().astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    query = unit[rows].mean(axis=0)
    return unit @ (query / np.linalg.norm(query))


@pytest.mark.parametrize("rows", [[5], [1, 40, 41]])
def test_similar_images_are_the_nearest_without_themselves_and_their_duplicates(
    collection: Collection, rows: list[int]
) -> None:
    some, groups = np.array(rows, np.int32), collection.duplicates()
    expected, seen = [], set(groups[some].tolist())
    for row in np.argsort(-cosines(collection, some), kind="stable").tolist():
        if groups[row] not in seen:
            seen.add(int(groups[row]))
            expected.append(row)
    found = Search(collection).similar(some, 12)
    nearness = cosines(collection, some)
    assert np.allclose(nearness[found], nearness[expected[: len(found)]], atol=2e-3)
    assert not set(groups[found].tolist()) & set(groups[some].tolist())


def test_similar_images_come_from_among_those_allowed(collection: Collection) -> None:
    among = np.arange(len(collection)) % 2 == 0
    without = np.zeros(len(collection), np.bool_)
    without[:20] = True
    found = Search(collection).similar(np.array([3], np.int32), 99, among=among, without=without)
    assert found.size
    assert among[found].all()
    assert not without[found].any()


def test_vectors_in_another_order_on_disk_are_found_under_their_own_rows(collection_path: Path, tmp_path: Path) -> None:
    import lance

    shutil.copytree(collection_path, tmp_path / "copy")
    collection = Collection(tmp_path / "copy")
    path = str(tmp_path / "copy" / collection.embedding_name)
    table = lance.dataset(path).to_table()
    order = np.random.default_rng(0).permutation(table.num_rows)
    shutil.rmtree(path)
    lance.write_dataset(table.take(order), path)
    rows = np.array([7, 30], np.int32)
    plain, shuffled = Search(Collection(collection_path)), Search(collection)
    assert np.array_equal(plain.vectors_of(rows), shuffled.vectors_of(rows))
    query = plain.vectors_of(rows)[0]
    assert np.array_equal(plain.similarity(query), shuffled.similarity(query))


def test_a_search_says_how_far_it_is_and_can_be_stopped(collection: Collection) -> None:
    told: list[Progress] = []
    Search(collection).similar(np.array([0], np.int32), 5, progress=told.append)
    assert (told[-1].done, told[-1].total) == (len(collection), len(collection))

    class StopError(Exception):
        pass

    def stop(_: Progress) -> None:
        raise StopError

    with pytest.raises(StopError):
        Search(collection).similar(np.array([0], np.int32), 5, progress=stop)


def test_similar_to_nothing_is_refused(collection: Collection) -> None:
    with pytest.raises(ParameterError, match="Select at least one image"):
        Search(collection).similar(np.empty(0, np.int32), 5)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 64, 512]), st.sampled_from([1e-7, 1e-4, 0.04, 1.0, 100.0]))
def test_half_precision_is_multiplied_as_exactly_as_single(seed: int, width: int, scale: float) -> None:
    chance = np.random.default_rng(seed)
    vectors = (chance.normal(size=(9, width)) * scale).astype(np.float16)
    query = chance.normal(size=width).astype(np.float32)
    expected = vectors.astype(np.float64) @ query.astype(np.float64)
    size = np.abs(vectors.astype(np.float64)) @ np.abs(query.astype(np.float64))
    assert np.all(np.abs(dot_products(vectors, query) - expected) <= 1e-5 * size + 1e-30)
