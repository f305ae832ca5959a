"""The questions of a running round, written to disk before they are asked. Reads and writes files.

A round asks its questions before it writes its report. If a round ends in between, ``rounds/<attribute>/asking.json``
remains and names the questions to cancel.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.collection.numbered_records import read_record, write_record
from pipeline.collection.score_origins import named_origin
from pipeline.errors import UnknownRecordError
from pipeline.files.small_files import writing
from pipeline.label_store import LabelStore, new_batch_id
from pipeline.rounds.reports import rounds_folder
from pipeline.rounds.score_versions import discard_round

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.collection import Collection

__all__ = ["Asking", "done_asking", "note_asking", "take_back_unfinished"]


@dataclass(frozen=True, slots=True)
class Asking:
    """The batches of one round.

    Parameters
    ----------
    number
        Of the round.
    origin
        Name of its scores.
    training, validation
        Ids of its batches, drawn or not.
    built
        When the collection was built, as its manifest says: a report outlives the scores of an earlier build.
    """

    number: int
    origin: str
    training: str
    validation: str
    built: str


def note_asking(collection: Collection, attribute: str, number: int, origin: str) -> Asking:
    """Choose the batches of a round and write their ids to disk. From then on the round is completed or rolled back.

    Raises
    ------
    CollectionError
        If it cannot be written; then nothing may be asked.
    """
    asking = Asking(number, origin, new_batch_id(), new_batch_id(), collection.manifest.created)
    write_record(collection, _path(collection, attribute), asdict(asking))
    return asking


def done_asking(collection: Collection, attribute: str) -> None:
    """Note that the last round is complete or rolled back.

    Raises
    ------
    CollectionError
        If it cannot be written.
    """
    with writing(collection.path):
        _path(collection, attribute).unlink(missing_ok=True)


def take_back_unfinished(collection: Collection, store: LabelStore, attribute: str) -> None:
    """Roll back an incomplete round: cancel its training questions and delete its files.

    Its validation questions remain: a random draw must be answered as drawn, and it counts for the next round.
    The caller holds the lock of the attribute's rounds.

    Raises
    ------
    CollectionDamagedError
        If the note cannot be read.
    LabelStoreError, CollectionError
        If the store or the collection cannot be written. It is safe to call again.
    """
    path = _path(collection, attribute)
    if not path.exists():
        return
    asking = read_record(path, _asking, otherwise=", or move it away")
    report = rounds_folder(collection, attribute) / f"{asking.number}.json"
    whole = named_origin(collection, attribute) == asking.origin
    built_anew = collection.manifest.created != asking.built
    if not whole and not (built_anew and report.exists()):
        with writing(collection.path):
            report.unlink(missing_ok=True)
        discard_round(collection, attribute, asking.number)
        with suppress(UnknownRecordError):  # the round ended before this batch was drawn
            store.batches.cancel(asking.training)
    done_asking(collection, attribute)


def _asking(values: dict[str, Any]) -> Asking:
    texts = {key: str(values[key]) for key in ("origin", "training", "validation", "built")}
    return Asking(number=int(values["number"]), **texts)


def _path(collection: Collection, attribute: str) -> Path:
    return rounds_folder(collection, attribute) / "asking.json"
