"""Read the vectors of a dataset straight from Lance's files, where their layout is known. Uses the disk.

Lance copies what it reads into new memory, which takes five times as long as reading the bytes. Where a file holds its
vectors plainly, one after another, they are read into memory that is used again.

That layout is private to Lance, so it is checked before it is used. The version of the library and of the file format
must be ones that this module was verified with, each page must have exactly the bytes of its vectors, and some vectors
of each page must equal those that Lance reads. If any check fails, the caller reads through Lance's public interface,
with the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.files.system import read_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Page", "plain_pages", "read_pages", "take_pages"]

log = logging.getLogger(__name__)

COLUMN = "vector"
VERIFIED_LIBRARIES = range(8, 15)
"""Major versions of pylance. 8.0.1, 11.0.0 and 14.0.2 were tried with each format."""
VERIFIED_FORMATS = frozenset({(2, 0), (2, 1), (2, 2)})
"""Versions of Lance's file format, major and minor."""

_OTHER_LAYOUT = (AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Page:
    """A run of vectors in a file: its position in bytes and its number of vectors."""

    file: Path
    position: int
    rows: int


def plain_pages(path: Path, dataset: Any, width: int) -> tuple[Page, ...]:
    """List the runs of plain float16 vectors that together are a dataset's, in its order.

    Parameters
    ----------
    path
        Folder of the dataset.
    dataset
        The same, opened with Lance.
    width
        Numbers of a vector.

    Returns
    -------
    tuple of Page
        Empty where the layout is not the verified one: then read through Lance.
    """
    if not _is_verified_library():
        return ()
    try:
        pages = _find_pages(path, dataset, width)
        return pages if _agree(pages, dataset, width) else ()
    except _OTHER_LAYOUT as error:  # of a damaged file Lance itself reports the damage
        log.warning("Lance's files are not laid out as expected (%s). Vectors are read through Lance.", error)
        return ()


def _is_verified_library() -> bool:
    """Return whether the installed pylance is one of `VERIFIED_LIBRARIES`."""
    import lance

    major = str(lance.__version__).partition(".")[0]
    return major.isdecimal() and int(major) in VERIFIED_LIBRARIES


def _find_pages(path: Path, dataset: Any, width: int) -> tuple[Page, ...]:
    from lance.file import LanceFileReader

    pages: list[Page] = []
    for fragment in dataset.get_fragments():
        files = fragment.data_files()
        if len(files) != 1 or (files[0].file_major_version, files[0].file_minor_version) not in VERIFIED_FORMATS:
            return ()
        file = path / "data" / files[0].path
        columns = LanceFileReader(str(file), columns=[COLUMN]).metadata().columns
        found = _pages_of(file, columns, fragment.count_rows(), 2 * width)
        if not found:
            return ()
        pages += found
    return tuple(pages)


def read_pages(pages: tuple[Page, ...], width: int, rows: int) -> Iterator[NDArray[np.float16]]:
    """Read vectors in blocks of at most `rows`: float16 (m, width). The next block is read into the same memory.

    Raises
    ------
    OSError
        If a file is missing or shorter than it was.
    """
    buffer = np.empty((rows, width), np.float16)
    for page in pages:
        with page.file.open("rb", buffering=0) as file:
            file.seek(page.position)
            for start in range(0, page.rows, rows):
                block = buffer[: min(rows, page.rows - start)]
                _fill(file, block, page.file)
                yield block


def take_pages(pages: tuple[Page, ...], width: int, places: NDArray[np.int64]) -> NDArray[np.float16]:
    """Read single vectors: float16 (m, width), in the order of `places`.

    Parameters
    ----------
    pages
        Runs that together are a dataset's vectors.
    width
        Numbers of a vector.
    places
        int64 (m,): numbers of the vectors in the dataset, from 0.

    Raises
    ------
    OSError
        If a file is missing or shorter than it was.
    """
    ends = np.cumsum([page.rows for page in pages])
    numbers = np.searchsorted(ends, places, side="right")
    vectors, size = np.empty((len(places), width), np.float16), 2 * width
    for number in np.unique(numbers).tolist():
        page, wanted = pages[number], np.flatnonzero(numbers == number)
        starts = page.position + (places[wanted] - (ends[number] - page.rows)) * size
        with page.file.open("rb", buffering=0) as file:
            # One call for each vector: threads wait for each other at every call.
            parts = [read_at(file.fileno(), size, start) for start in starts.tolist()]
        if any(len(part) != size for part in parts):
            raise OSError(f"{page.file} ends too early")
        vectors[wanted] = np.frombuffer(b"".join(parts), np.float16).reshape(-1, width)
    return vectors


def _fill(file: Any, block: NDArray[np.float16], name: Path) -> None:
    rest = block.reshape(-1).view(np.uint8)
    while rest.size:
        count = file.readinto(rest)
        if not count:
            raise OSError(f"{name} ends too early")
        rest = rest[count:]


def _pages_of(file: Path, columns: Any, rows: int, size: int) -> list[Page]:
    """Find the column whose pages have exactly the bytes of all vectors of a fragment."""
    for column in columns:
        if not all(len(page.buffers) == 1 and page.buffers[0].size % size == 0 for page in column.pages):
            continue
        buffers = [page.buffers[0] for page in column.pages]
        pages = [Page(file, buffer.position, buffer.size // size) for buffer in buffers]
        if sum(page.rows for page in pages) == rows:
            return pages
    return []


def _agree(pages: tuple[Page, ...], dataset: Any, width: int) -> bool:
    """Compare the first, middle and last vector of each page with what Lance reads."""
    first, places, found = 0, [], []
    for page in pages:
        for row in sorted({0, page.rows // 2, page.rows - 1}):
            one = Page(page.file, page.position + row * 2 * width, 1)
            found.append(next(read_pages((one,), width, 1)).copy())
            places.append(first + row)
        first += page.rows
    if not places:
        return False
    table = dataset.take(places, columns=[COLUMN])
    expected = table[COLUMN].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    return np.array_equal(np.concatenate(found).view(np.uint16), expected.view(np.uint16))
