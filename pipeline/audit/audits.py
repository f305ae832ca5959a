"""Audits of a collection: freeze, draw, answer, publish, as states that are kept. An edge: it reads and writes files.

``audits/<attribute>/<number>/`` holds ``audit.json``, ``population.npy`` (which images may be drawn, a bit each) and,
once drawn, ``sample.json``; the certificate comes beside them. Answers are in the label store.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection as Some
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.audit.drawing import draw_audit
from pipeline.audit.planning import AuditPlan, fit_to_release
from pipeline.audit.records import Audit, AuditSample, Population, State, digest_of
from pipeline.audit.truth_rules import TruthRule, first_opinions
from pipeline.collection_writer import locked, write_json, writing
from pipeline.errors import AuditError, CollectionDamagedError, ParameterError
from pipeline.label_store import Annotator, Drawn, LabelStore, Purpose, new_batch_id
from pipeline.releases import Release, list_releases, read_release_columns, verify_release

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = [
    "AuditSets",
    "audit_folder",
    "audited_population",
    "draw",
    "drop",
    "expired",
    "freeze",
    "list_audits",
    "mark_published",
    "new_seed",
    "one_at_a_time",
    "read_audit",
    "read_sample",
    "redrawn",
    "release_of",
    "sets_of",
]

REASON = "audit"


@dataclass(frozen=True, slots=True, eq=False)
class AuditSets:
    """The images of a release as an audit sees them, rows in ascending order of ``image_id``.

    Parameters
    ----------
    values
        int8 (n,): 1 positive, 0 negative, -1 unsure.
    scores
        float32 (n,): as released.
    free
        bool (n,): decided by the threshold and may be drawn.
    population
        The same in numbers.
    """

    values: NDArray[np.int8]
    scores: NDArray[np.float32]
    free: NDArray[np.bool_]
    population: Population


def sets_of(collection: Collection, store: LabelStore, release: Release) -> AuditSets:
    """Part the images of a release into those that an audit may draw and those it may not.

    Raises
    ------
    CollectionDamagedError
        If the release is not as it was made, or is of other images than the collection's.
    LabelStoreError
        If the store cannot be read.
    """
    columns = read_release_columns(collection, release)
    if not np.array_equal(columns.image_ids, collection.image_ids):
        raise CollectionDamagedError(
            f"Release {release.number} of {release.attribute} is of other images than the collection holds now. Make "
            "a new release, and audit that."
        )
    asked = np.unique(store.asked_images(release.attribute)[0])
    gold = store.drawn(release.attribute, Purpose.GOLD)
    near = store.images.with_near_duplicates(np.union1d(asked, gold).tolist())
    free = ~columns.by_people
    free[store.images.rows(near.tolist())] = False
    return AuditSets(columns.values, columns.scores, free, _counted(columns.values, columns.by_people, free))


def new_seed() -> int:
    """Give a seed that nobody has tried."""
    return secrets.randbits(31)


def release_of(collection: Collection, attribute: str, number: int | None = None) -> Release:
    """Find a release of an attribute: the last one, or that of a number.

    Raises
    ------
    AuditError
        If there is none, or it was deleted.
    """
    releases = list_releases(collection, attribute)
    found = [release for release in releases if number is None or release.number == number]
    if not found:
        which = "no release" if number is None else f"no release {number}"
        told = ", ".join(str(release.number) for release in releases) or "none"
        raise AuditError(
            f"{attribute} has {which} to audit; there are: {told}. Make one in the room Rounds, or restore it from a "
            "copy."
        )
    return found[-1]


def freeze(collection: Collection, store: LabelStore, plan: AuditPlan, by: Annotator) -> Audit:
    """Fix release, plan and population of an audit; nothing is drawn yet.

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
        verify_release(collection, release)
        sets = sets_of(collection, store, release)
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
            definition_version=store.attribute(plan.attribute).definition.version,
            release_sha256=release.sha256,
            scores_sha256=release.scores_sha256,
            model_sha256=release.model_sha256,
            origin=release.origin,
            population=sets.population,
            population_sha256=_mask_digest(sets.free),
            after=store.state().sequence,
            frozen_at=time.time(),
            batch=new_batch_id(),
        )
        folder = audit_folder(collection, made)
        with writing(collection.path):
            folder.mkdir(parents=True, exist_ok=True)
            np.save(folder / "population.npy", np.packbits(sets.free), allow_pickle=False)
        _write(collection, made)
    return made


