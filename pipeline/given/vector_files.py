"""Open files and arrays of vectors: .npy (memory mapped), .npz, and arrays of NumPy. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.files.small_files import reason_of

__all__ = ["VECTOR_SUFFIXES", "VectorRows", "blocks", "open_vectors", "vectors_of_array"]

VECTOR_SUFFIXES: Final = (".npy", ".npz")
"""Endings of files of vectors, in lower case."""

WIDEST: Final = 16_384
"""Largest number of dimensions."""

LARGEST_UNPACKED: Final = 4_000_000_000
"""Bytes of a compressed array, which has to be held in memory."""

_BLOCK_NUMBERS: Final = 4_000_000
_LOCAL_HEADER: Final = 30
_ALLOWED: Final = "Allowed are float16, float32 and float64"
_SAVE: Final = "Save the array again with numpy.save"


@dataclass(frozen=True, slots=True, eq=False)
class VectorRows:
    """Vectors as they were given.

    Parameters
    ----------
    values
        float16, float32 or float64 ``(m, d)``; may be a memory map.
    name
        Name of the file or column, for people.
    sha256
        Hash of the file, or of the numbers.
    place
        Returns the name of the place of a row, for errors.
    ids
        m ids beside the vectors; None where there are none.
    unchanged
        Raises if the file has changed since it was opened.
    """

    values: NDArray[Any]
    name: str
    sha256: str
    place: Callable[[int], str]
    ids: tuple[str, ...] | None = None
    unchanged: Callable[[], None] = lambda: None


def open_vectors(path: Path) -> VectorRows:
    """Open a file of vectors.

    Parameters
    ----------
    path
        ``.npy``: one array ``(m, d)``, which is memory mapped. ``.npz``: one array, or ``vectors`` and ``ids``.

    Raises
    ------
    SourceError
        If it cannot be read, or holds another array than numbers of float16, float32 or float64 in two dimensions.
    """
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        opened = _zipped(path) if path.suffix.lower() == ".npz" else (_mapped(path, 0, path.name), None)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error) as error:
        raise SourceError(
            f"The vectors {path} cannot be read ({reason_of(error)}). Give a file that numpy.save or numpy.savez wrote."
        ) from error
    values, ids = opened
    _check_shape(values.shape, path.name)

    def unchanged() -> None:
        now = path.stat()
        if (now.st_size, now.st_mtime_ns) != (state.st_size, state.st_mtime_ns):
            raise SourceError(f"{path} was changed while it was read. Run the build again.")

    return VectorRows(values, path.name, digest, place_in(path.name), ids, unchanged)


def vectors_of_array(array: object, name: str = "vectors") -> VectorRows:
    """Return an array in memory as vectors.

    Raises
    ------
    SourceError
        As in `open_vectors`.
    """
    values = np.asanyarray(array) if isinstance(array, np.ndarray) else _array_of(array, name)
    _check_kind(values.dtype, name)
    _check_shape(values.shape, name)
    digest = hashlib.sha256(f"{values.dtype.str} {values.shape}".encode())
    for block in blocks(values):
        digest.update(np.ascontiguousarray(block).data)
    return VectorRows(values, name, digest.hexdigest(), place_in(name))


def place_in(name: str) -> Callable[[int], str]:
    """Return the function that names the rows of an array, for errors."""
    return lambda row: f"{name}, row {row:,} (the first is row 0)"


def blocks(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield an array ``(m, d)`` in blocks of rows of some megabytes."""
    rows = max(1, _BLOCK_NUMBERS // max(1, values.shape[1]))
    for start in range(0, len(values), rows):
        yield values[start : start + rows]


def _array_of(array: object, name: str) -> NDArray[Any]:
    try:
        return np.asarray(array)
    except ValueError as error:
        raise SourceError(
            f"{name} cannot be read as one array ({str(error)[:120]}). Give numbers of shape (rows, dimensions): each "
            "row as long as the others."
        ) from error


def _check_kind(kind: np.dtype[Any], name: str) -> None:
    if kind.hasobject:
        raise SourceError(
            f"{name} holds Python objects, which are never loaded because they may run programs. {_ALLOWED}: make all "
            f"rows of one length, and use numpy.asarray(rows, numpy.float32). {_SAVE}."
        )
    if kind.kind != "f" or kind.itemsize not in {2, 4, 8}:
        raise SourceError(f"{name} holds {kind.name[:40]}. {_ALLOWED}. Convert it with astype(numpy.float32).")


def _check_shape(shape: tuple[int, ...], name: str) -> None:
    if len(shape) != 2:
        raise SourceError(
            f"{name} has the shape {shape}. Vectors have two dimensions: a row for each image, and its numbers."
        )
    if not 2 <= shape[1] <= WIDEST:
        raise SourceError(
            f"{name} has {shape[1]:,} numbers in each row. Allowed are 2 to {WIDEST:,}. Give other vectors."
        )


def _read_header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of an array in NumPy's format: shape, whether it is in Fortran's order, and type."""
    try:
        version = npy.read_magic(file)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, kind = reader(file)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError) as error:
        reason = str(error.args[0] if error.args else error).partition("\n")[0][:120]
        raise SourceError(f"{name} is no array of NumPy ({reason}). {_SAVE}.") from error
    if any(side < 0 for side in shape):
        raise SourceError(f"{name} has the shape {shape}, which is impossible. {_SAVE}.")
    return shape, fortran, kind


def _mapped(path: Path, offset: int, name: str) -> NDArray[Any]:
    """Map an array that begins at a place in a file."""
    with path.open("rb") as file:
        file.seek(offset)
        shape, fortran, kind = _read_header(file, name)
        start, size = file.tell(), os.fstat(file.fileno()).st_size
    _check_kind(kind, name)
    _check_shape(shape, name)
    needed = shape[0] * shape[1] * kind.itemsize
    if size - start < needed:
        raise SourceError(
            f"{name} is cut off: its header says {shape[0]:,} rows of {shape[1]:,}, which are {needed:,} bytes, and "
            f"{size - start:,} are there. Copy the file again."
        )
    if not needed:
        return np.empty(shape, kind)
    return np.memmap(path, kind, "r", start, shape, "F" if fortran else "C")


def _zipped(path: Path) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Open the arrays of an .npz file: the vectors, and the ids if there are any."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        wanted = "vectors" if "vectors" in members else next(iter(members), "")
        if set(members) not in ({wanted}, {"ids", "vectors"}) or not wanted:
            found = ", ".join(repr(name[:40]) for name in list(members)[:10]) or "nothing"
            raise SourceError(
                f"{path.name} holds {found}. Allowed are one array, or two with the names 'ids' and 'vectors'. Save "
                "them with numpy.savez(file, ids=ids, vectors=vectors)."
            )
        locked = next((name for name, info in members.items() if info.flag_bits & 1), None)
        if locked is not None:
            raise SourceError(f"{path.name}: {locked!r} is encrypted. Save it again with numpy.savez.")
        name = f"{path.name}, {wanted!r}"
        info = members[wanted]
        if info.compress_type == zipfile.ZIP_STORED:
            values = _mapped(path, _begin(path, info), name)
        else:
            values = _unpacked(archive, info, name)
            _check_kind(values.dtype, name)
        ids = _texts(_unpacked(archive, members["ids"], f"{path.name}, 'ids'"), path) if "ids" in members else None
    return values, ids


def _begin(path: Path, info: zipfile.ZipInfo) -> int:
    """Return the place of the first byte of a member that is not compressed."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        name, extra = struct.unpack("<HH", file.read(_LOCAL_HEADER)[26:])
    return int(info.header_offset + _LOCAL_HEADER + name + extra)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> NDArray[Any]:
    """Read an array of an .npz file into memory."""
    with archive.open(info) as file:
        shape, fortran, kind = _read_header(file, name)
        if kind.hasobject:
            _check_kind(kind, name)
        count = 1
        for side in shape:
            count *= side
        needed = count * kind.itemsize
        if max(needed, info.file_size) > LARGEST_UNPACKED:
            raise SourceError(
                f"{name} has {needed:,} bytes, compressed. Allowed are {LARGEST_UNPACKED:,}. {_SAVE}, which does not "
                "compress."
            )
        data = file.read(needed)
        if len(data) != needed or file.read(1):
            raise SourceError(f"{name} has another size than its header says. Save it again with numpy.savez.")
    return np.frombuffer(data, kind).reshape(shape, order="F" if fortran else "C")


def _texts(ids: NDArray[Any], path: Path) -> tuple[str, ...]:
    if ids.ndim != 1 or ids.dtype.kind not in "iuU":
        raise SourceError(
            f"{path.name}, 'ids' holds {ids.dtype.name[:40]} of the shape {ids.shape}. Allowed are whole numbers or "
            "texts, one for each vector. Save them with numpy.savez(file, ids=ids, vectors=vectors)."
        )
    return tuple(str(one) for one in ids.tolist())
