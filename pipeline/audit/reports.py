"""The present report of an audit. Reads the store and the collection."""

from __future__ import annotations

from collections.abc import Collection as Some
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.files import read_sample
from pipeline.audit.plan import ANYTIME
from pipeline.audit.records import Audit, AuditSample, State
from pipeline.audit.results import AuditProgress, AuditResult, audit_progress, audit_result
from pipeline.audit.statistics.truth_rules import OPEN, TruthRule, missing, settle
from pipeline.label_store import LabelStore, Purpose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["AuditAnswers", "AuditReport", "audit_answers", "audit_report", "gone_images"]


@dataclass(frozen=True, slots=True, eq=False)
class AuditAnswers:
    """The answers of an audit that count, in the order of the log, without repeats and excluded annotators.

    Parameters
    ----------
    image_ids
        int64 (m,).
    annotators
        int64 (m,). Indexes in ``people``.
    values
        int8 (m,), as `pipeline.annotation.consensus.Label`.
    seconds, at
        float64 (m,). Duration of each answer in seconds, and its time in seconds since 1970.
    people
        Ids of the annotators.
    verdicts
        int8 (k,), in the order of the sample. 1 yes, 0 not yes, -1 open.
    """

    image_ids: NDArray[np.int64]
    annotators: NDArray[np.int64]
    values: NDArray[np.int8]
    seconds: NDArray[np.float64]
    at: NDArray[np.float64]
    people: tuple[str, ...]
    verdicts: NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class AuditReport:
    """The present report of an audit.

    Parameters
    ----------
    audit, sample, answers, progress
        Record, drawn images, answers and progress.
    result
        Result. None while a fixed plan is being answered, because it is reported only at the end.
    note
        The reason why images are still open, for people. Empty if none is.
    """

    audit: Audit
    sample: AuditSample
    answers: AuditAnswers
    progress: AuditProgress
    result: AuditResult | None
    note: str


def audit_answers(store: LabelStore, audit: Audit, sample: AuditSample, *, exclude: Some[str] = ()) -> AuditAnswers:
    """Read the answers of an audit and derive the verdicts.

    Parameters
    ----------
    store, audit, sample
        Store, audit and its drawn images.
    exclude
        Ids of annotators whose answers are left out, for example because they were disqualified.

    Raises
    ------
    LabelStoreError
        If the store cannot be read.
    """
    table = store.answers.table(audit.plan.attribute, [Purpose.AUDIT], exclude=exclude)
    counts = np.isin(table.image_ids, sample.image_ids) & (table.sequences > audit.after)
    counts &= table.definition_versions == audit.definition_version
    used, annotators = np.unique(table.annotators[counts], return_inverse=True)
    people = tuple(table.people[place].id for place in used)
    plan = audit.plan
    owner = people.index(audit.owner) if audit.owner in people else -1
    settled = settle(
        table.image_ids[counts],
        annotators,
        table.values[counts],
        plan.rule,
        owner=owner if plan.rule is TruthRule.OWNER else None,
        opinions=plan.opinions,
    )
    return AuditAnswers(
        image_ids=table.image_ids[counts],
        annotators=annotators.astype(np.int64),
        values=table.values[counts],
        seconds=table.seconds[counts].astype(np.float64),
        at=table.at[counts],
        people=people,
        verdicts=settled.of(sample.image_ids),
    )


def audit_report(
    collection: Collection, store: LabelStore, audit: Audit, *, exclude: Some[str] = (), ended: bool = False
) -> AuditReport:
    """Return the report of a drawn audit.

    Parameters
    ----------
    collection, store, audit
        Collection, store and audit.
    exclude
        Ids of annotators whose answers are left out.
    ended
        Whether the audit ends now. Then a fixed plan has a result even if images are open.

    Raises
    ------
    AuditError, CollectionDamagedError
        If the images are not drawn yet, or their file cannot be read.
    LabelStoreError
        If the store cannot be read.
    """
    sample = read_sample(collection, audit)
    answers = audit_answers(store, audit, sample, exclude=exclude)
    gone = _gone(store, audit, sample, answers)
    progress = audit_progress(sample, answers.verdicts, gone)
    reported = ended or progress.complete or audit.plan.kind == ANYTIME or audit.state is State.PUBLISHED
    result = audit_result(audit.plan, audit.population, sample, answers.verdicts, gone) if reported else None
    return AuditReport(audit, sample, answers, progress, result, _note(audit, answers, progress))


def gone_images(collection: Collection, store: LabelStore, audit: Audit, *, exclude: Some[str] = ()) -> tuple[int, ...]:
    """Return the images of a drawn audit that have no verdict and are not in the collection now, ascending.

    Raises
    ------
    CollectionDamagedError, LabelStoreError
        If the file of the drawn images, or the store, cannot be read.
    """
    sample = read_sample(collection, audit)
    gone = _gone(store, audit, sample, audit_answers(store, audit, sample, exclude=exclude))
    return tuple(np.sort(sample.image_ids[gone]).tolist())


def _gone(store: LabelStore, audit: Audit, sample: AuditSample, answers: AuditAnswers) -> NDArray[np.bool_]:
    """Return a mask of the images of a sample that cannot be answered. A published audit has its own list."""
    if audit.state is State.PUBLISHED:
        return np.isin(sample.image_ids, np.array(audit.gone, np.int64))
    gone: NDArray[np.bool_] = ~store.images.present(sample.image_ids) & (answers.verdicts == OPEN)
    return gone


def _note(audit: Audit, answers: AuditAnswers, progress: AuditProgress) -> str:
    if progress.complete:
        return ""
    people = len(answers.people)
    if audit.plan.rule is TruthRule.OWNER:
        people = int(audit.owner in answers.people)
    return missing(audit.plan.rule, people, opinions=audit.plan.opinions)