def draw(collection: Collection, store: LabelStore, audit: Audit) -> Audit:
    """Draw the images of a frozen audit and ask them; asked again, it goes on where it was.

    Raises
    ------
    AuditError
        If the audit was given up or published, its release is gone or another one, or somebody was asked about its
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
        path = audit_folder(collection, audit)
        with writing(collection.path):
            write_json(path / "sample.json", sample.as_mapping())
        _ask(store, audit, sample)
        made = replace(
            audit,
            state=State.DRAWN,
            drawn_at=time.time(),
            sample_sha256=digest_of(sample.as_mapping()),
        )
        _write(collection, made)
    return made


def redrawn(collection: Collection, audit: Audit) -> AuditSample:
    """Draw the images of an audit from what was frozen: the same ones whenever it is done.

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
    groups = collection.duplicates()
    plan = audit.plan
    drawn = draw_audit(
        columns.scores,
        columns.values,
        free,
        groups,
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
    """Give an audit up: its images are asked no more, and what was answered stays in the log.

    Raises
    ------
    AuditError
        If it is published.
    """
    with one_at_a_time(collection, audit.plan.attribute):
        audit = read_audit(collection, audit)
        if audit.state is State.PUBLISHED:
            raise AuditError(f"Audit {audit.number} of {audit.plan.attribute} is published and stays.")
        if audit.state is State.DRAWN:
            store.publish(audit.batch)
        given_up = replace(audit, state=State.DROPPED)
        _write(collection, given_up)
    return given_up


def mark_published(collection: Collection, audit: Audit, at: float, excluded: Some[str]) -> Audit:
    """End an audit whose certificate is written; the caller holds `one_at_a_time`."""
    done = replace(audit, state=State.PUBLISHED, published_at=at, excluded=tuple(sorted(excluded)))
    _write(collection, done)
    return done


def list_audits(collection: Collection, attribute: str) -> list[Audit]:
    """Read an attribute's audits, the first one first.

    Raises
    ------
    CollectionDamagedError
        If one cannot be read.
    """
    folder = collection.path / "audits" / attribute
    places = [path for path in folder.glob("*/audit.json") if path.parent.name.isdigit()]
    return [_read(path) for path in sorted(places, key=lambda path: int(path.parent.name))]


def read_sample(collection: Collection, audit: Audit) -> AuditSample:
    """Read the images that an audit drew.

    Raises
    ------
    AuditError
        If nothing is drawn yet.
    CollectionDamagedError
        If they cannot be read, or are not those that were drawn.
    """
    if not audit.sample_sha256:
        raise AuditError(f"Audit {audit.number} of {audit.plan.attribute} has not drawn its images yet. Draw them.")
    path = audit_folder(collection, audit) / "sample.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        sample = AuditSample.from_mapping(values)
        digest = digest_of(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy."
        ) from error
    if digest != audit.sample_sha256:
        raise CollectionDamagedError(
            f"{path} holds other images than audit {audit.number} of {audit.plan.attribute} drew. Restore it from a "
            "copy."
        )
    return sample


def expired(collection: Collection, audit: Audit) -> str:
    """Say why an audit no longer speaks of what the collection shows; empty while it does."""
    plan = audit.plan
    releases = list_releases(collection, plan.attribute)
    mine = [release for release in releases if release.number == plan.release]
    if not mine or mine[0].sha256 != audit.release_sha256:
        return f"Release {plan.release}, which it is about, is gone or another one."
    facts = next((entry for entry in collection.manifest.attributes if entry.name == plan.attribute), None)
    if facts is None or facts.origin != audit.origin:
        now = "none" if facts is None else facts.origin
        return f"The model has changed since: scores are {now} now, audited were {audit.origin}."
    if releases[-1].number != plan.release:
        return f"Release {releases[-1].number} has come since; audited is release {plan.release}."
    return ""


def read_audit(collection: Collection, audit: Audit) -> Audit:
    """Read an audit as it is now: another session may have gone on with it.

    Raises
    ------
    CollectionDamagedError
        If it cannot be read.
    """
    return _read(audit_folder(collection, audit) / "audit.json")


def audit_folder(collection: Collection, audit: Audit) -> Path:
    """Say where an audit is kept."""
    return collection.path / "audits" / audit.plan.attribute / str(audit.number)


def _ask(store: LabelStore, audit: Audit, sample: AuditSample) -> None:
    """Have the images asked, of as many people each as the rule takes."""
    plan = audit.plan
    drawn = [
        Drawn(image, REASON, chance)
        for image, chance in zip(sample.image_ids.tolist(), sample.probabilities.tolist(), strict=True)
    ]
    first = first_opinions(plan.rule, plan.opinions)
    store.draw(
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
    """Refuse images that somebody was asked about between freezing and drawing."""
    if np.isin(sample.image_ids, store.drawn(audit.plan.attribute, Purpose.AUDIT)).all():
        return  # drawn already, before something failed: the batch is drawn once
    asked = np.unique(store.asked_images(audit.plan.attribute)[0])
    near = store.images.with_near_duplicates(asked.tolist())
    taken = int(np.isin(sample.image_ids, near).sum())
    if taken:
        raise AuditError(
            f"{taken:,} images of audit {audit.number} of {audit.plan.attribute} were asked about, or near-duplicates "
            "of them, since it was frozen. Give it up and begin another one, which leaves them out."
        )


def _counted(values: NDArray[np.int8], by_people: NDArray[np.bool_], free: NDArray[np.bool_]) -> Population:
    def count(side: int, among: NDArray[np.bool_]) -> int:
        return int(np.count_nonzero((values == side) & among))

    left_out = ~by_people & ~free
    return Population(
        positives=count(1, free),
        negatives=count(0, free),
        positives_left_out=count(1, left_out),
        negatives_left_out=count(0, left_out),
        positives_by_people=count(1, by_people),
        negatives_by_people=count(0, by_people),
        unsure=int(np.count_nonzero(values == -1)),
    )


def audited_population(collection: Collection, audit: Audit, images: int) -> NDArray[np.bool_]:
    """Read which images of its release an audit could draw.

    Parameters
    ----------
    collection, audit
        Which one.
    images
        Images of the release.

    Returns
    -------
    ndarray
        bool (images,), in ascending order of ``image_id``.

    Raises
    ------
    AuditError
        If it is not what was frozen.
    CollectionDamagedError
        If it cannot be read.
    """
    path = audit_folder(collection, audit) / "population.npy"
    try:
        free = np.unpackbits(np.load(path, allow_pickle=False), count=images).astype(np.bool_)
    except (OSError, ValueError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy."
        ) from error
    if _mask_digest(free) != audit.population_sha256:
        raise AuditError(
            f"{path} is not the population that audit {audit.number} of {audit.plan.attribute} was frozen with. "
            "Restore it from a copy."
        )
    return free


def _mask_digest(free: NDArray[np.bool_]) -> str:
    return digest_of([len(free), np.packbits(free).tobytes().hex()])


@contextmanager
def one_at_a_time(collection: Collection, attribute: str) -> Iterator[None]:
    """Let one at a time change an attribute's audits."""
    folder = collection.path / "audits" / attribute
    with writing(collection.path):
        folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "auditing"):
        yield


def _write(collection: Collection, audit: Audit) -> None:
    with writing(collection.path):
        write_json(audit_folder(collection, audit) / "audit.json", audit.as_mapping())


def _read(path: Path) -> Audit:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Audit.from_mapping(values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ParameterError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy, or move its folder away and "
            "audit anew."
        ) from error
