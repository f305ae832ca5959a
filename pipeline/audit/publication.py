"""Publication of audits and verification of certificates. Reads and writes files."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection as Some
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.certificate import FORMAT, CollectionFacts, certificate, differences, seal
from pipeline.audit.certificate_page import certificate_page
from pipeline.audit.files import audit_folder, list_audits, one_at_a_time, read_audit, read_sample
from pipeline.audit.lifecycle import mark_published, redrawn
from pipeline.audit.population import release_of
from pipeline.audit.records import Audit, State, digest_of
from pipeline.audit.reports import audit_report, gone_images
from pipeline.errors import AuditError, BamExplorerError, TableError
from pipeline.files.small_files import read_json, reason_of, write_json, write_text, writing
from pipeline.label_store import LabelStore
from pipeline.releases.files import Release, read_release_columns, verify_release

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["publish", "read_certificate", "verify_certificate"]

LARGEST = 64 << 20


def publish(
    collection: Collection, store: LabelStore, audit: Audit, *, exclude: Some[str] = (), verify_command: str = ""
) -> tuple[Audit, Path]:
    """End an audit and write its certificate, as JSON and as a page. A published audit is returned unchanged.

    Parameters
    ----------
    collection, store, audit
        Which one.
    exclude
        Ids of people whose answers are left out.
    verify_command
        A command by which people check the certificate; the page shows it.

    Returns
    -------
    Audit
        Published.
    Path
        Of the JSON; the page lies beside it.

    Raises
    ------
    AuditError
        If it is not drawn, or was given up.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written; then it is not published.
    """
    with one_at_a_time(collection, audit.plan.attribute):
        audit = read_audit(collection, audit)
        path = audit_folder(collection, audit) / "certificate.json"
        if audit.state is State.PUBLISHED:
            return audit, path
        if audit.state is not State.DRAWN:
            raise AuditError(
                f"Audit {audit.number} of {audit.plan.attribute} is {audit.state}: there is nothing to publish. "
                "Draw its images and answer them first."
            )
        store.batches.publish(audit.batch)  # no answer comes in between what is read and what is written
        at = time.time()
        audit = replace(audit, gone=gone_images(collection, store, audit, exclude=exclude))
        values = _made(collection, store, audit, at, exclude)
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
        If it cannot be read, or is none.
    """
    try:
        values = read_json(path, most=LARGEST)
    except (OSError, ValueError) as error:
        raise TableError(f"{path} cannot be read as a certificate ({reason_of(error)}). Give its JSON.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise TableError(f"{path} is no audit certificate of this program. Give a file that `publish` wrote.")
    return values


def verify_certificate(collection: Collection, store: LabelStore, claimed: dict[str, Any]) -> list[str]:
    """Compute a certificate again from release, population and log, and return every difference.

    Parameters
    ----------
    collection, store
        That hold what it is about.
    claimed
        From `read_certificate`.

    Returns
    -------
    list of str
        One sentence for each difference; empty if the certificate holds.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    told = []
    try:
        if claimed.get("sha256") != seal(claimed)["sha256"]:
            told.append("sha256 is not that of the certificate: it was edited after it was written.")
        audit = _audit_of(collection, store, claimed)
        sample = read_sample(collection, audit)
        if digest_of(redrawn(collection, audit).as_mapping()) != audit.sample_sha256:
            told.append("audit.sample is not what the seed draws from release and population.")
        del sample
        verify_release(collection, release_of(collection, audit.plan.attribute, audit.plan.release))
        found = _made(collection, store, audit, audit.published_at, audit.excluded)
    except BamExplorerError as error:
        return [*told, str(error)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        return [*told, f"The certificate cannot be compared ({type(error).__name__}: {str(error)[:80]})."]
    found = json.loads(json.dumps(found))  # as the file gives it: a list is a list there, whatever it was before
    return told + differences({**claimed, "sha256": ""}, {**found, "sha256": ""})


def _audit_of(collection: Collection, store: LabelStore, claimed: dict[str, Any]) -> Audit:
    attribute, number = str(claimed["release"]["attribute"]), claimed["audit"]["number"]
    store.attributes.find(attribute)  # a name from a file is none that leads to another folder
    found = [audit for audit in list_audits(collection, attribute) if audit.number == number]
    if not found or found[0].state is not State.PUBLISHED:
        raise AuditError(
            f"This collection holds no published audit {number} of {attribute[:40]!r}. Give the certificate of "
            "another, or the collection that it is of."
        )
    return found[0]


def _made(collection: Collection, store: LabelStore, audit: Audit, at: float, exclude: Some[str]) -> dict[str, Any]:
    release: Release = release_of(collection, audit.plan.attribute, audit.plan.release)
    report = audit_report(collection, store, audit, exclude=exclude, ended=True)
    versions = {entry.version: entry for entry in store.attributes.history(audit.plan.attribute)}
    said = versions[audit.definition_version]
    definition = {
        "title": said.title,
        "definition": said.definition,
        "counts": list(said.counts),
        "counts_not": list(said.counts_not),
    }
    images = read_release_columns(collection, release).image_ids  # those of the collection when it was frozen
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
    """Return name and embedding of the collection as it was when the audit was frozen.

    An audit of an earlier version did not note them: then its own certificate says it, or else the collection.
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
