"""Strict reading of CSV: encodings, separators, quotes, zero bytes, endless cells. Every error names its line.

A file is read line by line, so a file of any size takes the memory of one row.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import TableError
from pipeline.tables.columns import begins_as_attribute, is_known
from pipeline.tables.text import trimmed

__all__ = ["LONGEST_CELL", "CsvFile", "separator_words"]

LONGEST_CELL = 100_000
"""Characters. A longer cell is a sign of a broken or hostile table."""
LONGEST_QUOTED = 1_000_000
"""Characters after which an open quote counts as never closed."""
LONGEST_LINE = 8_000_000

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
KEYS = frozenset({"file", "image_id"})
"""Every kind of table has one of these columns. The right separator is the one that reveals it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "", "UTF-32"),
    (codecs.BOM_UTF32_BE, "", "UTF-32"),
    (b"PK\x03\x04", "", "a spreadsheet or another archive"),
    (b"\xd0\xcf\x11\xe0", "", "a spreadsheet of an old kind"),
    (b"\x1f\x8b", "", "a compressed file"),
    (b"PAR1", "", "a Parquet table"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SEP_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_AFTER_QUOTE = re.compile("expected after")
BLOCK = 1 << 16


def separator_words(separator: str) -> str:
    """Return the name of a separator."""
    return SEPARATORS[separator]


class _Lines:
    """The lines of a file, counted from 1. Each is checked before the `csv` module reads it."""

    def __init__(self, file: io.TextIOWrapper, path: Path) -> None:
        self._file, self._path, self.number = file, path, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        place = f"{self._path}, line {self.number}"
        if len(line) >= LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise TableError(f"{place} is longer than {LONGEST_LINE:,} characters. Give a table with a line a row.")
        if "\0" in line:
            raise TableError(
                f"{place} holds a zero byte, which no text has. It may be saved as UTF-16: save it again as CSV UTF-8.",
                undecodable=True,
            )
        return line


class CsvFile:
    """A CSV file whose first row is the header.

    Parameters
    ----------
    path
        The file.
    codec
        Encoding of a file without a byte order mark; None for UTF-8.

    Raises
    ------
    TableError
        When it is opened or read, if the file is not text or is ambiguous.
    OSError
        If it cannot be read.
    """

    def __init__(self, path: Path, codec: str | None = None) -> None:
        self.path = path
        self._codec = codec or "utf-8"
        self.separator = ","
        self.encoding = "UTF-8"
        rows = self.rows()
        self.header_line, self.header = next(rows, (1, []))
        rows.close()

    def rows(self) -> Generator[tuple[int, list[str]], None, None]:
        """Iterate over all rows including the header, each with the line in which it begins."""
        with self._lines() as lines:
            begun = self._header(lines)
            if begun is None:
                return
            csv.field_size_limit(LONGEST_QUOTED)
            reader = csv.reader(
                itertools.chain([begun], lines), delimiter=self.separator, strict=True, skipinitialspace=True
            )
            start = lines.number
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise self._broken(error, start, lines.number) from error
                yield start, cells
                start = lines.number + 1

    def _header(self, lines: _Lines) -> str | None:
        """Return the first line of the header and set the separator; None for an empty file."""
        declared = ""
        for line in lines:
            hint = _SEP_LINE.fullmatch(line)
            if hint and lines.number == 1 and hint[1] in SEPARATORS:
                declared = hint[1]
            elif trimmed(line).strip(",;\t"):
                self.separator = declared or _separator(line, f"{self.path}, line {lines.number}")
                return line
        return None

    @contextmanager
    def _lines(self) -> Iterator[_Lines]:
        if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
            raise TableError(f"{self.path} is no file of the disk. Give the table as a file.")
        with self.path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            codec, self.encoding = next(
                ((codec, name) for mark, codec, name in _MARKS if start.startswith(mark)),
                (self._codec, self._codec.upper()),
            )
            if not codec:
                raise TableError(f"{self.path} is saved as {self.encoding}. Save it again as CSV UTF-8.")
            with io.TextIOWrapper(raw, encoding=codec, newline="") as text:
                try:
                    yield _Lines(text, self.path)
                except UnicodeDecodeError as error:
                    raise self._undecodable(error, codec) from error

    def _undecodable(self, error: UnicodeDecodeError, codec: str) -> TableError:
        line = _line_of_bad_byte(self.path, codec)
        byte = error.object[error.start]
        guess = "may be saved as Latin-1 or Windows-1252" if codec.startswith("utf-8") else "may be cut off or damaged"
        return TableError(
            f"{self.path}, line {line} is not {self.encoding}: it holds the byte 0x{byte:02X} where none may be. It "
            f"{guess}: save it again as CSV UTF-8.",
            undecodable=True,
        )

    def _broken(self, error: csv.Error, start: int, line: int) -> TableError:
        """Return an error that explains a `csv.Error` in line `line` of a row that begins in line `start`."""
        words = str(error)
        if _AFTER_QUOTE.search(words):
            where = "" if line == start else f" and closed in line {line}"
            return TableError(
                f"{self.path}, line {start}: a quote is opened{where}, and more text follows it in the same cell. Put "
                'quotes around the whole cell, and write each quote inside it twice ("").'
            )
        if "end of data" in words:
            return TableError(
                f"{self.path}, line {start}: a quote is opened and never closed, so this is not a CSV table. Close it, "
                "or take it out."
            )
        if "field larger" in words:
            return TableError(
                f"{self.path}, line {start}: a cell is longer than {LONGEST_QUOTED:,} characters, or a quote is opened "
                "and never closed. Shorten the cell, or close the quote."
            )
        return TableError(f"{self.path}, line {start} cannot be read as CSV: {words}. Save it again as CSV UTF-8.")


def _separator(line: str, place: str) -> str:
    """Return the separator of a header.

    Raises
    ------
    TableError
        If two separators would both give a table.
    """
    split = {mark: _split(line, mark) for mark in SEPARATORS}
    several = [mark for mark, names in split.items() if len(names) > 1]
    keyed = [mark for mark in several if KEYS & set(split[mark])]
    if len(keyed) > 1:
        raise _mixed(keyed, place)
    if keyed:
        chosen = keyed[0]
        for other in several:
            if other != chosen and _hides_columns(split[chosen], other):
                raise _mixed([chosen, other], place)
        return chosen
    return several[0] if len(several) == 1 and not KEYS & set(split[","]) else ","


def _hides_columns(names: Collection[str], other: str) -> bool:
    """Return whether a name contains several names of columns with another separator between them."""
    parts = [part for name in names if other in name for part in _split(name, other)]
    return any(is_known(part) or begins_as_attribute(part) for part in parts)


def _mixed(marks: list[str], place: str) -> TableError:
    words = " and ".join(SEPARATORS[mark] for mark in marks)
    return TableError(f"{place}: {words} both separate names of columns. Save the table again with commas alone.")


def _split(line: str, mark: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return []
    return [trimmed(cell).lower() for cell in cells]


def _line_of_bad_byte(path: Path, codec: str) -> int:
    """Return the line, from 1, of the first byte that cannot be decoded."""
    newlines = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)(), translate=True)
    line = 1
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            before = newlines.getstate()
            try:
                line += newlines.decode(block).count("\n")
            except UnicodeDecodeError:
                newlines.setstate(before)
                break
        for place in range(len(block)):
            try:
                line += newlines.decode(block[place : place + 1]).count("\n")
            except UnicodeDecodeError:
                break
    return line + (newlines.getstate()[1] & 1)  # a last carriage return without a line feed
