"""Vectors of many images, read past Lance, are those that Lance reads for a few; training on them finds the optimum."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.collection import Collection
from pipeline.collection.vectors import MANY, StoredVectors
from pipeline.errors import CollectionDamagedError
from pipeline.learning.training import NARROW, train
from pipeline.synthetic.build import build_synthetic
from pipeline.synthetic.spec import SyntheticSpec


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "built"
    build_synthetic(SyntheticSpec(900, seed=2), path)
    return path


@pytest.fixture
def path(built: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic collection."""
    return Path(shutil.copytree(built, tmp_path / "synthetic"))


@pytest.mark.slow
def test_many_vectors_are_those_of_the_collection_in_the_order_asked_for(path: Path) -> None:
    collection = Collection(path)
    rows = np.random.default_rng(1).integers(0, 900, 2 * MANY)
    expected = collection.embedding()[rows].astype(np.float32)
    assert np.array_equal(StoredVectors(collection).of(rows), expected)
    assert np.array_equal(StoredVectors(collection).of(rows[:5]), expected[:5])


@pytest.mark.slow
def test_a_file_that_is_gone_is_said(path: Path) -> None:
    vectors = StoredVectors(Collection(path))
    vectors.of(np.arange(MANY))
    for file in (path / "embeddings").rglob("*.lance"):
        if file.is_file():
            file.unlink()
    with pytest.raises(CollectionDamagedError):
        vectors.of(np.arange(MANY))


@pytest.mark.slow
def test_wide_and_narrow_vectors_are_trained_to_the_same_optimum() -> None:
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(400, NARROW)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    answers = vectors[:, 0] + 0.05 * chance.normal(size=400) > 0
    wide = np.pad(vectors, ((0, 0), (0, 8)))  # one solver for these, another for the others: the same problem
    weak = np.empty((0, NARROW), np.float32)
    one = train(vectors, answers, weak)
    other = train(wide, answers, np.empty((0, NARROW + 8), np.float32))
    assert np.allclose(vectors @ one.weights + one.intercept, wide @ other.weights + other.intercept, atol=0.01)
