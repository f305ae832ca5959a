"""Tables as people write them: known answers, in any of the forms that change nothing, or damaged in one place."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

ATTRIBUTES = ("content_cat", "media_pen_ink")
Answers = dict[tuple[str, str], str]
"""(file, attribute) -> yes, no or unsure."""

CELLS = {
    "yes": ("yes", "Y", "TRUE", "1", "1.0", " positive "),
    "no": ("no", "N", "False", "0", "0.0", "\u00a0negative"),
    "unsure": ("unsure", "UNSURE"),
    "": ("", " ", "NaN", "nan", "open", "Split"),
}
HEADERS = {
    "file": ("file", " file", "File", "FILE\u00a0", "\u200bfile"),
    "caption": ("caption", "Caption ", "\tcaption".strip("\t")),
    "attribute": ("attribute", "Attribute"),
    "value": ("value", " VALUE"),
    "label": ("label",),
    **{name: (name, f" {name}", f"{name}\u200b") for name in ATTRIBUTES},
}
CAPTIONS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8) | st.text(
    " ,;\t\"'\n\r=é🦜", max_size=6
)
ROW_DAMAGE = (
    *("extra cell", "extra empty cell", "missing cell", "another separator", "another word", "stray quote"),
    *("open quote", "zero byte", "another encoding", "contradiction", "address", "drive", "up", "outside", "long cell"),
)
HEADER_DAMAGE = ("column twice", "column twice but for capitals", "capitals", "hyphen")


@dataclass
class Written:
    """A written table: its content, the bytes of the file, and the line of its damage."""

    answers: Answers
    content: bytes
    damage: str = ""
    line: int = 0
    header_line: int = 1


@dataclass
class _Writer:
    separator: str
    quoting: int
    newline: str
    codec: str
    parts: list[bytes] = field(default_factory=list)
    lines: int = 0

    def row(self, cells: Sequence[str], separator: str = "") -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator or self.separator, quoting=self.quoting, lineterminator="\r\n")
        writer.writerow(cells)
        return text.getvalue().removesuffix("\r\n") + self.newline

    def add(self, text: str, codec: str = "") -> int:
        """Add lines; return the number of the first."""
        self.parts.append(text.encode(codec or self.codec))
        first = self.lines + 1
        self.lines += len(io.StringIO(text, newline="").readlines())
        return first


def spellings(file: str, root: str) -> tuple[str, ...]:
    """Return ways to write the path of an image."""
    return file, f"./{file}", file.replace("/", "\\"), file.replace("/", "//"), f" {file} ", f"{root}/{file}"


@st.composite
def written_tables(
    draw: st.DrawFn, files: Sequence[str], root: str, *, damaged: bool = False, long: bool = False
) -> Written:
    """Write a table about some of the files, below `root`; `long` is a row an answer."""
    chosen = draw(st.lists(st.sampled_from(files), min_size=1, max_size=4, unique=True))
    grid = {(file, name): draw(st.sampled_from(sorted(CELLS))) for file in chosen for name in ATTRIBUTES}
    damage = draw(st.sampled_from(ROW_DAMAGE + HEADER_DAMAGE)) if damaged else ""
    mark, codec = draw(st.sampled_from([("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le")]))
    codec = "utf-8" if damage == "another encoding" else codec
    writer = _Writer(
        draw(st.sampled_from([",", ";", "\t"])),
        draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        codec,
    )
    names = ["file", "caption", *(("attribute", draw(st.sampled_from(["value", "label"]))) if long else ATTRIBUTES)]
    order = draw(st.permutations(range(len(names))))
    header = [draw(st.sampled_from(HEADERS[names[place]])) for place in order]
    if damage in HEADER_DAMAGE:
        _damage_header(header, damage, long=long)
    writer.add(mark)
    writer.lines = 0
    if draw(st.booleans()):
        writer.add(f"sep={writer.separator}{writer.newline}")
    header_line = writer.add(writer.row(header))

    def cells_of(file: str, parts: Sequence[str]) -> list[str]:
        cells = [draw(st.sampled_from(spellings(file, root))), draw(CAPTIONS), *parts]
        return [cells[place] for place in order]

    rows: list[tuple[str, list[str]]] = []
    for file in chosen:
        words = [draw(st.sampled_from(CELLS[grid[file, name]])) for name in ATTRIBUTES]
        if long:
            rows += [(file, cells_of(file, [name, word])) for name, word in zip(ATTRIBUTES, words, strict=True)]
        else:
            rows.append((file, cells_of(file, words)))
    sick = draw(st.integers(0, len(rows) - 1)) if damage in ROW_DAMAGE else -1
    line = header_line if damage in HEADER_DAMAGE else 0
    for place, (file, cells) in enumerate(rows):
        if draw(st.booleans()):
            blank = draw(st.sampled_from(["", writer.separator, writer.separator * (len(names) - 1), " "]))
            writer.add(blank + writer.newline)
        full = cells + [""] * (len(header) - len(cells))
        if place != sick:
            writer.add(writer.row(full))
            continue
        columns = {name: order.index(number) for number, name in enumerate(names)}
        line = _add_damaged(writer, full, columns, damage, file, root)
    answers = {key: word for key, word in grid.items() if word}
    return Written(answers, b"".join(writer.parts), damage, line, header_line)


def _damage_header(header: list[str], damage: str, *, long: bool) -> None:
    if damage == "column twice":
        header.append(f" {header[0]}")
    elif damage == "column twice but for capitals":
        header.append(header[0].upper())
    elif damage == "capitals":
        header.append("Content_Dog")
    else:
        header.append("content-dog")


def _add_damaged(writer: _Writer, cells: list[str], columns: dict[str, int], damage: str, file: str, root: str) -> int:
    """Write one row with something wrong in it; return its line."""
    answer = next(columns[name] for name in ("value", "label", ATTRIBUTES[0]) if name in columns)
    sick = list(cells)
    sick[columns["caption"]] = "a picture"
    another = {",": ";", ";": "\t", "\t": ","}[writer.separator]
    named = {
        "address": f"https://example.org/{file}",
        "drive": f"C:\\{file}",
        "up": f"../{file}",
        "outside": f"/x/{file}",
    }
    if damage in named:
        sick[columns["file"]] = named[damage]
    elif damage == "another word":
        sick[answer] = "maybe"
    elif damage == "zero byte":
        sick[columns["caption"]] = "a\0b"
    elif damage == "long cell":
        sick[columns["caption"]] = "word " * 20_001
    elif damage.startswith("extra"):
        sick.append("" if "empty" in damage else "yes")
    elif damage == "missing cell":
        sick.pop()
    elif damage in {"stray quote", "open quote"}:
        plain = [cell.strip() for cell in sick]
        plain[columns["caption"]] = '"a" picture' if damage == "stray quote" else '"a picture'
        return writer.add(writer.separator.join(plain) + writer.newline)
    elif damage == "contradiction":
        first, second = list(sick), list(sick)
        first[answer], second[answer] = "yes", "no"
        first[columns["file"]], second[columns["file"]] = file, f"{root}/{file}"
        writer.add(writer.row(first))
        return writer.add(writer.row(second))
    elif damage == "another encoding":
        sick[columns["caption"]] = "é"
        return writer.add(writer.row(sick), "latin-1")
    return writer.add(writer.row(sick, another if damage == "another separator" else ""))


def edited(text: str, place: int, edit: str) -> str:
    """Change one character: take it away, or put another there."""
    return text[:place] + text[place + 1 :] if edit == "away" else text[:place] + edit + text[place:]


def write(folder: Path, content: bytes) -> Path:
    """Put a table into a folder."""
    path = folder / "table.csv"
    path.write_bytes(content)
    return path
