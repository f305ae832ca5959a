"""Vectors from files and arrays: what is read, and each kind of bad input refused with its row."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.given.checking import check_vectors
from pipeline.given.vector_files import VectorRows, open_vectors, vectors_of_array
from pipeline.given.vectors import GivenVectors
from pipeline.progress import Progress

GOOD = np.arange(1, 13, dtype=np.float32).reshape(4, 3)


def nobody(_: Progress) -> None:
    """Ignore progress."""


def saved(folder: Path, array: NDArray[Any]) -> Path:
    np.save(folder / "v.npy", array)
    return folder / "v.npy"


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_npy_file_is_mapped_not_loaded(tmp_path: Path, kind: str, order: Any) -> None:
    opened = open_vectors(saved(tmp_path, np.asarray(GOOD, kind, order=order)))
    assert isinstance(opened.values, np.memmap)
    assert np.array_equal(opened.values, GOOD)
    assert len(opened.sha256) == 64


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("ids", [np.array([5, 3, 9, 2**63 - 1]), np.array(["a", "b", "c", "d"])])
def test_an_npz_file_has_its_vectors_and_ids(tmp_path: Path, save: Any, ids: NDArray[Any]) -> None:
    save(tmp_path / "v.npz", ids=ids, vectors=GOOD)
    opened = open_vectors(tmp_path / "v.npz")
    assert np.array_equal(opened.values, GOOD)
    assert opened.ids == tuple(map(str, ids.tolist()))
    save(tmp_path / "one.npz", anything=GOOD)
    assert open_vectors(tmp_path / "one.npz").ids is None


class Trap:
    """What unpickling would run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([[1, None]], object), "v.npy holds Python objects, which are never loaded"),
        (np.array([Trap(), Trap()], object), "v.npy holds Python objects, which are never loaded"),
        (np.ones((4, 3), np.int8), r"v\.npy holds int8\. Allowed are float16, float32 and float64"),
        (np.ones((4, 3), np.complex64), r"v\.npy holds complex64"),
        (np.ones((4, 3), np.longdouble), r"v\.npy holds (float128|longdouble|float96)"),
        (np.ones(4, np.float32), r"v\.npy has the shape \(4,\)\. Vectors have two dimensions"),
        (np.ones((4, 3, 2), np.float32), r"v\.npy has the shape \(4, 3, 2\)"),
        (np.ones((4, 1), np.float32), r"v\.npy has 1 numbers in each row\. Allowed are 2 to 16,384"),
        (np.ones((1, 20_000), np.float16), r"v\.npy has 20,000 numbers in each row"),
    ],
)
def test_another_array_is_refused(tmp_path: Path, array: NDArray[Any], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        open_vectors(saved(tmp_path, array))


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, GOOD)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(
        SourceError, match=r"v\.npy is cut off: its header says 4 rows of 3, which are 48 bytes, and 43"
    ):
        open_vectors(path)
    for data in (b"", b"\x93NUMPY\x01\x00", b"\x80\x04N.", b"\x93NUMPY\x01\x00\x10\x00{'descr': __import__"):
        path.write_bytes(data)
        with pytest.raises(SourceError, match=r"v\.npy is no array of NumPy"):
            open_vectors(path)
    with pytest.raises(SourceError, match=r"The vectors .*cannot be read .*Give a file that"):
        open_vectors(tmp_path / "none.npy")
    with pytest.raises(SourceError, match=r"The vectors .*cannot be read"):
        open_vectors(tmp_path)


@given(st.integers(0, 127), st.binary(min_size=1, max_size=12))
def test_a_damaged_header_gives_an_error_of_ours_or_an_array(place: int, damage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), GOOD)
        data = bytearray(path.read_bytes())
        data[place : place + len(damage)] = damage
        path.write_bytes(bytes(data))
        with suppress(SourceError):
            assert open_vectors(path).values.ndim == 2


