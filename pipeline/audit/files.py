"""Audits as files of a collection, changed by one process at a time. Reads and writes files.

``audits/<attribute>/<number>/`` holds ``audit.json``, ``population.npy`` (one bit for each image: whether it may be
drawn), after the draw ``sample.json``, and after publication the certificate.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.records import Audit, AuditSample, digest_of
from pipeline.collection.numbered_records import check_record, numbered, read_record, write_record
from pipeline.errors import AuditError, CollectionDamagedError
from pipeline.files.locks import locked
from pipeline.files.paths import inside
from pipeline.files.small_files import read_plain, write_bytes, writing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = [
    "audit_folder",
    "audited_population",
    "list_audits",
    "mask_digest",
    "one_at_a_time",
    "read_audit",
    "read_sample",
    "write_audit",
    "write_population",
    "write_sample",
]


def list_audits(collection: Collection, attribute: str) -> list[Audit]:
    """Read an attribute's audits, the first one first.

    Raises
    ------
    CollectionDamagedError
        If one cannot be read.
    """
    return [_read(path) for path in numbered(inside(collection.path, "audits", attribute), "*/audit.json")]


def read_audit(collection: Collection, audit: Audit) -> Audit:
    """Return the present state of an audit: another session may have changed it.

    Raises
    ------
    CollectionDamagedError
        If it cannot be read.
    """
    return _read(audit_folder(collection, audit) / "audit.json")


def read_sample(collection: Collection, audit: Audit) -> AuditSample:
    """Read the images that an audit drew.

    Raises
    ------
    AuditError
        If the images are not drawn yet.
    CollectionDamagedError
        If the file cannot be read, or its images are not those that were drawn.
    """
    if not audit.sample_sha256:
        raise AuditError(f"Audit {audit.number} of {audit.plan.attribute} has not drawn its images yet. Draw them.")
    path = audit_folder(collection, audit) / "sample.json"
    sample, digest = read_record(path, lambda values: (AuditSample.from_mapping(values), digest_of(values)))
    if digest != audit.sample_sha256:
        raise CollectionDamagedError(
            f"The images in {path} are not those that audit {audit.number} of {audit.plan.attribute} drew. Restore it "
            "from a copy."
        )
    return sample


def audit_folder(collection: Collection, audit: Audit) -> Path:
    """Return the folder of an audit."""
    return inside(collection.path, "audits", audit.plan.attribute, str(audit.number))


def audited_population(collection: Collection, audit: Audit, images: int) -> NDArray[np.bool_]:
    """Read the mask of the images that an audit may draw.

    Parameters
    ----------
    collection, audit
        Collection and audit.
    images
        Number of images of the release.

    Returns
    -------
    ndarray
        bool (images,), in ascending order of ``image_id``.

    Raises
    ------
    AuditError
        If the file has changed since the audit was frozen.
    CollectionDamagedError
        If the file cannot be read.
    """
    path = audit_folder(collection, audit) / "population.npy"
    try:
        packed = np.load(io.BytesIO(read_plain(path)), allow_pickle=False)
        free = np.unpackbits(packed, count=images).astype(np.bool_)
    except (OSError, ValueError, TypeError, EOFError, SyntaxError, MemoryError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy."
        ) from error
    if mask_digest(free) != audit.population_sha256:
        raise AuditError(
            f"{path} has changed since audit {audit.number} of {audit.plan.attribute} was frozen. Restore it from a "
            "copy."
        )
    return free


def write_population(collection: Collection, audit: Audit, free: NDArray[np.bool_]) -> None:
    """Write the mask of the images that an audit may draw, bool (n,). Creates the folder of the audit."""
    folder = audit_folder(collection, audit)
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
        packed = io.BytesIO()
        np.save(packed, np.packbits(free), allow_pickle=False)
        write_bytes(folder / "population.npy", packed.getvalue())


def write_sample(collection: Collection, audit: Audit, sample: AuditSample) -> None:
    """Write the images that an audit draws."""
    write_record(collection, audit_folder(collection, audit) / "sample.json", sample.as_mapping())


def mask_digest(free: NDArray[np.bool_]) -> str:
    """Return the SHA-256 of a mask of the images that may be drawn, bool (n,)."""
    return digest_of([len(free), np.packbits(free).tobytes().hex()])


@contextmanager
def one_at_a_time(collection: Collection, attribute: str) -> Iterator[None]:
    """Hold the lock under which the audits of an attribute change."""
    folder = inside(collection.path, "audits", attribute)
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "auditing"):
        yield


def write_audit(collection: Collection, audit: Audit) -> None:
    """Write the state of an audit. The caller holds `one_at_a_time`."""
    write_record(collection, audit_folder(collection, audit) / "audit.json", audit.as_mapping())


def _read(path: Path) -> Audit:
    audit = read_record(path, Audit.from_mapping, otherwise=", or move its folder away and start a new audit")
    place, number = path.parents[1].name, int(path.parent.name)
    check_record(path, place, audit.plan.attribute, number=number, found_number=audit.number)
    return audit
