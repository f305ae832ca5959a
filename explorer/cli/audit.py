"""``explorer audit``: plan, draw, report, publish and verify audits of a release without the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from explorer.cli.terminal import terminal_json
from explorer.settings import label_store_url
from pipeline.errors import AuditError, ParameterError
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from pipeline.audit.plan import AuditPlan
    from pipeline.audit.records import Audit
    from pipeline.collection import Collection
    from pipeline.label_store import Annotator, LabelStore

__all__ = ["add_audit_command"]

SUPPOSED = 0.05
"""By how much the truth is supposed to lie above the target, unless told otherwise."""
NEGATIVES = 200
console = Console(stderr=True, highlight=False)


class Kind(StrEnum):
    """When a plan's bound speaks."""

    FIXED = "fixed"
    ANYTIME = "anytime"


class Rule(StrEnum):
    """What counts as a yes."""

    ANY = "any"
    BOTH = "both"
    MAJORITY = "majority"
    OWNER = "owner"


def add_audit_command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    folder: Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")],
    attribute: Annotated[str, typer.Option(help="The attribute; --verify finds it in the certificate.")] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Say what an audit would take. Nothing is kept.")] = False,
    draw: Annotated[bool, typer.Option("--draw", help="Freeze the release, draw the images and ask them.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Say how the last audit stands.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="End the last audit; write its certificate.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give the last audit up.")] = False,
    verify: Annotated[
        Path | None, typer.Option("--verify", help="Make this certificate anew and name every difference.")
    ] = None,
    release: Annotated[int | None, typer.Option(help="Number of the release. [default: the last one]")] = None,
    target: Annotated[float, typer.Option(help="Precision to be shown.")] = 0.9,
    truth: Annotated[
        float | None, typer.Option(help="Precision that is supposed. [default: half way from the target to 1]")
    ] = None,
    positives: Annotated[
        int | None, typer.Option(help="Images of the positive set. [default: what the target takes]")
    ] = None,
    negatives: Annotated[int, typer.Option(help="Images of the negative set, for recall.")] = NEGATIVES,
    rule: Annotated[Rule, typer.Option(help="What counts as a yes.")] = Rule.ANY,
    kind: Annotated[Kind, typer.Option(help="fixed speaks at the end, anytime after every answer.")] = Kind.FIXED,
    jointly: Annotated[int, typer.Option(help="Attributes that shall hold at once.")] = 1,
    classic: Annotated[bool, typer.Option("--classic", help="100 positives and 100 negatives, any of two.")] = False,
    seed: Annotated[int | None, typer.Option(help="Of the draw. [default: one that nobody has tried]")] = None,
    by: Annotated[str, typer.Option(help="Who audits; --draw asks for it.")] = "",
    without: Annotated[
        list[str] | None, typer.Option(help="Leave out this annotator's answers; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Audit a release: is it as good as it says, and how do we know."""
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists

    doing = [plan, draw, report, publish, drop, verify is not None]
    if sum(doing) != 1:
        raise ParameterError(
            f"{sum(doing)} things to do were given. Give one of --plan, --draw, --report, --publish, --drop and "
            "--verify CERTIFICATE."
        )
    collection = Collection(folder)
    if not store_exists(collection):
        raise AuditError(f"{folder} has no answers yet, so that there is nothing to audit. Label, run rounds, release.")
    with open_label_store(collection, label_store_url()) as store:
        if verify is not None:
            _verify(collection, store, verify, as_json=as_json)
            return
        known = [entry.name for entry in store.attributes()]
        if attribute not in known:
            raise ParameterError(f"There is no attribute {attribute!r} here. There are: {', '.join(known) or 'none'}.")
        if report or publish or drop:
            act = _report if report else _publish if publish else _drop
            _print(act(collection, store, _last(collection, attribute), _ids(store, without or [])), as_json=as_json)
            return

        def wish(positives_there: int, number: int) -> AuditPlan:
            if classic:
                return _classic(attribute, number, seed)
            supposed = (1 + target) / 2 if truth is None else truth
            return _planned(
                _wish(attribute, number, target, rule, kind, jointly, negatives, positives or 0, seed),
                supposed,
                positives_there,
                given=positives is not None,
            )

        if plan:
            _print(_plan(collection, store, attribute, release, wish), as_json=as_json)
        else:
            _print(_draw(collection, store, attribute, release, wish, by), as_json=as_json)


Told = tuple[dict[str, Any], list[str]]
"""Values for JSON, and the same in sentences."""
Wish = Callable[[int, int], "AuditPlan"]
"""(positives that can be drawn, number of the release) -> plan."""


def _wish(
    attribute: str,
    number: int,
    target: float,
    rule: Rule,
    kind: Kind,
    jointly: int,
    negatives: int,
    positives: int,
    seed: int | None,
) -> AuditPlan:
    from pipeline.audit.lifecycle import new_seed
    from pipeline.audit.plan import REPEATS, AuditPlan
    from pipeline.audit.statistics.truth_rules import TruthRule, opinions

    return AuditPlan(
        attribute=attribute,
        release=number,
        rule=TruthRule(rule.value),
        positives=positives,
        negatives=negatives,
        target=target,
        kind=kind.value,
        jointly=jointly,
        confidence=0.95,
        seed=new_seed() if seed is None else seed,
        repeats=REPEATS,
        opinions=opinions(TruthRule(rule.value)),
    )


def _planned(plan: AuditPlan, truth: float, positives_there: int, *, given: bool) -> AuditPlan:
    from pipeline.audit.plan import plan_to_certify

    return plan if given or not positives_there else plan_to_certify(plan, truth, positives_there)


def _classic(attribute: str, number: int, seed: int | None) -> AuditPlan:
    from pipeline.audit.lifecycle import new_seed
    from pipeline.audit.plan import classic_plan

    return classic_plan(attribute, number, seed=new_seed() if seed is None else seed)


def _plan(collection: Collection, store: LabelStore, attribute: str, release: int | None, wish: Wish) -> Told:
    from pipeline.audit.plan import fit_to_release
    from pipeline.audit.population import release_of, sets_of
    from pipeline.audit.statistics.sample_sizes import TRUTHS, chance_to_certify

    chosen = release_of(collection, attribute, release)
    population = sets_of(collection, store, chosen).population
    plan, clipped = fit_to_release(
        wish(population.positives, chosen.number), population.positives, population.negatives
    )
    chances = {
        str(truth): round(
            chance_to_certify(
                plan.positives,
                plan.target,
                truth,
                confidence=plan.confidence,
                size=population.positives,
                jointly=plan.jointly,
            ),
            3,
        )
        for truth in TRUTHS
        if truth > plan.target and population.positives
    }
    said = [population.words, plan.words, clipped]
    if chances:
        told = ", ".join(f"{chance:.0%} if the truth is {float(truth):.0%}" for truth, chance in chances.items())
        said.append(f"Chance to certify {plan.target:.0%}: {told}.")
    values = {"plan": plan.as_dict(), "population": asdict(population), "chance_to_certify": chances}
    return values | {"fitted": clipped}, said


def _draw(collection: Collection, store: LabelStore, attribute: str, release: int | None, wish: Wish, by: str) -> Told:
    from pipeline.audit.files import list_audits
    from pipeline.audit.lifecycle import draw, freeze
    from pipeline.audit.population import release_of, sets_of
    from pipeline.audit.records import State

    begun = [audit for audit in list_audits(collection, attribute) if audit.state is State.FROZEN]
    if begun:
        made = begun[-1]
    else:
        if not by.strip():
            raise ParameterError("An audit carries the name of who began it. Give --by NAME.")
        chosen = release_of(collection, attribute, release)
        there = sets_of(collection, store, chosen).population.positives
        made = freeze(collection, store, wish(there, chosen.number), _person(store, by))
    made = draw(collection, store, made)
    said = [
        f"Audit {made.number} of release {made.plan.release} of {attribute} is drawn: "
        f"{made.plan.positives + made.plan.negatives:,} images wait in the Label tab.",
        made.plan.words,
        made.fitted,
    ]
    return made.as_mapping(), said


def _report(collection: Collection, store: LabelStore, audit: Audit, exclude: frozenset[str]) -> Told:
    from pipeline.audit.lifecycle import expired
    from pipeline.audit.records import State
    from pipeline.audit.reports import audit_report

    if audit.state is State.FROZEN:
        return audit.as_mapping(), [f"Audit {audit.number} is frozen. {audit.population.words} Draw it: --draw."]
    if audit.state is State.DROPPED:
        return audit.as_mapping(), [f"Audit {audit.number} was given up."]
    published = audit.state is State.PUBLISHED
    found = audit_report(collection, store, audit, exclude=exclude or audit.excluded)
    stale = expired(collection, audit)
    said = [f"Audit {audit.number} of release {audit.plan.release}: {audit.state}.", found.progress.words, found.note]
    values: dict[str, Any] = audit.as_mapping() | {
        "progress": asdict(found.progress),
        "note": found.note,
        "result": None if found.result is None else found.result.as_mapping(),
        "expired": stale,
    }
    if found.result is not None:
        said += [
            found.result.words,
            found.result.precision.words,
            found.result.anytime.words if found.result.anytime else "",
            found.result.combined.words,
            found.result.recall.words,
            f"The interval assumes: {found.result.recall.assumption}",
        ]
    elif not published:
        said.append("A fixed plan speaks once, when all images have a verdict or it is published.")
    return values, [*said, f"Expired. {stale}" if stale else ""]


def _publish(collection: Collection, store: LabelStore, audit: Audit, exclude: frozenset[str]) -> Told:
    from pipeline.audit.publication import publish, read_certificate

    done, path = publish(collection, store, audit, exclude=exclude)
    statement = str(read_certificate(path)["statement"])
    values = done.as_mapping() | {"certificate": str(path), "statement": statement}
    return values, [statement, f"The certificate is {path}, and {path.with_suffix('.html').name} beside it for people."]


def _drop(collection: Collection, store: LabelStore, audit: Audit, exclude: frozenset[str]) -> Told:
    from pipeline.audit.lifecycle import drop

    del exclude
    return drop(collection, store, audit).as_mapping(), [f"Audit {audit.number} is given up. Its answers stay."]


def _verify(collection: Collection, store: LabelStore, path: Path, *, as_json: bool) -> None:
    from pipeline.audit.publication import read_certificate, verify_certificate

    claimed = read_certificate(path)
    wrong = verify_certificate(collection, store, claimed)
    if as_json:
        typer.echo(terminal_json({"holds": not wrong, "differences": wrong}))
    elif wrong:
        for sentence in wrong:
            typer.echo(plain(sentence))
    else:
        typer.echo(plain(f"All is as it says. {claimed['statement']}"))
    if wrong:
        raise typer.Exit(1)


def _last(collection: Collection, attribute: str) -> Audit:
    from pipeline.audit.files import list_audits

    audits = list_audits(collection, attribute)
    if not audits:
        raise AuditError(f"{attribute} has no audit yet. Plan one: explorer audit DIR --attribute {attribute} --plan.")
    return audits[-1]


def _person(store: LabelStore, name: str) -> Annotator:
    """Find who is called so; whoever is new is recorded."""
    found = [person for person in store.annotators() if person.name == name.strip()]
    return found[-1] if found else store.add_annotator(name)


def _ids(store: LabelStore, names: list[str]) -> frozenset[str]:
    """Find everybody who is called one of these names."""
    people = store.annotators()
    unknown = [name for name in names if name not in {person.name for person in people}]
    if unknown:
        told = ", ".join(person.name for person in people) or "nobody"
        raise ParameterError(f"Nobody here is called {unknown[0]!r}. There are: {told}.")
    return frozenset(person.id for person in people if person.name in names)


def _print(told: Told, *, as_json: bool) -> None:
    values, said = told
    if as_json:
        typer.echo(terminal_json(values))
    else:
        for sentence in said:
            if sentence:
                typer.echo(plain(sentence))
