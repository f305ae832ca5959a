"""From a label store into a table: labels, the log of answers, captions.

Everything but labels streams; labels take the memory of one attribute's answers, because a label is a fold of them.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.annotation.consensus import AgreementRule, Label, Labels, agreement_rule
from pipeline.collection import Collection
from pipeline.errors import ErrorKind, ParameterError
from pipeline.files.paths import is_within
from pipeline.label_store import Annotator, Caption, LabelStore, LoggedAnswer, Purpose
from pipeline.label_tables.cells import ANSWERS, CAPTIONS, LABELS, Column
from pipeline.label_tables.file_names import FileNames
from pipeline.label_tables.files import table_writer
from pipeline.label_tables.targets import new_file
from pipeline.progress import Progress, ProgressCallback
from pipeline.tables import kind_of

__all__ = ["BLIND", "ExportOptions", "Exported", "What", "export_table", "labels_bytes"]

AT_ONCE = 20_000
LARGEST_DOWNLOAD = 500_000
"""Largest number of answers to an attribute whose labels can be downloaded from a page."""

BLIND = frozenset({Purpose.CERTIFICATION, Purpose.AUDIT, Purpose.GOLD})
"""Purposes of blind answers. They would reveal the answers of others, or which questions are gold."""

LABEL_WORDS = {
    Label.YES: "yes",
    Label.NO: "no",
    Label.UNSURE: "unsure",
    Label.SPLIT: "split",
    Label.OPEN: "open",
}

Row = tuple[Any, ...]
_T = TypeVar("_T")


class What(StrEnum):
    """The subject of a table."""

    LABELS = "labels"
    ANSWERS = "answers"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The content of a table.

    Parameters
    ----------
    what
        Labels, answers or captions.
    attributes
        Attributes to export. All if empty. Captions have no attributes.
    agree
        Number of annotators who must agree on a label. None: the rule of each attribute.
    with_blind
        Whether answers for certification and audit are included.
    """

    what: What = What.LABELS
    attributes: tuple[str, ...] = ()
    agree: int | None = None
    with_blind: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """The result of an export.

    Parameters
    ----------
    rows
        Of the table.
    blind
        Number of surviving answers that were left out because they are blind.
    absent, nameless
        Number of absent images in the table, and number of those whose name is not known.
    """

    rows: int
    blind: int
    absent: int = 0
    nameless: int = 0


def export_table(
    store: LabelStore,
    collection: Collection,
    target: Path,
    options: ExportOptions | None = None,
    *,
    replace: bool = False,
    progress: ProgressCallback | None = None,
) -> Exported:
    """Write labels, answers or captions to a new table, CSV or Parquet by its ending.

    Raises
    ------
    ParameterError
        If the ending, the rule or an attribute is not allowed.
    TableError
        If the file exists and must not be replaced, or cannot be written.
    """
    chosen = options or ExportOptions()
    kind = kind_of(target)
    if is_within(target.parent, collection.path):
        raise ParameterError(
            f"{target} lies among the files of the collection itself. Choose another place.", kind=ErrorKind.OTHER_PLACE
        )
    attributes = _attributes(store, chosen.attributes)
    counts = store.answers.counts()
    blind = sum(count for (name, purpose), count in counts.items() if name in attributes and purpose in BLIND)
    total = sum(counts.values()) if chosen.what is What.ANSWERS else 0
    files = FileNames(collection, store)
    columns, rows = _source(store, files, chosen, attributes)
    done = 0
    with new_file(target, replace=replace) as sink:
        writer = table_writer(kind, columns, sink)
        for part in _parts(rows):
            writer.write(part)
            done += len(part)
            if progress is not None:
                progress(Progress(f"Writing {target.name}", done, max(total, done), chosen.what.value))
        writer.close()
    left_out = 0 if chosen.with_blind or chosen.what is What.CAPTIONS else blind
    return Exported(done, left_out, len(files.absent), len(files.nameless))


def labels_bytes(store: LabelStore, collection: Collection, attribute: str, kind: str = "csv") -> bytes:
    """Return the labels of an attribute as a table in memory, for a download, without blind purposes.

    Raises
    ------
    ParameterError
        If there are too many answers.
    """
    answers = sum(count for (name, _), count in store.answers.counts().items() if name == attribute)
    if answers > LARGEST_DOWNLOAD:
        raise ParameterError(
            f"{attribute} has {answers:,} answers, but a download holds up to {LARGEST_DOWNLOAD:,}. "
            "Export them into a file.",
            kind=ErrorKind.TOO_MANY_ANSWERS,
            attribute=attribute,
            answers=answers,
        )
    sink = io.BytesIO()
    columns, rows = _source(store, FileNames(collection, store), ExportOptions(), [attribute])
    writer = table_writer(kind, columns, sink)
    for part in _parts(rows):
        writer.write(part)
    writer.close()
    return sink.getvalue()


