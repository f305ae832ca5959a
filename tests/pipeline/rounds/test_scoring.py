"""Scoring all images: margins are vectors times weights plus intercept, in the order of rows, or an error in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.collection.vectors import StoredVectors
from pipeline.errors import CollectionDamagedError, ModelMismatchError, ParameterError
from pipeline.learning.linear_model import LinearModel, margins
from pipeline.progress import Progress
from pipeline.rounds import scoring
from pipeline.rounds.scoring import score_margins
from tests.pipeline.conftest import rewrite_vectors

WIDE = 512


def model(width: int, seed: int = 0) -> LinearModel:
    generator = np.random.default_rng(seed)
    return LinearModel(generator.normal(size=width).astype(np.float32), float(generator.normal()), 2.0, -0.5)


def mixed(count: int = 72) -> NDArray[np.int64]:
    return np.random.default_rng(5).permutation(count)


@pytest.fixture
def wide(copy: Path) -> Path:
    """A collection whose vectors are so wide that their file is read past Lance, in another order than the rows."""
    file = copy / "collection.json"
    values = json.loads(file.read_text(encoding="utf-8")) | {"dimensions": WIDE}
    file.write_text(json.dumps(values), encoding="utf-8")
    vectors = np.random.default_rng(3).normal(size=(72, WIDE)).astype(np.float16)
    rewrite_vectors(copy, mixed(), vectors)
    return copy


@pytest.mark.parametrize("narrow", [True, False])
def test_margins_are_products_in_the_order_of_rows_whatever_the_order_of_the_dataset(
    wide: Path, collection: Collection, narrow: bool
) -> None:
    opened = collection if narrow else Collection(wide)
    assert (StoredVectors(opened).places is None) is narrow
    width = opened.manifest.dimensions
    models = [model(width, seed) for seed in range(3)]
    expected = margins(models, opened.embedding())
    found = score_margins(opened, models)
    assert found.dtype == np.float32
    assert found.shape == (3, len(opened))
    np.testing.assert_allclose(found, expected.T, rtol=1e-4, atol=1e-4)


def test_probabilities_are_the_models_map_of_the_margins_in_another_order_of_the_dataset_too(copy: Path) -> None:
    the_model = model(32)
    before = the_model.probability(score_margins(Collection(copy), [the_model])[0])
    rewrite_vectors(copy, mixed())
    opened = Collection(copy)
    after = the_model.probability(score_margins(opened, [the_model])[0])
    np.testing.assert_allclose(after, before, rtol=1e-5)
    products = opened.embedding().astype(np.float64) @ the_model.weights + the_model.intercept
    np.testing.assert_allclose(after, 1 / (1 + np.exp(-(2.0 * products - 0.5))), rtol=1e-4)


def test_of_no_model_there_are_no_margins(collection: Collection) -> None:
    assert score_margins(collection, []).shape == (0, len(collection))


def test_every_half_precision_number_is_widened_to_itself() -> None:
    halves = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    found = np.empty(halves.shape, np.float32)
    scoring._widen(halves, found)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found, halves.view(np.float16).astype(np.float32))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_is_refused(copy: Path, bad: float) -> None:
    vectors = Collection(copy).embedding().copy()
    vectors[40, 3] = bad
    rewrite_vectors(copy, np.arange(72), vectors)
    with pytest.raises(ParameterError, match=r"not finite; only finite vectors can be scored\. Embed those images"):
        score_margins(Collection(copy), [model(32)])


def test_a_model_older_than_the_embedding_is_refused_with_what_to_do(collection: Collection) -> None:
    with pytest.raises(ModelMismatchError, match=r"a width of 31.* vectors of width 32.* Run a round"):
        score_margins(collection, [model(32), model(31)])


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, ValueError, OSError])
def test_whatever_the_callback_raises_to_stop_is_what_the_caller_gets(
    wide: Path, stop: type[BaseException], collection: Collection
) -> None:
    def stopping(progress: Progress) -> None:
        assert progress.total == 72
        raise stop("enough")

    for opened in (collection, Collection(wide)):
        with pytest.raises(stop, match="enough"):
            score_margins(opened, [model(opened.manifest.dimensions)], stopping)


def test_the_callback_hears_of_all_images(wide: Path) -> None:
    heard: list[int] = []
    score_margins(Collection(wide), [model(WIDE)], lambda progress: heard.append(progress.done))
    assert heard == sorted(heard)
    assert heard[-1] == 72


@settings(max_examples=15)
@given(st.lists(st.integers(0, 71), max_size=90))
def test_vectors_are_read_by_row(collection_path: Path, rows: list[int]) -> None:
    collection = Collection(collection_path)
    vectors = StoredVectors(collection)
    found = vectors.of(np.array(rows, np.int64))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, collection.embedding()[rows].astype(np.float32))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 72, 100])
def test_parts_are_the_whole_dataset_in_its_order(wide: Path, count: int) -> None:
    opened = Collection(wide)
    vectors, expected = StoredVectors(opened), opened.embedding()[mixed()]
    parts = vectors.parts(count)
    assert len(parts) == min(count, 72)
    for start, blocks in parts:
        found = np.concatenate([block.copy() for block in blocks])
        np.testing.assert_array_equal(found, expected[start : start + len(found)])
    assert sum(len(block) for block in vectors.blocks()) == 72
    some = np.array([70, 0, 70, 13])
    np.testing.assert_array_equal(vectors.of(some), opened.embedding()[some].astype(np.float32))


def test_vectors_of_other_images_are_noticed(copy: Path) -> None:
    import lance

    from pipeline.collection.vector_table import vector_table

    opened = Collection(copy)
    table = vector_table(opened.image_ids + 1, opened.embedding())
    lance.write_dataset(table, str(copy / opened.embedding_name), mode="overwrite")
    with pytest.raises(CollectionDamagedError, match="not of its images"):
        score_margins(Collection(copy), [model(32)])


def test_vectors_that_are_gone_are_an_error_in_words(wide: Path) -> None:
    opened = Collection(wide)
    vectors = StoredVectors(opened)
    assert vectors.parts(1)
    for file in (wide / opened.embedding_name / "data").iterdir():
        file.unlink()
    with pytest.raises(CollectionDamagedError, match="Restore it from a copy"):
        score_margins(opened, [model(WIDE)])
