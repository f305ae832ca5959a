"""Verify a certificate: recompute it and return every difference. Reads files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pipeline.audit.certificate import differences, seal
from pipeline.audit.files import list_audits, read_sample
from pipeline.audit.lifecycle import redrawn
from pipeline.audit.population import release_of
from pipeline.audit.publication import certificate_of
from pipeline.audit.records import Audit, State, digest_of
from pipeline.errors import AuditError, BamExplorerError
from pipeline.label_store import LabelStore
from pipeline.releases.files import verify_release

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["verify_certificate"]


def verify_certificate(collection: Collection, store: LabelStore, claimed: dict[str, Any]) -> list[str]:
    """Recompute a certificate from release, population and log, and return all differences.

    Parameters
    ----------
    collection, store
        Collection and store of the audit.
    claimed
        A certificate from `read_certificate`.

    Returns
    -------
    list of str
        One sentence for each difference. Empty if the certificate is correct.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    problems = []
    try:
        if claimed.get("sha256") != seal(claimed)["sha256"]:
            problems.append("sha256 does not fit the certificate, which was edited after publication.")
        audit = _audit_of(collection, store, claimed)
        sample = read_sample(collection, audit)
        if digest_of(redrawn(collection, audit).as_mapping()) != audit.sample_sha256:
            problems.append("audit.sample differs from the images that the seed draws from release and population.")
        del sample
        verify_release(collection, release_of(collection, audit.plan.attribute, audit.plan.release))
        found = certificate_of(collection, store, audit, audit.published_at, audit.excluded)
    except BamExplorerError as error:
        return [*problems, str(error)]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        return [*problems, f"The certificate cannot be compared ({type(error).__name__}: {str(error)[:80]})."]
    found = json.loads(json.dumps(found))  # as in a file, where tuples are lists
    return problems + differences({**claimed, "sha256": ""}, {**found, "sha256": ""})


def _audit_of(collection: Collection, store: LabelStore, claimed: dict[str, Any]) -> Audit:
    attribute, number = str(claimed["release"]["attribute"]), claimed["audit"]["number"]
    store.attributes.find(attribute)  # refuses a name that leads to another folder
    found = [audit for audit in list_audits(collection, attribute) if audit.number == number]
    if not found or found[0].state is not State.PUBLISHED:
        raise AuditError(
            f"This collection has no published audit {number} of {attribute[:40]!r}. Use the certificate of another "
            "audit, or the collection of this one."
        )
    return found[0]
