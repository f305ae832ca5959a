"""Vectors read past Lance are those that Lance reads, or they are not read past it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import lance
import numpy as np
import pytest

from pipeline.collection import Collection, vector_pages
from pipeline.collection.vector_pages import Page, plain_pages, read_pages, take_pages
from pipeline.collection.vector_table import vector_table
from pipeline.collection.vectors import StoredVectors

COUNT, WIDTH = 700, 512
VECTORS = np.random.default_rng(2).normal(size=(COUNT, WIDTH)).astype(np.float16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A dataset of three commits, as a synthetic collection's is written."""
    where = tmp_path / "vectors.lance"
    for start, stop in ((0, 300), (300, 301), (301, COUNT)):
        table = vector_table(np.arange(start, stop), VECTORS[start:stop])
        lance.write_dataset(table, str(where), mode="append" if start else "create")
    return where


@pytest.mark.parametrize("rows", [1, 7, 256, 4096])
def test_blocks_of_any_size_hold_all_vectors_in_their_order(path: Path, rows: int) -> None:
    pages = plain_pages(path, lance.dataset(str(path)), WIDTH)
    assert sum(page.rows for page in pages) == COUNT
    blocks = [block.copy() for block in read_pages(pages, WIDTH, rows)]
    assert max(map(len, blocks)) <= rows
    assert np.array_equal(np.concatenate(blocks), VECTORS)


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
def test_every_verified_format_is_read_straight_and_gives_what_lance_gives(tmp_path: Path, version: str) -> None:
    where = tmp_path / "vectors.lance"
    lance.write_dataset(vector_table(np.arange(COUNT), VECTORS), str(where), data_storage_version=version)
    dataset = lance.dataset(str(where))
    pages = plain_pages(where, dataset, WIDTH)
    by_lance = dataset.to_table(columns=["vector"])["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    assert np.array_equal(np.concatenate([block.copy() for block in read_pages(pages, WIDTH, 100)]).ravel(), by_lance)


@pytest.mark.parametrize("version", ["7.9.0", "15.0.0", "a.b"])
def test_a_library_that_was_not_verified_is_left_to_lance(
    path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(lance, "__version__", version)
    assert plain_pages(path, lance.dataset(str(path)), WIDTH) == ()


def test_a_format_that_was_not_verified_is_left_to_lance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_pages, "VERIFIED_FORMATS", frozenset({(1, 0)}))
    assert plain_pages(path, lance.dataset(str(path)), WIDTH) == ()


@pytest.mark.parametrize("error", [AttributeError, ImportError, IndexError, OSError, TypeError, ValueError])
def test_metadata_of_another_shape_is_left_to_lance(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> list[Page]:
        raise error("no such thing")

    monkeypatch.setattr(vector_pages, "_pages_of", fail)
    assert plain_pages(path, lance.dataset(str(path)), WIDTH) == ()


@pytest.mark.parametrize("straight", [True, False])
def test_a_collection_gives_the_same_vectors_both_ways(
    path: Path, monkeypatch: pytest.MonkeyPatch, *, straight: bool
) -> None:
    if not straight:
        monkeypatch.setattr(vector_pages, "VERIFIED_LIBRARIES", range(0))
    opened = SimpleNamespace(
        path=path.parent,
        embedding_name=path.name,
        manifest=SimpleNamespace(dimensions=WIDTH),
        image_ids=np.arange(COUNT),
        guarded=lambda read: read(),
        open_dataset=lambda name: lance.dataset(str(path.parent / name)),
    )
    found = StoredVectors(cast("Collection", opened))
    assert bool(found._pages) is straight
    rows = np.arange(COUNT)[::-1]
    assert np.array_equal(found.of(rows), VECTORS[rows].astype(np.float32))
    assert np.array_equal(np.concatenate([block.copy() for block in found.blocks()]), VECTORS)
    parts = {start: np.concatenate([block.copy() for block in blocks]) for start, blocks in found.parts(3)}
    assert len(parts) == (3 if straight else 1)
    assert np.array_equal(np.concatenate([parts[start] for start in sorted(parts)]), VECTORS)


def test_a_dataset_with_a_deleted_row_is_left_to_lance(path: Path) -> None:
    dataset = lance.dataset(str(path))
    dataset.delete("image_id = 5")
    assert plain_pages(path, dataset, WIDTH) == ()


@pytest.mark.parametrize("width", [WIDTH - 1, WIDTH * 2])
def test_pages_of_another_size_are_left_to_lance(path: Path, width: int) -> None:
    assert plain_pages(path, lance.dataset(str(path)), width) == ()


def test_bytes_that_are_not_the_vectors_are_left_to_lance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vector_pages._pages_of

    def shifted(*some: object) -> list[Page]:
        return [Page(page.file, page.position + 2, page.rows) for page in real(*some)]  # type: ignore[arg-type]

    monkeypatch.setattr(vector_pages, "_pages_of", shifted)
    assert plain_pages(path, lance.dataset(str(path)), WIDTH) == ()


def test_pages_beyond_the_end_of_a_file_are_left_to_lance(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vector_pages._pages_of

    def beyond(*some: object) -> list[Page]:
        return [Page(page.file, page.position + 10**9, page.rows) for page in real(*some)]  # type: ignore[arg-type]

    monkeypatch.setattr(vector_pages, "_pages_of", beyond)
    assert plain_pages(path, lance.dataset(str(path)), WIDTH) == ()


def test_a_file_that_became_shorter_is_an_error_of_the_disk(path: Path) -> None:
    pages = plain_pages(path, lance.dataset(str(path)), WIDTH)
    pages[0].file.write_bytes(pages[0].file.read_bytes()[:1000])
    with pytest.raises(OSError, match="ends too early"):
        list(read_pages(pages, WIDTH, 64))


def test_vectors_here_and_there_come_in_the_order_asked_for(path: Path) -> None:
    pages = plain_pages(path, lance.dataset(str(path)), WIDTH)
    places = np.array([699, 0, 300, 299, 301, 0, 512])
    assert np.array_equal(take_pages(pages, WIDTH, places), VECTORS[places])
    assert take_pages(pages, WIDTH, places[:0]).shape == (0, WIDTH)
    shortened = Page(pages[0].file, pages[0].position + 10**9, COUNT)
    with pytest.raises(OSError, match="too early"):
        take_pages((shortened,), WIDTH, places)