def _attributes(store: LabelStore, wanted: tuple[str, ...]) -> list[str]:
    """Return the attributes to export: the chosen ones, else all that are defined or have answers."""
    defined = [entry.name for entry in store.attributes.list_all()]
    known = list(dict.fromkeys([*defined, *(name for name, _ in store.answers.counts())]))
    for name in wanted:
        if name not in known:
            raise ParameterError(f"There is no attribute {name!r} here (available: {', '.join(known) or 'none'}).")
    return list(dict.fromkeys(wanted)) or known


def _source(
    store: LabelStore, files: FileNames, options: ExportOptions, attributes: list[str]
) -> tuple[tuple[Column, ...], Iterator[Row]]:
    if options.what is What.LABELS:
        return LABELS, _labels(store, files, options, attributes)
    if options.what is What.ANSWERS:
        return ANSWERS, _answers(store, files, options, attributes)
    return CAPTIONS, _captions(store, files)


def _purposes(options: ExportOptions) -> list[Purpose]:
    return [purpose for purpose in Purpose if options.with_blind or purpose not in BLIND]


def _labels(store: LabelStore, files: FileNames, options: ExportOptions, attributes: list[str]) -> Iterator[Row]:
    agrees = {entry.name: entry.agree for entry in store.attributes.list_all()}
    answered = store.answers.counts()
    for attribute in attributes:
        rule = agreement_rule(options.agree or agrees.get(attribute, 1))
        for purpose in _purposes(options):
            if (attribute, purpose) in answered:
                yield from _labels_of(store, files, attribute, purpose, rule)


def _labels_of(
    store: LabelStore, files: FileNames, attribute: str, purpose: Purpose, rule: AgreementRule
) -> Iterator[Row]:
    labels = store.answers.labels(attribute, purpose, rule)
    versions, latest = _newest(store, attribute, purpose, labels)
    for start in range(0, len(labels), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        ids = labels.image_ids[part]
        words = [LABEL_WORDS[Label(code)] for code in labels.labels[part].tolist()]
        counts = (column[part].tolist() for column in (labels.yes, labels.no, labels.unsure, versions, latest))
        names = files.of(ids.tolist())
        same = itertools.repeat(attribute), itertools.repeat(purpose.value)
        yield from zip(ids.tolist(), names, *same, words, *counts, strict=False)


def _newest(
    store: LabelStore, attribute: str, purpose: Purpose, labels: Labels
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each image the newest definition version of its answers, and the time of its last answer."""
    versions, latest = np.zeros(len(labels), np.int64), np.zeros(len(labels), np.float64)
    table = store.answers.table(attribute, [purpose])
    place = np.searchsorted(labels.image_ids, table.image_ids)
    inside = place < len(labels)
    inside[inside] = labels.image_ids[place[inside]] == table.image_ids[inside]  # others must not train, or are new
    np.maximum.at(versions, place[inside], table.definition_versions[inside])
    np.maximum.at(latest, place[inside], table.at[inside])
    return versions, latest


def _answers(store: LabelStore, files: FileNames, options: ExportOptions, attributes: list[str]) -> Iterator[Row]:
    wanted, purposes = set(attributes), set(_purposes(options))
    names = {person.id: person.name for person in store.annotators.list_all()}
    for part in _parts(store.answers.log(attributes[0] if len(attributes) == 1 else None)):
        kept = [answer for answer in part if answer.attribute in wanted and answer.purpose in purposes]
        for answer, file in zip(kept, files.of([answer.image_id for answer in kept]), strict=True):
            yield _answer_row(answer, names.get(answer.annotator_id, ""), file)


def _answer_row(answer: LoggedAnswer, name: str, file: str) -> Row:
    who = (answer.sequence, answer.at, answer.annotator_id, name)
    what = (answer.image_id, file, answer.attribute, answer.definition_version, answer.purpose.value)
    how = (answer.value.value, answer.seconds, answer.reason, answer.probability, answer.model_version)
    return (*who, *what, *how, answer.page_id, answer.draw_id, answer.survives)


def _captions(store: LabelStore, files: FileNames) -> Iterator[Row]:
    people: dict[str, Annotator] = {person.id: person for person in store.annotators.list_all()}
    for part in _parts(store.captions.log()):
        for caption, file in zip(part, files.of([caption.image_id for caption in part]), strict=True):
            yield _caption_row(caption, people.get(caption.annotator_id), file)


def _caption_row(caption: Caption, author: Annotator | None, file: str) -> Row:
    return (caption.image_id, file, caption.text, caption.annotator_id, author.name if author else "", caption.at)


def _parts(items: Iterable[_T]) -> Iterator[list[_T]]:
    stream = iter(items)
    while part := list(itertools.islice(stream, AT_ONCE)):
        yield part
