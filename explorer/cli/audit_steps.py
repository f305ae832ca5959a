"""The steps of ``explorer audit``: each returns its values for JSON, and the same as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from explorer.settings import label_store_url
from pipeline.errors import AuditError, ParameterError

if TYPE_CHECKING:
    from pipeline.audit.plan import AuditPlan, PlanForm
    from pipeline.audit.records import Audit
    from pipeline.audit.reports import AuditReport
    from pipeline.collection import Collection
    from pipeline.label_store import Annotator, LabelStore

__all__ = ["Result", "cancel", "classic_form", "opened", "plan", "publish", "start", "status", "verify"]


class Result(NamedTuple):
    """The result of a step.

    Parameters
    ----------
    values
        Plain values for JSON.
    sentences
        The same for people; empty ones are not printed.
    """

    values: dict[str, Any]
    sentences: list[str]


@contextmanager
def opened(folder: Path, attribute: str | None = None) -> Iterator[tuple[Collection, LabelStore]]:
    """Open a collection and its answers.

    Raises
    ------
    AuditError
        If there are no answers.
    ParameterError
        If there is no such attribute.
    """
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists

    collection = Collection(folder)
    if not store_exists(collection):
        raise AuditError(f"{folder} has no answers yet, so there is nothing to audit. Label, train and release first.")
    with open_label_store(collection, label_store_url()) as store:
        known = [entry.name for entry in store.attributes.list_all()]
        if attribute is not None and attribute not in known:
            raise ParameterError(f"There is no attribute {attribute!r} here. There are: {', '.join(known) or 'none'}.")
        yield collection, store


def classic_form(release: int | None) -> PlanForm:
    """Return the form of the audit of BAM."""
    from pipeline.audit.plan import CLASSIC

    return replace(CLASSIC, release=release)


def plan(collection: Collection, store: LabelStore, attribute: str, form: PlanForm, seed: int | None) -> Result:
    """Return the number of images that an audit needs, and its chances to certify."""
    from pipeline.audit.plan import fit_to_release
    from pipeline.audit.population import release_of, sets_of
    from pipeline.audit.statistics.sample_sizes import TRUTHS, chance_to_certify

    release = release_of(collection, attribute, form.release)
    population = sets_of(collection, store, release).population
    wanted = _plan_of(form, attribute, release.number, population.positives, seed)
    fitted, changes = fit_to_release(wanted, population.positives, population.negatives)
    chances = {
        str(truth): round(
            chance_to_certify(
                fitted.positives,
                fitted.target,
                truth,
                confidence=fitted.confidence,
                size=population.positives,
                jointly=fitted.jointly,
            ),
            3,
        )
        for truth in TRUTHS
        if truth > fitted.target and population.positives
    }
    sentences = [population.summary, fitted.summary, changes]
    if chances:
        list_ = ", ".join(f"{chance:.0%} if the precision is {float(truth):.0%}" for truth, chance in chances.items())
        sentences.append(f"Chance to certify {fitted.target:.0%}: {list_}.")
    values = {"plan": fitted.as_dict(), "population": asdict(population), "chance_to_certify": chances}
    return Result(values | {"fitted": changes}, sentences)


def start(
    collection: Collection, store: LabelStore, attribute: str, form: PlanForm, seed: int | None, by: str
) -> Result:
    """Freeze an audit, or take the one that is frozen, and draw it.

    Raises
    ------
    ParameterError
        If nothing is frozen and there is no name.
    """
    from pipeline.audit.files import list_audits
    from pipeline.audit.lifecycle import draw, freeze
    from pipeline.audit.population import release_of, sets_of
    from pipeline.audit.records import State

    frozen = [audit for audit in list_audits(collection, attribute) if audit.state is State.FROZEN]
    if frozen:
        audit = frozen[-1]
    else:
        if not by.strip():
            raise ParameterError("The certificate shows your name. Add --by NAME.")
        release = release_of(collection, attribute, form.release)
        there = sets_of(collection, store, release).population.positives
        audit = freeze(collection, store, _plan_of(form, attribute, release.number, there, seed), _person(store, by))
    audit = draw(collection, store, audit)
    sentences = [
        f"Audit {audit.number} of release {audit.plan.release} of {attribute} has started: "
        f"{audit.plan.positives + audit.plan.negatives:,} images wait for answers in the Label tab.",
        audit.plan.summary,
        audit.fitted,
    ]
    return Result(audit.as_mapping(), sentences)


def status(collection: Collection, store: LabelStore, attribute: str, without: list[str]) -> Result:
    """Return the progress of the last audit, and its result once it may be seen."""
    from pipeline.audit.lifecycle import expired
    from pipeline.audit.records import State
    from pipeline.audit.reports import audit_report

    audit, exclude = _last(collection, attribute), _ids(store, without)
    if audit.state is State.FROZEN:
        draw_it = f"Draw it: explorer audit start DIR --attribute {attribute}."
        return Result(audit.as_mapping(), [f"Audit {audit.number} is frozen. {audit.population.summary} {draw_it}"])
    if audit.state is State.DROPPED:
        return Result(audit.as_mapping(), [f"Audit {audit.number} was cancelled."])
    report = audit_report(collection, store, audit, exclude=exclude or audit.excluded)
    stale = expired(collection, audit)
    values: dict[str, Any] = audit.as_mapping() | {
        "progress": asdict(report.progress),
        "note": report.note,
        "result": None if report.result is None else report.result.as_mapping(),
        "expired": stale,
    }
    heading = f"Audit {audit.number} of release {audit.plan.release}: {audit.state}."
    sentences = [heading, report.progress.words, report.note, *_result_sentences(report)]
    if report.result is None and audit.state is not State.PUBLISHED:
        sentences.append(
            "A fixed plan reports its result once: when all images have a verdict, or when it is published."
        )
    return Result(values, [*sentences, f"Expired. {stale}" if stale else ""])


def publish(collection: Collection, store: LabelStore, attribute: str, without: list[str]) -> Result:
    """End the last audit and write its certificate."""
    from explorer.services.published_audits import VERIFY_COMMAND
    from pipeline.audit.publication import publish as end
    from pipeline.audit.publication import read_certificate

    last, exclude = _last(collection, attribute), _ids(store, without)
    audit, path = end(collection, store, last, exclude=exclude, verify_command=VERIFY_COMMAND)
    statement = str(read_certificate(path)["statement"])
    values = audit.as_mapping() | {"certificate": str(path), "statement": statement}
    page = path.with_suffix(".html").name
    return Result(values, [statement, f"The certificate is {path}. {page} in the same folder is a page to read."])


def cancel(collection: Collection, store: LabelStore, attribute: str) -> Result:
    """Cancel the last audit."""
    from pipeline.audit.lifecycle import drop

    audit = drop(collection, store, _last(collection, attribute))
    return Result(audit.as_mapping(), [f"Audit {audit.number} was cancelled. Its answers are kept."])


def verify(collection: Collection, store: LabelStore, path: Path) -> Result:
    """Compute a certificate again, and return every difference."""
    from pipeline.audit.population import words_outside
    from pipeline.audit.publication import read_certificate
    from pipeline.audit.verification import verify_certificate

    claimed = read_certificate(path)
    differences = verify_certificate(collection, store, claimed)
    values = {"holds": not differences, "differences": differences}
    if differences:
        return Result(values, differences)
    released = claimed["release"]
    outside = words_outside(collection, released["attribute"], released["number"])
    return Result(values, [f"The certificate holds. {claimed['statement']}", outside])


def _plan_of(form: PlanForm, attribute: str, release: int, positives_there: int, seed: int | None) -> AuditPlan:
    from pipeline.audit.lifecycle import new_seed
    from pipeline.audit.plan import plan_of

    return plan_of(form, attribute, release, positives_there, seed=new_seed() if seed is None else seed)


def _result_sentences(report: AuditReport) -> list[str]:
    result = report.result
    if result is None:
        return []
    return [
        result.words,
        result.precision.words,
        result.anytime.words if result.anytime else "",
        result.combined.words,
        result.recall.words,
        f"The interval of recall assumes: {result.recall.assumption}",
    ]


def _last(collection: Collection, attribute: str) -> Audit:
    from pipeline.audit.files import list_audits

    audits = list_audits(collection, attribute)
    if not audits:
        raise AuditError(f"{attribute} has no audit yet. Plan one: explorer audit plan DIR --attribute {attribute}.")
    return audits[-1]


def _person(store: LabelStore, name: str) -> Annotator:
    """Return the annotator of this name; a new name is recorded."""
    people = [person for person in store.annotators.list_all() if person.name == name.strip()]
    return people[-1] if people else store.annotators.add(name)


def _ids(store: LabelStore, names: list[str]) -> frozenset[str]:
    """Return the ids of all annotators with these names."""
    people = store.annotators.list_all()
    unknown = [name for name in names if name not in {person.name for person in people}]
    if unknown:
        known = ", ".join(person.name for person in people) or "none"
        raise ParameterError(f"There is no annotator named {unknown[0]!r}. There are: {known}.")
    return frozenset(person.id for person in people if person.name in names)
