"""Tables in other encodings than UTF-8: read if named, refused with their line if not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ErrorKind, ParameterError, SourceError
from pipeline.sources.opening import open_source
from pipeline.sources.table import TableReading
from pipeline.tables import open_table

TEXT = "file,caption\na.png,Café à Łódź\n"


def written(folder: Path, data: bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("text", "codec", "named"),
    [
        ("Café €", "cp1252", "Windows-1252"),
        ("Café", "latin-1", "latin1"),
        ("Łódź", "cp1250", "CP1250"),
        ("Москва", "koi8-r", "koi8_r"),
        ("東京", "shift_jis", "sjis"),
        ("Łódź", "utf-16-le", "UTF-16LE"),
    ],
)
def test_a_named_encoding_is_read(tmp_path: Path, text: str, codec: str, named: str) -> None:
    path = written(tmp_path, f"file,caption\na.png,{text}\n".encode(codec))
    table = open_table(path, named)
    assert list(table) == [(2, {"file": "a.png", "caption": text})]
    assert len(table.form()) == 1  # it says which encoding was read


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("named", [None, "cp1252"])
def test_a_byte_order_mark_decides_whatever_is_named(tmp_path: Path, codec: str, named: str | None) -> None:
    path = written(tmp_path, TEXT.encode(codec))
    assert list(open_table(path, named)) == [(2, {"file": "a.png", "caption": "Café à Łódź"})]


@pytest.mark.parametrize("named", ["", "pickle", "rot13", "hex", "utf-7", "idna", "unicode_escape", "x" * 999, "a\0b"])
def test_what_is_no_encoding_of_text_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(ParameterError, match=r"encoding=.* is not known\. Allowed are utf-8"):
        open_table(written(tmp_path, TEXT.encode()), named)


def test_an_encoding_that_does_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"does nothing for t\.jsonl"):
        open_table(written(tmp_path, b'{"file": "a.png"}\n', "t.jsonl"), "cp1252")
    with pytest.raises(SourceError, match="is no table, so encoding='cp1252' does nothing"):
        open_source(tmp_path, reading=TableReading(encoding="cp1252"))


def test_bytes_outside_the_named_encoding_are_refused_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"file,caption\na.png,x\nb.png,\x81\n")
    with pytest.raises(SourceError, match="line 3 is not CP1252: it holds the byte 0x81"):
        open_source(path, reading=TableReading(encoding="cp1252"))


@pytest.mark.parametrize("data", ["file,caption\na.png,é\n".encode("cp1252"), TEXT.encode("utf-16-le")])
def test_a_source_in_an_unknown_encoding_has_a_remedy_of_its_own(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match=r"line [12] ") as caught:
        open_source(written(tmp_path, data))
    assert caught.value.kind is ErrorKind.OTHER_ENCODING
