"""The life cycle of an audit: freeze, draw, answer, publish. Reads and writes the store and the collection.

The files are in `pipeline.audit.files`, the answers in the label store.
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
    """Freeze the release, plan and population of an audit. Nothing is drawn yet.

    Raises
    ------
    AuditError
        If the release does not exist, another audit of the attribute has not ended, or there is no image to draw.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written. Nothing is frozen then.
    """
    with one_at_a_time(collection, plan.attribute):
        earlier = list_audits(collection, plan.attribute)
        waiting = [audit for audit in earlier if audit.state in (State.FROZEN, State.DRAWN)]
        if waiting:
            raise AuditError(
                f"Audit {waiting[0].number} of {plan.attribute} has not ended. Publish or cancel it first. With two "
                "open audits, the better result could be selected."
            )
        release = release_of(collection, plan.attribute, plan.release)
        sets = sets_of(collection, store, release, verify=True)
        fitted, fit_note = fit_to_release(plan, sets.population.positives, sets.population.negatives)
        if not fitted.positives + fitted.negatives:
            raise AuditError(
                f"Release {release.number} of {plan.attribute} has no images to audit. {sets.population.summary} "
                f"{fit_note}".rstrip()
            )
        made = Audit(
            number=earlier[-1].number + 1 if earlier else 1,
            state=State.FROZEN,
            plan=fitted,
            fitted=fit_note,
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
        If the audit was cancelled or published, its release was deleted or replaced, or one of its images was asked
        since it was frozen.
    CollectionError, LabelStoreError
        If collection or store cannot be read or written.
    """
    plan = audit.plan
    with one_at_a_time(collection, plan.attribute):
        audit = read_audit(collection, audit)
        if audit.state is State.DRAWN:
            return audit
        if audit.state is not State.FROZEN:
            raise AuditError(f"Audit {audit.number} of {plan.attribute} is {audit.state.summary}. Plan another one.")
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
    """Draw the images of an audit again. The result depends only on the frozen audit.

    Raises
    ------
    AuditError
        If the release or the population has changed since the audit was frozen.
    CollectionDamagedError
        If one of them cannot be read.
    """
    release = release_of(collection, audit.plan.attribute, audit.plan.release)
    if release.sha256 != audit.release_sha256:
        raise AuditError(
            f"Release {release.number} of {release.attribute} has changed since audit {audit.number} was frozen. "
            "Cancel the audit, and start another one."
        )
    columns = read_release_columns(collection, release)
    free = audited_population(collection, audit, len(columns.image_ids))
    plan = audit.plan
    drawn = draw_audit(
        columns.scores,
        columns.values,
        free,
        np.arange(len(free)),  # groups only affect a count, and those of the collection may have changed
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
            raise AuditError(f"Audit {audit.number} of {audit.plan.attribute} is published and cannot be cancelled.")
        if store.batches.count_images(audit.batch) is not None:  # also if a killed process left it frozen
            store.batches.publish(audit.batch)
        cancelled = replace(audit, state=State.DROPPED)
        write_audit(collection, cancelled)
    return cancelled


def mark_published(collection: Collection, audit: Audit, at: float, excluded: Some[str]) -> Audit:
    """Mark an audit as published once its certificate is written. The caller holds `one_at_a_time`."""
    done = replace(audit, state=State.PUBLISHED, published_at=at, excluded=tuple(sorted(excluded)))
    write_audit(collection, done)
    return done


def expired(collection: Collection, audit: Audit) -> str:
    """Return the reason why an audit no longer describes the collection. Empty if it does."""
    plan = audit.plan
    releases = list_releases(collection, plan.attribute)
    mine = [release for release in releases if release.number == plan.release]
    if not mine or mine[0].sha256 != audit.release_sha256:
        return f"Its release {plan.release} was deleted or replaced."
    facts = collection.manifest.facts(plan.attribute)
    if facts is None or facts.origin != audit.origin:
        now = "none" if facts is None else facts.origin
        return f"The model has changed: the present scores are {now}, the audited scores were {audit.origin}."
    if releases[-1].number != plan.release:
        return f"There is a newer release {releases[-1].number}. The audit is about release {plan.release}."
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
        return  # the batch was drawn before a failure, and it is drawn only once
    gone = int((~store.images.present(sample.image_ids)).sum())
    if gone:
        raise AuditError(
            f"{gone:,} images of audit {audit.number} of {audit.plan.attribute} are not in the collection now. Cancel "
            "the audit, make a new release, and audit that."
        )
    asked = np.unique(store.batches.asked_images(audit.plan.attribute)[0])
    near = store.images.with_near_duplicates(asked.tolist())
    taken = int(np.isin(sample.image_ids, near).sum())
    if taken:
        raise AuditError(
            f"{taken:,} images of audit {audit.number} of {audit.plan.attribute}, or near-duplicates of them, were "
            "asked since it was frozen. Cancel the audit, and start another one, which leaves these images out."
        )
