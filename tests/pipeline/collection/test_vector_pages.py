"""Vectors read past Lance are those that Lance reads, or they are not read past it."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pytest

from pipeline.collection import vector_pages
from pipeline.collection.vector_pages import Page, plain_pages, read_pages, take_pages
from pipeline.collection.vector_table import vector_table

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
