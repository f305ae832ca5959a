"""Certifications as files of a collection, changed by one process at a time. Reads and writes files.

A started plan is kept in ``rounds/<attribute>/certification-<number>.json``; its answers are in the label store.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.certification.plan import CertificationPlan
from pipeline.collection.numbered_records import check_record, numbered, read_record, write_record
from pipeline.files.locks import locked
from pipeline.files.paths import inside
from pipeline.files.small_files import writing

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.collection import Collection

__all__ = ["Certification", "as_kept", "latest", "one_at_a_time", "write_certification"]


@dataclass(frozen=True, slots=True)
class Certification:
    """A started certification.

    Parameters
    ----------
    number
        Number among the attribute's certifications, from 1.
    plan
        The plan, fixed before the first answer.
    origin
        Version of the ranked scores.
    definition_version
        Version of the attribute's definition.
    batches
        Ids of the batches of its questions, in order.
    dropped
        Whether it was cancelled.
    revision
        Revision of the collection when it was planned. Images that came later are not in its sets.
    """

    number: int
    plan: CertificationPlan
    origin: str
    definition_version: int
    batches: tuple[str, ...] = ()
    dropped: bool = False
    revision: int = 0

    def as_mapping(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "number": self.number,
            "origin": self.origin,
            "definition_version": self.definition_version,
            "batches": list(self.batches),
            "dropped": self.dropped,
            "revision": self.revision,
            "plan": self.plan.as_dict(),
        }

    @classmethod
    def from_mapping(cls, values: dict[str, Any]) -> Certification:
        """Return the certification of a mapping made by `as_mapping`.

        Raises
        ------
        KeyError, TypeError, ValueError, ParameterError
            If the mapping is no certification.
        """
        return cls(
            number=int(values["number"]),
            plan=CertificationPlan.from_dict(values["plan"]),
            origin=str(values["origin"]),
            definition_version=int(values["definition_version"]),
            batches=tuple(values["batches"]),
            dropped=bool(values["dropped"]),
            revision=int(values.get("revision", 0)),
        )


def latest(collection: Collection, attribute: str) -> Certification | None:
    """Return the latest certification of an attribute; None without one.

    Raises
    ------
    CollectionDamagedError
        If its file cannot be read.
    """
    files = numbered(_folder(collection, attribute), "certification-*.json")
    return _read(files[-1]) if files else None


def as_kept(collection: Collection, certification: Certification) -> Certification:
    """Return the present state of a certification: another session may have changed it.

    Raises
    ------
    CollectionDamagedError
        If its file cannot be read.
    """
    return _read(_path(collection, certification))


@contextmanager
def one_at_a_time(collection: Collection, attribute: str) -> Iterator[None]:
    """Hold the lock under which certifications start, ask and are cancelled. Read the state again inside it."""
    folder = _folder(collection, attribute)
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "certifying"):
        yield


def write_certification(collection: Collection, certification: Certification) -> None:
    """Write the state of a certification. The caller holds `one_at_a_time`."""
    write_record(collection, _path(collection, certification), certification.as_mapping())


def _read(path: Path) -> Certification:
    found = read_record(path, Certification.from_mapping, otherwise=", or move it away and start a new certification")
    number = int(path.stem.removeprefix("certification-"))
    check_record(path, path.parent.name, found.plan.attribute, number=number, found_number=found.number)
    return found


def _folder(collection: Collection, attribute: str) -> Path:
    return inside(collection.path, "rounds", attribute)


def _path(collection: Collection, certification: Certification) -> Path:
    return _folder(collection, certification.plan.attribute) / f"certification-{certification.number}.json"