def test_a_bad_npz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v.npz"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(SourceError, match="cannot be read"):
        open_vectors(path)
    np.savez(path, a=GOOD, b=GOOD)
    with pytest.raises(SourceError, match=r"holds 'a', 'b'\. Allowed are one array, or two with the names"):
        open_vectors(path)
    np.savez(path, vectors=GOOD, ids=np.array([{}], object))
    with pytest.raises(SourceError, match="'ids' holds Python objects"):
        open_vectors(path)
    np.savez(path, vectors=GOOD, ids=np.ones(4))
    with pytest.raises(
        SourceError, match=r"'ids' holds float64 of the shape \(4,\)\. Allowed are whole numbers or texts"
    ):
        open_vectors(path)
    np.savez(path)
    with pytest.raises(SourceError, match="holds nothing"):
        open_vectors(path)


def test_a_compressed_array_that_says_a_wrong_size_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", GOOD)
    data = (tmp_path / "v.npy").read_bytes()
    path = tmp_path / "v.npz"
    for changed, words in (
        (data.replace(b"(4, 3)", b"(9, 3)"), "has another size than its header says"),
        (data.replace(b"(4, 3), }          ", b"(9999999999, 99), }"), "Allowed are 4,000,000,000"),
    ):
        assert changed != data
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vectors.npy", changed)
        with pytest.raises(SourceError, match=words):
            open_vectors(path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, r"v, row 2 \(the first is row 0\): number 2 of the vector is nan\. All must be finite"),
        (np.inf, "number 2 of the vector is inf"),
        (-np.inf, "number 2 of the vector is -inf"),
    ],
)
def test_a_number_that_is_not_finite_is_refused_with_its_row(value: float, words: str) -> None:
    array = GOOD.copy()
    array[2, 1] = value
    with pytest.raises(SourceError, match=words):
        check_vectors(vectors_of_array(array, "v"), nobody)


def test_vectors_without_a_direction_or_difference_are_refused() -> None:
    array = GOOD.copy()
    array[3] = 0
    with pytest.raises(SourceError, match=r"row 3 .*all numbers of the vector are 0, so it has no direction"):
        check_vectors(vectors_of_array(array), nobody)
    with pytest.raises(SourceError, match="All 5 vectors of vectors are the same"):
        check_vectors(vectors_of_array(np.ones((5, 2))), nobody)
    array[3] = 1e-9
    with pytest.raises(SourceError, match=r"row 2 .*numbers up to 9, and row 3 only up to 1e-09.*Scale each vector"):
        check_vectors(vectors_of_array(array), nobody)


def test_a_ragged_list_is_refused() -> None:
    with pytest.raises(SourceError, match="vectors cannot be read as one array"):
        vectors_of_array([[1.0, 2.0], [3.0]])


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, GOOD)
    opened = open_vectors(path)
    opened.unchanged()
    np.save(path, np.ones((9, 3), np.float32))
    with pytest.raises(SourceError, match="was changed while it was read"):
        opened.unchanged()


@given(
    arrays.arrays(np.float64, (5, 3), elements=st.floats(0.01, 1.0)),
    st.integers(-280, 280),
)
def test_half_precision_holds_vectors_of_any_size(array: NDArray[np.float64], power: int) -> None:
    array[0, 0] += 1  # so that they differ
    ids = np.arange(5)
    values = array * 10.0**power
    scale = check_vectors(vectors_of_array(values), nobody)
    spec: Any = None
    found = GivenVectors(spec, values, ids, ids, scale).of(ids).astype(np.float64)
    assert np.isfinite(found).all()
    assert np.allclose(found / scale, values, rtol=1e-3)


def test_vectors_are_given_in_the_order_that_is_asked_for() -> None:
    spec: Any = None
    rows: VectorRows = vectors_of_array(GOOD)
    made = GivenVectors(spec, rows.values, np.array([3, 8, 11]), np.array([2, 0, 3]))
    assert np.array_equal(made.of(np.array([11, 3])), GOOD[[3, 2]])
