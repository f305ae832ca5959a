"""Publication of audits: the certificate as JSON and as a page. Reads and writes files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection as Some
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.certificate import FORMAT, CollectionFacts, certificate, seal
from pipeline.audit.certificate_page import certificate_page
from pipeline.audit.files import audit_folder, one_at_a_time, read_audit
from pipeline.audit.lifecycle import mark_published
from pipeline.audit.population import release_of
from pipeline.audit.records import Audit, State
from pipeline.audit.reports import audit_report, gone_images
from pipeline.errors import AuditError, TableError
from pipeline.files.small_files import read_json, reason_of, write_json, write_text, writing
from pipeline.label_store import LabelStore
from pipeline.releases.files import Release, read_release_columns

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["certificate_of", "publish", "read_certificate"]

LARGEST = 64 << 20


def publish(
    collection: Collection, store: LabelStore, audit: Audit, *, exclude: Some[str] = (), verify_command: str = ""
) -> tuple[Audit, Path]:
    """End an audit and write its certificate, as JSON and as a page. A published audit is returned unchanged.

    Parameters
    ----------
    collection, store, audit
        Collection, store and audit.
    exclude
        Ids of annotators whose answers are left out.
    verify_command
        A command that verifies the certificate, shown on the page.

    Returns
    -------
    Audit
        The published audit.
    Path
        Path of the JSON file. The page is beside it.

    Raises
    ------
    AuditError
        If its images are not drawn, or it was cancelled.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written. It is not published then.
    """
    with one_at_a_time(collection, audit.plan.attribute):
        audit = read_audit(collection, audit)
        path = audit_folder(collection, audit) / "certificate.json"
        if audit.state is State.PUBLISHED:
            return audit, path
        if audit.state is not State.DRAWN:
            raise AuditError(
                f"Audit {audit.number} of {audit.plan.attribute} is {audit.state.summary}, so it cannot be published. "
                "Draw its images and answer them first."
            )
        store.batches.publish(audit.batch)  # no answer may arrive between reading and writing
        at = time.time()
        audit = replace(audit, gone=gone_images(collection, store, audit, exclude=exclude))
        values = certificate_of(collection, store, audit, at, exclude)
        with writing(collection.path):
            write_json(path, values)
            page = path.with_suffix(".html")
            write_text(page, certificate_page(values, verify_command=verify_command))
        done = mark_published(collection, audit, at, exclude)
    return done, path


def read_certificate(path: Path) -> dict[str, Any]:
    """Read a certificate.

    Raises
    ------
    TableError
        If the file cannot be read, or is no certificate.
    """
    try:
        values = read_json(path, most=LARGEST)
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read as a certificate ({reason_of(error)}). Use its JSON file.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise TableError(
            f"{path} is not an audit certificate of this program. Use the certificate.json of a published audit."
        )
    return values


def certificate_of(
    collection: Collection, store: LabelStore, audit: Audit, at: float, exclude: Some[str]
) -> dict[str, Any]:
    """Return the content of an audit's certificate, computed from release, population and log.

    Parameters
    ----------
    collection, store, audit
        The audit, with the collection and the store that hold it.
    at
        Seconds since 1970 that the certificate names as its time.
    exclude
        Ids of annotators whose answers are left out.

    Raises
    ------
    CollectionError, LabelStoreError
        If collection or store cannot be read.
    """
    release: Release = release_of(collection, audit.plan.attribute, audit.plan.release)
    report = audit_report(collection, store, audit, exclude=exclude, ended=True)
    versions = {entry.version: entry for entry in store.attributes.history(audit.plan.attribute)}
    version = versions[audit.definition_version]
    definition = {
        "title": version.title,
        "definition": version.definition,
        "counts": list(version.counts),
        "counts_not": list(version.counts_not),
    }
    images = read_release_columns(collection, release).image_ids  # of the collection when the audit was frozen
    name, backbone = _collection_of(collection, audit)
    facts = CollectionFacts(
        name=name,
        images=len(images),
        image_ids_sha256=hashlib.sha256(np.ascontiguousarray(images, np.int64).tobytes()).hexdigest(),
        backbone=backbone,
        store=str(store.uuid),
    )
    return certificate(facts, release, definition, replace(report, audit=audit), at)


def _collection_of(collection: Collection, audit: Audit) -> tuple[str, str]:
    """Return name and backbone of the collection at the time when the audit was frozen.

    Audits of earlier versions do not contain them. Then they come from the certificate, or else from the collection.
    """
    if audit.backbone:
        return audit.collection, audit.backbone
    now = collection.manifest.name, collection.manifest.embedding.backbone
    path = audit_folder(collection, audit) / "certificate.json"
    if not path.exists():
        return now
    kept = read_certificate(path)
    if kept.get("sha256") != seal(kept)["sha256"]:
        return now
    return str(kept["collection"]["name"]), str(kept["collection"]["backbone"])
