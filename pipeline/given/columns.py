"""Read columns of a table that hold places, scores, ids or vectors, strictly: each row has a value that can be used."""

from __future__ import annotations

import difflib
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.given.vector_files import WIDEST, VectorRows, blocks
from pipeline.tables import Table
from pipeline.tables.arrow_tables import ArrowTable

__all__ = ["ColumnReader"]

FINITE: Final = "Give a finite number in every row"
_HALF: Final = {"halffloat": np.float16, "float": np.float32, "double": np.float64}


@dataclass(frozen=True, slots=True, eq=False)
class ColumnReader:
    """Reads columns of a table in the order of the images.

    Parameters
    ----------
    table
        The table.
    lines
        int64 ``(n,)``: line of the table for each image, in the order of the images.
    """

    table: Table
    lines: NDArray[np.int64]

    def place(self, row: int) -> str:
        """Return the name of the line of an image, for errors."""
        return self.table.place(int(self.lines[row]))

    def named(self, name: str, use: str) -> str:
        """Return a column's name as the table has it; capital letters do not matter if only one column fits.

        Raises
        ------
        SourceError
            If there is none. The sentence names the nearest one.
        """
        names = [*self.table.names, *self.table.unread]
        if name in names:
            return name
        same = [one for one in names if one.casefold() == name.casefold()]
        if len(same) == 1:
            return same[0]
        near = difflib.get_close_matches(name, names, 1, 0.5)
        meant = f" Did you mean {near[0][:60]!r}?" if near else ""
        shown = ", ".join(repr(one[:40]) for one in names[:12])
        raise SourceError(f"{self.table.path} has no column {name[:60]!r} for {use}.{meant} There are: {shown}.")

    def numbers(self, name: str, use: str) -> NDArray[np.float64]:
        """Return a column of numbers, float64 ``(n,)``.

        Raises
        ------
        SourceError
            If a cell is empty, no number or not finite. The sentence names the line.
        """
        name = self.named(name, use)
        found = self._typed_numbers(name) if isinstance(self.table, ArrowTable) else None
        if found is None:
            cells = self.texts(name, use)
            found = np.empty(len(cells))
            for row in np.argsort(self.lines).tolist():  # so that the first bad line is named
                found[row] = self._number(cells[row], row, name)
        bad = np.flatnonzero(~np.isfinite(found))
        if bad.size:
            row = self._first(bad)
            raise SourceError(f"{self.place(row)}: {name!r} is {found[row]}. {FINITE}, or leave the row out.")
        return found

    def texts(self, name: str, use: str) -> list[str]:
        """Return the cells of a column as text, in the order of the images.

        Raises
        ------
        SourceError
            If the column cannot be read as text.
        """
        name = self.named(name, use)
        if name in self.table.unread:
            raise SourceError(
                f"{self.table.path}: the column {name!r} holds neither numbers nor text. Give another one."
            )
        cells = {line: row[name].strip() for line, row in self.table}
        return [cells[line] for line in self.lines.tolist()]

    def vectors(self, name: str, beside: Path) -> VectorRows:
        """Read a column of lists into a temporary file, in the order of the table.

        Parameters
        ----------
        name
            The column: lists of float16, float32 or float64, all of one length.
        beside
            The temporary file, which has no name and ends with the array, is made in this folder.

        Raises
        ------
        SourceError
            If it holds something else, or a list is missing or has another length. The sentence names the row.
        """
        name = self.named(name, "the vectors")
        table = self.table
        if not isinstance(table, ArrowTable):
            raise SourceError(
                f"{self.table.path}: the vectors {name!r} would be text. Lists of numbers are read from Parquet, or "
                "from a table in memory; or give the vectors as a file of NumPy (.npy)."
            )
        kind = table.schema.field(name).type
        numbers = kind.value_type if _is_list(kind) else None
        if numbers is None or str(numbers) not in _HALF:
            raise SourceError(
                f"{self.table.path}: the column {name!r} holds {str(kind)[:60]}. Allowed are lists of float16, float32 "
                "or float64, all of one length."
            )
        values = self._spooled(table, name, np.dtype(_HALF[str(numbers)]), beside)
        digest = hashlib.sha256(f"{values.dtype.str} {values.shape}".encode())
        for block in blocks(values):
            digest.update(block.data)
        label = f"{table.path.name}, column {name!r}"
        return VectorRows(values, label, digest.hexdigest(), lambda row: table.place(row + 1))

    def _spooled(self, table: ArrowTable, name: str, kind: np.dtype[Any], beside: Path) -> NDArray[Any]:
        """Copy lists to a file, block by block, and map it."""
        width, count = 0, 0
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=beside) as file:
            for batch in table.batches([name]):
                column = batch.column(0)
                width = self._checked_width(column, width, count, name)
                flat = column.flatten().to_numpy(zero_copy_only=False).astype(kind, copy=False)
                file.write(np.ascontiguousarray(flat).data)
                count += len(column)
            file.flush()
            return np.memmap(file, kind, "r", 0, (count, width)) if count and width else np.empty((count, 2), kind)

    def _checked_width(self, column: pa.Array, width: int, before: int, name: str) -> int:
        lengths = column.value_lengths().to_pylist() if not pa.types.is_fixed_size_list(column.type) else None
        size = column.type.list_size if lengths is None else (lengths[0] if lengths and not width else width)
        missing = np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))
        if missing.size:
            raise SourceError(
                f"{self.table.place(before + int(missing[0]) + 1)} has no vector in {name!r}. Give each row one, or "
                "leave the row out."
            )
        for row, length in enumerate(lengths or ()):
            if length != size:
                raise SourceError(
                    f"{self.table.place(before + row + 1)}: the vector in {name!r} has {length:,} numbers, and those "
                    f"before have {size:,}. All must have as many."
                )
        if len(column) and not 2 <= (size or 0) <= WIDEST:
            raise SourceError(
                f"{self.table.place(before + 1)}: the vector in {name!r} has {size or 0:,} numbers. Allowed are 2 to "
                f"{WIDEST:,}."
            )
        return int(size or width)

    def _typed_numbers(self, name: str) -> NDArray[np.float64] | None:
        """Return a column with a type of numbers; None for text."""
        if name in self.table.unread:
            return None
        column = self.table.typed(name)
        if column is None or not _is_number(column.type):
            return None
        taken = column.take(pa.array(self.lines - 1))
        missing = np.flatnonzero(taken.is_null().to_numpy())
        if missing.size:
            raise SourceError(f"{self.place(self._first(missing))}: {name!r} is empty. {FINITE}, or leave the row out.")
        numbers: NDArray[np.float64] = taken.cast(pa.float64()).to_numpy()
        return numbers

    def _first(self, rows: NDArray[np.int64]) -> int:
        """Return the one of some images whose line comes first."""
        return int(rows[np.argmin(self.lines[rows])])

    def _number(self, cell: str, row: int, name: str) -> float:
        try:
            return float("" if "_" in cell else cell)
        except ValueError:
            what = f"is {cell[:40]!r}, which is no number" if cell else "is empty"
            point = " with a point, not a comma" if "," in cell else ""
            raise SourceError(f"{self.place(row)}: {name!r} {what}. {FINITE}{point}, or leave the row out.") from None


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
