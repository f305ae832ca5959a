"""``explorer audit``: the sub-commands that plan, start, follow, publish, cancel and verify audits of a release."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from explorer.cli import audit_steps as steps
from explorer.cli.terminal import terminal_json
from pipeline.errors import ParameterError
from pipeline.text.plain_text import plain

if TYPE_CHECKING:
    from explorer.cli.audit_steps import Result
    from pipeline.audit.plan import PlanForm

__all__ = ["audit_app"]

NEGATIVES = 200
SUCCESSORS = {
    "--plan": "plan DIR --attribute NAME",
    "--draw": "start DIR --attribute NAME --by YOU",
    "--report": "status DIR --attribute NAME",
    "--publish": "publish DIR --attribute NAME",
    "--drop": "cancel DIR --attribute NAME",
    "--verify": "verify DIR CERTIFICATE",
}
"""The sub-command that took the place of each flag of earlier versions."""


class AuditCommands(TyperGroup):
    """The sub-commands; a flag of earlier versions is answered with the name of its sub-command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments.

        Raises
        ------
        ParameterError
            If the first argument is no sub-command, and a flag of earlier versions follows.
        """
        if args and args[0] not in self.commands:
            for flag in (arg.partition("=")[0] for arg in args):
                if flag in SUCCESSORS:
                    raise ParameterError(
                        f"explorer audit {flag} is a sub-command now: use explorer audit {SUCCESSORS[flag]}."
                    )
        return super().parse_args(ctx, args)


audit_app = typer.Typer(
    cls=AuditCommands,
    no_args_is_help=True,
    help="Audit a release: measure its precision and recall with blind answers.",
)


class Kind(StrEnum):
    """When a plan reports its bound."""

    FIXED = "fixed"
    ANYTIME = "anytime"


class Rule(StrEnum):
    """Which answers make an image a yes."""

    ANY = "any"
    BOTH = "both"
    MAJORITY = "majority"
    OWNER = "owner"


Folder = Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")]
Attribute = Annotated[str, typer.Option(help="The attribute, for example content_bird.")]
Release = Annotated[int | None, typer.Option(help="Number of the release. [default: the last one]")]
Target = Annotated[float, typer.Option(help="Precision that the audit should prove.")]
Truth = Annotated[float | None, typer.Option(help="Expected precision. [default: half way from the target to 1]")]
Positives = Annotated[
    int | None, typer.Option(help="Images of the positive set. [default: as many as the target needs]")
]
Negatives = Annotated[int, typer.Option(help="Images of the negative set, for the recall.")]
RuleOption = Annotated[Rule, typer.Option(help="Which answers make an image a yes.")]
KindOption = Annotated[
    Kind, typer.Option(help="Report the bound once at the end (fixed) or after every answer (anytime).")
]
Jointly = Annotated[int, typer.Option(help="Number of audited attributes whose bounds must hold together.")]
Classic = Annotated[
    bool, typer.Option("--classic", help="The audit of BAM: 100 positives and 100 negatives, any of two people.")
]
Seed = Annotated[int | None, typer.Option(help="Seed of the draw. [default: a new one]")]
Without = Annotated[list[str] | None, typer.Option(help="Leave out the answers of this annotator; may be repeated.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


# wide: the options of a command are its parameters
@audit_app.command("plan")
def plan(
    folder: Folder,
    attribute: Attribute,
    release: Release = None,
    target: Target = 0.9,
    truth: Truth = None,
    positives: Positives = None,
    negatives: Negatives = NEGATIVES,
    rule: RuleOption = Rule.ANY,
    kind: KindOption = Kind.FIXED,
    jointly: Jointly = 1,
    classic: Classic = False,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Show how many images an audit needs, and its chances to certify. Writes nothing."""
    form = _form(release, target, truth, rule, kind, jointly, positives, negatives)
    if classic:
        form = steps.classic_form(release)
    with steps.opened(folder, attribute) as (collection, store):
        _print(steps.plan(collection, store, attribute, form, seed), as_json=as_json)


# wide: the options of a command are its parameters
@audit_app.command("start")
def start(
    folder: Folder,
    attribute: Attribute,
    release: Release = None,
    target: Target = 0.9,
    truth: Truth = None,
    positives: Positives = None,
    negatives: Negatives = NEGATIVES,
    rule: RuleOption = Rule.ANY,
    kind: KindOption = Kind.FIXED,
    jointly: Jointly = 1,
    classic: Classic = False,
    seed: Seed = None,
    by: Annotated[str, typer.Option(help="Your name; the certificate shows it.")] = "",
    as_json: Json = False,
) -> None:
    """Freeze the release and the plan, draw the images, and add their questions."""
    form = _form(release, target, truth, rule, kind, jointly, positives, negatives)
    if classic:
        form = steps.classic_form(release)
    with steps.opened(folder, attribute) as (collection, store):
        _print(steps.start(collection, store, attribute, form, seed, by), as_json=as_json)


@audit_app.command("status")
def status(folder: Folder, attribute: Attribute, without: Without = None, as_json: Json = False) -> None:
    """Show the progress of the last audit, and its result once it may be seen."""
    with steps.opened(folder, attribute) as (collection, store):
        _print(steps.status(collection, store, attribute, without or []), as_json=as_json)


@audit_app.command("publish")
def publish(folder: Folder, attribute: Attribute, without: Without = None, as_json: Json = False) -> None:
    """End the last audit and write its certificate. Images without a verdict count against the release."""
    with steps.opened(folder, attribute) as (collection, store):
        _print(steps.publish(collection, store, attribute, without or []), as_json=as_json)


@audit_app.command("cancel")
def cancel(folder: Folder, attribute: Attribute, as_json: Json = False) -> None:
    """Cancel the last audit. Its answers are kept, and its images are excluded from later audits."""
    with steps.opened(folder, attribute) as (collection, store):
        _print(steps.cancel(collection, store, attribute), as_json=as_json)


@audit_app.command("verify")
def verify(
    folder: Folder,
    certificate: Annotated[Path, typer.Argument(help="The certificate.json of an audit.", metavar="CERTIFICATE")],
    as_json: Json = False,
) -> None:
    """Compute a certificate again from the release, the draw and the answers, and name every difference."""
    with steps.opened(folder) as (collection, store):
        result = steps.verify(collection, store, certificate)
    _print(result, as_json=as_json)
    if not result.values["holds"]:
        raise typer.Exit(1)


def _form(
    release: int | None,
    target: float,
    truth: float | None,
    rule: Rule,
    kind: Kind,
    jointly: int,
    positives: int | None,
    negatives: int,
) -> PlanForm:
    from pipeline.audit.plan import PlanForm
    from pipeline.audit.statistics.truth_rules import TruthRule

    expected = (1 + target) / 2 if truth is None else truth
    return PlanForm(release, target, expected, TruthRule(rule.value), kind.value, jointly, positives, negatives)


def _print(result: Result, *, as_json: bool) -> None:
    if as_json:
        typer.echo(terminal_json(result.values))
    else:
        for sentence in filter(None, result.sentences):
            typer.echo(plain(sentence))
