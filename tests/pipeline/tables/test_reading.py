"""The strict reader: it reads unambiguous tables, and refuses all others with the line."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.errors import TableError
from pipeline.tables import open_table


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path) -> list[dict[str, str]]:
    return [cells for _, cells in open_table(path)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file,x\na,1\n", []),
        ("file;x\na;1\n", ["Columns are separated by semicolons."]),
        ("file\tx\na\t1\n", ["Columns are separated by tabs."]),
        ("sep=;\r\nfile;x\r\na;1\r\n", ["Columns are separated by semicolons."]),
        ('"file", "x"\n"a",  "1"\n', []),
        ("\ufefffile\u00a0,\u200bx\na,1\n", []),
        ("FILE,x\na,1", []),
        ("file,x\r\ra,1\r", ["1 empty row was skipped."]),
        ("\n,,\nfile,x\n\n,\n,,,\na,1\n \n", ["4 empty rows were skipped."]),
        ("file,x,,\na,1,,\n", []),
        (",file,x\n0,a,1\n", ["The first column has no name and is not used."]),
    ],
)
def test_what_spreadsheets_do_to_a_table_changes_nothing(tmp_path: Path, text: str, told: list[str]) -> None:
    opened = open_table(table(tmp_path, text))
    assert opened.names == ("file", "x")
    assert [cells for _, cells in opened] == [{"file": "a", "x": "1"}]
    assert opened.form() == told


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_texts_with_a_byte_order_mark_are_read_as_it_says(tmp_path: Path, codec: str) -> None:
    mark = "\ufeff" if codec.endswith(("le", "be")) else ""
    path = table(tmp_path, f"{mark}file\tx\nä🦜.png\t1\n".encode(codec))
    assert rows(path) == [{"file": "ä🦜.png", "x": "1"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is saved as a spreadsheet of an old kind"),
        (b"\x1f\x8b\x08\x00", "is saved as a compressed file"),
        (b"PAR1\x15\x04", "is saved as a Parquet table"),
        ("\ufefffile\tx\na\t1\n".encode("utf-16-le") + b"\n", "line 3 is not UTF-16.*may be cut off"),
        ("file,x\na,1\nb,1,\n", "line 3 has 3 cells, and there are 2 columns"),
        ("file,x\na,1\nb\n", "line 3 has 1 cell, and there are 2 columns"),
        ("file;x\na;1\nb,1\n", "line 3 has 1 cell.*separated by semicolons"),
        ("file,x,X \na,1,0\n", r"line 1 has two columns 'X' \(columns 2 and 3\)"),
        ("\nfile,File\na,b\n", "line 2 has two columns 'file'"),
        ("file,x,\na,1,\nb,1,0\n", "line 3: column 3 has no name, and holds '0'"),
        ("file,x;file\na,1\n", "line 1: commas and semicolons both separate"),
        ("file;x,content_bird\na;1\n", "line 1: semicolons and commas both separate"),
        ('file,x\na,1\nb,"1" 0\n', "line 3: a quote is opened, and more text follows"),
        ('file,x\na, "1" 0\n', "line 2: a quote is opened, and more text follows"),
        ('file,x\na,"1\nb,1\nc,"0"\n', "line 2: a quote is opened and closed in line 4"),
        ('file,x\na,1\nb,"1\nc,1\n', "line 3: a quote is opened and never closed"),
        ('file,x\na,"' + "1\n" * 600_000, "line 2: .* a quote is opened and never closed"),
        (f"file,x\na,{'1' * 100_001}\n", "line 2, column 'x': the cell is longer than 100,000 characters"),
        ("file,x\na,1\nb,\0\n", "line 3 holds a zero byte"),
        ("file,x\na,1\n".encode("utf-16-le"), "line 1 holds a zero byte.*UTF-16"),
        ("file,x\r\n\r\na,\u00e9\r\n".encode("latin-1"), "line 3 is not UTF-8: it holds the byte 0xE9"),
        (b"file,x\n" + b"a,1\n" * 30_000 + b"b,\xff\n", "line 30002 is not UTF-8"),
        ("file,x\n".encode("utf-16") + b"a", "line 2 is not UTF-16"),
        (",file,x\na,1,0\n", "line 2: column 1 has no name, and holds 'a'"),
        ("file,x\n".encode("utf-32"), "saved as UTF-32"),
        (b"PK\x03\x04rest", "saved as a spreadsheet or another archive"),
        ("1" * 8_000_001, "line 1 is longer than 8,000,000 characters"),
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    with pytest.raises(TableError, match=words):
        rows(table(tmp_path, content))


def test_a_row_over_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    path = table(tmp_path, 'file,x\n"a\nb",1\nc,1\n')
    assert [line for line, _ in open_table(path)] == [2, 4]


def test_separators_within_quotes_and_names_separate_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, 'file;"size, cm"\n"a;b";"1,5"\n')
    assert rows(path) == [{"file": "a;b", "size, cm": "1,5"}]


def test_parquet_is_read_by_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({" FILE": ["a", None, b"b"], "x": [1.0, None, 0.0]}), path)
    opened = open_table(path)
    assert list(opened) == [(1, {"file": "a", "x": "1"}), (3, {"file": "b", "x": "0"})]
    assert opened.form() == ["1 empty row was skipped."]
    parquet.write_table(pa.table({"file": ["a"], "File": ["b"]}), path)
    with pytest.raises(TableError, match="two columns 'file'"):
        open_table(path)
    parquet.write_table(pa.table({"file": ["a", "y" * 100_001]}), path)
    with pytest.raises(TableError, match="row 2, column 'file': the cell is longer than"):
        rows(path)
    parquet.write_table(pa.table({"file": pa.array([b"a", b"\xff"])}), path)
    with pytest.raises(TableError, match="column 'file' cannot be read as text"):
        rows(path)


def test_parquet_whose_names_of_columns_are_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({"file": ["a"], "unreadable": ["1"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"unreadable", b"unread\xffble"))
    with pytest.raises(TableError, match="is not a Parquet table"):
        open_table(path)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match="is no file of the disk"):
        open_table(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="cannot be read"):
        open_table(tmp_path / "folder.csv")
