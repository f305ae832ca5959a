"""A CSV table beside its images as a source of images. An edge: it reads the table, and opens no image."""

from __future__ import annotations

import csv
from pathlib import Path, PurePosixPath

from pipeline.errors import SourceError, TaxonomyError
from pipeline.schema import SourceItem
from pipeline.taxonomy import GROUPS, attribute_from_name

__all__ = ["table_items"]

_YES = frozenset({"1", "true", "yes", "y", "positive"})
_NO = frozenset({"0", "false", "no", "n", "negative"})
_MAX_CSV_CELL = 100_000  # characters; longer cells are a sign of a broken or hostile table


def table_items(path: Path, source_name: str) -> tuple[list[SourceItem], tuple[str, ...]]:
    """Read a table: its images, and the attributes that it has a column of.

    Raises
    ------
    SourceError
        If it breaks a rule.
    """
    csv.field_size_limit(_MAX_CSV_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = list(reader.fieldnames or ())
            if "file" not in columns:
                found = ", ".join(columns[:10]) or "none"
                raise SourceError(f"{path} has no column 'file' (found: {found}). Add one with paths of images.")
            attributes = _attribute_columns(columns, path)
            items = [_table_item(row, path, source_name, attributes, reader.line_num) for row in reader]
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}). Check the path and its permissions.") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is not a CSV table in UTF-8: {error}. Save it again as CSV UTF-8.") from error
    return items, attributes


def _attribute_columns(columns: list[str], path: Path) -> tuple[str, ...]:
    names = tuple(column for column in columns if column.partition("_")[0] in GROUPS and "_" in column)
    for name in names:
        try:
            attribute_from_name(name)
        except TaxonomyError as error:
            raise SourceError(f"{path}: column {name!r}: {error}") from error
    return names


def _table_item(
    row: dict[str, str], path: Path, source_name: str, attributes: tuple[str, ...], line: int
) -> SourceItem:
    key = (row.get("file") or "").strip().replace("\\", "/")
    parts = PurePosixPath(key)
    if not key or parts.is_absolute() or ".." in parts.parts or "\0" in key:
        raise SourceError(f"{path}, line {line}: {key!r} is not a path below {path.parent}. Give relative paths only.")
    file = path.parent / parts
    if not file.resolve().is_relative_to(path.parent.resolve()):
        raise SourceError(f"{path}, line {line}: {key!r} leads out of {path.parent} through a link. Copy the file in.")
    return SourceItem(
        source_name=source_name,
        key=key,
        path=file,
        caption=_text(row, "caption"),
        author=_text(row, "author"),
        keywords=_text(row, "keywords"),
        origin=_text(row, "source"),
        license=_text(row, "licence") or _text(row, "license"),
        project_id=_project_id(_text(row, "project_id"), path, line),
        labels=_labels(row, attributes, path, line),
    )


def _text(row: dict[str, str], column: str) -> str:
    return (row.get(column) or "").strip()


def _project_id(text: str, path: Path, line: int) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or int(text) >= 2**63:
        raise SourceError(f"{path}, line {line}: project_id {text!r} is no whole number from 0 to 2^63 - 1.")
    return int(text)


def _labels(row: dict[str, str], attributes: tuple[str, ...], path: Path, line: int) -> dict[str, bool]:
    labels: dict[str, bool] = {}
    for name in attributes:
        text = _text(row, name).lower()
        if text in _YES:
            labels[name] = True
        elif text in _NO:
            labels[name] = False
        elif text:
            raise SourceError(f"{path}, line {line}: {name} is {text!r}; allowed are yes, no and nothing.")
    return labels
