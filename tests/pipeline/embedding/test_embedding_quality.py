"""Quality of vectors: linear probes find their attributes, and neighbours show their projects."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.benchmarks.backbones import FEWEST, folders_of_sources
from pipeline.benchmarks.embedding_quality import embedding_quality, project_neighbors
from pipeline.errors import ParameterError

COUNT, WIDTH = 240, 24


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of pairs. Both of a project point the same way, and the first number is the attribute."""
    rng = np.random.default_rng(seed)
    subjects = rng.normal(size=(COUNT // 2, WIDTH))
    vectors = np.repeat(subjects, 2, axis=0) + 0.05 * rng.normal(size=(COUNT, WIDTH))
    return vectors.astype(np.float32), np.repeat(np.arange(COUNT // 2), 2)


def test_what_the_vectors_hold_is_found_and_what_they_do_not_is_not() -> None:
    vectors, projects = drawn()
    told = (vectors[:, 0] > 0).astype(np.int8)
    untold = np.random.default_rng(1).integers(0, 2, COUNT // 2).repeat(2).astype(np.int8)
    rare = np.full(COUNT, -1, np.int8)
    rare[:4] = 1
    quality = embedding_quality(vectors, {"told": told, "untold": untold, "rare": rare}, projects)
    assert quality.probes["told"].average_precision > 0.9
    assert quality.probes["untold"].average_precision < 0.7
    assert "rare" not in quality.probes, "too few answers prove nothing"
    assert quality.mean_average_precision == pytest.approx(
        np.mean([probe.average_precision for probe in quality.probes.values()])
    )
    assert quality.probes["told"].yes == int(told.sum())


def test_neighbours_of_the_same_project_are_counted_where_there_are_any() -> None:
    vectors, projects = drawn()
    found, images = project_neighbors(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), projects)
    assert found == 1.0, "each has its one fellow among the nearest ten"
    assert images == COUNT
    assert project_neighbors(vectors, np.arange(COUNT)) == (None, 0)
    strangers = np.random.default_rng(2).permutation(COUNT) // 2
    by_chance, _ = project_neighbors(vectors, strangers)
    assert by_chance is not None
    assert by_chance < 0.2


def test_a_shift_that_all_share_changes_nothing() -> None:
    vectors, projects = drawn()
    told = (vectors[:, 0] > 0).astype(np.int8)
    plain = embedding_quality(vectors, {"told": told}, projects)
    shifted = embedding_quality(vectors + 50, {"told": told}, projects)
    assert shifted.probes["told"].average_precision == pytest.approx(plain.probes["told"].average_precision, abs=0.02)


def test_arrays_of_different_images_are_refused() -> None:
    vectors, projects = drawn()
    with pytest.raises(ParameterError, match="Pass arrays about the same images"):
        embedding_quality(vectors, {"told": np.zeros(3, np.int8)}, projects)


def test_families_are_the_folders_in_which_paths_part() -> None:
    paths = [f"images/{folder}/{number}.png" for folder in ("cats", "dogs") for number in range(FEWEST)]
    found = folders_of_sources([*paths, "images/few/1.png"])
    assert {name: len(rows) for name, rows in found.items()} == {"cats": FEWEST, "dogs": FEWEST}
    assert found["dogs"].tolist() == list(range(FEWEST, 2 * FEWEST))
    assert folders_of_sources(paths[:FEWEST]) == {}, "one folder is no family among others"
    assert folders_of_sources(["a.png", "b.png"]) == {}
    assert folders_of_sources([]) == {}
