"""What people said about a collection as rows of a BAM release: its crowd, and everybody since. Reads files.

The rows of an imported crowd are kept in the collection as they were. Answers given since come from the label store:
each page that a person answered is a hit of its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.annotation.consensus import Label, agreement_rule
from pipeline.collection import Collection
from pipeline.label_store import HIT_REASON, LabelStore, LoggedAnswer, Purpose, Value
from pipeline.label_tables.bam_images import AT_ONCE

__all__ = ["Since", "answers_since", "caption_rows", "choice_rows", "hit_rows", "label_rows"]

WORDS: Final = {Label.YES: "positive", Label.NO: "negative", Label.UNSURE: "unsure", Label.SPLIT: "unsure"}
"""The label of the crowd for a label. An open one is none yet."""

Row = tuple[Any, ...]


@dataclass(slots=True)
class _Hit:
    """A page that a person answered."""

    attribute: str
    worker: str
    seconds: float = 0.0
    at: float = 0.0


@dataclass(slots=True)
class Since:
    """The answers that people gave in this program.

    Parameters
    ----------
    hits
        Assignment -> page, in the order of the log.
    choices
        Assignment, image, attribute and answer (1 or 0), in the order of the log.
    labels
        (image, attribute) -> label of the crowd.
    captions
        Assignment, image and text.
    blind, unsure, absent
        Numbers of answers that are left out: those of certifications and audits, unsure ones, for which a choice has no
        value, and those about images that the collection does not hold. An unsure one counts for its label.
    """

    hits: dict[str, _Hit] = field(default_factory=dict)
    choices: list[Row] = field(default_factory=list)
    labels: dict[tuple[int, str], str] = field(default_factory=dict)
    captions: list[Row] = field(default_factory=list)
    blind: int = 0
    unsure: int = 0
    absent: int = 0


def answers_since(collection: Collection, store: LabelStore, blind: frozenset[Purpose]) -> Since:
    """Collect the surviving answers and captions that did not come with the release.

    Parameters
    ----------
    collection, store
        The collection and its answers.
    blind
        Purposes that are left out.
    """
    since, asked = Since(), dict[tuple[str, Purpose], set[int]]()
    kept_hits = _has(collection, "crowd_choices.lance")
    for answer in store.answers.log():
        if not answer.survives or (kept_hits and answer.reason == HIT_REASON):
            continue
        if answer.purpose in blind:
            since.blind += 1
        elif collection.row_of(answer.image_id) < 0:
            since.absent += 1
        else:
            asked.setdefault((answer.attribute, answer.purpose), set()).add(answer.image_id)
            _add(since, answer)
    agree = {entry.name: entry.agree for entry in store.attributes.list_all()}
    for (attribute, purpose), images in sorted(asked.items()):
        labels = store.answers.labels(attribute, purpose, agreement_rule(agree.get(attribute, 1)))
        for image, code in zip(labels.image_ids.tolist(), labels.labels.tolist(), strict=True):
            word = WORDS.get(Label(code))
            if image in images and word is not None:
                since.labels[image, attribute] = word
    for caption in store.captions.log():
        if collection.row_of(caption.image_id) >= 0:
            name = f"caption-{caption.sequence}"
            since.hits[name] = _Hit("", caption.annotator_id, at=caption.at)
            since.captions.append((name, caption.image_id, None, caption.text, None))
    return since


def _add(since: Since, answer: LoggedAnswer) -> None:
    name = f"page-{answer.page_id}" if answer.page_id else f"action-{answer.sequence}"
    hit = since.hits.setdefault(name, _Hit(answer.attribute, answer.annotator_id))
    hit.seconds += answer.seconds
    hit.at = max(hit.at, answer.at)
    if answer.value is Value.UNSURE:
        since.unsure += 1
    else:
        since.choices.append((name, answer.image_id, answer.attribute, int(answer.value is Value.YES)))


def hit_rows(collection: Collection, since: Since) -> Iterator[list[Row]]:
    """Yield the rows of ``crowd_raw_hits`` in blocks. Clicks of pages of this program are not known."""
    names = ("assignment_id", "attribute", "worker_id", "clicks", "seconds", "last_modified")
    for columns in _blocks(collection, "hits.lance", names):
        yield list(zip(*columns, strict=True))
    yield [
        (name, hit.attribute or None, hit.worker, None, round(hit.seconds, 3), _date(hit.at))
        for name, hit in since.hits.items()
    ]


def choice_rows(collection: Collection, since: Since) -> Iterator[list[Row]]:
    """Yield the rows of ``crowd_raw_choices`` in blocks."""
    assignments: list[str] = []
    for (names,) in _blocks(collection, "hits.lance", ("assignment_id",)):
        assignments += names
    for hits, mids, attributes, answers in _blocks(
        collection, "crowd_choices.lance", ("hit", "image_id", "attribute", "yes")
    ):
        chosen = map(assignments.__getitem__, hits)
        yield [
            (name, mid, attribute, int(yes))
            for name, mid, attribute, yes in zip(chosen, mids, attributes, answers, strict=True)
        ]
    yield since.choices


def caption_rows(collection: Collection, since: Since) -> Iterator[list[Row]]:
    """Yield the rows of ``crowd_raw_captions`` in blocks. A caption that came with a picture has no assignment."""
    names = ("assignment_id", "image_id", "attribute", "caption", "yes")
    if _has(collection, "crowd_captions.lance"):
        for columns in _blocks(collection, "crowd_captions.lance", names):
            yield [(*row, None if yes is None else int(yes)) for *row, yes in zip(*columns, strict=True)]
    else:
        for start in range(0, len(collection), AT_ONCE):
            rows = np.arange(start, min(start + AT_ONCE, len(collection)), dtype=np.int32)
            records = collection.records(rows)
            yield [(None, one.image_id, None, one.caption, None) for one in records if one.caption]
    yield since.captions


def label_rows(collection: Collection, since: Since) -> Iterator[list[Row]]:
    """Yield the rows of ``crowd_labels`` in blocks. A label of answers given since takes the place of an older one."""
    left = dict.fromkeys(since.labels)

    def current(mid: int, attribute: str, label: str) -> Row:
        left.pop((mid, attribute), None)
        return mid, attribute, since.labels.get((mid, attribute), label)

    if _has(collection, "crowd_labels.lance"):
        for columns in _blocks(collection, "crowd_labels.lance", ("image_id", "attribute", "label")):
            yield list(map(current, *columns))
    else:
        for name in collection.manifest.taxonomy.names:
            known = collection.known(name)
            rows: NDArray[np.int64] = np.flatnonzero(known >= 0)
            mids, answers = collection.image_ids[rows].tolist(), known[rows].tolist()
            yield [
                current(mid, name, "positive" if yes else "negative") for mid, yes in zip(mids, answers, strict=True)
            ]
    yield [(mid, attribute, since.labels[mid, attribute]) for mid, attribute in left]


def _has(collection: Collection, dataset: str) -> bool:
    return (collection.path / dataset).exists()


def _blocks(collection: Collection, dataset: str, names: tuple[str, ...]) -> Iterator[list[list[Any]]]:
    """Yield the columns of a dataset in blocks of rows; nothing where the collection lacks it or one of its columns."""
    if not _has(collection, dataset):
        return
    opened = collection.open_dataset(dataset)
    there = [name for name in names if name in opened.schema.names]
    table: pa.Table = collection.guarded(lambda: opened.to_table(columns=there))
    for start in range(0, table.num_rows, AT_ONCE):
        part = table.slice(start, AT_ONCE)
        yield [part[name].to_pylist() if name in there else [None] * part.num_rows for name in names]


def _date(at: float) -> str:
    """Return seconds since 1970 as a date of ISO 8601 in UTC, without its zone, as in a release."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).replace(tzinfo=None).isoformat(timespec="seconds")
