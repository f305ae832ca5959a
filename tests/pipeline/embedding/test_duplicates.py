"""Duplicates: the same file, nearly the same picture, and nothing by way of a chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.embedding.duplicates import DuplicateGroups, check_near_distance, find_duplicates, near_distance
from pipeline.embedding.embedders import packaged_embedder
from pipeline.embedding.neighbors import knn_graph
from pipeline.errors import ParameterError
from pipeline.progress import Progress

CIRCLE = st.lists(st.integers(0, 359), min_size=1, max_size=30)


def on_circle(degrees: list[int]) -> NDArray[np.float32]:
    """Unit vectors at these angles: neighbours n degrees apart are 2 sin(n / 2) apart."""
    angles = np.radians(np.array(degrees, np.float64))
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def find(
    degrees: list[int], hashes: list[str] | None = None, *, within: float = 10.5, k: int | None = None
) -> DuplicateGroups:
    """Group pictures at angles, from k neighbours of each or all. Near means within a number of degrees."""
    vectors = on_circle(degrees)
    graph = knn_graph(vectors, k or len(vectors), seed=0)
    return find_duplicates(
        hashes or [str(number) for number in range(len(degrees))], vectors, graph, 2 * np.sin(np.radians(within) / 2)
    )


def test_images_without_a_file_are_no_copies_of_one_another() -> None:
    found = find([0, 90, 180, 270], ["", "same", "", "same"], within=1)
    assert found.groups.tolist() == [0, 1, 2, 1]
    assert found.exact.tolist() == [False, True, False, True]


def test_pictures_near_each_other_are_a_group_named_after_its_first() -> None:
    found = find([0, 90, 5, 180, 93])
    assert found.groups.tolist() == [0, 1, 0, 3, 1]
    assert found.members.tolist() == [0, 1, 2, 4]
    assert not found.exact.any()


def test_the_same_bytes_are_a_group_however_far_apart() -> None:
    found = find([0, 90, 200], ["a", "b", "a"])
    assert found.groups.tolist() == [0, 1, 0]
    assert found.exact.tolist() == [True, False, True]


def test_copies_bring_their_near_duplicates_along() -> None:
    assert find([0, 200, 5], ["a", "a", "b"]).groups.tolist() == [0, 0, 0]


def test_a_chain_is_not_one_group() -> None:
    found = find([0, 10, 20, 30, 40, 50])
    assert found.groups.tolist() == [0, 0, 2, 2, 4, 4]


def test_a_distance_of_zero_finds_exact_duplicates_only() -> None:
    assert find([0, 0, 5], ["a", "b", "b"], within=0).groups.tolist() == [0, 1, 1]


def test_a_crowd_larger_than_any_list_of_neighbours_is_one_group() -> None:
    copies = np.random.default_rng(0).normal([1, 0, 0], 0.01, (300, 3)).astype(np.float32)
    other = np.random.default_rng(1).normal([0, 0, 1], 0.01, (200, 3)).astype(np.float32)
    vectors = np.concatenate([copies, other])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    told: list[Progress] = []
    found = find_duplicates(
        [str(row) for row in range(500)], vectors, knn_graph(vectors, 20, seed=0), 0.2, progress=told.append
    )
    assert found.groups.tolist() == [0] * 300 + [300] * 200
    assert (told[0].done, told[-1].done, told[-1].total) == (0, 500, 500)


@given(CIRCLE, st.integers(1, 5))
def test_groups_do_not_depend_on_how_many_neighbours_the_graph_holds(degrees: list[int], k: int) -> None:
    np.testing.assert_array_equal(find(degrees, k=k).groups, find(degrees).groups)


def test_many_copies_of_one_file_hide_nobody() -> None:
    found = find([0] * 8 + [5] * 8, ["a"] * 8 + list("bcdefghi"), k=3)
    assert found.groups.tolist() == [0] * 16
    assert found.exact.tolist() == [True] * 8 + [False] * 8


@given(CIRCLE)
def test_every_image_lies_near_the_first_of_its_group(degrees: list[int]) -> None:
    groups = find(degrees).groups
    apart = np.abs(np.array(degrees)[groups] - np.array(degrees))
    assert (np.minimum(apart, 360 - apart) <= 10).all()
    assert (groups <= np.arange(len(degrees))).all()
    assert (groups[groups] == groups).all(), "the first of a group belongs to it"


@given(CIRCLE)
def test_two_first_ones_are_not_near_each_other(degrees: list[int]) -> None:
    first = np.unique(find(degrees).groups)
    angles = np.array(degrees)[first]
    apart = np.abs(angles[:, None] - angles[None, :])
    apart = np.minimum(apart, 360 - apart)[~np.eye(len(first), dtype=bool)]
    assert (apart > 10).all()


def test_nothing_and_one_image_have_no_duplicates() -> None:
    assert find([7]).members.tolist() == []
    empty = knn_graph(np.zeros((1, 2), np.float32), 1, seed=0)
    with pytest.raises(ParameterError, match="2 hashes, 2 vectors and neighbours of 1 images"):
        find_duplicates(["a", "b"], np.zeros((2, 2), np.float32), empty, 0.1)


def test_the_distance_is_measured_or_chosen() -> None:
    packaged = packaged_embedder().spec.weights_sha256
    assert near_distance(packaged, None) == 0.4
    assert near_distance("weights never measured", None) == 0
    assert near_distance(packaged, 0.0) == 0
    for chosen in (-0.1, 2.1, float("nan")):
        with pytest.raises(ParameterError, match=r"0 \(off\) to 2 is allowed"):
            check_near_distance(chosen)


def test_groups_are_kept_with_the_collection(collection: Collection) -> None:
    groups = collection.duplicates()
    assert len(groups) == len(collection)
    assert (groups[groups] == groups).all()
    hashes = np.array([collection.record(row).sha256 for row in range(len(collection))])
    _, first = np.unique(hashes, return_index=True)
    assert set(np.unique(groups)) <= set(first.tolist())
    assert collection.duplicate_kinds()["exact"] == len(hashes) - (np.unique(hashes, return_counts=True)[1] == 1).sum()
