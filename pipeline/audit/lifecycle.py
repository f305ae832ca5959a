"""The life cycle of an audit: freeze, draw, answer, publish. Reads and writes the store and the collection.

Files are those of `pipeline.audit.files`; answers are in the label store.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection as Some
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.files import (
    audited_population,
    list_audits,
    mask_digest,
    one_at_a_time,
    read_audit,
    write_audit,
    write_population,
    write_sample,
)
from pipeline.audit.plan import AuditPlan, fit_to_release
from pipeline.audit.population import release_of, sets_of
from pipeline.audit.records import Audit, AuditSample, State, digest_of
from pipeline.audit.statistics.sampling import draw_audit
from pipeline.audit.statistics.truth_rules import TruthRule, first_opinions
from pipeline.errors import AuditError
from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, new_batch_id
from pipeline.releases.files import list_releases, read_release_columns

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["draw", "drop", "expired", "freeze", "mark_published", "new_seed", "redrawn"]

REASON = "audit"


def new_seed() -> int:
    """Return a new random seed."""
    return secrets.randbits(31)


def freeze(collection: Collection, store: LabelStore, plan: AuditPlan, by: Annotator) -> Audit:
    """Freeze the release, plan and population of an audit; nothing is drawn yet.

    Raises
    ------
    AuditError
        If there is no such release, another audit of the attribute is under way, or there is nothing to draw.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written; then nothing is frozen.
    """
    with one_at_a_time(collection, plan.attribute):
        earlier = list_audits(collection, plan.attribute)
        waiting = [audit for audit in earlier if audit.state in (State.FROZEN, State.DRAWN)]
        if waiting:
            raise AuditError(
                f"Audit {waiting[0].number} of {plan.attribute} is under way. Publish it, or give it up, before "
                "another begins: who could choose between two would choose the better one."
            )
        release = release_of(collection, plan.attribute, plan.release)
        sets = sets_of(collection, store, release, verify=True)
        fitted, said = fit_to_release(plan, sets.population.positives, sets.population.negatives)
        if not fitted.positives + fitted.negatives:
            raise AuditError(
                f"There is nothing to audit in release {release.number} of {plan.attribute}. {sets.population.words} "
                f"{said}".rstrip()
            )
        made = Audit(
            number=earlier[-1].number + 1 if earlier else 1,
            state=State.FROZEN,
            plan=fitted,
            fitted=said,
            by=by.name[:200],
            owner=by.id,
            definition_version=store.attributes.find(plan.attribute).definition.version,
            release_sha256=release.sha256,
            scores_sha256=release.scores_sha256,
            model_sha256=release.model_sha256,
            origin=release.origin,
            population=sets.population,
            population_sha256=mask_digest(sets.free),
            after=store.state().sequence,
            frozen_at=time.time(),
            batch=new_batch_id(),
            collection=collection.manifest.name,
            backbone=collection.manifest.embedding.backbone,
        )
        write_population(collection, made, sets.free)
        write_audit(collection, made)
    return made


def draw(collection: Collection, store: LabelStore, audit: Audit) -> Audit:
    """Draw the images of a frozen audit and ask them. It is safe to call again after a failure.

    Raises
    ------
    AuditError
        If the audit was given up or published, its release is gone or another one, or a person was asked about its
        images since it was frozen.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written.
    """
    plan = audit.plan
    with one_at_a_time(collection, plan.attribute):
        audit = read_audit(collection, audit)
        if audit.state is State.DRAWN:
            return audit
        if audit.state is not State.FROZEN:
            raise AuditError(f"Audit {audit.number} of {plan.attribute} is {audit.state}: plan another one.")
        sample = redrawn(collection, audit)
        _check_unasked(store, audit, sample)
        write_sample(collection, audit, sample)
        _ask(store, audit, sample)
        made = replace(
            audit,
            state=State.DRAWN,
            drawn_at=time.time(),
            sample_sha256=digest_of(sample.as_mapping()),
        )
        write_audit(collection, made)
    return made


def redrawn(collection: Collection, audit: Audit) -> AuditSample:
    """Draw the images of an audit again. The result is a function of the frozen audit.

    Raises
    ------
    AuditError
        If release or population are not those that were frozen.
    CollectionDamagedError
        If either cannot be read.
    """
    release = release_of(collection, audit.plan.attribute, audit.plan.release)
    if release.sha256 != audit.release_sha256:
        raise AuditError(
            f"Release {release.number} of {release.attribute} is another one than audit {audit.number} was frozen "
            "with. Give the audit up, and begin another."
        )
    columns = read_release_columns(collection, release)
    free = audited_population(collection, audit, len(columns.image_ids))
    plan = audit.plan
    drawn = draw_audit(
        columns.scores,
        columns.values,
        free,
        np.arange(len(free)),  # near-duplicates only count, and the collection's may be others now
        positives=plan.positives,
        negatives=plan.negatives,
        seed=plan.seed,
    )
    return AuditSample(
        image_ids=columns.image_ids[drawn.rows],
        positive=drawn.positive,
        stratum=drawn.stratum,
        probabilities=drawn.probabilities,
        scores=columns.scores[drawn.rows],
        strata=drawn.strata,
    )


def drop(collection: Collection, store: LabelStore, audit: Audit) -> Audit:
    """Cancel an audit and its open questions. Its answers stay in the log.

    Raises
    ------
    AuditError
        If it is published.
    """
    with one_at_a_time(collection, audit.plan.attribute):
        audit = read_audit(collection, audit)
        if audit.state is State.PUBLISHED:
            raise AuditError(f"Audit {audit.number} of {audit.plan.attribute} is published and stays.")
        if store.batches.count_images(audit.batch) is not None:  # asked, even if a killed process left it frozen
            store.batches.publish(audit.batch)
        given_up = replace(audit, state=State.DROPPED)
        write_audit(collection, given_up)
    return given_up


def mark_published(collection: Collection, audit: Audit, at: float, excluded: Some[str]) -> Audit:
    """Mark an audit as published once its certificate is written. The caller holds `one_at_a_time`."""
    done = replace(audit, state=State.PUBLISHED, published_at=at, excluded=tuple(sorted(excluded)))
    write_audit(collection, done)
    return done


def expired(collection: Collection, audit: Audit) -> str:
    """Return why an audit no longer describes the collection; empty while it does."""
    plan = audit.plan
    releases = list_releases(collection, plan.attribute)
    mine = [release for release in releases if release.number == plan.release]
    if not mine or mine[0].sha256 != audit.release_sha256:
        return f"Release {plan.release}, which it is about, is gone or another one."
    facts = collection.manifest.facts(plan.attribute)
    if facts is None or facts.origin != audit.origin:
        now = "none" if facts is None else facts.origin
        return f"The model has changed since: scores are {now} now, audited were {audit.origin}."
    if releases[-1].number != plan.release:
        return f"Release {releases[-1].number} has come since; audited is release {plan.release}."
    return ""


def _ask(store: LabelStore, audit: Audit, sample: AuditSample) -> None:
    """Ask each image of as many annotators as the rule needs."""
    plan = audit.plan
    drawn = [
        Drawn(image, REASON, chance)
        for image, chance in zip(sample.image_ids.tolist(), sample.probabilities.tolist(), strict=True)
    ]
    first = first_opinions(plan.rule, plan.opinions)
    store.batches.draw(
        plan.attribute,
        audit.definition_version,
        Purpose.AUDIT,
        drawn,
        model_version=audit.origin,
        opinions=first,
        agree=first if plan.rule is TruthRule.MAJORITY else None,
        title=f"audit {audit.number}",
        only_for=audit.owner if plan.rule is TruthRule.OWNER else None,
        batch_id=audit.batch,
    )


def _check_unasked(store: LabelStore, audit: Audit, sample: AuditSample) -> None:
    """Refuse to draw if an image is absent, or was asked for another purpose, since the audit was frozen."""
    if np.isin(sample.image_ids, store.batches.drawn_images(audit.plan.attribute, Purpose.AUDIT)).all():
        return  # drawn already, before something failed: the batch is drawn once
    gone = int((~store.images.present(sample.image_ids)).sum())
    if gone:
        raise AuditError(
            f"{gone:,} images of audit {audit.number} of {audit.plan.attribute} are not in the collection any more. "
            "Give it up, make a new release, and audit that."
        )
    asked = np.unique(store.batches.asked_images(audit.plan.attribute)[0])
    near = store.images.with_near_duplicates(asked.tolist())
    taken = int(np.isin(sample.image_ids, near).sum())
    if taken:
        raise AuditError(
            f"{taken:,} images of audit {audit.number} of {audit.plan.attribute} were asked about, or near-duplicates "
            "of them, since it was frozen. Give it up and begin another one, which leaves them out."
        )
